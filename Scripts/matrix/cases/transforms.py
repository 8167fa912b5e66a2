"""Transforms as operations: a gradient, a pullback or a mapped function is a function to differentiate itself. Values of theirs are
closed forms here, with f(u) = sum of y sin u."""

import numpy as np
from mpmath import mp

from case import Case, away, normal
from values import cos, exp, identity_like, norm, sin, tanh, total

F = "local f = function(u, c) return (c * u:sin()):sum() end"
PAIR = [normal(3), normal(3)]

# u sin(v) with its rule, in both forms.
BY_JVP = """
local product = eb.custom { forward = function(u, v) return u * v:sin() end,
  jvp = function(p, t, y) return t[1] * p[2]:sin() + p[1] * t[2] * p[2]:cos() end }"""
BY_VJP = """
local product = eb.custom { forward = function(u, v) return u * v:sin() end,
  vjp = function(ct, p, y) return ct * p[2]:sin(), ct * p[1] * p[2]:cos() end }"""
SEGMENT = "local segment = eb.checkpoint(function(u, v) return (u * v:sin()):tanh() + u end)"


def _segment(u, v):
    return tanh(u * sin(v)) + u


def _rounds(u, v, i):
    return sin(u * v) + u / (1 + i)


CASES = [
    Case(
        "grad",
        "eb.grad(f)(x, y)",
        lambda x, y: y * cos(x),
        PAIR,
        given=F,
        jax="jax.grad(lambda u: sum(y * sin(u)))(x)",
        torch="torch.func.grad(lambda u: sum(y * sin(u)))(x)",
    ),
    Case("grad of the second argument", "eb.grad(f, 2)(x, y)", lambda x, y: sin(x), PAIR, given=F),
    Case("value_and_grad", "eb.value_and_grad(f)(x, y)", lambda x, y: (total(y * sin(x)), y * cos(x)), PAIR, given=F),
    Case("vjp", "local _, pull = eb.vjp(function(u) return u:sin() end, x) return pull(y)", lambda x, y: y * cos(x), PAIR),
    Case(
        "jvp",
        "eb.jvp(function(u) return u:sin() end, {x}, {y})",
        lambda x, y: (sin(x), y * cos(x)),
        PAIR,
        jax="jax.jvp(sin, (x,), (y,))",
        torch="torch.func.jvp(sin, (x,), (y,))",
    ),
    Case(
        "jvp with an argument that stays",
        "select(2, eb.jvp(f, {x, y}, {x, false}))",
        lambda x, y: total(x * y * cos(x)),
        PAIR,
        given=F,
    ),
    Case(
        "linearize",
        "local _, df = eb.linearize(function(u) return u:sin() end, x) return df(y):exp() + df(x)",
        lambda x, y: exp(y * cos(x)) + x * cos(x),
        PAIR,
    ),
    Case("hvp", "eb.hvp(f)(x, x * x, y)", lambda x, y: -y * sin(x) * x * x, PAIR, given=F),
    Case(
        "jacobian",
        "eb.jacobian(function(u) return u * u:sum() * y end)(x)",
        lambda x, y: np.array([[y[i] * (x[i] + (total(x) if i == j else 0)) for j in range(3)] for i in range(3)], dtype=object),
        PAIR,
    ),
    Case(
        "hessian",
        "eb.hessian(f)(x, y)",
        lambda x, y: identity_like(x) * -y * sin(x),
        PAIR,
        given=F,
        jax="jax.hessian(lambda u: sum(y * sin(u)))(x)",
        torch="torch.func.hessian(lambda u: sum(y * sin(u)))(x)",
    ),
    Case(
        "vmap",
        "eb.vmap(function(u, v) return u:dot(v:sin()) end)(x, y)",
        lambda x, y: total(x * sin(y), 1),
        [normal(2, 3), normal(2, 3)],
        jax="jax.vmap(lambda u, v: dot(u, sin(v)))(x, y)",
        torch="torch.func.vmap(lambda u, v: dot(u, sin(v)))(x, y)",
    ),
    Case(
        "vmap along other dimensions",
        "eb.vmap(function(u, v) return u:exp() * v end, {2, false}, 2)(x, y)",
        lambda x, y: exp(x) * y[:, None],
        [normal(2, 3), normal(2)],
    ),
    Case("vmap of grad", "eb.vmap(eb.grad(f), {1, false})(x, y)", lambda x, y: y * cos(x), [normal(2, 3), normal(3)], given=F),
    Case("custom by its jvp", "product(x, y):exp()", lambda x, y: exp(x * sin(y)), PAIR, given=BY_JVP),
    Case("custom by its vjp", "product(x, y):exp()", lambda x, y: exp(x * sin(y)), PAIR, given=BY_VJP),
    Case("custom mapped inside", "eb.vmap(product)(x, y):exp()", lambda x, y: exp(x * sin(y)), PAIR, given=BY_VJP),
    Case(
        "custom with trees",
        "local r = double({ a = x, y }) return r.s * r[1]",
        lambda x, y: (x + y) * 2 * x * y,
        PAIR,
        given="""
        local double = eb.custom { forward = function(p) return { s = p.a + p[1], 2 * p.a * p[1] } end,
          vjp = function(ct, p) return { a = ct.s + 2 * ct[1] * p[1][1], ct.s + 2 * ct[1] * p[1].a } end }""",
    ),
    Case(
        "custom by a jvp that uses the result",
        "ratio({u = x}, y).q:sin()",
        lambda x, y: sin(sin(x) / y),
        [normal(3), away(3)],
        given="""
        local ratio = eb.custom { forward = function(t, v) return { q = t.u:sin() / v } end,
          jvp = function(p, t, out) return { q = (t[1].u * p[1].u:cos() - out.q * t[2]) / p[2] } end }""",
    ),
    Case("checkpoint", "segment(segment(x, y), y)", lambda x, y: _segment(_segment(x, y), y), PAIR, given=SEGMENT),
    Case(
        "checkpoint of a value from outside",
        "eb.checkpoint(function(u) return segment(u, y):exp() * y end)(x)",
        lambda x, y: exp(_segment(x, y)) * y,
        PAIR,
        given=SEGMENT,
    ),
    Case(
        "compile",
        "local f = eb.compile(function(u, v) return (u * v:sin()):tanh() + u end) return f(f(x, y), y)",
        lambda x, y: _segment(_segment(x, y), y),
        PAIR,
    ),
    Case(
        "checkpoint around custom",
        "eb.checkpoint(function(u, v) return product(u, v):tanh() end)(x, y)",
        lambda x, y: tanh(x * sin(y)),
        PAIR,
        given=BY_VJP,
    ),
    Case(
        "loop",
        "eb.loop(2, function(s, i) return { a = (s.a * y):sin() + s.a / (1 + i), k = s.k } end, { a = x, k = 1 }).a",
        lambda x, y: _rounds(_rounds(x, y, 1), y, 2),
        PAIR,
    ),
    Case(
        "loop in segments",
        "eb.loop(2, function(s, i) return (s * y):sin() + s / (1 + i) end, x, { checkpoint = 1 })",
        lambda x, y: _rounds(_rounds(x, y, 1), y, 2),
        PAIR,
    ),
    Case(
        "scan",
        "eb.scan(function(s, r) return (s * r):tanh(), s * s + r end, x, eb.stack({ y, x }, 1))",
        lambda x, y: (tanh(tanh(x * y) * x), np.stack([x * x + y, tanh(x * y) * tanh(x * y) + x])),
        PAIR,
    ),
    Case(
        "cond in a loop",
        """eb.loop(2, function(s, i)
          return eb.cond((i % 2):eq(1), function(u) return u:sin() * y end, function(u) return u * u end, s)
        end, x)""",
        lambda x, y: (sin(x) * y) * (sin(x) * y),
        PAIR,
    ),
    Case(
        "tree.map",
        "local t = eb.tree.map(function(a, b) return a * b:sin() end, {u = x, v = {y}}, {u = y, v = {x}}) return t.u, t.v[1]",
        lambda x, y: (x * sin(y), y * sin(x)),
        PAIR,
    ),
    Case(
        "tree.leaves", "local l = eb.tree.leaves{b = x:sin(), a = y:exp()} return l[1] * l[2]", lambda x, y: exp(y) * sin(x), PAIR
    ),
    Case(
        "tree.flatten",
        "local v = eb.tree.flatten{b = x:sin(), a = y} return v:exp()",
        lambda x, y: exp(np.concatenate([y.reshape(-1), sin(x)])),
        [normal(2), normal(2, 2)],
    ),
    Case(
        "tree.dot",
        "eb.tree.dot({x, u = y}, {x:sin(), u = y:exp()})",
        lambda x, y: total(x * sin(x)) + total(y * exp(y)),
        [normal(2), normal(3)],
    ),
    Case("tree.norm", "eb.tree.norm{x, u = {y}}", lambda x, y: norm(np.concatenate([x, y])), [normal(2), normal(3)]),
    Case(
        "tree.norm 1.5",
        "eb.tree.norm({x, u = {y}}, 1.5)",
        lambda x, y: norm(np.concatenate([x, y]), mp.mpf(1.5)),
        [away(2), away(3)],
    ),
]
