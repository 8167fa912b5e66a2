"""What the terminal tests share: the program in a pseudo-terminal with a home of its own, and without a terminal."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import pexpect

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("EBBTIDE") or str(ROOT / ".build/release/ebbtide")
CODES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>]")
CONTROL_C, CONTROL_D, CONTROL_R, UP, DOWN, TAB = "\x03", "\x04", "\x12", "\x1b[A", "\x1b[B", "\t"


class Terminal:
  """A session of the prompt. `say` answers what an input showed, without escape codes and without its echo."""

  def __init__(self, *arguments, home, columns=100, **variables):
    environment = environ(home, **variables)
    self.began = time.monotonic()
    self.child = pexpect.spawn(PROGRAM, list(arguments), env=environment, encoding="utf-8", timeout=10,
                               dimensions=(40, columns))
    # Echo and edits would come back a second time from the line discipline.
    self.child.delaybeforesend = 0

  def until_prompt(self, timeout=10):
    """Everything up to the next prompt, which is followed by nothing."""
    text = ""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
      try:
        text += self.child.read_nonblocking(65536, 0.1)
      except pexpect.TIMEOUT:
        pass
      plain = clean(text)
      if plain.endswith("\n> ") or plain == "> ":
        return plain[:-2]
    raise AssertionError(f"no prompt after {timeout} s: {text!r}")

  def say(self, text, timeout=10):
    self.child.send(text + "\r")
    shown = self.until_prompt(timeout)
    lines = shown.split("\n")
    return "\n".join(lines[text.count("\n") + 1:]).strip("\n")

  def send(self, keys):
    self.child.send(keys)

  def shown(self, seconds=0.4):
    """What comes within a while."""
    text = ""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
      try:
        text += self.child.read_nonblocking(65536, 0.05)
      except pexpect.TIMEOUT:
        pass
      except pexpect.EOF:
        break
    return clean(text)

  def leave(self):
    """Ctrl-D; answers the exit code."""
    self.child.send(CONTROL_D)
    return self.code()

  def code(self):
    self.child.expect(pexpect.EOF)
    self.child.close()
    return self.child.exitstatus


class TerminalTest(unittest.TestCase):
  """Gives every test a home folder that is gone afterwards."""

  def setUp(self):
    self.home = pathlib.Path(tempfile.mkdtemp(prefix="ebbtide-terminal-"))
    self.addCleanup(shutil.rmtree, self.home)

  def open(self, *arguments, **variables):
    terminal = Terminal(*arguments, home=self.home, **variables)
    self.addCleanup(terminal.child.close, force=True)
    self.banner = terminal.until_prompt()
    return terminal

  def run_program(self, *arguments, text="", **variables):
    return subprocess.run([PROGRAM, *arguments], input=text, env=environ(self.home, **variables), cwd=self.home,
                          capture_output=True, encoding="utf-8", timeout=60)

  def kill_after(self, seconds, *arguments):
    """Starts the program, waits for its line `ready` and kills it some time later."""
    child = subprocess.Popen([PROGRAM, *arguments], env=environ(self.home), stdout=subprocess.PIPE)
    self.assertEqual(child.stdout.readline(), b"ready\n")
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

  def file(self, name, text):
    path = self.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def clean(text):
  return CODES.sub("", text).replace("\r", "")


def environ(home, **variables):
  """The user's own settings must not change a result."""
  kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL") if name in os.environ}
  return {**kept, "HOME": str(home), "TERM": "xterm-256color", "INPUTRC": "/dev/null", "LC_CTYPE": "C.UTF-8",
          **{name: str(value) for name, value in variables.items()}}
