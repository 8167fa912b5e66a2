// The two streams of the program. Results share the buffer of Lua's own `print`; errors come after what was printed.

import CReadline
import Glibc
import ReplKit

enum Output {
  /// Writes to standard output, in order with what scripts print.
  static func write(_ text: String) { print(text, terminator: "") }

  /// Writes to standard error.
  static func writeError(_ text: String) {
    fflush(nil)
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      bytes = bytes.dropFirst(max(0, count))
    }
  }

  /// Empties the buffer at the end of the program. A reader that went away is no error.
  static func finish(_ code: Int32) -> Int32 {
    var isClosed = false
    if ebb_flush_output(&isClosed) || isClosed { return code }
    writeError("ebbtide: standard output could not be written\n")
    return code == 0 ? 1 : code
  }

  static func screen(_ color: ColorChoice) -> Screen {
    Screen(
      width: Environment.columns, style: Style(isEnabled: color.applies(to: STDOUT_FILENO)),
      errorStyle: Style(isEnabled: color.applies(to: STDERR_FILENO)), write: write, writeError: writeError)
  }
}
