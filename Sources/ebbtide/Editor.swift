// The user's editor, on a file or on a text in a temporary one.

import Ebbtide
import Glibc
import ReplKit

enum Editor {
  private static var command: String { Environment.value("VISUAL") ?? Environment.value("EDITOR") ?? "vi" }

  /// Opens a file and waits.
  static func edit(file: String) throws {
    fflush(nil)
    // The command may hold options; the path goes in as an argument, so no character of it means anything to the shell.
    let words: [String] = ["sh", "-c", "exec \(command) \"$1\"", "sh", file]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    guard posix_spawn(&child, "/bin/sh", nil, nil, &arguments, environ) == 0 else {
      throw LuaError("edit: cannot start \(command)")
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    if status != 0 { throw LuaError("edit: \(command) failed") }
  }

  /// Lets the user change a text; nil if it stays as it was.
  static func edit(text: String) throws -> String? {
    var template = Array(((Environment.value("TMPDIR") ?? "/tmp") + "/ebbtide-XXXXXX.lua").utf8CString)
    let descriptor = mkstemps(&template, 4)
    guard descriptor >= 0 else { throw LuaError("edit: cannot make a temporary file") }
    close(descriptor)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    try writeFile(path, text + "\n")
    try edit(file: path)
    let edited = try readFile(path)
    return edited == text + "\n" ? nil : edited
  }
}
