"""The command without a terminal: options, scripts, streams, exit codes, and nothing of the terminal in pipes."""

import os
import statistics
import subprocess
import time
import unittest

import pexpect

from support import PROGRAM, Terminal, TerminalTest, environ


class Options(TerminalTest):
  def test_statements_and_expressions(self):
    self.assertEqual(self.run_program("-e", "print(1 + 1)").stdout, "2\n")
    self.assertEqual(self.run_program("-p", "1 + 1").stdout, "2\n")
    self.assertEqual(self.run_program("-p", "'text'").stdout, "text\n")
    self.assertEqual(self.run_program("-p", "{a = 1}").stdout, "{a = 1}\n")
    self.assertEqual(self.run_program("-eprint(eb ~= nil)").stdout, "true\n")
    self.assertEqual(self.run_program("-p", "1, 'two'").stdout, "1\ntwo\n")

  def test_options_act_in_order(self):
    script = self.file("s.lua", "print('script', x)")
    result = self.run_program("-e", "x = 1", "-p", "x", "-e", "x = 2", script)
    self.assertEqual(result.stdout, "1\nscript\t2\n")

  def test_modules(self):
    self.file("mod.lua", "print('loaded', ...) return {name = 'mod'}")
    self.assertIn("mod\n", self.run_program("-l", "mod", "-e", "print(mod.name)").stdout)
    self.assertIn("mod\n", self.run_program("-l", "m=mod", "-e", "print(m.name)").stdout)
    self.assertEqual(self.run_program("-l", "nomod").returncode, 1)

  def test_version_and_help(self):
    self.assertRegex(self.run_program("-v").stdout, r"^Ebbtide \d+\.\d+.* with Lua 5\.4\n$")
    self.assertRegex(self.run_program("--version").stdout, r"^Ebbtide \d+\.\d+")
    text = self.run_program("--help").stdout
    for option in ("--seed", "--threads", "--color", "--check", "-e", "-p", "-l", "-i", "-E", "-W", "doctor", "demo"):
      self.assertIn(option, text)

  def test_wrong_usage(self):
    for words in (["-x"], ["-e"], ["--nosuch"], ["--threads", "0"], ["--threads", "many"], ["--color", "blue"], ["-ix"]):
      result = self.run_program(*words)
      self.assertEqual(result.returncode, 2, words)
      self.assertEqual(result.stdout, "")
      self.assertIn("--help", result.stderr)

  def test_the_argument_table(self):
    script = self.file("a.lua", "print(arg[-2], arg[-1], arg[0], arg[1], arg[2], #arg, ...)")
    result = self.run_program("-E", "--", "a.lua", "-x", "--help")
    self.assertEqual(result.stdout.split("\t"), ["-E", "--", "a.lua", "-x", "--help", "2", "-x", "--help\n"])
    self.assertEqual(self.run_program(script, "-e").stdout.split("\t")[3:], ["-e", "nil", "1", "-e\n"])
    self.assertEqual(self.run_program("-e", "print(arg[0], arg[1])").stdout, f"{PROGRAM}\t-e\n")

  def test_a_script_from_standard_input(self):
    self.assertEqual(self.run_program(text="print('from', ...)").stdout, "from\n")
    self.assertEqual(self.run_program("-", "a", text="print('from', ...)").stdout, "from\ta\n")
    self.assertEqual(self.run_program(text="#!/usr/bin/env ebbtide\nerror('x')").stderr.split("\n")[1], "  stdin:2: error('x')")

  def test_a_script_that_is_executable(self):
    path = self.file("tool", f"#!{PROGRAM}\nprint('tool', ...)")
    os.chmod(path, 0o755)
    shown = subprocess.run([path, "a"], env=environ(self.home), capture_output=True, encoding="utf-8", timeout=60)
    self.assertEqual(shown.stdout, "tool\ta\n")

  def test_lua_variables(self):
    self.assertEqual(self.run_program("-e", "print(x)", LUA_INIT="x = 5").stdout, "5\n")
    init = self.file("start.lua", "x = 6")
    self.assertEqual(self.run_program("-e", "print(x)", LUA_INIT="@" + init).stdout, "6\n")
    self.assertEqual(self.run_program("-E", "-e", "print(x)", LUA_INIT="x = 5").stdout, "nil\n")
    self.assertEqual(self.run_program("-e", "print(package.path)", LUA_PATH="here/?.lua").stdout, "here/?.lua\n")
    shown = self.run_program("-E", "-e", "print(package.path, os.getenv 'LUA_PATH')", LUA_PATH="here/?.lua").stdout
    self.assertNotEqual(shown.split("\t")[0], "here/?.lua")
    self.assertEqual(shown.split("\t")[1], "here/?.lua\n")

  def test_warnings(self):
    self.assertEqual(self.run_program("-e", "warn('a', 'b')").stderr, "")
    self.assertEqual(self.run_program("-W", "-e", "warn('a', 'b')").stderr, "Lua warning: ab\n")
    self.assertEqual(self.run_program("-e", "warn('@on') warn('c')").stderr, "Lua warning: c\n")

  def test_require_sets_no_global(self):
    script = self.file("s.lua", "print(eb, require('ebbtide') ~= nil, eb)")
    self.assertEqual(self.run_program(script).stdout, "nil\ttrue\tnil\n")

  def test_seeds(self):
    draw = ["-p", "eb.randn{3}:sum():item()"]
    self.assertEqual(self.run_program("--seed", "7", *draw).stdout, self.run_program(*draw, EBBTIDE_SEED=7).stdout)
    self.assertNotEqual(self.run_program("--seed", "7", *draw).stdout, self.run_program("--seed", "8", *draw).stdout)

  def test_settings_are_not_read_by_scripts(self):
    self.file(".config/ebbtide/init.lua", "print 'settings'")
    self.assertEqual(self.run_program("-e", "print(1)").stdout, "1\n")

  def test_check(self):
    good, bad = self.file("good.lua", "print 'ran'"), self.file("bad.lua", "local x = 1\nx = = 2\n")
    self.assertEqual((self.run_program("--check", good).returncode, self.run_program("--check", good).stdout), (0, ""))
    result = self.run_program("--check", bad)
    self.assertEqual(result.returncode, 1)
    self.assertEqual(result.stderr.split("\n")[:2], ["error: unexpected symbol near '='", f"  {bad}:2: x = = 2"])

  def test_doctor(self):
    result = self.run_program("doctor")
    self.assertEqual(result.returncode, 0)
    for word in ("processor", "threads", "LAPACK", "figures", "terminal", "history"):
      self.assertIn(word, result.stdout)


