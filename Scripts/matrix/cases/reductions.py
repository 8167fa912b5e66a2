"""Combining elements along dimensions, and putting them in order."""

import numpy as np
from mpmath import mp

from case import Case, away, distinct, near, normal, offset
from values import array, exact, exp, log_softmax, logsumexp, mean, norm, sin, softmax, sqrt, total, variance

ROWS = normal(2, 3)
BLOCK = normal(2, 3, 2)


def one(name, lua, values, make, peers=None, **more):
    return Case(name, lua, values, [make], peers, **more)


def largest(x, axis=None):
    return np.asarray(np.max(x, axis=axis), dtype=object)


def smallest(x, axis=None):
    return np.asarray(np.min(x, axis=axis), dtype=object)


def quantile(x, q, axis, nearest=False):
    """Between neighbours by the straight line at place q (n - 1), or the element nearest to it."""
    x = np.sort(x, axis=axis)
    place = exact(q) * (x.shape[axis] - 1)
    low = int(mp.nint(place)) if nearest else int(mp.floor(place))
    high = min(low + (0 if nearest else 1), x.shape[axis] - 1)
    share = 0 if nearest else place - low
    return (1 - share) * x.take(low, axis=axis) + share * x.take(high, axis=axis)


CASES = [
    one("sum", "x:sin():sum()", lambda x: total(sin(x)), ROWS, "sum(sin(x))"),
    one("sum over a dimension", "x:sin():sum(2):exp()", lambda x: exp(total(sin(x), 1)), BLOCK, "exp(sum(sin(x), 1))"),
    one(
        "sum over two dimensions",
        "x:sin():sum({1, -1}, {keepdims = true}):exp()",
        lambda x: exp(total(sin(x), (0, 2), True)),
        BLOCK,
        jax="exp(sum(sin(x), (0, 2), keepdims=True))",
        torch="exp(sum(sin(x), (0, 2), keepdim=True))",
    ),
    one("mean", "x:sin():mean()", lambda x: mean(sin(x)), ROWS, "mean(sin(x))"),
    one("mean over a dimension", "x:sin():mean(1):exp()", lambda x: exp(mean(sin(x), 0)), ROWS, "exp(mean(sin(x), 0))"),
    one("var", "x:sin():var()", lambda x: variance(sin(x)), ROWS, jax="var(sin(x))", torch="var(sin(x), correction=0)"),
    one(
        "var over a dimension",
        "x:sin():var(2, {correction = 1})",
        lambda x: variance(sin(x), 1, correction=1),
        ROWS,
        jax="var(sin(x), 1, ddof=1)",
        torch="var(sin(x), 1, correction=1)",
    ),
    one("var of near numbers", "x:var()", variance, offset(100, 5), jax="var(x)", torch="var(x, correction=0)"),
    one("std", "x:std()", lambda x: sqrt(variance(x)), ROWS, jax="std(x)", torch="std(x, correction=0)"),
    one(
        "std over a dimension",
        "x:std(2, {correction = 1})",
        lambda x: sqrt(variance(x, 1, correction=1)),
        ROWS,
        jax="std(x, 1, ddof=1)",
        torch="std(x, 1, correction=1)",
    ),
    one("prod", "x:prod()", lambda x: np.asarray(np.prod(x), dtype=object), normal(6), "prod(x)"),
    one("prod over a dimension", "x:exp():prod(2)", lambda x: np.prod(exp(x), axis=1), ROWS, "prod(exp(x), 1)"),
    one(
        "prod with a zero",
        "x:prod()",
        lambda x: np.asarray(np.prod(x), dtype=object),
        near(1, 0, -2, 0.5, 1.5, spread=0),
        "prod(x)",
    ),
    one(
        "prod with three zeros",
        "x:prod()",
        lambda x: np.asarray(np.prod(x), dtype=object),
        near(0, 0, -2, 0, 1.5, spread=0),
        "prod(x)",
    ),
    one("logsumexp", "x:logsumexp()", logsumexp, ROWS, jax="logsumexp(x)", torch="logsumexp(x, (0, 1))"),
    one("logsumexp over a dimension", "x:logsumexp(2)", lambda x: logsumexp(x, 1), ROWS, "logsumexp(x, 1)"),
    one("logsumexp at 10^4", "x:logsumexp(1)", lambda x: logsumexp(x, 0), offset(1e4, 4), "logsumexp(x, 0)"),
    one("logsumexp at -10^4", "x:logsumexp(1)", lambda x: logsumexp(x, 0), offset(-1e4, 4), "logsumexp(x, 0)"),
    one("logsumexp far apart", "x:logsumexp(1)", lambda x: logsumexp(x, 0), near(30, 0, -30), "logsumexp(x, 0)", cancels=True),
    one("max", "x:sin():max()", lambda x: largest(sin(x)), ROWS, "max(sin(x))"),
    one("max over a dimension", "(x:sin():max(2))", lambda x: largest(sin(x), 1), ROWS, "amax(sin(x), 1)"),
    one("min", "x:sin():min()", lambda x: smallest(sin(x)), ROWS, "min(sin(x))"),
    one("min over two dimensions", "(x:sin():min{1, 3})", lambda x: smallest(sin(x), (0, 2)), BLOCK, "amin(sin(x), (0, 2))"),
    one("median", "x:exp():median()", lambda x: quantile(exp(x).reshape(-1), 0.5, 0), distinct(5), "median(exp(x))"),
    one(
        "median of an even count",
        "x:exp():median()",
        lambda x: quantile(exp(x).reshape(-1), 0.5, 0),
        distinct(2, 2),
        jax="median(exp(x))",
    ),
    one(
        "median over a dimension",
        "(x:exp():median(2))",
        lambda x: quantile(exp(x), 0.5, 1),
        distinct(2, 3),
        jax="median(exp(x), 1)",
        torch="median(exp(x), 1)[0]",
    ),
    one(
        "quantile", "x:exp():quantile(0.3)", lambda x: quantile(exp(x).reshape(-1), 0.3, 0), distinct(2, 3), "quantile(exp(x), 0.3)"
    ),
    one(
        "quantile over a dimension",
        "x:exp():quantile(0.7, 2)",
        lambda x: quantile(exp(x), 0.7, 1),
        distinct(2, 3),
        "quantile(exp(x), 0.7, 1)",
    ),
    one(
        "quantile nearest",
        "x:exp():quantile(0.7, {method = 'nearest'})",
        lambda x: quantile(exp(x), 0.7, 0, nearest=True),
        distinct(4),
        jax="quantile(exp(x), 0.7, method='nearest')",
        torch="quantile(exp(x), 0.7, interpolation='nearest')",
    ),
    one(
        "quantile at several fractions",
        "x:exp():quantile{0.25, 0.5}",
        lambda x: array([quantile(exp(x), q, 0) for q in (0.25, 0.5)]),
        distinct(4),
        jax="quantile(exp(x), array([0.25, 0.5]))",
        torch="quantile(exp(x), tensor([0.25, 0.5], dtype=x.dtype))",
    ),
    one("norm", "x:norm()", norm, ROWS, jax="linalg.norm(x)", torch="norm(x)"),
    one("norm over a dimension", "x:norm(2, 2)", lambda x: norm(x, 2, 1), ROWS, "linalg.norm(x, axis=1)"),
    one("norm 1", "x:exp():norm(1)", lambda x: norm(exp(x), 1), away(4), "linalg.norm(exp(x), 1)"),
    one("norm 3", "x:norm(3, 1)", lambda x: norm(x, 3, 0), away(4), "linalg.norm(x, 3)"),
    one("norm 1.5", "x:norm(1.5)", lambda x: norm(x, mp.mpf(1.5)), away(4), "linalg.norm(x, 1.5)"),
    one("norm 0.5", "x:norm(0.5)", lambda x: norm(x, mp.mpf(0.5)), away(4), "linalg.norm(x, 0.5)"),
    one("norm inf", "x:exp():norm(math.huge)", lambda x: largest(exp(x)), distinct(4), "linalg.norm(exp(x), inf)"),
    one("cumsum", "x:sin():cumsum():exp()", lambda x: exp(np.cumsum(sin(x), axis=1)), ROWS, "exp(cumsum(sin(x), 1))"),
    one(
        "cumsum over the first dimension",
        "x:sin():cumsum(1):exp()",
        lambda x: exp(np.cumsum(sin(x), axis=0)),
        ROWS,
        "exp(cumsum(sin(x), 0))",
    ),
    one("softmax", "x:softmax()", softmax, ROWS, "softmax(x, -1)"),
    one("softmax over the first dimension", "x:softmax(1)", lambda x: softmax(x, 0), ROWS, "softmax(x, 0)"),
    one("softmax far apart", "x:softmax()", softmax, near(20, 0, -20), "softmax(x, -1)", cancels=True),
    one("softmax at 10^4", "x:softmax()", softmax, offset(1e4, 3), "softmax(x, -1)"),
    one("log_softmax", "x:log_softmax()", log_softmax, ROWS, "log_softmax(x, -1)"),
    one("log_softmax over the first dimension", "x:log_softmax(1)", lambda x: log_softmax(x, 0), ROWS, "log_softmax(x, 0)"),
    one("log_softmax at 10^4", "x:log_softmax()", log_softmax, offset(1e4, 3), "log_softmax(x, -1)"),
    one("sort", "(x:sin():sort())", lambda x: np.sort(sin(x), axis=1), ROWS, jax="sort(sin(x), -1)", torch="sort(sin(x), -1)[0]"),
    one(
        "sort downwards",
        "(x:sin():sort(1, {descending = true}))",
        lambda x: -np.sort(-sin(x), axis=0),
        ROWS,
        jax="-sort(-sin(x), 0)",
        torch="sort(sin(x), 0, descending=True)[0]",
    ),
    one(
        "topk",
        "(x:sin():topk(2))",
        lambda x: -np.sort(-sin(x), axis=1)[:, :2],
        ROWS,
        jax="lax.top_k(sin(x), 2)[0]",
        torch="topk(sin(x), 2)[0]",
    ),
    one(
        "topk smallest",
        "(x:sin():topk(2, 1, {largest = false}))",
        lambda x: np.sort(sin(x), axis=0)[:2],
        normal(4),
        jax="-lax.top_k(-sin(x), 2)[0]",
        torch="topk(sin(x), 2, largest=False)[0]",
    ),
]
