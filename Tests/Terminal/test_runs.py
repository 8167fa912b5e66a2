"""Runs as a whole program handles them: resumed in another process after a kill, the same on any number of threads, stopped by Ctrl-C."""

import random
import time
import unittest

from support import CONTROL_C, TerminalTest

MAKE = """
  local eb = require "ebbtide"
  local x, y = eb.randn { 60, 6, rng = eb.rng(1) }, eb.randint({ 60 }, 1, 3, { rng = eb.rng(2) })
  local net = eb.nn.sequential { eb.nn.linear(6, 40), eb.nn.tanh(), eb.nn.dropout(0.2), eb.nn.linear(40, 3) }
  local function loss(p, x, y, ctx)
    return eb.loss.cross_entropy((net(p, x, { train = ctx.train, rng = ctx.rng })), y)
  end
  local data = eb.batches({ x = x, y = y }, { size = 16, shuffle = true })
  local opts = { eb.optim.sgd { lr = 0.05, momentum = 0.9 }, eb.optim.adam { lr = 1e-3 } }
  local function make(opt) return eb.run { params = net:init { rng = eb.rng(3) }, loss = loss, data = data, opt = opt, seed = 4 } end
  local function hash(run) return eb.tree.hash { run.params, run.opt_state } end
"""


class Runs(TerminalTest):
  def test_ten_thousand_steps_have_the_same_bits_on_one_thread_and_two(self):
    script = self.file("threads.lua", MAKE + """
      for _, opt in ipairs(opts) do
        local run = make(opt):advance(10000)
        assert(run.compiled and run:replay(0, 10000) == true)
        print(hash(run))
      end
    """)
    hashes = []
    for threads in ("1", "2"):
      result = self.run_program("--threads", threads, script)
      self.assertEqual(result.returncode, 0, result.stderr)
      hashes.append(result.stdout)
    self.assertEqual(len(hashes[0].split()), 2)
    self.assertEqual(hashes[0], hashes[1])

  def test_a_net_whose_products_are_divided_has_the_same_bits_on_one_thread_and_two(self):
    # 256 × 784 × 256 multiplications: far beyond what one thread is left with.
    script = self.file("wide.lua", """
      local eb = require "ebbtide"
      local train = eb.data.mnist_sample()
      local net = eb.nn.mlp { 784, 256, 10, act = "tanh" }
      local run = eb.run {
        params = net:init { rng = eb.rng(0) }, opt = eb.optim.adam { lr = 1e-3 }, data = eb.batches(train, { size = 256, shuffle = true }),
        loss = function(p, x, y) return eb.loss.cross_entropy(net(p, x), y) end,
      }
      run:advance(100)
      assert(run:replay(0, 100) == true)
      print(eb.tree.hash { run.params, run.opt_state })
    """)
    one, two = (self.run_program("--threads", threads, script) for threads in ("1", "2"))
    self.assertEqual((one.returncode, two.returncode), (0, 0), one.stderr + two.stderr)
    self.assertEqual(one.stdout, two.stdout)

  def test_a_killed_run_goes_on_in_another_process_bit_for_bit(self):
    path = self.home / "run.ebt"
    script = self.file("train.lua", MAKE + """
      local run = make(opts[2])
      while true do
        run:advance(50):save(arg[1])
        if run.t == 50 then print "ready" io.stdout:flush() end
      end
    """)
    check = self.file("resume.lua", MAKE + """
      local run = eb.load_run(arg[1], { loss = loss, data = data, opt = opts[2] })
      local t = run.t
      assert(t % 50 == 0)
      run:advance(120)
      assert(hash(run) == hash(make(opts[2]):advance(t + 120)))
      assert(run:replay(0, t + 120) == true)
      print(t)
    """)
    chance = random.Random(2)
    steps = []
    for _ in range(4):
      self.kill_after(chance.uniform(0, 0.2), script, str(path))
      result = self.run_program(check, str(path))
      self.assertEqual(result.returncode, 0, result.stderr)
      steps.append(int(result.stdout))
    self.assertGreater(max(steps), 50, "the kills should come while it saves again")

  def test_progress_is_not_in_the_output(self):
    script = self.file("quiet.lua", MAKE + "make(opts[1]):advance(20000) print 'done'")
    result = self.run_program(script)
    self.assertEqual((result.stdout, result.stderr), ("done\n", ""))


class RunsAtThePrompt(TerminalTest):
  def test_control_c_stops_between_steps(self):
    terminal = self.open()
    terminal.say("run = eb.run{params = eb.ones{200}, loss = function(x) return (x ^ 2):sum() end, opt = eb.optim.sgd{lr = 1e-6}}")
    terminal.send("run:advance(1e12);\r")
    shown = terminal.shown(1.5)
    self.assertRegex(shown, r"it/s, loss=")
    began = time.monotonic()
    terminal.send(CONTROL_C)
    self.assertIn("interrupted", terminal.until_prompt())
    self.assertLess(time.monotonic() - began, 0.3)
    steps = int(terminal.say("run.t"))
    self.assertGreater(steps, 1000)
    self.assertEqual(terminal.say("run:advance(7).t"), str(steps + 7))
    self.assertEqual(terminal.say("#run.log.loss"), str(steps + 7))
    self.assertEqual(terminal.say("run:replay(run.t - 20, run.t)"), "true")
    terminal.send("run:adv\t")
    self.assertIn("run:advance", terminal.shown())


if __name__ == "__main__":
  unittest.main()
