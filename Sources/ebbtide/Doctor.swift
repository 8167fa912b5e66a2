// `ebbtide doctor`: what this machine offers the program, found by trying.

import CReadline
import Ebbtide
import Glibc
import ReplKit

struct Doctor {
  let program: Program

  func report() {
    var rows: [(String, String)] = [
      ("program", "\(Program.version), \((try? program.luaVersion()) ?? ""), readline \(String(cString: ebb_readline_version()))")
    ]
    rows.append(("processor", processor()))
    rows.append(("threads", threads()))
    rows.append(("LAPACK", lapack()))
    rows.append(("figures", gnuplot()))
    rows.append(("terminal", terminal()))
    rows.append(("history", Environment.historyFile ?? "none (EBBTIDE_HISTORY is empty)"))
    rows.append(("settings", settings()))
    rows.append(("data", Environment.value("EBBTIDE_DATA") ?? "EBBTIDE_DATA is not set; a sample of MNIST is inside the program"))
    for (name, text) in rows { Output.write("\(program.screen.style.strong(name.padded(to: 12)))\(text)\n") }
  }

  private func processor() -> String {
    let info = (try? readFile("/proc/cpuinfo")) ?? ""
    func field(_ name: String) -> String? {
      guard let line = info.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
      return line.split(separator: ":", maxSplits: 1).last.map { String($0).trimmed }
    }
    let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
    let kernels =
      flags.contains("avx512f") ? "AVX-512" : flags.contains("avx2") && flags.contains("fma") ? "AVX2 with FMA" : "baseline"
    return "\(field("model name") ?? "unknown"), kernels for \(kernels)"
  }

  private func threads() -> String {
    let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let used =
      program.invocation.threads.map { "\($0) by --threads" }
      ?? Environment.value("EBBTIDE_THREADS").map { "\($0) by EBBTIDE_THREADS" }
    return "\(online) processors, \(used ?? "1 used (EBBTIDE_THREADS or --threads say more)")"
  }

  // Opened as the library itself does it, and asked which core it chose.
  private func lapack() -> String {
    guard let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL) else {
      return "libopenblas.so.0 not found: eigenvalues, SVD and solves are missing (apt install libopenblas0)"
    }
    defer { dlclose(library) }
    typealias Answer = @convention(c) () -> UnsafePointer<CChar>?
    let name = dlsym(library, "openblas_get_corename").map { unsafeBitCast($0, to: Answer.self)() } ?? nil
    let core = name.map { String(cString: $0) } ?? "unknown"
    let forced = Environment.value("OPENBLAS_CORETYPE").map { "; OPENBLAS_CORETYPE=\($0) is set" } ?? ""
    return "libopenblas.so.0, core \(core)\(forced)"
  }

  private func gnuplot() -> String {
    for folder in (Environment.value("PATH") ?? "").split(separator: ":") where access("\(folder)/gnuplot", X_OK) == 0 {
      return "\(folder)/gnuplot"
    }
    return "gnuplot not found: figures are drawn in the terminal only (apt install gnuplot-nox)"
  }

  private func terminal() -> String {
    guard Environment.isTerminal(STDOUT_FILENO) else { return "standard output is no terminal" }
    let size = "\(ebb_terminal_columns(STDOUT_FILENO)) × \(ebb_terminal_rows(STDOUT_FILENO))"
    let colors = program.screen.style.isEnabled ? "colours" : "no colours"
    return "\(Environment.value("TERM") ?? "TERM is not set"), \(size), \(ebb_is_utf8() ? "UTF-8" : "not UTF-8"), \(colors)"
  }

  private func settings() -> String {
    guard let path = Environment.initFile else { return "none: HOME is not set" }
    return access(path, R_OK) == 0 ? path : "\(path) (absent)"
  }
}
