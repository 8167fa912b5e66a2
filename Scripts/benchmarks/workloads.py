"""The workloads: what each is called, which programs compute it, the numbers that identify its result, and the target."""

from dataclasses import dataclass, field

PEERS = ("c", "numpy", "torch", "jax")

UNITS = {"ns": 1e9, "µs": 1e6, "ms": 1e3, "s": 1.0}


@dataclass
class Target:
    """At most `limit` times the time of `peer` for the same case, or for the same work of another one; or at most `limit` seconds."""

    limit: float
    peer: str = ""
    case: str = ""
    text: str = ""

    def __str__(self):
        return self.text or f"≤ {self.limit:g} × {self.peer}"


@dataclass
class Case:
    """One row. `numbers` maps a name to the expected value and the relative error it may have; a name that is missing is compared
    with the first peer that reports it, at `agreement`. With `work` (bytes or operations) the value shown is work per second."""

    name: str
    title: str
    unit: str
    numbers: dict = field(default_factory=dict)
    target: Target | None = None
    work: float | None = None
    agreement: float = 1e-6

    def value(self, seconds):
        return self.work / seconds / 1e9 if self.work else seconds * UNITS[self.unit]


@dataclass
class Workload:
    """`lua`, `c` and `python` are the programs, with their arguments; `blas` the libraries that the C program can use. Big ones
    have smaller `quick` arguments; `inputs` are made before. `is_retained` measures the peers also with memory that is kept. The
    workloads of a `group` can be chosen by its name, and their times are shown in units of their first case, too. `libraries` are those
    beside PyTorch that are measured where they are installed."""

    name: str
    cases: list
    inputs: list
    lua: str
    c: str = ""
    blas: tuple = ()
    python: str = ""
    arguments: tuple = ()
    quick_arguments: tuple = ()
    is_quick: bool = False
    is_retained: bool = False
    table: str = "main"
    group: str = ""
    libraries: tuple = ()


def normal(seed, *sizes, dtype="float64"):
    return f"normal-{seed}-{'x'.join(map(str, sizes))}-{dtype}"


def perceptron(*sizes):
    return ["digits"] + [normal(100 + i, a, b) for i, (a, b) in enumerate(zip(sizes, sizes[1:]))]


def product_cases():
    cases = []
    known = {"64": 25518.018, "TN 64": 26172.589, "256": 836087.53, "1024": 26770783, "2048": 1.5141005e8}
    for dtype in ("float32", "float64"):
        for n in (16, 32, 64, 128, 256, 512, 1024, 2048):
            for layout in ("NN", "TN", "NT"):
                expected = known.get(f"{layout} {n}", known.get(str(n)) if layout == "NN" else None)
                cases.append(Case(
                    f"{dtype} {layout} {n}", f"{dtype} {layout}, {n}", "GFLOP/s", {"sum": (expected, 2e-7)} if expected else {},
                    Target(1 / 0.95, "OpenBLAS", text="≥ 0.95 of OpenBLAS"), 2.0 * n**3, 1e-6,
                ))
        cases.append(Case(
            f"{dtype} NN 64 of 64", f"{dtype} 64 products of 64 × 64", "GFLOP/s", {},
            Target(1 / 0.95, "OpenBLAS", text="≥ 0.95 of OpenBLAS"), 64 * 2.0 * 64**3,
        ))
    return cases


def decomposition_cases():
    eigenvalues = {100: 14.08641215, 500: 31.35038897, 1000: 43.99925885}
    singular = {100: 19.22973517, 500: 44.38407045, 1000: 63.08023137}
    titles = {"eigh": "eigenvectors", "eigvalsh": "eigenvalues", "svd": "singular vectors", "svdvals": "singular values"}
    return [
        Case(f"{name}, {n}", f"{titles[name]}, {n} × {n} float64", "ms", {"top": ((eigenvalues if name[0] == "e" else singular)[n], 1e-9)})
        for n in (100, 500, 1000) for name in titles
    ]


MILLION = 1_000_000

