"""Runs the programs of a workload, each in its own process on one core, and reads the lines they print."""

import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

INSTALL = {"numpy": "numpy", "torch": "torch", "jax": "jax"}
NAMES = {"numpy": "NumPy", "torch": "PyTorch", "jax": "JAX"}
# Beside PyTorch, in its interpreter: names and packages. With their dependencies, torchvision among them, pip would replace torch.
LIBRARIES = {"SciPy": "scipy", "BackPACK": "backpack-for-pytorch", "curvlinops": "curvlinops-for-pytorch", "PyHessian": "pyhessian"}
INSTALL_LIBRARIES = (
    "pip install --no-deps backpack-for-pytorch curvlinops-for-pytorch pyhessian && "
    "pip install scipy einops einconv linear_operator opt-einsum packaging tqdm unfoldNd"
)
# The kernels of CKernels that products.c calls, with SwiftPM's flags for a release build.
KERNELS = {"products": ["gemm*.c", "threads.c"]}
REFERENCE = ["-std=gnu2x", "-O3", "-march=native", "-ffast-math"]
# Freed memory stays with the process: on virtual machines a fresh page costs more than the work on it.
RETAIN = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=8589934592"}
MISSING_LIBRARY = 3


@dataclass
class Line:
    """What one program says about one case."""

    workload: str
    case: str
    peer: str
    variant: str
    samples: list
    numbers: dict

    @property
    def seconds(self):
        return statistics.median(self.samples)


