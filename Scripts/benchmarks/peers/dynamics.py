"""The peers on gradient descent: W4 the diagonal network, W5 two linear layers, W6 three factors, W10 64 learning rates at once.

A loss is written once, for torch and for jax.numpy; NumPy has its gradient by hand.
"""

from measure import attempt, compiles_torch, load, load_jax, load_torch, main, measure, np, report, root_mean_square


class Problem:
    """`loss(xp, parameters, data)`, its gradient by hand, the start, and numbers that judge the end."""

    def __init__(self, case, loss, gradient, start, data, rate, steps, judge):
        self.case, self.loss, self.gradient, self.start, self.data = case, loss, gradient, start, data
        self.rate, self.steps, self.judge = rate, steps, judge

    def measured(self, peer, variant, run, part=1):
        """run(steps) gives the parameters after them. Of slow peers only a part of the steps is timed: all cost the same."""
        numbers = self.judge([np.asarray(p, np.float64) for p in run(self.steps)])
        report(self.case, peer, variant, measure(lambda: run(self.steps // part)), 1 / part, **numbers)


def diagonal_parts():
    x = load("normal-21-40x100-float64")
    target = np.zeros(100)
    target[:5] = [1, -1, 1, -1, 1]
    return x, target, x @ target


def diagonal_loss(xp, p, data):
    r = data[0] @ (p[0] * p[0] - p[1] * p[1]) - data[1]
    return 0.5 * (r * r).mean()


def diagonal():
    x, target, y = diagonal_parts()
    transposed = np.ascontiguousarray(x.T)

    def gradient(p, data):
        g = (2 / 40) * (transposed @ (x @ (p[0] * p[0] - p[1] * p[1]) - y))
        return [p[0] * g, -p[1] * g]

    def judge(p):
        w = p[0] ** 2 - p[1] ** 2
        return {"loss": 0.5 * np.mean((x @ w - y) ** 2), "distance": np.linalg.norm(w - target)}

    return Problem("diagonal", diagonal_loss, gradient, [np.full(100, 0.1)] * 2, [x, y], 0.002, 10000, judge)


def two_layers(d):
    x = load(f"normal-31-200x{d}-float64")
    y = x @ (load(f"normal-33-{d}x5-float64") @ load("normal-34-5x20-float64") / np.sqrt(5 * d))

    def loss(xp, p, data):
        e = data[0] @ p[0] @ p[1] - data[1]
        return (e * e).sum() / 400

    def gradient(p, data):
        h = x @ p[0]
        e = (h @ p[1] - y) / 200
        return [(x.T @ e) @ p[1].T, h.T @ e]

    start = [0.01 * load(f"normal-35-{d}x50-float64"), 0.01 * load("normal-36-50x20-float64")]
    return Problem(f"two layers, {d}", loss, gradient, start, [x, y], 0.005, 10000, lambda p: {"loss": loss(np, p, [x, y])})


def three_factors():
    goal = load("normal-41-100x5-float64") @ load("normal-42-5x100-float64") / np.sqrt(5)
    mask = (load("uniform-43-100x100-float64") < 0.3).astype(float)
    scale = 50 / mask.sum()

    def loss(xp, p, data):
        e = (p[0] @ p[1] @ p[2] - data[0]) * data[1]
        return scale * (e * e).sum()

    def gradient(p, data):
        q = p[0] @ p[1]
        e = (2 * scale) * (q @ p[2] - goal) * mask
        b = e @ p[2].T
        return [b @ p[1].T, p[0].T @ b, q.T @ e]

    def judge(p):
        rest = (p[0] @ p[1] @ p[2] - goal)[mask == 0]
        return {"loss": loss(np, p, [goal, mask]), "rmse": root_mean_square(rest)}

    start = [0.05 * load(f"normal-{seed}-100x100-float64") for seed in (44, 45, 46)]
    return Problem("three factors", loss, gradient, start, [goal, mask], 0.05, 5000, judge)


def with_numpy(problem):
    def run(steps):
        p = problem.start
        for _ in range(steps):
            p = [a - problem.rate * g for a, g in zip(p, problem.gradient(p, problem.data))]
        return p

    problem.measured("NumPy", "gradient by hand", run)


def with_torch(problem):
    torch = load_torch()
    data, start = ([torch.from_numpy(a) for a in part] for part in (problem.data, problem.start))

    def eager(steps):
        p = [a.clone().requires_grad_() for a in start]
        for _ in range(steps):
            gradient = torch.autograd.grad(problem.loss(torch, p, data), p)
            with torch.no_grad():
                for a, g in zip(p, gradient):
                    a.sub_(g, alpha=problem.rate)
        return [a.detach() for a in p]

    problem.measured("PyTorch", "", eager, 10)
    gradient = torch.func.grad(lambda p: problem.loss(torch, p, data))

    def ten_steps(p):
        for _ in range(10):
            p = [a - problem.rate * g for a, g in zip(p, gradient(p))]
        return p

    def compiled():
        ten = torch.compile(ten_steps)

        def run(steps):
            p = [a.clone() for a in start]
            with torch.inference_mode():
                for _ in range(steps // 10):
                    p = ten(p)
            return p

        problem.measured("torch.compile", "10 steps at a time", run, 10)

    if compiles_torch():
        attempt(problem.case, "torch.compile", "", compiled)


def with_jax(problem):
    jax = load_jax(double=True)
    data, start = ([jax.numpy.asarray(a) for a in part] for part in (problem.data, problem.start))
    gradient = jax.grad(lambda p: problem.loss(jax.numpy, p, data))
    step = lambda i, p: [a - problem.rate * g for a, g in zip(p, gradient(p))]
    loop = jax.jit(lambda p: jax.lax.fori_loop(0, problem.steps, step, p))
    problem.measured("JAX", "fori_loop", lambda steps: jax.block_until_ready(loop(start)))


def rates():
    """W10, whose parameters have the runs along the first axis."""
    x, target, y = diagonal_parts()

    def judge(p):
        w = p[0] ** 2 - p[1] ** 2
        losses = 0.5 * np.mean((w @ x.T - y) ** 2, 1)
        return {"losses": losses.sum(), "distances": np.linalg.norm(w - target, axis=1).sum()}

    values = 1e-4 * 300.0 ** (np.arange(64) / 63)
    return Problem("rates", diagonal_loss, None, [np.full((64, 100), 0.1)] * 2, [x, y], values, 10000, judge)


def rates_numpy():
    problem = rates()
    x, y = problem.data
    transposed, scale = np.ascontiguousarray(x.T), (2 * problem.rate / 40)[:, None]

    def run(steps):
        u, v = problem.start
        for _ in range(steps):
            g = scale * (((u * u - v * v) @ transposed - y) @ x)
            u, v = u - u * g, v + v * g
        return u, v

    problem.measured("NumPy", "batched by hand", run)


def rates_torch():
    torch = load_torch()
    problem = rates()
    data, start = ([torch.from_numpy(a) for a in part] for part in (problem.data, problem.start))
    rate = torch.from_numpy(problem.rate)[:, None]
    gradient = torch.func.vmap(torch.func.grad(lambda p: diagonal_loss(torch, p, data)))

    def ten_steps(p):
        for _ in range(10):
            p = [a - rate * g for a, g in zip(p, gradient(p))]
        return p

    def runs(ten):
        def run(steps):
            p = start
            with torch.no_grad():
                for _ in range(steps // 10):
                    p = ten(p)
            return p

        return run

    problem.measured("PyTorch", "vmap(grad)", runs(ten_steps), 10)
    if compiles_torch():
        compiled = runs(torch.compile(ten_steps))
        attempt("rates", "torch.compile", "", lambda: problem.measured("torch.compile", "10 steps at a time", compiled, 10))


def rates_jax():
    jax = load_jax(double=True)
    problem = rates()
    data = [jax.numpy.asarray(a) for a in problem.data]
    gradient = jax.grad(lambda p: diagonal_loss(jax.numpy, p, data))

    def one(rate):
        step = lambda i, p: [a - rate * g for a, g in zip(p, gradient(p))]
        return jax.lax.fori_loop(0, problem.steps, step, [jax.numpy.full(100, 0.1)] * 2)

    loop, values = jax.jit(jax.vmap(one)), jax.numpy.asarray(problem.rate)
    problem.measured("JAX", "vmap of fori_loop", lambda steps: jax.block_until_ready(loop(values)))


def each(problems):
    """For each peer the function that measures all problems."""
    run = lambda measured: lambda: [measured(problem()) for problem in problems]
    return {"numpy": run(with_numpy), "torch": run(with_torch), "jax": run(with_jax)}


if __name__ == "__main__":
    main({
        "W4": each([diagonal]),
        "W5": each([lambda: two_layers(20), lambda: two_layers(100)]),
        "W6": each([three_factors]),
        "W10": {"numpy": rates_numpy, "torch": rates_torch, "jax": rates_jax},
    })
