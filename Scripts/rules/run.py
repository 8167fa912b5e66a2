"""Optimizers and schedules beside those of PyTorch and optax that have the same rule.

    Scripts/optimizers [--only TEXT] [--steps N]

A net of two layers, 4-8-3 with tanh and a squared error, takes N steps (100 unless given) with the whole of its 16 examples, in float64 and
from the same parameters: once in the program, once with the peer. Prints for each case (cases.py, which says where conventions differ and how
they are matched) how far the parameters moved and the largest relative difference: of each parameter tensor the largest difference of an
entry over its largest entry. --only takes the cases whose name contains the text.

Exits with 1 when a difference is above 1e-6, or a case does not move its parameters, which would compare nothing.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import cases
import peers

LIMIT = 1e-6


def literal(array):
    """A NumPy array as a Lua table, every digit of it."""
    if array.ndim == 0:
        return repr(float(array))
    return "{" + ", ".join(literal(part) for part in array) + "}"


def ours(chosen, start, data, steps):
    """The program's parameters after the steps of each case: one process for all."""
    lines = ["local eb, D = require 'ebbtide', {dtype = 'float64'}", "local cases = {"]
    lines += [f"  [{case.name!r}] = function() return {case.lua} end," for case in chosen] + ["}"]
    lines += [f"local {name} = eb.tensor({literal(array)}, D)" for name, array in zip("xy", data)]
    lines += ["local start = {" + ", ".join(f"{name} = eb.tensor({literal(array)}, D)" for name, array in start.items()) + "}"]
    lines += [f"local steps = {steps}", (Path(__file__).parent / "train.lua").read_text(encoding="utf-8")]
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as file:
        file.write("\n".join(lines))
        file.flush()
        ran = subprocess.run([os.environ["EBBTIDE"], file.name], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"optimizers: the program failed:\n{ran.stderr}")
    found = {}
    for line in ran.stdout.splitlines():
        case, name, *values = line.split("\t")
        found.setdefault(case, {})[name] = np.array([float(value) for value in values]).reshape(start[name].shape)
    return found


def main():
    parser = argparse.ArgumentParser(prog="optimizers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args()
    chosen = [case for case in cases.every() if options.only in case.name]
    if not chosen:
        sys.exit(f"optimizers: no case has '{options.only}' in its name")

    draw = np.random.default_rng(5)
    shapes = {"w1": (4, 8), "b1": (8,), "w2": (8, 3), "b2": (3,)}
    start = {name: draw.normal(size=shape) * (0.5 if len(shape) == 2 else 0.1) for name, shape in shapes.items()}
    data = draw.normal(size=(16, 4)), draw.normal(size=(16, 3))
    mine = ours(chosen, start, data, options.steps)

    print(f"{'':32}{'peer':10}{'moved':>10}{'difference':>12}")
    bad = 0
    for case in chosen:
        theirs = getattr(peers, case.peer)(case.theirs, start, data, options.steps)
        difference = max(np.abs(mine[case.name][n] - q).max() / np.abs(q).max() for n, q in theirs.items())
        moved = max(np.abs(q - start[n]).max() for n, q in theirs.items())
        good = difference <= LIMIT and moved > 1e-3
        bad += not good
        print(f"{case.name:32}{case.peer:10}{moved:10.2g}{difference:12.1e}{'' if good else '  FAILED'}", flush=True)
    print(f"{len(chosen)} cases, {bad} failures (limit {LIMIT:g})")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
