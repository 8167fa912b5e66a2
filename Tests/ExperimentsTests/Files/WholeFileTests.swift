import Foundation
import Testing

@testable import Experiments

@Suite struct WholeFileTests {
  @Test func aFileIsReplacedAndNothingElseStays() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a"
    try WholeFile.write([1, 2, 3], to: path)
    try WholeFile.write([4], to: path)
    #expect(try readFile(path) == [4])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
  }

  @Test func theLongestNamesCanBeWritten() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/" + String(repeating: "n", count: 255)
    try WholeFile.write([1], to: path)
    #expect(try readFile(path) == [1])
  }

  @Test func modesAndLinksStay() throws {
    let folder = try TemporaryFolder()
    let (path, link) = (folder.path + "/a", folder.path + "/link")
    try WholeFile.write([1], to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "a")
    try WholeFile.write([2], to: link)
    #expect(try readFile(path) == [2])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "a")
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
  }

  @Test func whatCannotBeWrittenSaysWhyAndLeavesNothing() throws {
    let folder = try TemporaryFolder()
    func message(_ path: String) -> String? { #expect(throws: DataError.self) { try WholeFile.write([1], to: path) }?.message }
    #expect(message("\(folder.path)/none/a") == "can't write '\(folder.path)/none/a': No such file or directory")
    #expect(message(folder.path) == "can't write '\(folder.path)': it is not a regular file")
    #expect(message("/dev/null") == "can't write '/dev/null': it is not a regular file")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }
}
