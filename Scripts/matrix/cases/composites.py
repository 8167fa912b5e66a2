"""Functions of several operations, as programs of gradient dynamics are made of: their derivatives are where rules meet."""

import numpy as np

import matrices
from case import Case, normal, positive, rectangular, uniform
from images import attention, average, convolution, standardized
from values import cos, identity_like, log, log_softmax, logsumexp, mean, sin, sqrt, tanh, total


def attended(x, q, k, v):
    return attention(x @ q, x @ k, x @ v)


def recurrent(w, x):
    h = x[0]
    for step in x:
        h = tanh(w @ h + step)
    return h


def hessian(x, y):
    """Of the sum of y sin x plus |x|^4 / 4."""
    return identity_like(x) * (total(x * x) - y * sin(x)) + 2 * x[:, None] * x


CASES = [
    Case(
        "layer normalisation",
        "(x - x:mean(2, {keepdims = true})) / (x:var(2, {keepdims = true}) + 1e-5):sqrt() * y + z",
        lambda x, y, z: standardized(x, 1) * y + z,
        [normal(2, 4), normal(4), normal(4)],
        jax="(x - mean(x, 1, keepdims=True)) / sqrt(var(x, 1, keepdims=True) + 1e-5) * y + z",
        torch="(x - mean(x, 1, keepdim=True)) / sqrt(var(x, 1, correction=0, keepdim=True) + 1e-5) * y + z",
    ),
    Case(
        "batch normalisation between two layers",
        "local h = x:mm(y) h = (h - h:mean(1)) / (h:var(1) + 1e-5):sqrt() return h:tanh():mm(z)",
        lambda x, y, z: tanh(standardized(x @ y, 0)) @ z,
        [normal(4, 2), normal(2, 3), normal(3)],
        jax="tanh((lambda h: (h - mean(h, 0)) / sqrt(var(h, 0) + 1e-5))(x @ y)) @ z",
        torch="tanh((lambda h: (h - mean(h, 0)) / sqrt(var(h, 0, correction=0) + 1e-5))(x @ y)) @ z",
    ),
    Case(
        "cross entropy of a two-layer net",
        "-((x:mm(y):tanh():mm(z)):log_softmax() * labels):sum(2):mean()",
        lambda x, y, z: mean(-total(log_softmax(tanh(x @ y) @ z) * np.array([[0, 0, 1], [1, 0, 0]], dtype=object), 1)),
        [normal(2, 2), normal(2, 3), normal(3, 3)],
        given="local labels = eb.tensor{ {0, 0, 1}, {1, 0, 0} }",
        jax="-mean(sum(log_softmax(tanh(x @ y) @ z) * array([[0, 0, 1], [1, 0, 0]]), 1))",
        torch="F.cross_entropy(tanh(x @ y) @ z, tensor([2, 0]))",
    ),
    Case(
        "convolution net",
        "net({ {weight = y}, {}, {}, {}, {weight = z} }, x)",
        lambda x, y, z: average(tanh(convolution(x, y)), (2, 2), (2, 2)).reshape(1, 2) @ z,
        [normal(1, 1, 3, 3), normal(2, 1, 2, 2), normal(2, 2)],
        given="local net = eb.nn.sequential{eb.nn.conv2d(1, 2, 2, {bias = false}), eb.nn.tanh(), eb.nn.avgpool2d(2), eb.nn.flatten(),"
        " eb.nn.linear(2, 2, {bias = false})}",
        jax="(lax.reduce_window(tanh(lax.conv_general_dilated(x, y, (1, 1), 'VALID')), 0.0, lax.add, (1, 1, 2, 2), (1, 1, 2, 2), 'VALID')"
        " / 4).reshape(1, 2) @ z",
        torch="F.avg_pool2d(tanh(F.conv2d(x, y)), 2).reshape(1, 2) @ z",
    ),
    Case(
        "attention of one head",
        "((x:mm(y)):mm((x:mm(z)):t()) / math.sqrt(2)):softmax():mm(x:mm(a))",
        attended,
        [normal(3, 2), normal(2, 2), normal(2, 2), normal(2, 2)],
        jax="softmax((x @ y) @ (x @ z).T / sqrt(2.0)) @ (x @ a)",
        torch="F.scaled_dot_product_attention((x @ y)[None], (x @ z)[None], (x @ a)[None])[0]",
    ),
    Case(
        "loss of a deep linear net",
        "((x:mm(y):mm(z):mm(a) - b) ^ 2):sum() / 2",
        lambda x, y, z, a, b: total((x @ y @ z @ a - b) ** 2) / 2,
        [normal(3, 2), normal(2, 2), normal(2, 2), normal(2, 2), normal(3, 2)],
        "sum((x @ y @ z @ a - b) ** 2) / 2",
    ),
    Case(
        "loss of a diagonal net of depth 3",
        "((z:mm(x ^ 3 - y ^ 3) - 1) ^ 2):mean()",
        lambda x, y, z: mean((z @ (x**3 - y**3) - 1) ** 2),
        [uniform(0.2, 1, 3), uniform(0.2, 1, 3), normal(4, 3)],
        "mean((z @ (x ** 3 - y ** 3) - 1) ** 2)",
    ),
    Case(
        "loss after a step of gradient descent",
        "f(x - 0.125 * eb.grad(f)(x, y), y)",
        lambda x, y: total(y * sin(x - (y * cos(x)) / 8)),
        [normal(3), normal(3)],
        given="local f = function(u, c) return (c * u:sin()):sum() end",
        jax="(lambda f: f(x - 0.125 * jax.grad(f)(x)))(lambda u: sum(y * sin(u)))",
        torch="(lambda f: f(x - 0.125 * torch.func.grad(f)(x)))(lambda u: sum(y * sin(u)))",
    ),
    Case(
        "sharpness",
        "eb.linalg.eigvalsh(eb.hessian(f)(x, y))[-1]",
        lambda x, y: matrices.eigenvalues(hessian(x, y))[-1],
        [normal(3), normal(3)],
        given="local f = function(u, c) return (c * u:sin()):sum() + u:dot(u) ^ 2 / 4 end",
        normwise=True,
        jax="linalg.eigvalsh(jax.hessian(lambda u: sum(y * sin(u)) + dot(u, u) ** 2 / 4)(x))[-1]",
        torch="linalg.eigvalsh(torch.func.hessian(lambda u: sum(y * sin(u)) + dot(u, u) ** 2 / 4)(x))[-1]",
    ),
    Case(
        "trace of the Hessian by its columns",
        "eb.vmap(function(v) return eb.hvp(f)(x, v, y):dot(v) end)(eb.eye(3)):sum()",
        lambda x, y: total(np.diag(hessian(x, y))),
        [normal(3), normal(3)],
        given="local f = function(u, c) return (c * u:sin()):sum() + u:dot(u) ^ 2 / 4 end",
        jax="trace(jax.hessian(lambda u: sum(y * sin(u)) + dot(u, u) ** 2 / 4)(x))",
        torch="trace(torch.func.hessian(lambda u: sum(y * sin(u)) + dot(u, u) ** 2 / 4)(x))",
    ),
    Case(
        "norm of the gradient",
        "eb.grad(f)(x, y):norm()",
        lambda x, y: sqrt(total((y * cos(x)) ** 2)),
        [normal(3), normal(3)],
        given="local f = function(u, c) return (c * u:sin()):sum() end",
        jax="linalg.norm(jax.grad(lambda u: sum(y * sin(u)))(x))",
        torch="linalg.norm(torch.func.grad(lambda u: sum(y * sin(u)))(x))",
    ),
    Case(
        "recurrent net",
        "local h = y[1] for i = 1, 3 do h = (x:mm(h) + y[i]):tanh() end return h",
        recurrent,
        [normal(2, 2), normal(3, 2)],
        "(lambda step: step(step(step(y[0], 0), 1), 2))(lambda h, i: tanh(x @ h + y[i]))",
    ),
    Case(
        "nuclear norm of a product",
        "eb.linalg.norm(x:mm(y), 'nuc')",
        lambda x, y: total(matrices.singular_values(x @ y)),
        [rectangular(3, 2), rectangular(2, 2)],
        "linalg.norm(x @ y, 'nuc')",
        normwise=True,
    ),
    Case(
        "logarithm of a Gram determinant",
        "select(2, eb.linalg.slogdet(x:mm(x:t()) + eb.eye(2)))",
        lambda x: log(matrices.determinant(x @ x.T + matrices.identity(2))),
        [normal(2, 3)],
        "linalg.slogdet(x @ x.T + eye(2))[1]",
        normwise=True,
    ),
    Case(
        "Gaussian likelihood by a Cholesky factor",
        "local l = eb.linalg.cholesky(x) local r = eb.linalg.triangular_solve(l, y) return r:dot(r) / 2 + l:diag():log():sum()",
        lambda x, y: (y @ matrices.solve(matrices.symmetrized(x), y) + log(matrices.determinant(matrices.symmetrized(x)))) / 2,
        [positive(3, 3), normal(3)],
        normwise=True,
        jax="(lambda l: (lambda r: r @ r / 2 + sum(log(diag(l))))(jax.scipy.linalg.solve_triangular(l, y, lower=True)))"
        "(linalg.cholesky((x + x.T) / 2))",
        torch="(lambda l: (lambda r: r @ r / 2 + sum(log(diag(l))))(linalg.solve_triangular(l, y[:, None], upper=False)[:, 0]))"
        "(linalg.cholesky((x + x.T) / 2))",
    ),
    Case(
        "soft minimum of squared distances",
        "-(-((x:unsqueeze(2) - y:unsqueeze(1)) ^ 2):sum(3)):logsumexp(2)",
        lambda x, y: -logsumexp(-total((x[:, None] - y[None]) ** 2, 2), 1),
        [normal(2, 2), normal(3, 2)],
        "-logsumexp(-sum((x[:, None] - y[None]) ** 2, 2), 1)",
    ),
]
