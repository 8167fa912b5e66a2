import Foundation
import Testing

@testable import Experiments

@Suite struct DigestTests {
  /// The messages of RFC 1321, A.5, and of NIST's examples; lengths around the blocks.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "900150983cd24fb0d6963f7d28e17f72", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "8215ef0796a20bcaaae116d3876c664a",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a",
      "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e"
    ),
  ])
  func knownMessages(text: String, md5: String, sha256: String) {
    let bytes = Array(text.utf8)
    #expect(Digest.md5("").ofSameKind(bytes) == .md5(md5))
    #expect(Digest.sha256("").ofSameKind(bytes) == .sha256(sha256))
    #expect(Digest.sha256(sha256.uppercased()).matches(bytes))
    #expect(!Digest.md5(md5).matches(bytes + [0]))
  }

  @Test func aMillionLetters() {
    let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
    #expect(Digest.md5("").ofSameKind(bytes) == .md5("7707d6ae4e027c70eea2a935c2296f21"))
    #expect(
      Digest.sha256("").ofSameKind(bytes) == .sha256("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"))
  }
}

/// Downloads from a folder on this machine; Tests/Terminal/test_files.py has a server over HTTP.
@Suite struct DownloadTests {
  /// A folder with the four files of a set in the form of MNIST, and where they come from.
  private func served() throws -> (TemporaryFolder, MNIST.Origin) {
    let folder = try TemporaryFolder()
    var digests: [String: Digest] = [:]
    for name in MNIST.names {
      let bytes = gzipped(name.contains("images") ? idx(8, [2, 1, 2], [0, 51, 102, 255]) : idx(8, [2], [9, 0]))
      _ = try folder.write(bytes, to: name)
      digests[name] = Digest.sha256("").ofSameKind(bytes)
    }
    return (folder, MNIST.Origin(mirrors: ["file://" + folder.path], digests: digests))
  }

  private func entries(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  @Test func missingFilesAreFetchedOnce() throws {
    let (server, origin) = try served()
    let home = try TemporaryFolder()
    try MNIST.fetch(.fashion, from: origin, search: [home.path])
    #expect(entries(home.path + "/fashion_mnist") == MNIST.names.sorted())
    let (train, _) = try MNIST.load(.fashion, search: [home.path])
    #expect(try train.y.elements(of: Int32.self) == [10, 1])
    // What is there and whole is not fetched again: the server may be gone.
    try FileManager.default.removeItem(atPath: server.path)
    try MNIST.fetch(.fashion, from: origin, search: [home.path])
    try MNIST.fetch(.fashion, into: home.path, from: origin, search: [])
    // The digits have files of the same names and are not taken for clothing.
    #expect(throws: DataError.self) { try MNIST.load(.digits, search: [home.path]) }
    #expect(throws: DataError.self) { try MNIST.load(.fashion, search: [home.path + "/fashion_mnist"]) }
  }

  @Test func aDamagedFileIsFetchedAgain() throws {
    let (server, origin) = try served()
    let home = try TemporaryFolder()
    try MNIST.fetch(into: home.path, from: origin)
    let whole = try readFile("\(home.path)/\(MNIST.names[0])")
    _ = try home.write([UInt8](whole.dropLast(9)), to: MNIST.names[0])
    try MNIST.fetch(into: home.path, from: origin)
    #expect(try readFile("\(home.path)/\(MNIST.names[0])") == whole)
    withExtendedLifetime(server) {}
  }

  @Test func whatIsNotRightIsRefusedAndLeavesNothing() throws {
    let (server, origin) = try served()
    let home = try TemporaryFolder()
    func message() -> String? {
      #expect(throws: DataError.self) { try MNIST.fetch(into: home.path, from: origin, search: []) }?.message
    }
    let good = try readFile("\(server.path)/\(MNIST.names[0])")
    _ = try server.write([UInt8](good.dropLast()), to: MNIST.names[0])
    let cut = message()
    #expect(cut?.hasPrefix("can't download 'train-images-idx3-ubyte.gz': file://\(server.path)/train-images") == true)
    #expect(cut?.contains("\(good.count - 1) bytes came with sha256 ") == true)
    #expect(cut?.hasSuffix("it is damaged or another file") == true)
    #expect(entries(home.path) == [])
    try FileManager.default.removeItem(atPath: "\(server.path)/\(MNIST.names[0])")
    #expect(message()?.contains("curl: (37)") == true)
    #expect(entries(home.path) == [])
    // The next mirror has it.
    var mirrored = origin
    let (other, _) = try served()
    mirrored.mirrors.append("file://" + other.path + "/")
    try MNIST.fetch(into: home.path, from: mirrored)
    #expect(entries(home.path) == MNIST.names.sorted())
  }
}