class Streams(TerminalTest):
  def test_exit_codes(self):
    self.assertEqual(self.run_program("-e", "x = 1").returncode, 0)
    self.assertEqual(self.run_program("-e", "error 'x'").returncode, 1)
    self.assertEqual(self.run_program("-e", "x = = 1").returncode, 1)
    self.assertEqual(self.run_program("nosuch.lua").returncode, 1)
    self.assertEqual(self.run_program("-e", "os.exit(7)").returncode, 7)

  def test_errors_show_the_line_on_standard_error(self):
    script = self.file("train.lua", "local function step(t)\n  return t.grad.norm\nend\nprint('begun')\nstep{}\n")
    result = self.run_program(script)
    self.assertEqual(result.stdout, "begun\n")
    self.assertEqual(result.stderr.split("\n"), [
      "error: attempt to index a nil value (field 'grad')", f"  {script}:2:   return t.grad.norm",
      " " * (2 + len(script) + 4 + 11) + "^", f"  from {script}:5", ""])

  def test_an_interrupted_script(self):
    script = self.file("forever.lua", "print 'begun' io.stdout:flush() while true do end")
    process = subprocess.Popen([PROGRAM, script], env=environ(self.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    began = time.monotonic()
    process.send_signal(2)
    self.assertEqual(process.wait(timeout=5), 130)
    self.assertLess(time.monotonic() - began, 0.2)
    self.assertIn(b"interrupted", process.stderr.read())
    process.stdout.close()
    process.stderr.close()

  def test_a_reader_that_leaves(self):
    script = self.file("first.lua", "for i = 1, 100000 do print(i) end")
    result = subprocess.run(["sh", "-c", f"{PROGRAM} {script} | head -3"], env=environ(self.home), capture_output=True, encoding="utf-8", timeout=60)
    self.assertEqual((result.stdout, result.stderr, result.returncode), ("1\n2\n3\n", "", 0))

  def test_a_full_disk_is_said(self):
    if not os.path.exists("/dev/full"):
      self.skipTest("there is no /dev/full")
    with open("/dev/full", "w") as full:
      result = subprocess.run([PROGRAM, "-e", "print(1)"], env=environ(self.home), stdout=full, stderr=subprocess.PIPE, timeout=60)
    self.assertEqual(result.returncode, 1)
    self.assertIn(b"standard output", result.stderr)

  def test_no_codes_in_pipes(self):
    for words, text in ((["-i"], "1 + 1\nx = = 1\nfor i = 1, 2 do\nprint(i)\nend\n"), ([], "print(1)"), (["--help"], ""), (["doctor"], ""), (["-v"], "")):
      result = self.run_program(*words, text=text)
      self.assertNotIn("\x1b", result.stdout + result.stderr, words)
    self.assertEqual(self.run_program("-i", text="1 + 1\nfor i = 1, 2 do\nprint(i)\nend\nlocal k = 5\nk").stdout, "2\n1\n2\n5\n")

  def test_colours_when_asked(self):
    self.assertIn("\x1b", self.run_program("--color", "always", "-e", "error 'x'").stderr)
    self.assertIn("\x1b", self.run_program("-e", "error 'x'", FORCE_COLOR=1).stderr)
    self.assertNotIn("\x1b", self.run_program("-e", "error 'x'", FORCE_COLOR=1, NO_COLOR=1).stderr)
    self.assertIn("\x1b", self.run_program("--color=always", "-e", "error 'x'", NO_COLOR=1).stderr)
    self.assertNotIn("\x1b", self.run_program("--color", "never", "-e", "error 'x'", FORCE_COLOR=1).stderr)
    # Figures are printed by the same rule.
    figure = "print(eb.plot.line { { 1, 2 }, { 2, 1 } })"
    self.assertIn("\x1b", self.run_program("--color", "always", "-e", figure).stdout)
    self.assertNotIn("\x1b", self.run_program("-e", figure).stdout)
    script = self.file("figure.lua", "eb = require 'ebbtide' " + figure)
    for when in ("never", "auto"):
      shown = pexpect.run(f"{PROGRAM} --color {when} {script}", env=environ(self.home), encoding="utf-8")
      self.assertEqual("\x1b" in shown, when == "auto", shown)

  def test_the_prompt_after_a_script(self):
    script = self.file("s.lua", "value = 11")
    terminal = self.open("-i", script)
    self.assertEqual(terminal.say("value"), "11")
    self.assertEqual(terminal.leave(), 0)


class Start(TerminalTest):
  def test_start_up_time(self):
    times = []
    for _ in range(7):
      terminal = Terminal(home=self.home)
      terminal.child.expect_exact("> ")
      times.append(time.monotonic() - terminal.began)
      terminal.child.close(force=True)
    print(f"start to prompt: {min(times) * 1000:.0f} ms at best, {statistics.median(times) * 1000:.0f} ms in the median (50 are promised)")


if __name__ == "__main__":
  unittest.main()
