"""Moving elements, reading and replacing parts. What is linear stands between two functions that are not, so that no order is trivial:
the case "reshape" is exp(reshape(sin x))."""

import numpy as np

from case import Case, away, normal
from values import array, exp, sin

TRIANGLE = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 1]], dtype=object)


def moved(name, lua, values, make, peers=None, jax=None, torch=None):
    """The expressions speak of s, which is sin x."""
    wrap = lambda text: text and f"(lambda s: exp({text}))(sin(x))"
    return Case(
        name, f"local s = x:sin() return ({lua}):exp()", lambda x: exp(values(sin(x))), [make], wrap(peers), wrap(jax), wrap(torch)
    )


def several(name, lua, values, make, jax=None, torch=None):
    """Of several results the elements are joined into one vector."""
    wrap = lambda text, cat: text and f"exp({cat}([p.reshape(-1) for p in {text}]))"
    return Case(
        name,
        f"local s = x:sin() local all = {{}} for i, p in ipairs({lua}) do all[i] = p:flatten() end return eb.cat(all, 1):exp()",
        lambda x: exp(np.concatenate([p.reshape(-1) for p in values(sin(x))])),
        [make],
        jax=wrap(jax, "concatenate"),
        torch=wrap(torch, "cat"),
    )


def scattered(x, places, y, add=False):
    result = x.copy()
    for place, value in zip(places, y):
        result[place] = result[place] + value if add else value
    return result


def replaced(x, place, y):
    result = x.copy()
    result[place] = y
    return result


ROWS, BLOCK = normal(2, 3), normal(2, 3, 2)

