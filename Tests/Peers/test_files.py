"""Files that Ebbtide and the programs they belong to read from each other: NumPy, safetensors, TensorBoard, Python's json and csv."""

import csv
import json
import math
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import warnings

import numpy as np
import safetensors.numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("EBBTIDE") or str(ROOT / ".build/release/ebbtide")


class FileTest(unittest.TestCase):
  def setUp(self):
    self.home = pathlib.Path(tempfile.mkdtemp(prefix="ebbtide-peers-"))
    self.addCleanup(shutil.rmtree, self.home)

  def run_lua(self, code):
    """What a script prints; paths are relative to the test's folder."""
    ran = subprocess.run([PROGRAM, "-"], input=code, cwd=self.home, capture_output=True, encoding="utf-8", timeout=60)
    self.assertEqual(ran.returncode, 0, ran.stderr)
    return ran.stdout

  def path(self, name):
    return str(self.home / name)


def narrowed(array):
  """An array with the element type that tensors have for it."""
  kinds = {"b": np.bool_, "i": np.int32, "u": np.int32}
  if array.dtype.kind == "f":
    return array.astype(np.float64 if array.dtype.itemsize == 8 else np.float32)
  return array.astype(kinds[array.dtype.kind])


def arrays():
  """Every element type, order and a few shapes."""
  random = np.random.default_rng(1)
  made = {}
  for code in ("b1", "i1", "u1", "<i2", ">i2", "<u2", "<i4", ">i4", "<u4", "<i8", ">i8", "<u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
    for shape in ((), (1,), (5,), (2, 3), (2, 3, 4), (0, 3), (1, 1, 2, 1, 3)):
      values = random.integers(0, 2 if code == "b1" else 100, shape) if code[-2] != "f" else random.normal(size=shape) * 1000
      name = f"{code}_{'x'.join(map(str, shape))}".replace("<", "l").replace(">", "g")
      made[name] = np.asarray(values).astype(code)
      made[name + "_f"] = np.asfortranarray(made[name])
  made["special"] = np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7976931348623157e308])
  made["halves"] = np.arange(65536, dtype=np.uint16).view(np.float16)
  made["extreme"] = np.array([-(2**31), 2**31 - 1], dtype=np.int64)
  return made


class NumPy(FileTest):
  def assert_same(self, got, expected, name):
    self.assertEqual(got.dtype, expected.dtype, name)
    self.assertEqual(got.shape, expected.shape, name)
    # Bit for bit but for the payloads of NaN, which NumPy itself changes when it widens.
    self.assertTrue(np.array_equal(got, expected, equal_nan=got.dtype.kind == "f"), name)
    if got.dtype.kind == "f":
      self.assertTrue(np.array_equal(np.signbit(got[~np.isnan(got)]), np.signbit(expected[~np.isnan(expected)])), name)

  def test_npy(self):
    made = arrays()
    for name, array in made.items():
      np.save(self.path(name + ".npy"), array)
    names = "\n".join(made)
    self.run_lua(f"""
      local eb = require "ebbtide"
      for name in ([[{names}]]):gmatch "%S+" do eb.io.save(name .. ".back.npy", eb.io.load(name .. ".npy")) end
    """)
    for name, array in made.items():
      self.assert_same(np.load(self.path(name + ".back.npy")), narrowed(array), name)

  def test_versions_of_npy(self):
    for version in ((1, 0), (2, 0), (3, 0)):
      with open(self.path("v.npy"), "wb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(file, np.arange(6.0).reshape(2, 3), version=version)
      self.assertEqual(self.run_lua('local eb = require "ebbtide" print(eb.io.load("v.npy")[{2, 3}]:item())'), "5.0\n")

  def test_npz_stored_and_deflated(self):
    made = arrays()
    np.savez(self.path("stored.npz"), **made)
    np.savez_compressed(self.path("deflated.npz"), **made)
    self.run_lua("""
      local eb = require "ebbtide"
      for _, name in ipairs { "stored", "deflated" } do eb.io.save(name .. ".back.npz", eb.io.load(name .. ".npz")) end
    """)
    for name in ("stored", "deflated"):
      with np.load(self.path(name + ".back.npz")) as back:
        self.assertEqual(set(back.files), set(made))
        for key, array in made.items():
          self.assert_same(back[key], narrowed(array), key)


class SafeTensors(FileTest):
  def test_both_ways(self):
    made = {name: np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))) for name, array in arrays().items()}
    safetensors.numpy.save_file(made, self.path("a.safetensors"), metadata={"format": "np", "note": "ü"})
    shown = self.run_lua("""
      local eb = require "ebbtide"
      local tensors, metadata = eb.io.load "a.safetensors"
      eb.io.save("b.safetensors", tensors, { metadata = metadata })
      print(metadata.note)
    """)
    self.assertEqual(shown, "ü\n")
    back = safetensors.numpy.load_file(self.path("b.safetensors"))
    self.assertEqual(set(back), set(made))
    for name, array in made.items():
      expected = narrowed(array)
      self.assertEqual(back[name].dtype, expected.dtype, name)
      self.assertTrue(np.array_equal(back[name], expected, equal_nan=expected.dtype.kind == "f"), name)
    with safetensors.safe_open(self.path("b.safetensors"), "np") as file:
      self.assertEqual(file.metadata(), {"format": "np", "note": "ü"})


