// Standard input where it is no terminal.

import Glibc

enum StandardInput {
  /// Everything up to its end.
  static func all() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count > 0 {
        bytes += chunk[..<count]
      } else if count == 0 || errno != EINTR {
        return bytes
      }
    }
  }

  /// A first line that starts with `#` is emptied, so that later lines keep their numbers.
  static func withoutShebang(_ bytes: [UInt8]) -> [UInt8] {
    bytes.first == UInt8(ascii: "#") ? Array(bytes[(bytes.firstIndex(of: 10) ?? bytes.count)...]) : bytes
  }

  /// A line without its end; nil when there is no more.
  static func line() -> String? { readLine(strippingNewline: true) }
}