CASES = [
    moved("reshape", "s:reshape{3, 2}", lambda s: s.reshape(3, 2), ROWS, "s.reshape(3, 2)"),
    moved("view", "s:view{-1}", lambda s: s.reshape(-1), ROWS, "s.reshape(-1)"),
    moved("flatten", "s:flatten(2)", lambda s: s.reshape(2, 6), BLOCK, "s.reshape(2, 6)"),
    moved("t", "s:t()", lambda s: s.T, ROWS, "s.T"),
    moved("transpose", "s:transpose(1, 3)", lambda s: s.swapaxes(0, 2), BLOCK, "swapaxes(s, 0, 2)"),
    moved(
        "permute",
        "s:permute{3, 1, 2}",
        lambda s: s.transpose(2, 0, 1),
        BLOCK,
        jax="transpose(s, (2, 0, 1))",
        torch="permute(s, (2, 0, 1))",
    ),
    moved("squeeze", "s:squeeze(2)", lambda s: s[:, 0], normal(3, 1), "squeeze(s, 1)"),
    moved("unsqueeze", "s:unsqueeze(-1)", lambda s: s[..., None], ROWS, "s[..., None]"),
    moved("expand", "s:expand{2, 2, 3}", lambda s: np.broadcast_to(s, (2, 2, 3)), normal(2, 1), "broadcast_to(s, (2, 2, 3))"),
    moved("flip", "s:flip(2)", lambda s: s[:, ::-1], ROWS, jax="flip(s, 1)", torch="flip(s, (1,))"),
    moved(
        "pad",
        "s:pad{ {1, 0}, {0, 2} }",
        lambda s: np.pad(s, ((1, 0), (0, 2)), constant_values=0),
        ROWS,
        jax="pad(s, ((1, 0), (0, 2)))",
        torch="pad(s, (0, 2, 1, 0))",
    ),
    moved("tril", "s:tril()", lambda s: s * TRIANGLE, normal(3, 3), "tril(s)"),
    moved("tril below the diagonal", "s:tril(-1)", lambda s: s * (1 - TRIANGLE.T), normal(2, 3, 3), "tril(s, -1)"),
    moved("triu", "s:triu()", lambda s: s * TRIANGLE.T, normal(3, 3), "triu(s)"),
    moved("diag", "s:diag()", lambda s: array([s[0, 0], s[1, 1]]), ROWS, "diag(s)"),
    moved("diag of a vector", "s:diag()", lambda s: np.diag(s) * array(np.eye(3).tolist()), normal(3), "diag(s)"),
    moved("diag beside the main one", "s:diag(1)", lambda s: array([s[0, 1], s[1, 2]]), ROWS, "diag(s, 1)"),
    moved("clone", "s:clone()", lambda s: s, ROWS, jax="copy(s)", torch="clone(s)"),
    Case(
        "cast",
        "x:cast('float64'):sin():cast(x.dtype)",
        sin,
        [ROWS],
        jax="sin(x.astype(float64)).astype(x.dtype)",
        torch="sin(x.to(float64)).to(x.dtype)",
    ),
    several(
        "split",
        "s:split({1, 2}, 2)",
        lambda s: [s[:, :1], s[:, 1:]],
        ROWS,
        jax="split(sin(x), (1,), 1)",
        torch="split(sin(x), (1, 2), 1)",
    ),
    several(
        "chunk",
        "s:chunk(2, 1)",
        lambda s: [s[:2], s[2:]],
        normal(3, 2),
        jax="array_split(sin(x), 2, 0)",
        torch="chunk(sin(x), 2, 0)",
    ),
    several(
        "iter",
        "(function() local rows = {} for i, r in s:iter() do rows[i] = r end return rows end)()",
        lambda s: [s],
        normal(3, 2),
        jax="list(sin(x))",
        torch="list(sin(x))",
    ),
    Case(
        "cat",
        "eb.cat({x:sin(), y, x}, 2):exp()",
        lambda x, y: exp(np.concatenate([sin(x), y, x], axis=1)),
        [ROWS, normal(2, 1)],
        jax="exp(concatenate((sin(x), y, x), 1))",
        torch="exp(cat((sin(x), y, x), 1))",
    ),
    Case(
        "stack",
        "eb.stack({x:sin(), y, x}, 2):exp()",
        lambda x, y: exp(np.stack([sin(x), y, x], axis=1)),
        [ROWS, ROWS],
        "exp(stack((sin(x), y, x), 1))",
    ),
    Case(
        "where of a row and a matrix",
        "eb.where(x:gt(0), y, x):exp()",
        lambda x, y: exp(np.where(x > 0, y, x)),
        [away(2, 3), normal(3)],
        "exp(where(x > 0, y, x))",
    ),
    moved("[] with a number", "s[2]", lambda s: s[1], ROWS, "s[1]"),
    moved("[] with numbers", "s[{2, -1}]", lambda s: s[1, -1], ROWS, "s[1, -1]"),
    moved("[] with ranges", "s[{ {1, 3, 2}, {2, -1} }]", lambda s: s[::2, 1:], normal(3, 3), "s[::2, 1:]"),
    moved(
        "[] with a table of positions",
        "s[{ {}, eb.tensor({3, 1, 3}, {dtype = 'int32'}) }]",
        lambda s: s[:, [2, 0, 2]],
        ROWS,
        "s[:, [2, 0, 2]]",
    ),
    moved(
        "[] with a mask",
        "s[eb.tensor{true, false, true}]",
        lambda s: s[[0, 2]],
        normal(3, 2),
        jax="s[array([0, 2])]",
        torch="s[[0, 2]]",
    ),
    moved("index", "s:index(2, {3, 1, 3})", lambda s: s[:, [2, 0, 2]], ROWS, "s[:, [2, 0, 2]]"),
    moved(
        "index with a matrix of positions",
        "s:index(1, eb.tensor({ {1, 2}, {2, 2} }, {dtype = 'int32'}))",
        lambda s: s[[[0, 1], [1, 1]]],
        ROWS,
        jax="s[array([[0, 1], [1, 1]])]",
        torch="s[tensor([[0, 1], [1, 1]])]",
    ),
    Case(
        "put",
        "x:sin():put({ {}, 2 }, y):exp()",
        lambda x, y: exp(replaced(sin(x), (slice(None), 1), y)),
        [ROWS, normal(2)],
        jax="exp(sin(x).at[:, 1].set(y))",
    ),
    moved(
        "gather",
        "s:gather(2, eb.tensor({ {3, 1}, {2, 2} }, {dtype = 'int32'}))",
        lambda s: array([[s[0, 2], s[0, 0]], [s[1, 1], s[1, 1]]]),
        ROWS,
        jax="take_along_axis(s, array([[2, 0], [1, 1]]), 1)",
        torch="gather(s, 1, tensor([[2, 0], [1, 1]]))",
    ),
    Case(
        "scatter_add",
        "x:sin():scatter_add(1, eb.tensor({ {1, 2, 2}, {1, 1, 2} }, {dtype = 'int32'}), y):exp()",
        lambda x, y: exp(scattered(sin(x), [(0, 0), (1, 1), (1, 2), (0, 0), (0, 1), (1, 2)], y.reshape(-1), add=True)),
        [ROWS, ROWS],
        torch="exp(scatter_add(sin(x), 0, tensor([[0, 1, 1], [0, 0, 1]]), y))",
    ),
    Case(
        "index_add",
        "x:sin():index_add(1, {2, 2, 1}, y):exp()",
        lambda x, y: exp(scattered(sin(x), [1, 1, 0], y, add=True)),
        [ROWS, normal(3, 3)],
        jax="exp(sin(x).at[array([1, 1, 0])].add(y))",
        torch="exp(index_add(sin(x), 0, tensor([1, 1, 0]), y))",
    ),
    Case(
        "put accumulating",
        "x:sin():put({ eb.tensor({1, 2, 1}, {dtype = 'int32'}), eb.tensor({3, 1, 3}, {dtype = 'int32'}) }, y, {accumulate = true}):exp()",
        lambda x, y: exp(scattered(sin(x), [(0, 2), (1, 0), (0, 2)], y, add=True)),
        [ROWS, normal(3)],
        jax="exp(sin(x).at[array([0, 1, 0]), array([2, 0, 2])].add(y))",
    ),
    Case(
        "put of a row", "x:put(1, x[2] * y)", lambda x, y: replaced(x, 0, x[1] * y), [ROWS, normal(3)], jax="x.at[0].set(x[1] * y)"
    ),
    Case("put under a mask", "x:put(x:gt(0), x * x * x)", lambda x: np.where(x > 0, x**3, x), [away(4)], "where(x > 0, x ** 3, x)"),
]
