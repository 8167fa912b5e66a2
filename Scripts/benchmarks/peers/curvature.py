"""The peers on W9, Hessian-vector products and eigenvalues of a tanh perceptron with squares.

PyTorch's products are autograd's and those of curvlinops and PyHessian, where these are installed.
"""

from measure import QUICK, attempt, has_library, load, load_jax, load_torch, main, measure, np, report
from networks import FULL, digits, one_hot, torch_model, weights

SIZES, STEPS = (784, 200, 200, 10), 30


def direction():
    """A list like the parameters, of length 1."""
    v = load("normal-61-199210-float64")
    v = (v / np.linalg.norm(v)).astype(np.float32)
    parts, first = [], 0
    for a, b in zip(SIZES, SIZES[1:]):
        for shape in ((a, b), (b,)):
            count = int(np.prod(shape))
            parts.append(v[first:first + count].reshape(shape))
            first += count
    return parts


def flat(parts):
    return np.concatenate([np.asarray(a, np.float64).ravel() for a in parts])


def report_gradient(peer, variant, run):
    report("gradient", peer, variant, measure(run), norm=np.linalg.norm(flat(run())))


def report_product(case, peer, variant, run):
    product = flat(run())
    report(case, peer, variant, measure(run), vhv=product @ flat(direction()), norm=np.linalg.norm(product))


def report_values(case, peer, variant, run):
    found = []
    samples = measure(lambda: found.append(run()))
    values = sorted(found[-1], reverse=True)
    report(case, peer, variant, samples, first=values[0], third=values[2], fifth=values[4])


def ritz(diagonal, side):
    """The eigenvalues of a tridiagonal matrix, the largest first."""
    return np.linalg.eigvalsh(np.diag(diagonal) + np.diag(side, 1) + np.diag(side, -1))[::-1]


def curvature_torch():
    torch = load_torch()
    x, y = digits(FULL)
    x, y = torch.from_numpy(x), torch.from_numpy(one_hot(y))
    p = [torch.from_numpy(a).requires_grad_() for a in weights(*SIZES)]
    v = [torch.from_numpy(a) for a in direction()]

    def loss(p):
        h = torch.tanh(torch.addmm(p[1], x, p[0]))
        h = torch.tanh(torch.addmm(p[3], h, p[2]))
        return 0.5 * (torch.addmm(p[5], h, p[4]) - y).square().sum() / FULL

    def twice():
        g = torch.autograd.grad(loss(p), p, create_graph=True)
        return torch.autograd.grad(g, p, v)

    report_gradient("PyTorch", "autograd", lambda: torch.autograd.grad(loss(p), p))
    report_product("product", "PyTorch", "double backward", twice)
    slope, plain = torch.func.grad(loss), [a.detach() for a in p]
    report_product("product", "PyTorch", "jvp of grad", lambda: torch.func.jvp(slope, (plain,), (v,))[1])
    kept = torch.autograd.grad(loss(p), p, create_graph=True)
    retained = lambda u: torch.autograd.grad(kept, p, u, retain_graph=True)
    report_product("linearized product", "PyTorch", "retained graph", lambda: retained(v))

    shapes, counts = [a.shape for a in p], [a.numel() for a in p]
    split = lambda q: [a.reshape(s) for a, s in zip(q.split(counts), shapes)]

    def lanczos():
        basis = torch.empty(STEPS + 1, sum(counts))
        basis[0] = torch.cat([a.reshape(-1) for a in v])
        diagonal, side = [], []
        for k in range(STEPS):
            w = torch.cat([a.reshape(-1) for a in retained(split(basis[k]))])
            diagonal.append(torch.dot(w, basis[k]).item())
            for _ in range(2):
                w = w - basis[:k + 1].T @ (basis[:k + 1] @ w)
            side.append(torch.linalg.norm(w).item())
            basis[k + 1] = w / side[-1]
        return ritz(diagonal, side[:-1])

    report_values("Lanczos", "PyTorch", "retained graph", lanczos)
    if has_library("curvlinops"):
        attempt("five eigenvalues", "PyTorch", "curvlinops", lambda: with_curvlinops(torch, x, y, v))
    if has_library("pyhessian"):
        attempt("five eigenvalues", "PyTorch", "PyHessian", lambda: with_pyhessian(torch, x, y, v))


