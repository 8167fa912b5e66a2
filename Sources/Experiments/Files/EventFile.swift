import Glibc

/// A file of events for TensorBoard: scalars and histograms by tag and step.
///
/// Records are framed as TensorFlow's (tensorflow/core/lib/io/record_writer.h): length, its masked CRC-32C, the contents, theirs. The
/// contents are the message `Event` of tensorflow/core/util/event.proto in the wire format of protocol buffers. A record is handed to the
/// system as soon as it is added, so that a TensorBoard that watches the folder sees it, and so does one after a crash.
public final class EventFile {
  /// The path of the file.
  public let path: String
  private var file: Int32

  /// Makes the folder, with those above it, and a file in it called `events.out.tfevents.<seconds>.<host>`, with `.1`, `.2`, … at its end
  /// where the name is taken.
  /// - Throws: `DataError` when the system refuses.
  public init(directory: String) throws(DataError) {
    try makeFolder(directory)
    var host = [UInt8](repeating: 0, count: 256)
    let named = host.withUnsafeMutableBytes { gethostname($0.baseAddress!, 255) } == 0
    let name = named ? String(decoding: host.prefix { $0 != 0 }, as: UTF8.self) : "localhost"
    let base = "\(directory)/events.out.tfevents.\(time(nil)).\(name)"
    var found: (Int32, String)?
    for attempt in 0..<1000 where found == nil {
      let path = attempt == 0 ? base : "\(base).\(attempt)"
      let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      if file >= 0 {
        found = (file, path)
      } else if errno != EEXIST {
        throw .lastFailure("write", path)
      }
    }
    guard let found else { throw .system("write", path: base, reason: "a thousand files of this second are there") }
    (file, path) = found
    try add(Message().bytes(3, Array("brain.Event:2".utf8)), step: 0, wallTime: EventFile.now())
  }

  deinit { close() }

  /// Adds the value of a scalar at a step.
  /// - Parameter wallTime: seconds since 1970; now unless given.
  /// - Throws: `DataError` when the file is closed or the system refuses.
  public func add(tag: String, value: Double, step: Int, wallTime: Double? = nil) throws(DataError) {
    try add(tag, Message().fixed(2, Float(value).bitPattern), step, wallTime)
  }

  /// Adds how often values lie in 30 equal parts of their range at a step; those that are not finite are left out.
  /// - Throws: `DataError` when the file is closed or the system refuses.
  public func add(tag: String, histogram values: [Double], step: Int, wallTime: Double? = nil) throws(DataError) {
    let values = values.filter(\.isFinite)
    let (least, most) = (values.min() ?? 0, values.max() ?? 0)
    let parts = least < most ? 30 : 1
    var counts = [Double](repeating: 0, count: parts)
    // The width of the range may be beyond the doubles; its half is not.
    let scale = (most - least).isFinite ? 1.0 : 0.5
    for value in values {
      let share = least < most ? (scale * value - scale * least) / (scale * most - scale * least) : 0
      counts[min(Int(share * Double(parts)), parts - 1)] += 1
    }
    // The right ends of the parts.
    let ends = (1...parts).map { least < most ? least + (most / Double(parts) - least / Double(parts)) * Double($0) : most }
    var histogram = Message()
    let sums = (values.reduce(0, +), values.reduce(0) { $0 + $1 * $1 })
    for (field, number) in [(1, least), (2, most), (3, Double(values.count)), (4, sums.0), (5, sums.1)] {
      histogram = histogram.fixed(field, number.bitPattern)
    }
    histogram = histogram.packed(6, ends).packed(7, counts)
    try add(tag, Message().bytes(5, histogram.contents), step, wallTime)
  }

  /// Closes the file; a second time does nothing.
  public func close() {
    if file >= 0 { Glibc.close(file) }
    file = -1
  }

  private func add(_ tag: String, _ value: Message, _ step: Int, _ wallTime: Double?) throws(DataError) {
    let value = Message().bytes(1, Array(tag.utf8)).contents + value.contents
    let summary = Message().bytes(1, value)
    try add(Message().bytes(5, summary.contents), step: step, wallTime: wallTime ?? EventFile.now())
  }

  private func add(_ what: Message, step: Int, wallTime: Double) throws(DataError) {
    guard file >= 0 else { throw .system("write", path: path, reason: "it was closed") }
    var event = Message().fixed(1, wallTime.bitPattern)
    if step != 0 { event = event.number(2, UInt64(bitPattern: Int64(step))) }
    try WholeFile.append(EventFile.record(event.contents + what.contents), to: file, path: path)
  }

  /// A record with these contents.
  static func record(_ contents: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(little: UInt64(contents.count))
    bytes.append(little: masked(crc32c(bytes)))
    bytes += contents
    bytes.append(little: masked(crc32c(contents)))
    return bytes
  }

  // Rotated and shifted, since the CRC of bytes that hold their own CRC says little.
  private static func masked(_ crc: UInt32) -> UInt32 { (crc >> 15 | crc << 17) &+ 0xa282_ead8 }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// Fields of a message in the wire format of protocol buffers, in the order in which they are added.
private struct Message {
  private(set) var contents: [UInt8] = []

  private func adding(_ field: Int, wire: Int, _ body: (inout [UInt8]) -> Void) -> Message {
    var copy = self
    copy.contents.append(UInt8(field << 3 | wire))
    body(&copy.contents)
    return copy
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  func number(_ field: Int, _ number: UInt64) -> Message { adding(field, wire: 0) { Message.append(number, to: &$0) } }

  func fixed(_ field: Int, _ bits: UInt64) -> Message { adding(field, wire: 1) { $0.append(little: bits) } }

  func fixed(_ field: Int, _ bits: UInt32) -> Message { adding(field, wire: 5) { $0.append(little: bits) } }

  func bytes(_ field: Int, _ body: [UInt8]) -> Message {
    adding(field, wire: 2) {
      Message.append(UInt64(body.count), to: &$0)
      $0 += body
    }
  }

  func packed(_ field: Int, _ numbers: [Double]) -> Message {
    var body: [UInt8] = []
    for number in numbers { body.append(little: number.bitPattern) }
    return bytes(field, body)
  }
}

/// The CRC-32C of Castagnoli, as iSCSI has it (RFC 3720, B.4).
func crc32c(_ bytes: [UInt8]) -> UInt32 {
  var crc: UInt32 = ~0
  for byte in bytes { crc = crc >> 8 ^ castagnoli[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
  return ~crc
}

private let castagnoli: [UInt32] = (0..<256).map { index in
  (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
}

/// Makes a folder and those above it; one that is there is good.
/// - Throws: `DataError.system` when it can't be made.
func makeFolder(_ path: String) throws(DataError) {
  var status = stat()
  if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
  let parent = WholeFile.split(path).folder
  if parent != path, parent != ".", !path.isEmpty { try makeFolder(parent) }
  guard mkdir(path, 0o777) == 0 || errno == EEXIST && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR else {
    throw .lastFailure("make the folder", path)
  }
}
