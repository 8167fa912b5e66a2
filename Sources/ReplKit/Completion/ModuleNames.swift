// The modules `require` would find, and the entries of folders.

import Glibc
import LuaHost

/// Names of modules: loaded, preloaded, and those in the folders of `package.path` and `package.cpath`.
struct ModuleNames {
  let state: LuaState

  init(_ state: LuaState) { self.state = state }

  func matching(_ fragment: String) throws(LuaError) -> [String] {
    guard let package = try state.global("package").asTable else { return [] }
    var found: Set<String> = []
    for field in ["loaded", "preload"] {
      guard let table = try package.get(.string(field)).asTable else { continue }
      let stack = state.stack
      try stack.push(table.reference)
      defer { stack.pop() }
      try stack.forEach(at: -1) { () throws(LuaError) in
        if let name = stack.string(at: -2), name != "_G" { found.insert(name) }
      }
    }
    for field in ["path", "cpath"] {
      guard let path = try package.get(.string(field)).asString else { continue }
      for template in path.split(separator: ";") { found.formUnion(files(String(template), fragment)) }
    }
    return found.filter { $0.hasPrefix(fragment) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // `folder/?.lua` and `folder/?/init.lua`, with the folders of a dotted name put in.
  private func files(_ template: String, _ fragment: String) -> [String] {
    guard let mark = template.firstIndex(of: "?") else { return [] }
    let parents = fragment.lastIndex(of: ".").map { String(fragment[...$0]) } ?? ""
    let folder = String(template[..<mark]) + parents.replacing(".", with: "/")
    let rest = String(template[template.index(after: mark)...])
    return folderEntries(folder.isEmpty ? "." : folder).compactMap { entry in
      if rest.hasPrefix("/") { return entry.isFolder && access(folder + entry.name + rest, R_OK) == 0 ? parents + entry.name : nil }
      guard !entry.isFolder, entry.name.hasSuffix(rest), entry.name.utf8.count > rest.utf8.count else { return nil }
      let name = String(entry.name.dropLast(rest.count))
      return name.contains(".") ? nil : parents + name
    }
  }
}

/// The entries of a folder in byte order, without `.` and `..`.
func folderEntries(_ path: String) -> [(name: String, isFolder: Bool)] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var entries: [(name: String, isFolder: Bool)] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name == "." || name == ".." { continue }
    var isFolder = Int32(entry.pointee.d_type) == Int32(DT_DIR)
    if Int32(entry.pointee.d_type) == Int32(DT_LNK) || Int32(entry.pointee.d_type) == Int32(DT_UNKNOWN) {
      var status = stat()
      isFolder = stat(path.hasSuffix("/") ? path + name : path + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
    entries.append((name, isFolder))
  }
  return entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
}