def with_curvlinops(torch, x, y, v):
    from curvlinops import HessianLinearOperator
    from scipy.sparse.linalg import eigsh

    model = torch_model(torch, SIZES, torch.nn.Tanh)
    operator = HessianLinearOperator(model, torch.nn.MSELoss(reduction="sum"), list(model.parameters()), [(x, y)], check_deterministic=False)
    vector = torch.cat([a.T.reshape(-1) for a in v])
    shapes = [shape for a, b in zip(SIZES, SIZES[1:]) for shape in ((b, a), (b,))]

    def product():
        parts = (operator @ vector).detach().split([int(np.prod(s)) for s in shapes])
        return [a.reshape(s).T.numpy() / (2 * FULL) for a, s in zip(parts, shapes)]

    report_product("product", "PyTorch", "curvlinops", product)
    matrix, start = operator.to_scipy(), vector.double().numpy()
    values = lambda: eigsh(matrix, k=5, which="LA", v0=start, tol=1e-4, return_eigenvectors=False) / (2 * FULL)
    report_values("five eigenvalues", "PyTorch", "curvlinops, SciPy", values)


def with_pyhessian(torch, x, y, v):
    from pyhessian import hessian
    from pyhessian.utils import hessian_vector_product

    model, squares = torch_model(torch, SIZES, torch.nn.Tanh), lambda z, t: 0.5 * (z - t).square().sum() / FULL

    def start():
        """The library adds the gradient to what the parameters hold."""
        model.zero_grad()
        return hessian(model, squares, data=(x, y), cuda=False)

    kept, vector = start(), [a.T for a in v]
    product = lambda: [a.T for a in hessian_vector_product(kept.gradsH, kept.params, vector)]
    report_product("linearized product", "PyTorch", "PyHessian", product)

    # Power iterations end when two values differ by less than this; at 1e-5 the third is off by 1.6e-4.
    def values():
        torch.manual_seed(0)
        return start().eigenvalues(maxIter=1000, tol=1e-6, top_n=5)[0]

    if not QUICK:
        report_values("five eigenvalues", "PyTorch", "PyHessian", values)


def curvature_jax():
    jax = load_jax()
    jnp, wait = jax.numpy, jax.block_until_ready
    x, y = digits(FULL)
    x, y = jnp.asarray(x), jnp.asarray(one_hot(y))
    p, v = [jnp.asarray(a) for a in weights(*SIZES)], [jnp.asarray(a) for a in direction()]

    def loss(p, x, y):
        h = jnp.tanh(jnp.tanh(x @ p[0] + p[1]) @ p[2] + p[3])
        return 0.5 * jnp.square(h @ p[4] + p[5] - y).sum() / FULL

    gradient = jax.grad(loss)
    once = jax.jit(gradient)
    report_gradient("JAX", "jit", lambda: wait(once(p, x, y)))
    product = jax.jit(lambda p, u, x, y: jax.jvp(lambda q: gradient(q, x, y), (p,), (u,))[1])
    report_product("product", "JAX", "jit(jvp(grad))", lambda: wait(product(p, v, x, y)))
    linear = jax.linearize(lambda q: gradient(q, x, y), p)[1]
    compiled = jax.jit(linear)
    report_product("linearized product", "JAX", "jit(linearize(grad))", lambda: wait(compiled(v)))

    shapes = [a.shape for a in p]
    ends = np.cumsum([a.size for a in p])

    @jax.jit
    def step(basis, k):
        q = basis[k]
        w = jnp.concatenate([a.ravel() for a in linear([a.reshape(s) for a, s in zip(jnp.split(q, ends[:-1]), shapes)])])
        a = w @ q
        for _ in range(2):
            w = w - basis.T @ (basis @ w)
        b = jnp.linalg.norm(w)
        return basis.at[k + 1].set(w / b), a, b

    def lanczos():
        basis = jnp.zeros((STEPS + 1, int(ends[-1])), jnp.float32).at[0].set(jnp.concatenate([a.ravel() for a in v]))
        diagonal, side = [], []
        for k in range(STEPS):
            basis, a, b = step(basis, k)
            diagonal.append(float(a))
            side.append(float(b))
        return ritz(diagonal, side[:-1])

    report_values("Lanczos", "JAX", "jit(linearize(grad))", lanczos)


if __name__ == "__main__":
    main({"W9": {"torch": curvature_torch, "jax": curvature_jax}})
