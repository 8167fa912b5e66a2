"""The peers on arrays: W1 small operations, W2 element-wise passes, W3 matrix products, W13 decompositions, W14 Adam."""

import sys

from measure import attempt, compiles_torch, load, load_jax, load_torch, main, measure, np, report

LARGEST = {"W3": 2048, "W13": 1000}


def chain(xp, x):
    for _ in range(4):
        x = x * 1.01
        x = x + 0.1
        x = xp.tanh(x)
        x = x * x
        x = x - 0.3
    return x.sum()


def thousand(add, a, b, finish=lambda c: None):
    def body():
        for _ in range(1000):
            c = add(a, b)
        finish(c)

    return body


def add_numpy():
    a, b = load("normal-1-8-float32"), load("normal-2-8-float32")
    report("add", "NumPy", "", measure(thousand(lambda a, b: a + b, a, b)), 1000, sum=(a + b).sum())


def add_torch():
    torch = load_torch()
    a, b = (torch.from_numpy(load(f"normal-{seed}-8-float32")) for seed in (1, 2))
    report("add", "PyTorch", "", measure(thousand(lambda a, b: a + b, a, b)), 1000, sum=(a + b).sum())
    x = torch.from_numpy(load("normal-3-1000-float32")).requires_grad_()

    def value_and_gradient(f):
        x.grad = None
        value = f(x)
        value.backward()
        return value.detach()

    def chains(peer, f):
        value = value_and_gradient(f)
        report("chain", peer, "", measure(lambda: value_and_gradient(f)), value=value, gradient=x.grad.double().sum())

    eager = lambda x: chain(torch, x)
    chains("PyTorch", eager)
    if compiles_torch():
        attempt("chain", "torch.compile", "", lambda: chains("torch.compile", torch.compile(eager)))


def add_jax():
    jax = load_jax()
    a, b = (jax.numpy.asarray(load(f"normal-{seed}-8-float32")) for seed in (1, 2))
    report("add", "JAX", "eager", measure(thousand(lambda a, b: a + b, a, b, jax.block_until_ready)), 1000, sum=(a + b).sum())
    x = jax.numpy.asarray(load("normal-3-1000-float32"))
    f = jax.jit(jax.value_and_grad(lambda x: chain(jax.numpy, x)))
    value, gradient = f(x)
    report("chain", "JAX", "", measure(lambda: jax.block_until_ready(f(x))), value=value, gradient=np.asarray(gradient, float).sum())


def double_sum(y):
    return np.asarray(y).sum(dtype=np.float64)


def elementwise_numpy():
    x = load("normal-5-10000000-float32")
    a, b, y = np.float32(0.7), np.float32(0.3), np.empty_like(x)

    def into():
        np.multiply(a, x, out=y)
        np.add(y, b, out=y)
        np.tanh(y, out=y)
        np.multiply(y, x, out=y)

    f = lambda: np.tanh(a * x + b) * x
    report("tanh", "NumPy", "", measure(f), sum=double_sum(f()))
    samples = measure(into)
    report("tanh", "NumPy", "out=", samples, sum=double_sum(y))
    report("sum", "NumPy", "", measure(lambda: x.sum()), sum=x.sum())


def elementwise_torch():
    torch = load_torch()
    x = torch.from_numpy(load("normal-5-10000000-float32"))

    def passes(peer, f):
        report("tanh", peer, "", measure(lambda: f(x)), sum=f(x).double().sum())

    f = lambda x: torch.tanh(0.7 * x + 0.3) * x
    passes("PyTorch", f)
    if compiles_torch():
        attempt("tanh", "torch.compile", "", lambda: passes("torch.compile", torch.compile(f)))
    report("sum", "PyTorch", "", measure(lambda: x.sum()), sum=x.sum())


def elementwise_jax():
    jax = load_jax()
    x = jax.numpy.asarray(load("normal-5-10000000-float32"))
    f, total = jax.jit(lambda x: jax.numpy.tanh(0.7 * x + 0.3) * x), jax.jit(lambda x: x.sum())
    report("tanh", "JAX", "", measure(lambda: f(x).block_until_ready()), sum=double_sum(f(x)))
    report("sum", "JAX", "", measure(lambda: total(x).block_until_ready()), sum=total(x))


def products(peer, convert, transpose, multiply, total):
    """Square products of the sizes that identify W3, and 64 small ones at once."""
    flat = load("normal-11-4194304-float64"), load("normal-12-4194304-float64")
    for dtype in ("float32", "float64"):
        for layout, n in [(t, n) for n in (16, 64, 256, 1024, 2048) for t in ("NN", "TN")] + [("NN", None)]:
            if (n or 64) > LARGEST["W3"]:
                continue
            shape = (n, n) if n else (64, 64, 64)
            a, b = (convert(x[: np.prod(shape)].reshape(shape).astype(dtype)) for x in flat)
            f = (lambda: multiply(transpose(a), b)) if layout == "TN" else (lambda: multiply(a, b))
            report(f"{dtype} {layout} {n or '64 of 64'}", peer, "", measure(f), sum=total(f()))


