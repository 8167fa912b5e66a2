import Foundation

/// A folder that is removed when the test ends.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "ebbtide-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// A gzip file by the letter of RFC 1952, with the contents in one stored block of RFC 1951.
func gzipped(_ contents: [UInt8]) -> [UInt8] {
  precondition(contents.count < 1 << 16)
  func littleEndian(_ value: UInt32, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
  var checksum: UInt32 = ~0
  for byte in contents {
    checksum ^= UInt32(byte)
    for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
  }
  let length = UInt32(contents.count)
  return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1] + littleEndian(length, 2) + littleEndian(~length, 2) + contents
    + littleEndian(~checksum, 4) + littleEndian(length, 4)
}

/// An IDX file: element code, sizes, big-endian elements.
func idx(_ code: UInt8, _ sizes: [UInt32], _ body: [UInt8]) -> [UInt8] {
  [0, 0, code, UInt8(sizes.count)] + sizes.flatMap { size in (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } }
    + body
}

/// Hands `body` damaged copies of a file, the same ones in every run: cut at every length, and with bytes changed, put in, taken out,
/// or replaced by numbers that are extreme as a size.
func mutations(of bytes: [UInt8], count: Int, seed: UInt64 = 1, _ body: ([UInt8]) throws -> Void) rethrows {
  var state = seed
  func random(_ bound: Int) -> Int {
    // SplitMix64 (Steele, Lea, Flood 2014).
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ z >> 31) % UInt64(max(bound, 1)))
  }
  let step = max(1, bytes.count / 2000)
  for length in stride(from: 0, to: bytes.count, by: step) { try body([UInt8](bytes.prefix(length))) }
  let extremes: [[UInt8]] = [
    [0xff], [0x80], [0x7f], [0], [0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff], [0, 0, 0, 0x80],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [UInt8](repeating: 0xff, count: 8), [0, 0, 0, 0, 0, 0, 0, 0x80],
  ]
  for _ in 0..<count {
    var damaged = bytes
    for _ in 0...random(3) where !damaged.isEmpty {
      let place = random(damaged.count)
      switch random(5) {
      case 0: damaged[place] ^= 1 << UInt8(random(8))
      case 1: damaged[place] = UInt8(random(256))
      case 2: damaged.insert(contentsOf: extremes[random(extremes.count)], at: place)
      case 3: damaged.removeSubrange(place..<min(place + 1 + random(8), damaged.count))
      default:
        let extreme = extremes[random(extremes.count)]
        damaged.replaceSubrange(place..<min(place + extreme.count, damaged.count), with: extreme)
      }
    }
    try body(damaged)
  }
}
