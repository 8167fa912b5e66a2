"""Linear algebra on object arrays: textbook methods, which at 600 bits need no care for rounding. Leading dimensions are batches."""

import functools

import numpy as np
from mpmath import mp

from values import array, identity_like, sqrt


def batched(function):
    """The function of one matrix (and maybe a vector or matrix) for each in the leading dimensions of the first."""

    @functools.wraps(function)
    def each(a, *rest):
        if a.ndim == 2:
            return function(a, *rest)
        results = [each(*parts) for parts in zip(a, *rest)]
        if isinstance(results[0], tuple):
            return tuple(np.stack(r) for r in zip(*results))
        return np.stack(results)

    return each


def transposed(a):
    return a.swapaxes(-1, -2)


def identity(n):
    return identity_like(range(n))


@batched
def eliminated(a, b):
    """Gauss's elimination with row exchanges: the inverse of a times b, and the determinant of a, as one column more."""
    a, b, determinant = a.copy(), b.copy(), mp.one
    for i in range(len(a)):
        pivot = max(range(i, len(a)), key=lambda row: abs(a[row, i]))
        if pivot != i:
            a[[i, pivot]], b[[i, pivot]], determinant = a[[pivot, i]], b[[pivot, i]], -determinant
        determinant *= a[i, i]
        b[i], a[i] = b[i] / a[i, i], a[i] / a[i, i]
        for row in range(len(a)):
            if row != i:
                b[row], a[row] = b[row] - a[row, i] * b[i], a[row] - a[row, i] * a[i]
    return b, np.asarray(determinant, dtype=object)


def solve(a, b):
    """The X with a X = b, for matrices and for vectors b."""
    if b.ndim == a.ndim - 1:
        return solve(a, b[..., None])[..., 0]
    return eliminated(a, b)[0]


def inverse(a):
    return solve(a, np.broadcast_to(identity(a.shape[-1]), a.shape).copy())


def determinant(a):
    return eliminated(a, a)[1]


def symmetrized(a):
    return (a + transposed(a)) / 2


@batched
def cholesky(a):
    """The lower triangle L with the symmetric part of a equal to L transposed(L)."""
    a = symmetrized(a)
    lower = array(np.zeros(a.shape).tolist())
    for i in range(len(a)):
        for j in range(i + 1):
            rest = a[i, j] - sum(lower[i, :j] * lower[j, :j], mp.zero)
            lower[i, j] = mp.sqrt(rest) if i == j else rest / lower[j, j]
    return lower


@batched
def qr(a):
    """Q with orthonormal columns and R upper triangular with positive diagonal, by Gram and Schmidt; wide ones by their first columns."""
    columns = []
    for j in range(min(a.shape)):
        rest = a[:, j]
        for q in columns:
            rest = rest - sum(q * a[:, j]) * q
        columns.append(rest / mp.sqrt(sum(rest * rest)))
    q = np.stack(columns, axis=1)
    return q, np.matmul(q.T, a)


@batched
def eigen(a):
    """Eigenvalues, ascending, and eigenvectors of the symmetric part."""
    values, vectors = mp.eigsy(mp.matrix(symmetrized(a).tolist()))
    order = sorted(range(len(a)), key=lambda i: values[i])
    return array([values[i] for i in order]), array([[vectors[i, j] for j in order] for i in range(len(a))])


def eigenvalues(a):
    return eigen(a)[0]


def svd(a):
    """U, s descending, and the transpose of V, from the smaller of the two products of a with its transpose."""
    if a.shape[-2] < a.shape[-1]:
        u, s, vt = svd(transposed(a))
        return transposed(vt), s, transposed(u)
    values, v = eigen(np.matmul(transposed(a), a))
    s, v = sqrt(values[..., ::-1]), v[..., ::-1]
    return np.matmul(a, v) / s[..., None, :], s, transposed(v)


def singular_values(a):
    if a.shape[-2] < a.shape[-1]:
        a = transposed(a)
    return sqrt(eigenvalues(np.matmul(transposed(a), a))[..., ::-1])


def pseudoinverse(a):
    """For full rank, by the normal equations."""
    if a.shape[-2] < a.shape[-1]:
        return transposed(pseudoinverse(transposed(a)))
    return solve(np.matmul(transposed(a), a), transposed(a).copy())


def exponential(a):
    """The power series of a / 2^20, squared 20 times."""
    term = result = np.broadcast_to(identity(a.shape[-1]), a.shape)
    small = a / 2**20
    for n in range(1, 36):
        term = np.matmul(term, small) / n
        result = result + term
    for _ in range(20):
        result = np.matmul(result, result)
    return result


def spectral(function):
    """The function of a symmetric matrix: V f(eigenvalues) transposed(V)."""

    def of(a):
        values, v = eigen(a)
        return np.matmul(v * function(values)[..., None, :], transposed(v))

    return of
