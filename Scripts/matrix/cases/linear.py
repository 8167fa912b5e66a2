"""Products and linear algebra. Signs of vectors are free, and two points may get different ones: results that hold vectors are made
free of them (squares, projectors, functions of the matrix)."""

import numpy as np

import matrices
from case import Case, fixed, normal, positive, rectangular, turned
from values import absolute, array, exp, log, sin, sqrt, tanh, total


def einsum(formula):
    return lambda *x: np.asarray(np.einsum(formula, *x), dtype=object)


def matrix(name, lua, values, inputs, peers=None, **more):
    return Case(name, lua, values, inputs, peers, normwise=True, **more)


def first(function):
    """The reference's results by position."""
    return lambda *x: function(*x)[0]


def functional(values):
    """U f(s) transposed(V): free of the signs of U and V."""

    def of(a):
        u, s, vt = matrices.svd(a)
        return np.matmul(u * values(s)[..., None, :], vt)

    return of


def top(a):
    """The projector on the eigenvector of the largest eigenvalue."""
    v = matrices.eigen(a)[1][..., -1]
    return v[..., :, None] * v[..., None, :]


def by_minors(a):
    """The determinant without a division, by Laplace's expansion of the first row."""
    if len(a) == 1:
        return a[0, 0]
    minors = [by_minors(np.delete(a[1:], i, axis=1)) for i in range(len(a))]
    return np.asarray(sum((-1) ** i * x * minor for i, (x, minor) in enumerate(zip(a[0], minors))), dtype=object)


def low_rank(x, y):
    """The pseudo-inverse of x y for x of full column and y of full row rank."""
    return np.matmul(matrices.pseudoinverse(y), matrices.pseudoinverse(x))


def signed_qr(lua):
    return f"local q, r = eb.linalg.qr({lua}) local s = r:diag():sign() return q * s:unsqueeze(-2), r * s:unsqueeze(-1)"


FULL, TALL, WIDE, PAIR = rectangular(3, 3), rectangular(4, 2), rectangular(2, 4), rectangular(2, 2, 2)
DEFINITE = positive(3, 3)
SIGNED_QR = "(lambda q, r: (q * sign(diag(r)), r * sign(diag(r))[:, None]))(*linalg.qr(x))"