def say(sentence):
    print(f"bench: {sentence}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, root, peers, quick, samples, program):
        self.root, self.peers, self.quick, self.samples = root, peers, quick, samples
        self.scripts, self.folder = root / "Scripts/benchmarks", root / ".build/benchmarks"
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        self.core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        self.failures = []
        self.compiler = shutil.which("clang") or shutil.which("cc")
        if not self.compiler:
            sys.exit("bench: there is no clang or cc in PATH, which the inputs need")
        if not program:
            subprocess.run([root / "Scripts/build", "ebbtide"], check=True)
        self.program = program or root / ".build/release/ebbtide"
        self.interpreters, self.versions, self.libraries = self.find_interpreters()
        self.environment = self.make_environment()
        self.said = set()

    def make_environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "NVPL_BLAS", "GLIBC_TUNABLES", "MKL_", "OMP_"))}
        threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
        return kept | threads | {
            "INPUTS": str(self.folder / "data"), "SAMPLES": str(self.samples), "SAMPLE_SECONDS": "0.005" if self.quick else "0.05",
            "LUA_PATH": str(self.scripts / "ebbtide/?.lua"), "JAX_PLATFORMS": "cpu", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore",
        } | ({"EBBTIDE_QUICK": "1"} if self.quick else {})

    def find_interpreters(self):
        """For each wanted peer that is installed, the first interpreter that has it, and its version; the versions of PyTorch's libraries."""
        found, versions, libraries = {}, {}, {}
        ask = (
            "import importlib.metadata as m\n"
            f"for p in {[*INSTALL, *LIBRARIES.values()]}:\n"
            "    try: print(p, m.version(p))\n"
            "    except m.PackageNotFoundError: pass\n"
        )
        for python in os.environ.get("EBBTIDE_PEERS", "python3").split(":"):
            answer = subprocess.run([python, "-c", ask], stdout=subprocess.PIPE, text=True, check=False) if shutil.which(python) else None
            if not answer or answer.returncode:
                say(f"'{python}' in EBBTIDE_PEERS is not a Python interpreter")
                continue
            installed = dict(line.split() for line in answer.stdout.splitlines())
            for peer in INSTALL:
                if peer in installed and peer not in found and peer in self.peers:
                    found[peer], versions[NAMES[peer]] = python, installed[peer]
                    if peer == "torch":
                        libraries = {name: installed[package] for name, package in LIBRARIES.items() if package in installed}
        missing = [p for p in INSTALL if p in self.peers and p not in found]
        if missing:
            say(f"without {' and '.join(NAMES[p] for p in missing)}; to have it: python3 -m venv peers; peers/bin/pip install "
                f"{' '.join(INSTALL[p] for p in missing)}; EBBTIDE_PEERS=peers/bin/python Scripts/bench")
        return found, versions, libraries

    def build(self, name):
        """The C program of that name, compiled when its sources are newer."""
        sources = [self.scripts / "c" / f"{name}.c"]
        flags = REFERENCE
        if name in KERNELS:
            kernels = self.root / "Sources/CKernels"
            sources += [file for pattern in KERNELS[name] for file in sorted(kernels.glob(pattern))]
            flags = ["-std=gnu2x", "-O2", "-DNDEBUG", f"-I{kernels}", f"-I{kernels / 'include'}"]
        program = self.folder / name
        watched = sources + list((self.scripts / "c").glob("*.h"))
        if name in KERNELS:
            watched += list(kernels.glob("*.h")) + list(kernels.glob("*.inc")) + list((kernels / "include").glob("*"))
        if not program.exists() or program.stat().st_mtime < max(file.stat().st_mtime for file in watched):
            subprocess.run([self.compiler, *flags, *map(str, sources), "-o", str(program), "-ldl", "-lm", "-lpthread"], check=True)
        return program

    def process(self, command, environment=None, everywhere=False):
        """Its standard output, and whether it succeeded; what it says on stderr is passed on."""
        pin = None if everywhere or self.core is None else (lambda: os.sched_setaffinity(0, {self.core}))
        done = subprocess.run(
            [str(part) for part in command], cwd=self.root, env=self.environment | (environment or {}), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, check=False, preexec_fn=pin,
        )
        return done.stdout, done.returncode

    def lines(self, workload, text, note=""):
        for line in text.splitlines():
            case, peer, variant, times, *numbers = line.split("\t")
            yield Line(
                workload.name, case, peer, " ".join(filter(None, (variant, note))), [float(t) for t in times.split(",")],
                {name: float(value) for name, value in (n.split("=") for n in numbers if n)},
            )

    def measure(self, workload):
        """All lines of a workload."""
        say(f"{workload.name} …")
        subprocess.run([self.build("inputs"), self.folder / "data", *workload.inputs], check=True)
        arguments = workload.quick_arguments if self.quick else workload.arguments
        result = self.measure_ebbtide(workload, arguments)
        if "c" in self.peers and workload.c:
            result += self.measure_c(workload, arguments)
        if workload.python:
            self.look_for_libraries(workload)
            for peer, python in self.interpreters.items():
                command = [python, self.scripts / "peers" / workload.python, workload.name, *arguments, peer]
                for note, environment in [("", {})] + [("memory kept", RETAIN)] * (workload.is_retained and not self.quick):
                    text, code = self.process(command, environment)
                    if code:
                        say(f"{workload.name}: {NAMES[peer]} did not finish")
                    result += self.lines(workload, text, note)
        return result

    def look_for_libraries(self, workload):
        """The heading has the versions of those that are there; how to get the others is said once."""
        if "torch" not in self.interpreters:
            return
        self.versions |= {name: self.libraries[name] for name in workload.libraries if name in self.libraries}
        missing = [name for name in workload.libraries if name not in self.libraries and name not in self.said]
        if missing:
            say(f"without {' and '.join(missing)}; to have it beside PyTorch, with the pip of {self.interpreters['torch']}: {INSTALL_LIBRARIES}")
        self.said.update(missing)

    def measure_ebbtide(self, workload, arguments):
        script, result = self.scripts / "ebbtide" / workload.lua, []
        counts = (1, 2) if workload.table == "widths" else (1,)
        for threads in counts:
            more = [str(threads)] if len(counts) > 1 else []
            text, code = self.process([self.program, "--threads", threads, script, *more, *arguments], everywhere=threads > 1)
            result += self.lines(workload, text)
            if code:
                self.failures.append(f"{workload.name}: ebbtide ended with exit code {code}")
        if not result:
            self.failures.append(f"{workload.name}: {script} reported nothing")
        return result

    def measure_c(self, workload, arguments):
        program, result = self.build(workload.c), []
        libraries = workload.blas or ("",)
        for library in libraries:
            parts = [library, *(arguments or (workload.name,))] if library else list(arguments)
            text, code = self.process([program, *parts])
            if code == MISSING_LIBRARY:
                hint = {"oneDNN": "libdnnl2"}.get(library, "libopenblas0")
                if hint not in self.said:
                    say(f"without {library or 'OpenBLAS'}; to have it: apt-get install {hint}")
                self.said.add(hint)
            elif code:
                say(f"{workload.name}: the C program ended with exit code {code}")
            result += self.lines(workload, text)
        return result
