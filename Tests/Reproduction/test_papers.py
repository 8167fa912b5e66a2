"""`Scripts/papers` on small scripts of its own: exit codes, the summary, and the tables of a README."""

import contextlib
import io
import os
import pathlib
import shutil
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Scripts/reproduction"))
import run  # noqa: E402

HEAD = """
local eb = require "ebbtide"
local paper = dofile((arg[0]:match "^.*/" or "./") .. "../paper.lua")
paper.title "A title"
"""
README = "# Title\n\n<!-- expected and measured: quick -->\n<!-- end -->\n\nafter\n"


class Papers(unittest.TestCase):
  def setUp(self):
    self.home = pathlib.Path(tempfile.mkdtemp(prefix="ebbtide-papers-"))
    self.addCleanup(shutil.rmtree, self.home)
    self.scripts, self.out = self.home / "papers", self.home / "out"
    (self.scripts / "folder").mkdir(parents=True)
    shutil.copy(ROOT / "Examples/papers/paper.lua", self.scripts)
    (self.scripts / "folder/README.md").write_text(README, encoding="utf-8")
    os.environ.setdefault("EBBTIDE", str(ROOT / ".build/release/ebbtide"))

  def script(self, name, *lines):
    (self.scripts / f"folder/{name}.lua").write_text(HEAD + "\n".join(lines) + "\npaper.finish()\n", encoding="utf-8")

  def papers(self, *words):
    """The exit code and what was said."""
    said = io.StringIO()
    with mock.patch.object(run, "SCRIPTS", self.scripts), mock.patch.object(sys, "argv", ["papers", "--quick", "--out", str(self.out), *words]):
      with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        return run.main(), said.getvalue()

  def table(self):
    return (self.scripts / "folder/README.md").read_text(encoding="utf-8")

  def test_verdicts_decide_and_claims_do_not(self):
    self.script("good", "paper.expect { row = 'half', expected = 0.5, within = 0.01, measured = 0.501 }")
    self.script("claims", "paper.expect { row = 'one', at_most = 1, measured = 1 }", "paper.claim { row = 'more', at_least = 2, measured = 1 }")
    code, said = self.papers()
    self.assertEqual(code, 0, said)
    self.assertIn("2 of 2 verdicts hold in 2 scripts; 1 observations decide nothing, 0 of them as expected", said)
    self.script("bad", "paper.expect { row = 'three', at_most = 3, measured = { 2, 0 / 0 } }")
    code, said = self.papers("--only", "folder/bad")
    self.assertEqual(code, 1)
    self.assertIn("three: expected ≤ 3, measured 2, NaN", said)

  def test_an_error_fails_and_keeps_no_other_from_running(self):
    self.script("broken", "paper.expect { row = 'first', at_most = 1, measured = 1 }", "error 'lost'")
    self.script("empty")
    self.script("whole", "paper.expect { row = 'second', at_most = 1, measured = 1 }")
    code, said = self.papers()
    self.assertEqual(code, 1)
    self.assertIn("broken: ERROR (exit code 1)", said)
    self.assertIn("lost", said)
    self.assertIn("empty: no verdicts", said)
    self.assertIn("whole: all 1 hold", said)
    summary = (self.out / "summary.md").read_text(encoding="utf-8")
    self.assertIn("| first | ≤ 1 | 1 | holds |", summary)

  def test_the_summary_has_figures_and_numbers_inside(self):
    self.script("drawn", "paper.figure('curve', eb.plot.line { { 1, 4, 9 } }, 'A curve & more')", "paper.csv('list', { a = { 1, 2 } }, { 'a' })",
                "paper.expect { row = 'edge', at_least = 0.999999999, measured = 1 }")
    code, said = self.papers()
    self.assertEqual(code, 0, said)
    page = (self.out / "summary.html").read_text(encoding="utf-8")
    for text in ("<svg", "A curve &amp; more", 'href="data:text/csv;base64,', "≥ 0.999999999"):
      self.assertIn(text, page)
    for text in ('src="http', 'href="http', 'href="folder'):
      self.assertNotIn(text, page)
    for ending in ("curve.svg", "curve.png", "curve.csv", "list.csv"):
      self.assertTrue((self.out / f"folder/drawn-{ending}").stat().st_size > 0, ending)

  def test_tables_are_of_the_scripts_as_they_are(self):
    self.script("kept", "paper.expect { row = 'one', at_most = 1, measured = 1 }")
    self.script("changed", "paper.expect { row = 'two', at_most = 2, measured = 2 }")
    self.assertEqual(self.papers()[0], 0)
    self.assertEqual(self.papers("--tables")[0], 0)
    self.assertIn("| `changed` | two | ≤ 2 | 2 | holds |\n| `kept` | one | ≤ 1 | 1 | holds |", self.table())
    self.script("changed", "paper.expect { row = 'two', at_most = 3, measured = 2 }")
    self.assertEqual(self.papers("--tables")[0], 0)
    self.assertIn("| `changed` | | | | not run |\n| `kept` | one | ≤ 1 | 1 | holds |", self.table())
    self.assertTrue(self.table().endswith("<!-- end -->\n\nafter\n"))
    # What a script reads beside the folders is a part of it.
    with (self.scripts / "paper.lua").open("a", encoding="utf-8") as file:
      file.write("\n")
    self.assertEqual(self.papers("--tables")[0], 0)
    self.assertIn("| `kept` | | | | not run |", self.table())


if __name__ == "__main__":
  unittest.main()