CASES = [
    Case("mm", "x:mm(y)", np.matmul, [normal(2, 3), normal(3, 2)], "matmul(x, y)"),
    Case("mm with itself", "x:mm(x):mm(x)", lambda x: x @ x @ x, [normal(3, 3)], "x @ x @ x"),
    Case("mm of vectors", "x:mm(y) * x", lambda x, y: total(x * y) * x, [normal(3), normal(3)], "matmul(x, y) * x"),
    Case("mm of a matrix and a vector", "x:mm(y:sin())", lambda x, y: x @ sin(y), [normal(2, 3), normal(3)], "matmul(x, sin(y))"),
    Case(
        "mm of a vector and matrices",
        "x:sin():mm(y)",
        lambda x, y: np.matmul(sin(x), y),
        [normal(3), normal(2, 3, 2)],
        "matmul(sin(x), y)",
    ),
    Case(
        "mm of batches",
        "x:mm(y:sin())",
        lambda x, y: np.matmul(x, sin(y)),
        [normal(2, 1, 2, 3), normal(2, 3, 2)],
        "matmul(x, sin(y))",
    ),
    Case("dot", "x:sin():dot(y:exp())", lambda x, y: total(sin(x) * exp(y)), [normal(4), normal(4)], "dot(sin(x), exp(y))"),
    Case("outer", "x:sin():outer(y:exp())", lambda x, y: sin(x)[:, None] * exp(y), [normal(2), normal(3)], "outer(sin(x), exp(y))"),
    Case(
        "einsum",
        "eb.einsum('bi,ij,bj->b', x, y, x)",
        lambda x, y: einsum("bi,ij,bj->b")(x, y, x),
        [normal(2, 3), normal(3, 3)],
        "einsum('bi,ij,bj->b', x, y, x)",
    ),
    Case(
        "einsum of a diagonal",
        "eb.einsum('iij,jk->ki', x, y:sin())",
        lambda x, y: einsum("iij,jk->ki")(x, sin(y)),
        [normal(2, 2, 3), normal(3, 2)],
        "einsum('iij,jk->ki', x, sin(y))",
    ),
    Case(
        "einsum with dots",
        "eb.einsum('...i,...ij->j...', x:exp(), y)",
        lambda x, y: np.moveaxis(np.matmul(exp(x)[..., None, :], y)[..., 0, :], -1, 0),
        [normal(2, 1, 3), normal(2, 3, 2)],
        "einsum('...i,...ij->j...', exp(x), y)",
    ),
    Case(
        "einsum to a number",
        "eb.einsum('i,i,i->', x, y, x)",
        lambda x, y: total(x * y * x),
        [normal(3), normal(3)],
        "einsum('i,i,i->', x, y, x)",
    ),
    Case("einsum of one", "eb.einsum('ij->j', x:exp())", lambda x: total(exp(x), 0), [normal(2, 3)], "einsum('ij->j', exp(x))"),
    Case(
        "linalg.trace",
        "eb.linalg.trace(x:exp())",
        lambda x: total(array([exp(x)[i, i] for i in range(3)])),
        [normal(3, 3)],
        "trace(exp(x))",
    ),
    Case(
        "linalg.kron",
        "eb.linalg.kron(x:sin(), y:exp())",
        lambda x, y: np.kron(sin(x), exp(y)),
        [normal(2, 2), normal(1, 2)],
        "kron(sin(x), exp(y))",
    ),
    matrix("linalg.solve", "eb.linalg.solve(x, y)", matrices.solve, [FULL, normal(3, 2)], "linalg.solve(x, y)"),
    matrix("linalg.solve of a vector", "eb.linalg.solve(x, y)", matrices.solve, [FULL, normal(3)], "linalg.solve(x, y)"),
    matrix("linalg.solve of batches", "eb.linalg.solve(x, y)", matrices.solve, [PAIR, normal(2, 2, 1)], "linalg.solve(x, y)"),
    matrix(
        "linalg.triangular_solve",
        "eb.linalg.triangular_solve(x, y)",
        lambda x, y: matrices.solve(np.tril(x), y),
        [FULL, normal(3, 2)],
        jax="jax.scipy.linalg.solve_triangular(x, y, lower=True)",
        torch="linalg.solve_triangular(x, y, upper=False)",
    ),
    matrix(
        "linalg.triangular_solve upper, transposed",
        "eb.linalg.triangular_solve(x, y, {lower = false, transposed = true})",
        lambda x, y: matrices.solve(np.triu(x).T, y),
        [FULL, normal(3)],
        jax="jax.scipy.linalg.solve_triangular(x, y, trans=1)",
        torch="linalg.solve_triangular(x.T, y[:, None], upper=False)[:, 0]",
    ),
    matrix("linalg.inv", "eb.linalg.inv(x)", matrices.inverse, [FULL], "linalg.inv(x)"),
    matrix("linalg.inv of batches", "eb.linalg.inv(x)", matrices.inverse, [PAIR], "linalg.inv(x)"),
    matrix("linalg.det", "eb.linalg.det(x)", matrices.determinant, [rectangular(4, 4)], "linalg.det(x)"),
    matrix("linalg.det at equal values", "eb.linalg.det(x)", matrices.determinant, [turned(2, 2, 2, 2)], "linalg.det(x)"),
    matrix("linalg.det of singular matrices", "eb.linalg.det(x)", by_minors, [turned(4, 3, 2, 0)], "linalg.det(x)"),
    matrix("linalg.det of batches", "eb.linalg.det(x:exp())", lambda x: matrices.determinant(exp(x)), [PAIR], "linalg.det(exp(x))"),
    matrix(
        "linalg.slogdet",
        "select(2, eb.linalg.slogdet(x))",
        lambda x: log(absolute(matrices.determinant(x))),
        [FULL],
        "linalg.slogdet(x)[1]",
    ),
    matrix("linalg.cholesky", "eb.linalg.cholesky(x)", matrices.cholesky, [DEFINITE], "linalg.cholesky((x + x.T) / 2)"),
    matrix(
        "linalg.cholesky of batches",
        "eb.linalg.cholesky(x)",
        matrices.cholesky,
        [positive(2, 2, 2)],
        jax="linalg.cholesky((x + swapaxes(x, 1, 2)) / 2)",
        torch="linalg.cholesky((x + swapaxes(x, 1, 2)) / 2)",
    ),
    matrix("linalg.qr", signed_qr("x"), matrices.qr, [FULL], SIGNED_QR),
    matrix("linalg.qr of a tall matrix", signed_qr("x"), matrices.qr, [TALL], SIGNED_QR),
    matrix("linalg.qr of a wide matrix", signed_qr("x"), matrices.qr, [WIDE], SIGNED_QR),
    matrix("linalg.eigvalsh", "eb.linalg.eigvalsh(x)", matrices.eigenvalues, [DEFINITE], "linalg.eigvalsh((x + x.T) / 2)"),
    matrix(
        "linalg.eigh values and squared vectors",
        "local l, v = eb.linalg.eigh(x) return l, v * v",
        lambda x: (lambda l, v: (l, v * v))(*matrices.eigen(x)),
        [DEFINITE],
        "(lambda l, v: (l, v * v))(*linalg.eigh((x + x.T) / 2))",
    ),
    matrix(
        "linalg.eigh projector on the last vector",
        "local _, v = eb.linalg.eigh(x) local u = v[{ {}, -1 }] return u:outer(u)",
        top,
        [DEFINITE],
        "(lambda l, v: outer(v[:, -1], v[:, -1]))(*linalg.eigh((x + x.T) / 2))",
    ),
    matrix(
        "linalg.eigh logarithm of a matrix",
        "local l, v = eb.linalg.eigh(x) return (v * l:log()):mm(v:t())",
        matrices.spectral(log),
        [DEFINITE],
        "(lambda l, v: (v * log(l)) @ v.T)(*linalg.eigh((x + x.T) / 2))",
    ),
    matrix(
        "linalg.svdvals",
        "eb.linalg.svdvals(x)",
        matrices.singular_values,
        [FULL],
        "linalg.svdvals(x)",
        jax="linalg.svd(x, compute_uv=False)",
    ),
    matrix(
        "linalg.svdvals of a tall matrix",
        "eb.linalg.svdvals(x)",
        matrices.singular_values,
        [TALL],
        "linalg.svdvals(x)",
        jax="linalg.svd(x, compute_uv=False)",
    ),
    matrix(
        "linalg.svd function of a tall matrix",
        "local u, s, vt = eb.linalg.svd(x) return (u * s:tanh()):mm(vt)",
        functional(tanh),
        [TALL],
        jax="(lambda u, s, vt: (u * tanh(s)) @ vt)(*linalg.svd(x, full_matrices=False))",
        torch="(lambda u, s, vt: (u * tanh(s)) @ vt)(*linalg.svd(x, full_matrices=False))",
    ),
    matrix(
        "linalg.svd function of a square matrix",
        "local u, s, vt = eb.linalg.svd(x) return (u * s:tanh()):mm(vt)",
        functional(tanh),
        [FULL],
        jax="(lambda u, s, vt: (u * tanh(s)) @ vt)(*linalg.svd(x, full_matrices=False))",
        torch="(lambda u, s, vt: (u * tanh(s)) @ vt)(*linalg.svd(x, full_matrices=False))",
    ),
    matrix(
        "linalg.svd squared vectors of a wide matrix",
        "local u, s, vt = eb.linalg.svd(x) return u * u, vt * vt",
        lambda x: (lambda u, s, vt: (u * u, vt * vt))(*matrices.svd(x)),
        [WIDE],
        "(lambda u, s, vt: (u * u, vt * vt))(*linalg.svd(x, full_matrices=False))",
    ),
    matrix("linalg.pinv", "eb.linalg.pinv(x)", matrices.pseudoinverse, [TALL], "linalg.pinv(x)"),
    matrix("linalg.pinv of a wide matrix", "eb.linalg.pinv(x)", matrices.pseudoinverse, [WIDE], "linalg.pinv(x)"),
    matrix(
        "linalg.pinv of rank 2",
        "eb.linalg.pinv(x:mm(y), {cutoff = 1e-4})",
        low_rank,
        [TALL, rectangular(2, 3)],
        jax="linalg.pinv(x @ y, rtol=1e-4)",
        torch="linalg.pinv(x @ y, rtol=1e-4)",
    ),
    matrix(
        "linalg.lstsq",
        "eb.linalg.lstsq(x, y)",
        lambda x, y: matrices.pseudoinverse(x) @ y,
        [TALL, normal(4)],
        jax="linalg.lstsq(x, y)[0]",
        torch="linalg.lstsq(x, y[:, None])[0][:, 0]",
    ),
    matrix(
        "linalg.lstsq of a wide matrix",
        "eb.linalg.lstsq(x, y)",
        lambda x, y: matrices.pseudoinverse(x) @ y,
        [WIDE, normal(2, 2)],
        jax="linalg.lstsq(x, y)[0]",
        torch="linalg.lstsq(x, y, driver='gelsd')[0]",
    ),
    matrix("linalg.norm fro", "eb.linalg.norm(x, 'fro')", lambda x: sqrt(total(x * x)), [FULL], "linalg.norm(x, 'fro')"),
    matrix(
        "linalg.norm nuc", "eb.linalg.norm(x, 'nuc')", lambda x: total(matrices.singular_values(x)), [FULL], "linalg.norm(x, 'nuc')"
    ),
    matrix(
        "linalg.norm nuc of a tall matrix",
        "eb.linalg.norm(x, 'nuc')",
        lambda x: total(matrices.singular_values(x)),
        [TALL],
        "linalg.norm(x, 'nuc')",
    ),
    matrix("linalg.norm 2", "eb.linalg.norm(x, 2)", lambda x: matrices.singular_values(x)[0], [FULL], "linalg.norm(x, 2)"),
    matrix(
        "linalg.norm nuc at equal values",
        "eb.linalg.norm(x, 'nuc')",
        lambda x: total(matrices.singular_values(x)),
        [turned(2, 2, 1)],
        "linalg.norm(x, 'nuc')",
    ),
    matrix(
        "linalg.norm 2 above equal values",
        "eb.linalg.norm(x, 2)",
        lambda x: matrices.singular_values(x)[0],
        [turned(3, 1, 1)],
        "linalg.norm(x, 2)",
    ),
    matrix(
        "linalg.norm 2 of a wide matrix",
        "eb.linalg.norm(x, 2)",
        lambda x: matrices.singular_values(x)[0],
        [WIDE],
        "linalg.norm(x, 2)",
    ),
    matrix(
        "linalg.norm nuc near a tie",
        "eb.linalg.norm(x, 'nuc')",
        lambda x: total(matrices.singular_values(x)),
        [fixed([[1, 0], [0, 1 + 2**-20], [0, 0]])],
        "linalg.norm(x, 'nuc')",
    ),
    matrix(
        "linalg.norm 2 of the identity plus rank one",
        "eb.linalg.norm(x, 2)",
        lambda x: matrices.singular_values(x)[0],
        [fixed([[2, 1, 1], [1, 2, 1], [1, 1, 2]])],
        "linalg.norm(x, 2)",
    ),
    matrix(
        "linalg.slogdet of the identity",
        "select(2, eb.linalg.slogdet(x))",
        lambda x: log(absolute(matrices.determinant(x))),
        [fixed([[1, 0, 0], [0, 1, 0], [0, 0, 1]])],
        "linalg.slogdet(x)[1]",
    ),
    matrix(
        "linalg.norm 1",
        "eb.linalg.norm(x:exp(), 1)",
        lambda x: np.asarray(max(total(exp(x), 0)), dtype=object),
        [FULL],
        "linalg.norm(exp(x), 1)",
    ),
    matrix(
        "linalg.norm inf",
        "eb.linalg.norm(x:exp(), 'inf')",
        lambda x: np.asarray(max(total(exp(x), 1)), dtype=object),
        [FULL],
        "linalg.norm(exp(x), inf)",
    ),
    matrix(
        "linalg.expm",
        "eb.linalg.expm(x)",
        matrices.exponential,
        [normal(3, 3)],
        jax="jax.scipy.linalg.expm(x)",
        torch="linalg.matrix_exp(x)",
    ),
    matrix(
        "linalg.expm of a large matrix",
        "eb.linalg.expm(4 * x)",
        lambda x: matrices.exponential(4 * x),
        [normal(2, 2)],
        jax="jax.scipy.linalg.expm(4 * x)",
        torch="linalg.matrix_exp(4 * x)",
    ),
]
