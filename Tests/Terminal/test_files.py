"""Files as a whole program handles them: one that is killed while it saves leaves the old contents or the new ones, and what is
downloaded is whole or not there."""

import gzip
import hashlib
import http.server
import random
import struct
import threading
import unittest

from support import TerminalTest


class Checkpoints(TerminalTest):
  def test_a_kill_in_the_middle_of_saving_leaves_a_whole_file(self):
    path = self.home / "run.ebt"
    script = self.file("save.lua", """
      local eb = require "ebbtide"
      for step = 1, math.huge do
        eb.io.save(arg[1], { step = step, p = eb.full({ 2000000 }, step) })
        if step == 1 then print "ready" io.stdout:flush() end
      end
    """)
    check = f"""
      local eb = require "ebbtide"
      local saved = eb.io.load("{path}")
      assert(#saved.p == 2000000 and saved.p:eq(saved.step):all():item())
      print(saved.step)
    """
    chance = random.Random(1)
    steps = []
    for _ in range(8):
      self.kill_after(chance.uniform(0, 0.1), script, str(path))
      result = self.run_program("-e", check)
      self.assertEqual(result.returncode, 0, result.stderr)
      steps.append(int(result.stdout))
    self.assertGreater(max(steps), 1, "the kills should come while it saves again")


def idx(shape, body):
  return gzip.compress(struct.pack(f">{1 + len(shape)}I", 0x800 + len(shape), *shape) + bytes(body), mtime=0)


FILES = {
  "train-images-idx3-ubyte.gz": idx((3, 2, 2), range(12)),
  "train-labels-idx1-ubyte.gz": idx((3,), (7, 0, 9)),
  "t10k-images-idx3-ubyte.gz": idx((2, 2, 2), range(8)),
  "t10k-labels-idx1-ubyte.gz": idx((2,), (1, 2)),
}
IMAGES = "train-images-idx3-ubyte.gz"


class Handler(http.server.BaseHTTPRequestHandler):
  """Gives the server's files; those it says are cut end before their length has come."""

  def do_GET(self):
    self.server.asked.append(self.path)
    if self.path == "/moved/" + IMAGES:
      self.send_response(302)
      self.send_header("Location", "/" + IMAGES)
      self.end_headers()
      return
    body = self.server.files.get(self.path.split("/")[-1])
    if body is None:
      self.send_error(404)
      return
    self.send_response(200)
    self.send_header("Content-Length", str(len(body) + (5 if self.path[1:] in self.server.cut else 0)))
    self.end_headers()
    self.wfile.write(body)

  def log_message(self, *words):
    pass


class Downloads(TerminalTest):
  def setUp(self):
    super().setUp()
    self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    self.server.files, self.server.asked, self.server.cut = dict(FILES), [], set()
    thread = threading.Thread(target=self.server.serve_forever, daemon=True)
    thread.start()
    self.addCleanup(thread.join)
    self.addCleanup(self.server.server_close)
    self.addCleanup(self.server.shutdown)
    self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

  def load(self, folder="", **variables):
    digests = ", ".join(f'["{name}"] = "{hashlib.sha256(body).hexdigest()}"' for name, body in FILES.items())
    return self.run_program("-e", f"""
      local train, test = eb.data.fashion_mnist {{ download = true, url = "{self.url}{folder}", sha256 = {{ {digests} }} }}
      print(#train, #test, train.y[3]:item(), math.tointeger((train.x[{{ 2, 1 }}] * 255):round():item()))
    """, XDG_CACHE_HOME=self.home / "cache", **variables)

  def kept(self, folder="cache/ebbtide/fashion_mnist"):
    path = self.home / folder
    return {file.name: file.read_bytes() for file in path.iterdir()} if path.exists() else {}

  def test_missing_files_come_once_into_the_cache(self):
    result = self.load()
    self.assertEqual(result.stdout, "3\t2\t10\t4\n", result.stderr)
    self.assertEqual(self.kept(), FILES)
    self.assertEqual(sorted(self.server.asked), sorted("/" + name for name in FILES))
    self.assertEqual(self.load().returncode, 0)
    self.assertEqual(len(self.server.asked), 4, "what is there is not fetched again")
    # Found without asking for a download, and only under its own name.
    script = "print(#eb.data.fashion_mnist(), pcall(eb.data.mnist))"
    shown = self.run_program("-e", script, XDG_CACHE_HOME=self.home / "cache").stdout
    self.assertTrue(shown.startswith("3\tfalse"), shown)

  def test_the_variable_says_where(self):
    self.assertEqual(self.load(EBBTIDE_DATA=self.home / "data").returncode, 0)
    self.assertEqual(self.kept("data/fashion_mnist"), FILES)
    self.assertEqual(self.kept(), {})

  def test_a_redirection_is_followed(self):
    self.assertEqual(self.load(folder="/moved").returncode, 0)
    self.assertEqual(self.kept(), FILES)

  def test_a_corrupt_file_is_refused_and_nothing_is_left_of_it(self):
    body = bytearray(FILES[IMAGES])
    body[-10] ^= 1
    self.server.files[IMAGES] = bytes(body)
    result = self.load()
    self.assertEqual(result.returncode, 1)
    self.assertIn(f"data.fashion_mnist: can't download '{IMAGES}': {self.url}/{IMAGES}: {len(body)} bytes came with sha256 ", result.stderr)
    self.assertIn(f"expected sha256 {hashlib.sha256(FILES[IMAGES]).hexdigest()}", result.stderr)
    self.assertEqual(self.kept(), {})

  def test_a_truncated_file_is_refused(self):
    self.server.files[IMAGES] = FILES[IMAGES][:-5]
    self.server.cut.add(IMAGES)
    result = self.load()
    self.assertEqual(result.returncode, 1)
    self.assertIn("curl: (18)", result.stderr)
    self.assertEqual(self.kept(), {})

  def test_a_file_that_is_not_there(self):
    del self.server.files[IMAGES]
    result = self.load()
    self.assertEqual(result.returncode, 1)
    self.assertIn("404", result.stderr)
    self.assertEqual(self.kept(), {})

  def test_a_damaged_file_on_the_disk_is_replaced(self):
    self.assertEqual(self.load().returncode, 0)
    path = self.home / "cache/ebbtide/fashion_mnist" / IMAGES
    path.write_bytes(path.read_bytes()[:-7])
    self.assertEqual(self.load().returncode, 0)
    self.assertEqual(self.kept(), FILES)
    self.assertEqual(len(self.server.asked), 5)

  def test_without_curl_the_error_says_so(self):
    (self.home / "empty").mkdir()
    result = self.load(PATH=self.home / "empty")
    self.assertEqual(result.returncode, 1)
    self.assertIn("there is no program curl in PATH; install it, or fetch the files by hand", result.stderr)
    self.assertEqual(self.kept(), {})


if __name__ == "__main__":
  unittest.main()
