"""The models of the theory as functions of their parameters, and of their input where they have one."""

from case import Case, normal, uniform
from values import array, exp, log, total

H = array([[2, -1, 0.5], [-1, 3, 0.25], [0.5, 0.25, 1]])
GIVEN = "local H = eb.tensor{{2, -1, 0.5}, {-1, 3, 0.25}, {0.5, 0.25, 1}}"

CASES = [
    Case(
        "models.diagonal", "eb.models.diagonal{d = 3}({w = y}, x)", lambda x, y: x @ y**2, [normal(2, 3), normal(3)], "x @ y ** 2"
    ),
    Case(
        "models.diagonal of differences of fifth powers",
        "eb.models.diagonal{d = 3, depth = 5, signed = true}({u = y, v = z}, x)",
        lambda x, y, z: x @ (y**5 - z**5),
        [normal(3), normal(3), normal(3)],
        "x @ (y ** 5 - z ** 5)",
    ),
    Case("models.linear", "eb.models.linear{3, 2}({W = y}, x)", lambda x, y: x @ y, [normal(4, 3), normal(3, 2)], "x @ y"),
    Case(
        "models.deep_linear",
        "eb.models.deep_linear{2, 3, 3, 2}({y, z, a}, x)",
        lambda x, y, z, a: x @ y @ z @ a,
        [normal(2, 2), normal(2, 3), normal(3, 3), normal(3, 2)],
        "x @ y @ z @ a",
    ),
    Case(
        "models.matrix_factorization",
        "eb.models.matrix_factorization{2, 3, depth = 3, rank = 2}{x, y, z}",
        lambda x, y, z: z @ y @ x,
        [normal(2, 3), normal(2, 2), normal(2, 2)],
        "z @ y @ x",
    ),
    Case(
        "models.matrix_factorization applied",
        "eb.models.matrix_factorization{2, 3}({y, z}, x)",
        lambda x, y, z: x @ (z @ y).T,
        [normal(4, 3), normal(2, 3), normal(2, 2)],
        "x @ (z @ y).T",
    ),
    Case(
        "models.quadratic",
        "eb.models.quadratic{H = H}(x)",
        lambda x: total(x * (H @ x)) / 2,
        [normal(3)],
        given=GIVEN,
        jax="sum(x * (array([[2, -1, 0.5], [-1, 3, 0.25], [0.5, 0.25, 1]]) @ x)) / 2",
    ),
    Case(
        "models.quadratic of a diagonal",
        "eb.models.quadratic{H = H[1]}(x)",
        lambda x: total(H[0] * x * x) / 2,
        [normal(3)],
        given=GIVEN,
    ),
    Case(
        "theory.one_layer_modes",
        "eb.theory.one_layer_modes(x, y, z, a):cast(x.dtype)",
        lambda s, l, w, t: s / l * (1 - exp(-l * t)) + w * exp(-l * t),
        [uniform(0.5, 1.5, 3), uniform(0.5, 1.5, 3), uniform(0.1, 0.5, 3), uniform(0.5, 1.5)],
    ),
    Case(
        "theory.two_layer_modes",
        "eb.theory.two_layer_modes(x, y, z, a):cast(x.dtype)",
        lambda s, l, w, t: w * exp(2 * s * t) / (1 + l / s * w * (exp(2 * s * t) - 1)),
        [uniform(0.5, 1.5, 3), uniform(0.5, 1.5, 3), uniform(0.1, 0.5, 3), uniform(0.5, 1.5)],
    ),
    Case(
        "theory.saxe",
        "eb.theory.saxe(x, y, z):cast(x.dtype)",
        lambda s, u, t: s * exp(2 * s * t) / (exp(2 * s * t) - 1 + s / u),
        [uniform(0.5, 1.5, 3), uniform(0.1, 0.5, 3), uniform(0.5, 1.5)],
    ),
    Case(
        "theory.half_time",
        "eb.theory.half_time(x, y, z):cast(x.dtype)",
        lambda s, l, w: log(s / (l * w) - 1) / (2 * s),
        [uniform(0.5, 1.5, 3), uniform(0.5, 1.5, 3), uniform(0.01, 0.1, 3)],
    ),
    Case(
        "theory.rescaled_modes",
        "eb.theory.rescaled_modes(x, y, 3, z):cast(x.dtype)",
        lambda s, l, t: 1 / (exp(3 * (1 - 2 * s * t)) + l / s * (1 - exp(-6 * s * t))),
        [uniform(0.5, 1.5, 3), uniform(0.5, 1.5, 3), uniform(0.2, 1)],
    ),
    Case(
        "theory.deep_linear_sharpness",
        "eb.theory.deep_linear_sharpness(x, 4):cast(x.dtype)",
        lambda s: 4 * s ** (array(3) / 2),
        [uniform(0.5, 1.5, 3)],
    ),
]
