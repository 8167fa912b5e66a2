"""The peers' side: the same inputs, weights and directions through JAX's or PyTorch's own transforms.

Imported by run.py this module starts the interpreter that has the peer; run by that interpreter (`peers.py jax`) it reads jobs, one JSON
a line, and answers each with a line. It needs nothing but the peer.
"""

import json
import os
import signal
import subprocess
import sys

SECONDS = 300


def compared(peer, python, pairs):
    """The peer's version, and by name of the case its numbers by (mode, dtype, word), or a string where there was an error."""
    jobs = []
    for case, job in pairs:
        expression = getattr(case, peer)
        if expression:
            jobs.append(
                {**job, "dtypes": ["float64"], "modes": ["plain", "vmapped"], "expression": expression, "arguments": case.arguments}
            )
    version, found = None, {}
    while jobs:
        process = subprocess.Popen([python, "-B", __file__, peer], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        version = process.stdout.readline().strip()
        if not version:
            sys.exit(f"derivatives: {python} has no {peer}; --python names an interpreter that has it")
        while jobs:
            job = jobs.pop(0)
            try:
                process.stdin.write(json.dumps(job) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = ""
            answer = json.loads(line) if line else [["plain", "float64", "", "error: the process ended"]]
            found[job["name"]] = {tuple(key): numbers for *key, numbers in answer}
            if not line:
                break
        process.stdin.close()
        process.wait()
    return version, found


class Jax:
    """JAX as it comes, with float64 allowed, each primitive by itself."""

    def __init__(self):
        # Each nesting runs once: time spent on better code would not come back.
        os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_disable_jit", True)
        jax.config.update("jax_platforms", "cpu")
        import jax.numpy as jnp
        import jax.scipy

        self.version, self.jax = jax.__version__, jax
        self.array = lambda numbers, dtype: jnp.array(numbers, dtype=dtype)
        self.stack = jnp.stack
        self.grad, self.vmap = jax.grad, jax.vmap
        self.jvp = lambda h, x, v: jax.jvp(h, (x,), (v,))[1]
        self.names = {**vars(jax.scipy.special), **vars(jax.nn), **vars(jnp), "lax": jax.lax, "jax": jax}
        self.names.update(relu=jax.nn.relu, erf=jax.scipy.special.erf, logsumexp=jax.scipy.special.logsumexp)


class Torch:
    """PyTorch with torch.func, eager."""

    def __init__(self):
        import torch
        import torch.nn.functional as functional

        torch.set_num_threads(1)
        self.version = torch.__version__
        self.array = lambda numbers, dtype: torch.tensor(numbers, dtype=getattr(torch, dtype))
        self.stack = torch.stack
        self.grad, self.vmap = torch.func.grad, torch.func.vmap
        self.jvp = lambda h, x, v: torch.func.jvp(h, (x,), (v,))[1]
        self.names = {**vars(functional), **vars(torch), "F": functional, "torch": torch}


def nested(library, word, scalar, v):
    """The word from the outside in, as nestings.lua has it."""
    for i in reversed(range(len(word))):
        scalar = derived(library, word[i], scalar, v[i])
    return scalar


def derived(library, letter, h, v):
    if letter == "f":
        return lambda x: library.jvp(h, x, v)

    def along(x):
        return sum((g * t).sum() for g, t in zip(library.grad(h)(x), v))

    return along


def tree(library, leaves, dtype):
    return tuple(library.array(leaf["values"], dtype).reshape(tuple(leaf["shape"])) for leaf in leaves)


def stacked(library, trees):
    """Trees of tuples of arrays, lane by lane, as one tree with the lanes in front."""
    if isinstance(trees[0], tuple):
        return tuple(stacked(library, parts) for parts in zip(*trees))
    return library.stack(trees)


def answered(library, job):
    """[mode, dtype, word, numbers or an error] for each nesting."""
    operation = eval(f"lambda {', '.join(job['arguments'])}: {job['expression']}", library.names)
    result = []
    for dtype in job["dtypes"]:
        weights = tree(library, job["weights"], dtype)
        lanes = [(tree(library, lane["x"], dtype), tuple(tree(library, v, dtype) for v in lane["v"])) for lane in job["lanes"]]

        def scalar(x):
            results = operation(*x)
            results = results if isinstance(results, (tuple, list)) else (results,)
            assert [tuple(r.shape) for r in results] == [tuple(w.shape) for w in weights], "another shape"
            return sum((w * r).sum() for w, r in zip(weights, results))

        for mode in job["modes"]:
            for word in job["words"]:
                try:
                    if mode == "plain":
                        numbers = [float(nested(library, word, scalar, lanes[0][1])(lanes[0][0]))]
                    else:
                        mapped = library.vmap(lambda x, v: nested(library, word, scalar, v)(x))(*stacked(library, lanes))
                        numbers = [float(number) for number in mapped]
                except TimeoutError:
                    return result + [[mode, dtype, word, f"error: not done after {SECONDS} s"]]
                except Exception as error:  # whatever a peer raises is what is reported
                    numbers = "error: " + " ".join(f"{type(error).__name__}: {error}".split())[:300]
                result.append([mode, dtype, word, numbers])
    return result


def late(*_):
    raise TimeoutError


def serve(name):
    library = {"jax": Jax, "torch": Torch}[name]()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    print(library.version, file=answers, flush=True)
    signal.signal(signal.SIGALRM, late)
    for line in sys.stdin:
        signal.alarm(SECONDS)
        try:
            answer = answered(library, json.loads(line))
        except Exception as error:
            answer = [["plain", "float64", "", f"error: {type(error).__name__}: {error}"]]
        signal.alarm(0)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
