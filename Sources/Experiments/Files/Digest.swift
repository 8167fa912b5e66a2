import Glibc

/// A hash that tells whether a file is the one that was meant.
public enum Digest: Hashable, Sendable, CustomStringConvertible {
  /// MD5 (RFC 1321), in hexadecimal digits: good against damage, not against malice.
  case md5(String)
  /// SHA-256 (FIPS 180-4), in hexadecimal digits.
  case sha256(String)

  /// `md5 0123…`
  public var description: String {
    switch self {
    case .md5(let digits): "md5 \(digits)"
    case .sha256(let digits): "sha256 \(digits)"
    }
  }

  /// The digest of bytes by the same function.
  func ofSameKind(_ bytes: [UInt8]) -> Digest {
    switch self {
    case .md5: .md5(hexadecimal(md5Bytes(bytes)))
    case .sha256: .sha256(hexadecimal(sha256Bytes(bytes)))
    }
  }

  /// Whether bytes have this digest.
  func matches(_ bytes: [UInt8]) -> Bool { ofSameKind(bytes) == lowercased }

  private var lowercased: Digest {
    switch self {
    case .md5(let digits): .md5(digits.lowercased())
    case .sha256(let digits): .sha256(digits.lowercased())
    }
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

// Both functions work on blocks of 64 bytes: the message, a one bit, zeros, and its length in bits.
private func blocks(_ bytes: [UInt8], bigEndian: Bool, _ body: (UnsafeRawBufferPointer) -> Void) {
  let whole = bytes.count / 64 * 64
  var tail = [UInt8](bytes[whole...]) + [0x80]
  tail += [UInt8](repeating: 0, count: (120 - tail.count) % 64)
  let bits = UInt64(bytes.count) &* 8
  if bigEndian { tail.append(big: bits) } else { tail.append(little: bits) }
  bytes.withUnsafeBytes { for start in stride(from: 0, to: whole, by: 64) { body(.init(rebasing: $0[start..<start + 64])) } }
  tail.withUnsafeBytes { for start in stride(from: 0, to: $0.count, by: 64) { body(.init(rebasing: $0[start..<start + 64])) } }
}

private func rotated(_ word: UInt32, left count: UInt32) -> UInt32 { word << count | word >> (32 - count) }

// T[i] = floor(2³² |sin(i + 1)|), RFC 1321, 3.4.
private let sines: [UInt32] = (0..<64).map { UInt32(abs(sin(Double($0 + 1))) * 0x1p32) }
private let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

/// The 16 bytes of MD5.
func md5Bytes(_ bytes: [UInt8]) -> [UInt8] {
  var state: (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476)
  blocks(bytes, bigEndian: false) { block in
    var (a, b, c, d) = state
    for i in 0..<64 {
      let (mix, place): (UInt32, Int) =
        switch i / 16 {
        case 0: (b & c | ~b & d, i)
        case 1: (b & d | c & ~d, (5 * i + 1) % 16)
        case 2: (b ^ c ^ d, (3 * i + 5) % 16)
        default: (c ^ (b | ~d), 7 * i % 16)
        }
      let word = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self))
      let sum = a &+ mix &+ word &+ sines[i]
      (a, d, c, b) = (d, c, b, b &+ rotated(sum, left: shifts[i / 16 * 4 + i % 4]))
    }
    state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
  }
  var digest: [UInt8] = []
  for word in [state.0, state.1, state.2, state.3] { digest.append(little: word) }
  return digest
}

private let primes: [Double] = (2..<312).filter { n in !(2..<n).contains { n % $0 == 0 } }.map(Double.init)

// The first 32 bits of the fractions of roots of the first primes, FIPS 180-4, 4.2.2 and 5.3.3.
private func fraction(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 0x1p32) }
private let cubeRoots: [UInt32] = primes.map { fraction(cbrt($0)) }
private let squareRoots: [UInt32] = primes.prefix(8).map { fraction($0.squareRoot()) }

/// The 32 bytes of SHA-256.
func sha256Bytes(_ bytes: [UInt8]) -> [UInt8] {
  var state = squareRoots
  var schedule = [UInt32](repeating: 0, count: 64)
  func turned(_ word: UInt32, _ a: UInt32, _ b: UInt32) -> UInt32 { rotated(word, left: 32 - a) ^ rotated(word, left: 32 - b) }
  blocks(bytes, bigEndian: true) { block in
    for i in 0..<16 { schedule[i] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)) }
    for i in 16..<64 {
      let (near, far) = (schedule[i - 2], schedule[i - 15])
      let sum = schedule[i - 16] &+ schedule[i - 7]
      schedule[i] = sum &+ (turned(far, 7, 18) ^ far >> 3) &+ (turned(near, 17, 19) ^ near >> 10)
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for i in 0..<64 {
      let choice = e & f ^ ~e & g
      let first = h &+ (turned(e, 6, 11) ^ rotated(e, left: 7)) &+ choice &+ cubeRoots[i] &+ schedule[i]
      let majority = a & b ^ a & c ^ b & c
      let second = (turned(a, 2, 13) ^ rotated(a, left: 10)) &+ majority
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
    }
    for (i, word) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ word }
  }
  var digest: [UInt8] = []
  for word in state { digest.append(big: word) }
  return digest
}
