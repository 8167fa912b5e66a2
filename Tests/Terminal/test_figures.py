"""Figures in files as a whole program makes them, and the demonstration that draws one."""

import os
import time
import unittest

from support import CONTROL_C, TerminalTest

SAVE = 'eb = require "ebbtide" eb.plot.line { { 1, 2, name = "a_b" }, title = "T" }:save "fig.%s"'


class Figures(TerminalTest):
  def test_every_format(self):
    for ending, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("html", b"<!DOCTYPE"), ("gp", b"set "), ("csv", b"series")):
      result = self.run_program("-e", SAVE % ending)
      self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
      self.assertTrue((self.home / f"fig.{ending}").read_bytes().startswith(start), ending)
    self.assertIn("a_b", (self.home / "fig.svg").read_text())

  def test_without_gnuplot_the_error_says_what_to_do(self):
    (self.home / "empty").mkdir()
    result = self.run_program("-e", SAVE % "svg", PATH=self.home / "empty")
    self.assertEqual(result.returncode, 1)
    self.assertIn("figure:save: can't run 'gnuplot': there is no program gnuplot in PATH; install it (Debian: apt install gnuplot-nox)", result.stderr)
    self.assertEqual([path.name for path in self.home.glob("fig*")], [])
    self.assertEqual(self.run_program("-e", SAVE % "csv", PATH=self.home / "empty").returncode, 0)

  def fake(self, text):
    """A program called gnuplot; answers the PATH that finds it first."""
    path = self.file("bin/gnuplot", "#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return f"{self.home / 'bin'}:{os.environ['PATH']}"

  def test_what_gnuplot_says_is_quoted_and_the_old_file_stays(self):
    self.file("fig.svg", "old")
    result = self.run_program("-e", SAVE % "svg", PATH=self.fake("echo half; echo 'line 3: no such thing' >&2; exit 1\n"))
    self.assertEqual(result.returncode, 1)
    self.assertIn("can't draw with 'gnuplot': line 3: no such thing", result.stderr)
    self.assertEqual((self.home / "fig.svg").read_text(), "old")

  def test_control_c_ends_a_gnuplot_that_hangs(self):
    terminal = self.open(PATH=self.fake(f"echo $$ > {self.home}/pid; exec sleep 100\n"), columns=100)
    terminal.send('figure = eb.plot.line { { 1, 2 } } figure:save "fig.svg"\r')
    while not (self.home / "pid").exists() or not (self.home / "pid").read_text().strip():
      time.sleep(0.05)
    terminal.send(CONTROL_C)
    self.assertIn("interrupted", terminal.until_prompt(5))
    self.assertFalse(os.path.exists(f"/proc/{(self.home / 'pid').read_text().strip()}"))
    self.assertIn("figure", terminal.say("type(figure), #tostring(figure) > 100, 'figure'"))
    self.assertEqual(terminal.leave(), 0)


class Demonstration(TerminalTest):
  def test_the_edge_shows_itself_trains_and_draws(self):
    terminal = self.open()
    began = time.monotonic()
    shown = terminal.say('eb.demo "edge"', timeout=60)
    for text in ("local run = eb.run {", "sharpness", "2/lr", "│", "run: step 600"):
      self.assertIn(text, shown)
    self.assertEqual(terminal.leave(), 0)
    print(f"the demonstration took {time.monotonic() - began:.1f} s")

  def test_from_the_shell(self):
    result = self.run_program("demo")
    self.assertEqual((result.returncode, result.stdout), (0, 'demonstrations: edge; eb.demo "edge" runs one\n'), result.stderr)
    result = self.run_program("demo", "egde")
    self.assertEqual(result.returncode, 1)
    self.assertIn("demo: there is no 'egde' (did you mean 'edge'?)", result.stderr)
    result = self.run_program("demo", "edge")
    self.assertEqual(result.returncode, 0, result.stderr)
    self.assertIn("2/lr", result.stdout)


if __name__ == "__main__":
  unittest.main()
