"""Layers and models as functions of parameters and input, and the composites that others get wrong at higher orders."""

from mpmath import mp

from case import Case, away, near, normal
from values import absolute, asinh, atan, cos, erf, gelu, lift, relu, sigmoid, silu, sin, softplus, tanh


def activation(name, values, make=normal(2, 3), lua="", **peers):
    return Case(f"nn.{name}", f"eb.nn.{name}({lua})({{}}, x)", values, [make], **peers)


def selu(x):
    scale, alpha = mp.mpf("1.0507009873554804934193349852946"), mp.mpf("1.6732632423543772848170429916717")
    return scale * (x if x > 0 else alpha * mp.expm1(x))


def hard(x):
    return min(max(x / 6 + mp.one / 2, mp.zero), mp.one)


CASES = [
    activation("relu", relu, away(2, 3), peers="relu(x)"),
    activation("tanh", tanh, peers="tanh(x)"),
    activation("sigmoid", sigmoid, peers="sigmoid(x)"),
    activation("gelu", gelu, jax="gelu(x, approximate=False)", torch="gelu(x)"),
    activation("silu", silu, peers="silu(x)"),
    activation("elu", lift(lambda x: x if x > 0 else mp.expm1(x)), away(2, 3), peers="elu(x)"),
    activation("leaky_relu", lift(lambda x: x if x > 0 else x / 100), away(2, 3), peers="leaky_relu(x)"),
    activation("softplus", softplus, peers="softplus(x)"),
    activation(
        "hardtanh", lambda x: lift(lambda u: min(max(u, -mp.one), mp.one))(x), away(2, 3), jax="hard_tanh(x)", torch="hardtanh(x)"
    ),
    activation("identity", lambda x: x, peers="x * 1"),
    activation("square", lambda x: x * x, peers="x * x"),
    activation("sin", sin, peers="sin(x)"),
    activation("cos", cos, peers="cos(x)"),
    activation("abs", absolute, away(2, 3), peers="abs(x)"),
    activation("erf", erf, peers="erf(x)"),
    activation("atan", atan, jax="arctan(x)", torch="atan(x)"),
    activation("asinh", asinh, jax="arcsinh(x)", torch="asinh(x)"),
    activation("selu", lift(selu), away(2, 3), peers="selu(x)"),
    activation("mish", lambda x: x * tanh(softplus(x)), peers="mish(x)"),
    activation("softsign", lambda x: x / (1 + absolute(x)), away(2, 3), jax="soft_sign(x)", torch="softsign(x)"),
    activation("log_sigmoid", lambda x: -softplus(-x), jax="log_sigmoid(x)", torch="logsigmoid(x)"),
    activation("relu6", lift(lambda x: min(max(x, mp.zero), mp.mpf(6))), near(-1, 2, 5, 7), peers="relu6(x)"),
    activation("hardsigmoid", lift(hard), near(-4, 1, 2, 4), jax="hard_sigmoid(x)", torch="hardsigmoid(x)"),
    activation("hardswish", lift(lambda x: x * hard(x)), near(-4, 1, 2, 4), jax="hard_swish(x)", torch="hardswish(x)"),
    Case(
        "nn.linear",
        "eb.nn.linear(3, 2)({weight = y, bias = z}, x:sin())",
        lambda x, y, z: sin(x) @ y + z,
        [normal(2, 3), normal(3, 2), normal(2)],
        jax="sin(x) @ y + z",
        torch="F.linear(sin(x), y.T, z)",
    ),
    Case(
        "nn.mlp",
        "eb.nn.mlp{2, 3, 1, act = 'tanh'}({ {weight = y, bias = z}, {weight = a, bias = b} }, x)",
        lambda x, y, z, a, b: tanh(x @ y + z) @ a + b,
        [normal(2, 2), normal(2, 3), normal(3), normal(3, 1), normal(1)],
        "tanh(x @ y + z) @ a + b",
    ),
    Case(
        "nn.sequential",
        "eb.nn.sequential{eb.nn.linear(2, 3), eb.nn.softplus()}({ {weight = y, bias = z}, {} }, x)",
        lambda x, y, z: softplus(x @ y + z),
        [normal(2, 2), normal(2, 3), normal(3)],
        "softplus(x @ y + z)",
    ),
]