def products_numpy():
    products("NumPy", lambda x: x, lambda x: x.T, lambda a, b: a @ b, lambda c: np.abs(c).sum(dtype=np.float64))


def products_torch():
    torch = load_torch()
    products("PyTorch", torch.from_numpy, lambda x: x.T, lambda a, b: a @ b, lambda c: c.double().abs().sum())


def products_jax():
    jax = load_jax(double=True)
    multiply = jax.jit(lambda a, b: a @ b)
    transposed = jax.jit(lambda a, b: a.T @ b)
    # The transpose belongs into the compiled function, where it costs nothing: an operand that comes marked is swapped there.
    products(
        "JAX", jax.numpy.asarray, lambda x: ("T", x),
        lambda a, b: (transposed(a[1], b) if isinstance(a, tuple) else multiply(a, b)).block_until_ready(),
        lambda c: np.abs(np.asarray(c)).sum(dtype=np.float64),
    )


def decompositions(peer, convert, cases):
    for n in (100, 500, 1000):
        if n > LARGEST["W13"]:
            continue
        matrix = load(f"normal-91-{n}x{n}-float64")
        operands = {"symmetric": convert((matrix + matrix.T) / 2), "plain": convert(matrix)}
        for name, operand, f, values in cases:
            x = operands[operand]
            report(f"{name}, {n}", peer, "", measure(lambda: f(x)), top=np.max(np.asarray(values(f(x)))))


def decompositions_numpy():
    l = np.linalg
    decompositions("NumPy", lambda x: x, (
        ("eigh", "symmetric", l.eigh, lambda r: r[0]), ("eigvalsh", "symmetric", l.eigvalsh, lambda r: r),
        ("svd", "plain", lambda x: l.svd(x, full_matrices=False), lambda r: r[1]),
        ("svdvals", "plain", lambda x: l.svd(x, compute_uv=False), lambda r: r),
    ))


def decompositions_torch():
    torch = load_torch()
    l = torch.linalg
    decompositions("PyTorch", torch.from_numpy, (
        ("eigh", "symmetric", l.eigh, lambda r: r[0]), ("eigvalsh", "symmetric", l.eigvalsh, lambda r: r),
        ("svd", "plain", lambda x: l.svd(x, full_matrices=False), lambda r: r[1]), ("svdvals", "plain", l.svdvals, lambda r: r),
    ))


def decompositions_jax():
    jax = load_jax(double=True)
    l = jax.numpy.linalg
    ready = lambda f: (lambda g: lambda x: jax.block_until_ready(g(x)))(jax.jit(f))
    decompositions("JAX", jax.numpy.asarray, (
        ("eigh", "symmetric", ready(l.eigh), lambda r: r[0]), ("eigvalsh", "symmetric", ready(l.eigvalsh), lambda r: r),
        ("svd", "plain", ready(lambda x: l.svd(x, full_matrices=False)), lambda r: r[1]),
        ("svdvals", "plain", ready(lambda x: l.svd(x, compute_uv=False)), lambda r: r),
    ))


def moved(p, start, g):
    return np.mean((np.asarray(p, float) - start) * g.astype(float))


def adam_torch():
    torch = load_torch()
    start, g = load("normal-5-10000000-float32"), load("normal-6-10000000-float32")
    p = torch.nn.Parameter(torch.from_numpy(start.copy()))
    p.grad = torch.from_numpy(g)
    optimizer = torch.optim.Adam([p], lr=1e-3, fused=True)
    for _ in range(3):
        optimizer.step()
    number = moved(p.detach().numpy(), start, g)
    report("adam", "PyTorch", "fused=True", measure(optimizer.step), moved=number)


def adam_jax():
    jax = load_jax()
    jnp = jax.numpy
    start, g = load("normal-5-10000000-float32"), load("normal-6-10000000-float32")

    def step(state, g):
        p, m, v, t = state
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        return p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v, t + 1

    step = jax.jit(step, donate_argnums=0)
    gradient = jnp.asarray(g)
    state = [jnp.asarray(start), jnp.zeros(start.shape, jnp.float32), jnp.zeros(start.shape, jnp.float32), jnp.float32(1)]
    for _ in range(3):
        state = step(state, gradient)
    number = moved(state[0], start, g)

    def body():
        nonlocal state
        state = jax.block_until_ready(step(state, gradient))

    report("adam", "JAX", "buffers donated", measure(body), moved=number)


if __name__ == "__main__":
    if sys.argv[1] in LARGEST:
        LARGEST[sys.argv[1]] = int(sys.argv.pop(2))
    main({
        "W1": {"numpy": add_numpy, "torch": add_torch, "jax": add_jax},
        "W2": {"numpy": elementwise_numpy, "torch": elementwise_torch, "jax": elementwise_jax},
        "W3": {"numpy": products_numpy, "torch": products_torch, "jax": products_jax},
        "W13": {"numpy": decompositions_numpy, "torch": decompositions_torch, "jax": decompositions_jax},
        "W14": {"torch": adam_torch, "jax": adam_jax},
    })
