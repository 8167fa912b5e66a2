"""The peers on W16: the largest eigenvalue of the Hessian at every step of a run beyond its edge of stability.

Each search begins where the last one ended, except PyHessian's, which takes no start. The gradient that the products are derived from
also serves the step. Values are to be right to 1e-3; ARPACK takes that as it is.
"""

from measure import attempt, has_library, load_jax, load_torch, main, measure, np, report
from networks import digits, one_hot, torch_model, weights

SIZES, EXAMPLES, RATE, BEFORE, STEPS, ACCURACY = (784, 32, 32, 10), 1000, 0.1, 200, 100, 1e-3
SHAPES = [shape for a, b in zip(SIZES, SIZES[1:]) for shape in ((a, b), (b,))]
ENDS = np.cumsum([int(np.prod(shape)) for shape in SHAPES])


def split(vector):
    return [part.reshape(shape) for part, shape in zip(np.split(vector, ENDS[:-1]), SHAPES)]


def report_edge(peer, variant, edge, descend, loss):
    report("step at the edge", peer, variant, measure(lambda: descend(edge, STEPS)), calls=STEPS, loss=loss(edge))


def report_sharpness(peer, variant, run):
    """run() gives the eigenvalue after each step, and the number of products if that is known."""
    found = []
    samples = measure(lambda: found.append(run()))
    values, products = found[-1]
    note = f", {products / STEPS:.1f} products a step" if products else ""
    report("sharpness", peer, variant + note, samples, calls=STEPS, stability=values[-1] * RATE, mean=np.mean(values) * RATE)


def by_arpack(walk):
    """SciPy's Lanczos with four vectors; with its usual 20 it takes 21 products. walk() yields after each step a function that
    multiplies with the Hessian."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    def run():
        values, vector, products = [], np.ones(ENDS[-1], np.float32), 0

        def counted(v):
            nonlocal products
            products += 1
            return multiply(v.astype(np.float32).ravel())

        for multiply in walk():
            operator = LinearOperator((ENDS[-1],) * 2, matvec=counted, dtype=np.float32)
            found, vectors = eigsh(operator, k=1, which="LA", v0=vector, tol=ACCURACY, ncv=4)
            vector = vectors[:, 0]
            values.append(found[0])
        return values, products

    return run


def sharpness_torch():
    torch = load_torch()
    x, y = digits(EXAMPLES)
    x, y = torch.from_numpy(x), torch.from_numpy(one_hot(y))

    def loss(p):
        h = torch.tanh(torch.addmm(p[1], x, p[0]))
        h = torch.tanh(torch.addmm(p[3], h, p[2]))
        return 0.5 * (torch.addmm(p[5], h, p[4]) - y).square().sum() / EXAMPLES

    def moved(p, g):
        return [(a.detach() - RATE * b.detach()).requires_grad_() for a, b in zip(p, g)]

    def descend(p, steps):
        for _ in range(steps):
            p = moved(p, torch.autograd.grad(loss(p), p))
        return p

    edge = descend([torch.from_numpy(a).requires_grad_() for a in weights(*SIZES)], BEFORE)
    report_edge("PyTorch", "autograd", edge, descend, lambda p: loss(p).detach())

    def walk():
        p, g = edge, torch.autograd.grad(loss(edge), edge)
        for _ in range(STEPS):
            p = moved(p, g)
            g = torch.autograd.grad(loss(p), p, create_graph=True)
            product = lambda v: torch.autograd.grad(g, p, [torch.from_numpy(a) for a in split(v)], retain_graph=True)
            yield lambda v: torch.cat([a.reshape(-1) for a in product(v)]).numpy()

    if has_library("scipy"):
        report_sharpness("PyTorch", "SciPy, warm start", by_arpack(walk))
    if has_library("curvlinops"):
        attempt("sharpness", "PyTorch", "curvlinops", lambda: with_curvlinops(torch, x, y, edge))
    if has_library("pyhessian"):
        attempt("sharpness", "PyTorch", "PyHessian", lambda: with_pyhessian(torch, x, y, edge))


def walk_model(torch, x, y, edge):
    """The same steps of a module, which is what libraries take."""
    model = torch_model(torch, SIZES, torch.nn.Tanh)
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, a in zip(parameters, edge):
            parameter.copy_(a.T)
    for _ in range(STEPS):
        loss = 0.5 * (model(x) - y).square().sum() / EXAMPLES
        g = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, a in zip(parameters, g):
                parameter -= RATE * a
        yield model


def with_curvlinops(torch, x, y, edge):
    from curvlinops import HessianLinearOperator

    squares = torch.nn.MSELoss(reduction="sum")

    def walk():
        for model in walk_model(torch, x, y, edge):
            operator = HessianLinearOperator(model, squares, list(model.parameters()), [(x, y)], check_deterministic=False)
            yield lambda v: (operator @ torch.from_numpy(v)).detach().numpy() / (2 * EXAMPLES)

    report_sharpness("PyTorch", "curvlinops, SciPy, warm start", by_arpack(walk))


def with_pyhessian(torch, x, y, edge):
    from pyhessian import hessian

    squares = lambda z, t: 0.5 * (z - t).square().sum() / EXAMPLES

    def run():
        torch.manual_seed(0)
        # A search ends when two values differ by less than this; at 1e-3 values are off by up to 7e-3.
        search = lambda model: hessian(model, squares, data=(x, y), cuda=False).eigenvalues(maxIter=1000, tol=ACCURACY / 10)[0][0]
        return [search(model) for model in walk_model(torch, x, y, edge)], None

    report_sharpness("PyTorch", "PyHessian", run)


def sharpness_jax():
    jax = load_jax()
    jnp, wait = jax.numpy, jax.block_until_ready
    x, y = digits(EXAMPLES)
    x, y = jnp.asarray(x), jnp.asarray(one_hot(y))

    def loss(p):
        h = jnp.tanh(jnp.tanh(x @ p[0] + p[1]) @ p[2] + p[3])
        return 0.5 * jnp.square(h @ p[4] + p[5] - y).sum() / EXAMPLES

    moved = lambda p, g: [a - RATE * b for a, b in zip(p, g)]
    step = jax.jit(lambda p: moved(p, jax.grad(loss)(p)))

    def descend(p, steps):
        for _ in range(steps):
            p = step(p)
        return wait(p)

    edge = descend([jnp.asarray(a) for a in weights(*SIZES)], BEFORE)
    report_edge("JAX", "jit", edge, descend, loss)

    # The Hessian is symmetric, so the pullback of the gradient, which jit can return, multiplies with it.
    linearized = jax.jit(lambda p: jax.vjp(jax.grad(loss), p))
    tree = lambda v: [a.reshape(shape) for a, shape in zip(jnp.split(v, ENDS[:-1]), SHAPES)]
    product = jax.jit(lambda pullback, v: jnp.concatenate([a.ravel() for a in pullback(tree(v))[0]]))
    descent = jax.jit(moved)

    def walk():
        p = step(edge)
        for _ in range(STEPS):
            g, pullback = linearized(p)
            yield lambda v: np.asarray(product(pullback, v))
            p = descent(p, g)

    report_sharpness("JAX", "SciPy, warm start", by_arpack(walk))


if __name__ == "__main__":
    main({"W16": {"torch": sharpness_torch, "jax": sharpness_jax}})