WORKLOADS = [
    Workload(
        "W1", [
            Case("add", "sum of two tensors of 8 float32", "ns", {"sum": (-5.400347, 1e-6)}, Target(130e-9, text="≤ 130 ns")),
            Case("chain", "20 operations on 1000 float32, value and gradient", "µs",
                 {"value": (-268.5792, 1e-6), "gradient": (-0.385845, 1e-5)}, Target(3e-6, text="≤ 3 µs")),
        ],
        [normal(1, 8, dtype="float32"), normal(2, 8, dtype="float32"), normal(3, 1000, dtype="float32")],
        "small.lua", "small", (), "arrays.py", is_quick=True,
    ),
    Workload(
        "W2", [
            Case("tanh", "tanh(a·x + b)·x, 10^7 float32", "GB/s", {"sum": (4906742, 1e-6)},
                 Target(1 / 0.85, "C", text="≥ 0.85 of C"), 80 * MILLION),
            Case("sum", "sum of 10^7 float32", "GB/s", {"sum": (5036.33, 1e-4)}, None, 40 * MILLION),
        ],
        [normal(5, 10 * MILLION, dtype="float32")],
        "elementwise.lua", "elementwise", (), "arrays.py", is_retained=True,
    ),
    Workload(
        "W3", product_cases(), [normal(11, 4194304), normal(12, 4194304)],
        "products.lua", "products", ("OpenBLAS", "oneDNN"), "arrays.py", ("2048",), ("32",), is_quick=True, table="products",
    ),
    Workload(
        "W4", [
            Case("diagonal", "diagonal network, 10,000 steps, float64", "ms",
                 {"loss": (2.579040857e-4, 1e-9), "distance": (1.058445750, 1e-9)}, Target(1.1, "C")),
        ],
        [normal(21, 40, 100)], "diagonal.lua", "diagonal", (), "dynamics.py", is_quick=True,
    ),
    Workload(
        "W5", [
            Case("two layers, 20", "two linear layers, d = 20, 10,000 steps, float64", "ms", {"loss": (1.858515838e-5, 1e-8)}, Target(1.1, "C")),
            Case("two layers, 100", "two linear layers, d = 100, 10,000 steps, float64", "ms", {"loss": (7.031600568e-5, 1e-8)}, Target(1.1, "C")),
        ],
        [f(d) for d in (20, 100) for f in (lambda d: normal(31, 200, d), lambda d: normal(33, d, 5), lambda d: normal(35, d, 50))]
        + [normal(34, 5, 20), normal(36, 50, 20)],
        "two_layers.lua", "linear", ("OpenBLAS",), "dynamics.py",
    ),
    Workload(
        "W6", [
            Case("three factors", "product of three matrices, 5,000 steps, float64", "ms",
                 {"loss": (3.104728194e-4, 1e-8), "rmse": (0.06027325620, 1e-8)}, Target(1.1, "C")),
        ],
        [normal(41, 100, 5), normal(42, 5, 100), "uniform-43-100x100-float64", normal(44, 100, 100), normal(45, 100, 100), normal(46, 100, 100)],
        "three_factors.lua", "linear", ("OpenBLAS",), "dynamics.py",
    ),
    Workload(
        "W7a", [
            # The rounding of float32 grows over the epoch.
            Case("epoch", "epoch of 468 batches of 128, 784-256-256-10, float32", "s",
                 {"mean": (1.5162, 1e-4), "final": (0.7155, 1.5e-3)}, Target(1.05, "C")),
        ],
        perceptron(784, 256, 256, 10) + ["order"], "minibatches.lua", "networks", ("OpenBLAS", "oneDNN"), "networks.py", is_retained=True,
    ),
    Workload(
        "W7b", [
            Case("full batch, squares", "full-batch step, 5000 × 784-200-200-10, squares, float32", "ms", {"loss": (0.5840271184, 1e-6)}, Target(1.05, "C")),
            Case("full batch, cross entropy", "full-batch step, cross entropy", "ms", {"loss": (2.283618296, 1e-6)}, Target(1.05, "C")),
        ],
        perceptron(784, 200, 200, 10), "full_batch.lua", "networks", ("OpenBLAS", "oneDNN"), "networks.py", is_retained=True,
    ),
    Workload(
        "W8", [
            Case("norms", "norms of 256 per-example gradients, 784-256-256-10, float32", "ms", {"sum": (1531.6904, 1e-6)}),
            Case("winsorized", "winsorized mean of 100 of them, float32", "ms",
                 {"norm": (0.59225060, 1e-6), "absolute": (135.66867, 1e-6)}, Target(1.5, "C")),
        ],
        perceptron(784, 256, 256, 10), "per_example.lua", "networks", ("OpenBLAS", "oneDNN"), "networks.py", is_retained=True,
        group="curvature", libraries=("BackPACK",),
    ),
    Workload(
        "W9", [
            Case("gradient", "gradient, 784-200-200-10 tanh, squares, 5,000 digits, float32", "ms", {"norm": (2.753706, 1e-6)}),
            Case("product", "Hessian-vector product", "ms", {"vhv": (4.1135064e-3, 1e-5), "norm": (0.29273023, 1e-6)},
                 Target(1.9, "Ebbtide", "gradient", "≤ 1.9 gradients")),
            Case("linearized product", "the same on a linearized gradient", "ms", {"vhv": (4.1135064e-3, 1e-5), "norm": (0.29273023, 1e-6)},
                 Target(1.35, "Ebbtide", "gradient", "≤ 1.35 gradients")),
            Case("Lanczos", "30 steps of Lanczos, orthogonal twice", "s",
                 {"first": (44.76377, 2e-6), "third": (41.51574, 2e-6), "fifth": (36.97720, 1e-5)}, Target(1, "JAX")),
            Case("five eigenvalues", "the five largest eigenvalues to 1e-4", "s",
                 {"first": (44.76377, 1e-4), "third": (41.51574, 1e-4), "fifth": (36.97720, 1e-4)}),
        ],
        perceptron(784, 200, 200, 10) + [normal(61, 199210)], "curvature.lua", python="curvature.py", is_retained=True, group="curvature",
        libraries=("SciPy", "curvlinops", "PyHessian"),
    ),
    Workload(
        "W10", [
            Case("rates", "64 learning rates × 10,000 steps of the diagonal network, float64", "ms",
                 {"losses": (4.206212498, 1e-9), "distances": (77.28856791, 1e-9)}, Target(1.2, "C")),
        ],
        [normal(21, 40, 100)], "rates.lua", "diagonal", (), "dynamics.py",
    ),
    Workload(
        "W11", [
            Case("convolution", "convolution net, gradient over 5,000 pictures, float32", "s",
                 {"loss": (3.1984892, 1e-6), "norm": (22.596133, 1e-5)}, Target(1.3, "C")),
        ],
        ["pictures", normal(300, 32, 3, 3, 3), normal(301, 32, 32, 3, 3), normal(302, 2048, 10)],
        "convolution.lua", "convolution", ("OpenBLAS", "oneDNN"), "networks.py", is_retained=True,
    ),
    Workload(
        "W13", decomposition_cases(), [normal(91, n, n) for n in (100, 500, 1000)],
        "decompositions.lua", "decompositions", (), "arrays.py", ("1000",), ("100",),
    ),
    Workload(
        "W14", [
            Case("triad", "a = b + 3·c, 10^7 float32", "GB/s", {}, None, 120 * MILLION),
            Case("adam", "a step of Adam, 10^7 float32", "GB/s", {"moved": (-0.002393155, 1e-5)},
                 Target(1 / 0.7, "C", "triad", "≥ 0.7 of C's triad"), 280 * MILLION),
        ],
        [normal(5, 10 * MILLION, dtype="float32"), normal(6, 10 * MILLION, dtype="float32")],
        "adam.lua", "adam", (), "arrays.py", is_retained=True,
    ),
    Workload(
        "W15", [
            Case(f"width {w}, {threads}", f"{w}, {threads}", "µs")
            for threads in ("1 thread", "2 threads") for w in (8, 16, 32, 64, 128, 256, 512)
        ],
        [], "widths.lua", arguments=("512",), quick_arguments=("16",), table="widths",
    ),
    Workload(
        "W16", [
            Case("step at the edge", "step of descent at the edge of stability, 784-32-32-10 tanh, 1,000 digits", "ms", {"loss": (0.3018626, 1e-6)}),
            # Beyond the edge rounding grows: after the 100 steps losses differ by a percent.
            Case("sharpness", "the same with its sharpness to 1e-3, warm start", "ms",
                 {"products": (2, 1), "stability": (2, 0.2), "mean": (2.192, 0.01)}),
        ],
        perceptron(784, 32, 32, 10), "sharpness.lua", python="sharpness.py", group="curvature", libraries=("SciPy", "curvlinops", "PyHessian"),
    ),
    Workload(
        "W17", [
            Case("large gradient", "gradient of 784-800-460-10, batch 1024, float32", "ms", {"norm": (0.2645408, 1e-5)}),
            Case("norms and Gram", "norms and Gram matrix of its 1024 per-example gradients", "ms", {"norms": (7622.945, 1e-5), "diagonal": (7622.945, 1e-5), "norm": (0.2645408, 1e-5)},
                 Target(3, "Ebbtide", "large gradient", "≤ 3 gradients")),
        ],
        perceptron(784, 800, 460, 10), "per_example_large.lua", python="per_example.py", is_retained=True, group="curvature",
        libraries=("BackPACK",),
    ),
]
