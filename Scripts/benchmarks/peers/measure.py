"""What every script of a peer needs: the inputs, a clock, the libraries, and the lines that Scripts/bench reads.

A script is called with the name of a workload and the peers to measure: numpy, torch, jax.
"""

import importlib.util
import math
import os
import sys
import time
from pathlib import Path

import numpy as np

SAMPLES = int(os.environ.get("SAMPLES", 7))
SHORTEST = float(os.environ.get("SAMPLE_SECONDS", 0.05))
QUICK = bool(os.environ.get("EBBTIDE_QUICK"))
DTYPES = {0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def load(name):
    """The array in an input, an IDX file: its type, rank and sizes, then the elements, big-endian."""
    path = Path(os.environ.get("INPUTS", ".")) / f"{name}.idx"
    with open(path, "rb") as file:
        head = file.read(4)
        shape = np.frombuffer(file.read(4 * head[3]), ">i4")
        array = np.fromfile(file, DTYPES[head[2]])
    return array.astype(array.dtype.newbyteorder("=")).reshape(shape)


def timed(body, calls):
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(calls):
        body()
    return time.process_time() - processor, time.perf_counter() - wall


def measure(body):
    """Seconds of the processor a call: samples of at least SHORTEST each, after a warm-up. One in which the process got less than
    97 % of its core is taken again, at most three times as often as there are samples. Calls of a second and more get five samples;
    those of ten seconds and more are measured once, without a warm-up."""
    calls = 1
    while (first := timed(body, calls)[0]) < SHORTEST:
        calls *= 2
    if first >= 10:
        return [first]
    wanted = SAMPLES if first < 1 else min(SAMPLES, 5)
    samples, again = [], 3 * wanted
    while len(samples) < wanted:
        processor, wall = timed(body, calls)
        if processor < 0.97 * wall and again > 0:
            again -= 1
            continue
        samples.append(processor / calls)
    return samples


def report(case, peer, variant, samples, calls=1, **numbers):
    """One line: case, peer, variant, the samples over `calls`, numbers that identify the result."""
    times = ",".join(f"{s / calls:.6g}" for s in samples)
    print(case, peer, variant, times, *(f"{k}={float(v):.12g}" for k, v in numbers.items()), sep="\t", flush=True)


def load_torch():
    import torch

    torch.set_num_threads(1)
    return torch


def load_jax(double=False):
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax

    jax.config.update("jax_enable_x64", double)
    return jax


def attempt(case, peer, variant, work):
    """Runs work(), which measures and reports; a failure is a line on stderr, and the others go on. Compilers have many ways to fail."""
    try:
        work()
    except Exception as error:  # noqa: BLE001
        lines = str(error).strip().splitlines() or [type(error).__name__]
        print(f"{case}: {peer} ({variant}) did not run: {lines[0]}", file=sys.stderr)


def has_library(module):
    """Whether a library beside a peer is installed; Scripts/bench says how to get those that are not."""
    return importlib.util.find_spec(module) is not None


def compiles_torch():
    """Whether torch.compile is measured: it takes tens of seconds and a C++ compiler."""
    return not QUICK


def main(workloads):
    """Runs the function of the workload for each peer: workloads[name] is a table from peers to functions."""
    name, peers = sys.argv[1], sys.argv[2:]
    for peer in peers:
        if peer in workloads[name]:
            workloads[name][peer]()


def root_mean_square(x):
    return math.sqrt(float(np.mean(np.square(x))))
