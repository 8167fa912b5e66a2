"""The program's side: a case with its numbers goes to nestings.lua, and the numbers of every nesting come back."""

import itertools
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODES = ("plain", "vmapped", "inside")
DTYPES = ("float64", "float32")
SECONDS = 120


def words(order):
    return ["".join(letters) for letters in itertools.product("rf", repeat=order)]


def job(case, lanes, weights, orders):
    """The case as plain data: what the program and the peers are given."""
    return {
        "name": case.name,
        "source": f"local eb = ... {case.given} return function({', '.join(case.arguments)}) {body(case.lua)} end",
        "lanes": [{"x": leaves(point), "v": [leaves(v) for v in directions[:orders]]} for point, directions in lanes],
        "weights": leaves(weights),
        "words": [word for order in range(orders + 1) for word in words(order)],
        "modes": MODES,
        "dtypes": DTYPES,
    }


def body(lua):
    return lua if lua.startswith("local ") else f"return {lua}"


def leaves(arrays):
    return [{"shape": x.shape, "values": [float(v) for v in x.reshape(-1)]} for x in arrays]


def lua(value):
    """A Python value as a Lua expression."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {lua(v)}" for key, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(map(lua, value)) + "}"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return repr(value)


def run(case_job):
    """The numbers by (mode, dtype, word); a string where there was an error."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as file:
        file.write("return " + lua(case_job))
        file.flush()
        command = [os.environ["EBBTIDE"], str(HERE / "nestings.lua"), file.name]
        try:
            ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
            printed, end = ran.stdout, ran.stderr.strip() or f"exit code {ran.returncode}"
        except subprocess.TimeoutExpired as late:
            printed, end = (late.stdout or b"").decode(), f"not done after {SECONDS} s"
    found = {}
    for line in printed.splitlines():
        mode, dtype, word, *values = line.split("\t")
        found[mode, dtype, word] = f"error: {values[1]}" if values[0] == "error" else [float(v) for v in values]
    # What is missing was lost with the process.
    for key in itertools.product(case_job["modes"], case_job["dtypes"], case_job["words"]):
        found.setdefault(key, f"error: {end}")
    return found
