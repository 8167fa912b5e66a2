"""Layers and models as functions of parameters and input, and the composites that others get wrong at higher orders."""

from mpmath import mp

from case import Case, away, normal
from values import gelu, lift, relu, sigmoid, silu, sin, softplus, tanh


def activation(name, values, make=normal(2, 3), lua="", **peers):
    return Case(f"nn.{name}", f"eb.nn.{name}({lua})({{}}, x)", values, [make], **peers)


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
