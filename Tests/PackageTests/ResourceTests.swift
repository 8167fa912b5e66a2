import Testing

@Suite struct ResourceTests {
  /// #embed can't list a folder, so this does: each Lua file of Bindings is inside the program under the name of its folder.
  @Test(arguments: [("lua", "Sources/Bindings/Lua"), ("annotations", "Sources/Bindings/Annotations")])
  func everyLuaFileIsEmbedded(prefix: String, folder: String) throws {
    let list = try Project.text("Sources/CResources/resources.def") ?? ""
    let entries = list.matches(of: /RESOURCE\("([^"]+)"\)\n#embed "\.\.\/\.\.\/([^"]+)"\nEND/).map { "\($0.1) \($0.2)" }
    let files = try Project.files(in: folder, endings: ["lua"])
    #expect(!files.isEmpty)
    for file in files {
      let name = prefix + file.dropFirst(folder.count)
      #expect(entries.contains("\(name) \(file)"), "\(file) is not in resources.def as \"\(name)\"")
    }
  }

  @Test func theListHasOnlyWholeEntries() throws {
    let list = try Project.text("Sources/CResources/resources.def") ?? ""
    let names = list.matches(of: /RESOURCE\("([^"]+)"\)/).map(\.1)
    #expect(names.count == list.matches(of: /#embed/).count)
    #expect(Set(names).count == names.count)
  }
}
