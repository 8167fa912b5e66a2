"""Files as a whole program writes them: a process that is killed leaves the old contents or the new ones."""

import random
import signal
import subprocess
import time
import unittest

from support import PROGRAM, TerminalTest, environ


class Checkpoints(TerminalTest):
  def test_a_kill_in_the_middle_of_saving_leaves_a_whole_file(self):
    path = self.home / "run.ebt"
    script = self.file("save.lua", """
      local eb = require "ebbtide"
      for step = 1, math.huge do
        eb.io.save(arg[1], { step = step, p = eb.full({ 300000 }, step) })
        if step == 1 then print "ready" io.stdout:flush() end
      end
    """)
    check = f"""
      local eb = require "ebbtide"
      local saved = eb.io.load("{path}")
      assert(#saved.p == 300000 and saved.p:eq(saved.step):all():item())
      print(saved.step)
    """
    chance = random.Random(1)
    steps = []
    for _ in range(8):
      child = subprocess.Popen([PROGRAM, script, str(path)], env=environ(self.home), stdout=subprocess.PIPE)
      self.assertEqual(child.stdout.readline(), b"ready\n")
      time.sleep(chance.uniform(0, 0.05))
      child.send_signal(signal.SIGKILL)
      child.wait()
      child.stdout.close()
      result = self.run_program("-e", check)
      self.assertEqual(result.returncode, 0, result.stderr)
      steps.append(int(result.stdout))
    self.assertGreater(max(steps), 1, "the kills should come while it saves again")


if __name__ == "__main__":
  unittest.main()
