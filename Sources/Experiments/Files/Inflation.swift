import CZlib

/// Unpacks deflated bytes (RFC 1951) through zlib, as much as is asked for at a time: those of a gzip file (RFC 1952), in which several
/// members one after the other count as one file, as for gunzip, or plain ones as they are in zip archives.
final class InflatedBytes: ByteSource {
  /// What is around the deflated bytes; the number is zlib's: 15 bits of window, and how it is told about the wrapper.
  enum Wrapper: Int32 {
    /// A header and a checksum of gzip, and nothing else.
    case gzip = 31
    /// Nothing.
    case plain = -15
  }

  // zlib keeps the address of its state, so the state has a place of its own; made in init, freed in deinit.
  private let stream: UnsafeMutablePointer<z_stream>
  private let packed: [UInt8]
  private var consumed = 0
  private var ended = false
  private let wrapper: Wrapper
  private let format: String
  private let path: String

  /// - Throws: `DataError.format` when zlib can't start, which is a lack of memory.
  init(_ packed: [UInt8], _ wrapper: Wrapper = .gzip, format: String = "gzip", path: String) throws(DataError) {
    self.packed = packed
    self.wrapper = wrapper
    self.format = format
    self.path = path
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, wrapper.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw .format(format, path: path, "can't be unpacked: out of memory")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func next(_ count: Int) throws(DataError) -> [UInt8] {
    var result: [UInt8] = []
    while result.count < count, !ended {
      // A header may promise anything: grow with what really arrives instead of reserving `count`.
      let wanted = min(count - result.count, max(1 << 16, result.count))
      var status = Z_OK
      result.append(
        contentsOf: [UInt8](unsafeUninitializedCapacity: wanted) { target, written in
          (status, written) = step(into: target)
        })
      try check(status)
    }
    return result
  }

  /// One call of inflate with all input that is left (zlib counts in 32 bits, hence the bound): its status and the bytes written.
  private func step(into target: UnsafeMutableBufferPointer<UInt8>) -> (Int32, Int) {
    packed.withUnsafeBufferPointer { input in
      let available = min(input.count - consumed, 1 << 30)
      let room = min(target.count, 1 << 30)
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + consumed })  // zlib only reads it
      stream.pointee.avail_in = UInt32(available)
      stream.pointee.next_out = target.baseAddress
      stream.pointee.avail_out = UInt32(room)
      let status = inflate(stream, Z_NO_FLUSH)
      consumed += available - Int(stream.pointee.avail_in)
      return (status, room - Int(stream.pointee.avail_out))
    }
  }

  private func check(_ status: Int32) throws(DataError) {
    switch status {
    case Z_OK:
      return
    case Z_STREAM_END:
      ended = consumed == packed.count || wrapper == .plain
      if !ended { inflateReset(stream) }
    case Z_BUF_ERROR:
      throw .format(format, path: path, "ends too early: all \(packed.count) bytes are read and the end mark has not come")
    default:
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "error \(status) of zlib"
      throw .format(format, path: path, "is damaged at byte \(consumed): \(reason)")
    }
  }
}