class Text(FileTest):
  def test_json(self):
    value = {"a": [1, -2.5, 1e-300, True, "ü\u0001\"\\/🎈"], "b": {"c": [[], [[0.1]]]}, "big": 2**63 - 1, "": False}
    pathlib.Path(self.path("a.json")).write_text(json.dumps(value), encoding="utf-8")
    pathlib.Path(self.path("a.jsonl")).write_text("".join(json.dumps(v) + "\n" for v in value.values()), encoding="utf-8")
    self.run_lua("""
      local eb = require "ebbtide"
      eb.io.save("b.json", eb.io.load "a.json")
      eb.io.save("b.jsonl", eb.io.load "a.jsonl")
      eb.io.save("t.json", eb.tensor { { 0.1, 2 }, { 3, 1e30 } })
    """)
    self.assertEqual(json.loads(pathlib.Path(self.path("b.json")).read_text(encoding="utf-8")), value)
    lines = pathlib.Path(self.path("b.jsonl")).read_text(encoding="utf-8").splitlines()
    self.assertEqual([json.loads(line) for line in lines], list(value.values()))
    tensor = np.array(json.loads(pathlib.Path(self.path("t.json")).read_text(encoding="utf-8")), dtype=np.float32)
    self.assertEqual(tensor.tolist(), np.array([[0.1, 2], [3, 1e30]], dtype=np.float32).tolist())

  def test_csv(self):
    rows = [["x", "text, with \"quotes\"", "n"], ["0.1", "a\nb", "-3"], ["1e-7", "", "4"], ["nan", "ü;", "5"]]
    with open(self.path("a.csv"), "w", newline="", encoding="utf-8") as file:
      csv.writer(file).writerows(rows)
    self.run_lua("""
      local eb = require "ebbtide"
      eb.default_dtype "float64"
      local t = eb.io.load "a.csv"
      eb.io.save("b.csv", t, { columns = { "x", 'text, with "quotes"', "n" } })
    """)
    with open(self.path("b.csv"), newline="", encoding="utf-8") as file:
      back = list(csv.reader(file))
    self.assertEqual(back[0], rows[0])
    self.assertEqual([row[1] for row in back], [row[1] for row in rows])
    self.assertEqual([float(row[0]) for row in back[1:3]], [0.1, 1e-7])
    self.assertTrue(math.isnan(float(back[3][0])))
    self.assertEqual([float(row[2]) for row in back[1:]], [-3, 4, 5])


class TensorBoard(FileTest):
  def test_it_reads_what_is_written(self):
    shown = self.run_lua("""
      local eb = require "ebbtide"
      local w <close> = eb.io.tensorboard "logs/run"
      for t = 1, 300 do w:scalar("train/loss", 1 / t, t) end
      w:scalar("train/loss", 0 / 0, 301)
      w:scalar("lr", eb.tensor(0.5), 10 ^ 12)
      w:histogram("weights", { eb.linspace(-1, 2, 301), eb.ones { 4 } }, 7)
      print(w.path)
    """)
    from tensorboard.backend.event_processing import event_accumulator, event_file_loader

    events = list(event_file_loader.EventFileLoader(self.path(shown.strip())).Load())
    self.assertEqual(events[0].file_version, "brain.Event:2")
    self.assertEqual(len(events), 304)
    self.assertLess(abs(events[-1].wall_time - pathlib.Path(self.path(shown.strip())).stat().st_mtime), 60)

    read = event_accumulator.EventAccumulator(self.path("logs/run"), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0}).Reload()
    loss = read.Scalars("train/loss")
    self.assertEqual([event.step for event in loss], list(range(1, 302)))
    self.assertEqual([np.float32(event.value) for event in loss[:300]], [np.float32(1 / t) for t in range(1, 301)])
    self.assertTrue(math.isnan(loss[300].value))
    self.assertEqual([(event.step, event.value) for event in read.Scalars("lr")], [(10**12, 0.5)])
    histogram = read.Histograms("weights")[0]
    self.assertEqual(histogram.step, 7)
    value = histogram.histogram_value
    self.assertEqual((value.min, value.max, value.num), (-1, 2, 305))
    self.assertEqual(len(value.bucket), 30)
    self.assertEqual(sum(value.bucket), 305)
    self.assertAlmostEqual(value.sum, 301 * 0.5 + 4, places=3)
    self.assertAlmostEqual(value.bucket_limit[-1], 2, places=12)

  def test_it_reads_the_log_of_a_run(self):
    self.run_lua("""
      local eb = require "ebbtide"
      local run = eb.run { params = eb.ones { 2 }, loss = function(x) return (x ^ 2):sum() / 2 end, opt = eb.optim.sgd { lr = 0.5 } }
      run:track({ x = function(r) return r.params end }, { every = 4 })
      run:advance(9)
      run.log:tensorboard "logs/trained"
    """)
    from tensorboard.backend.event_processing import event_accumulator

    read = event_accumulator.EventAccumulator(self.path("logs/trained"), size_guidance={"scalars": 0}).Reload()
    self.assertEqual([(event.step, event.value) for event in read.Scalars("loss")], [(t, 0.25 ** (t - 1)) for t in range(1, 10)])
    self.assertEqual([event.value for event in read.Scalars("lr")], [0.5] * 9)
    self.assertEqual([(event.step, event.value) for event in read.Scalars("x/2")], [(1, 1), (5, 0.5**4), (9, 0.5**8)])



if __name__ == "__main__":
  unittest.main()
