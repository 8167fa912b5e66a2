"""The layers of eb.nn that have structure: convolution, pooling, normalisations, attention and the like."""

import numpy as np
from mpmath import mp

from case import Case, distinct, normal
from images import EPSILON, average, convolution, heads, largest, standardized
from values import array, log_softmax, mean, sin, softmax, sqrt, tanh, variance

ATTENTION = "eb.nn.attention(4, 2, {bias = false%s})({query = {weight = y}, key = {weight = z}, value = {weight = a}, out = {weight = b}}, x)"
HEADS = "(lambda q, k, v: F.scaled_dot_product_attention(q, k, v%s).transpose(0, 1).reshape(3, 4) @ b)(*[(x @ m).reshape(3, 2, 2).transpose(0, 1) for m in (y, z, a)])"
SQUARE = [normal(4, 4) for _ in range(4)]

# What dropout with p = 1/2 keeps under the seed 1, in either precision.
KEPT = [[1, 0, 0], [1, 1, 1]]

CASES = [
    Case(
        "nn.conv2d",
        "eb.nn.conv2d(2, 2, 2)({weight = y, bias = z}, x:sin())",
        lambda x, y, z: convolution(sin(x), y, z),
        [normal(1, 2, 3, 3), normal(2, 2, 2, 2), normal(2)],
        jax="lax.conv_general_dilated(sin(x), y, (1, 1), 'VALID') + z[:, None, None]",
        torch="F.conv2d(sin(x), y, z)",
    ),
    Case(
        "nn.conv2d with stride, padding, dilation and groups",
        "eb.nn.conv2d(4, 2, {2, 3}, {stride = {2, 1}, padding = {1, 2}, dilation = {1, 2}, groups = 2, bias = false})({weight = y:tanh()}, x)",
        lambda x, y: convolution(x, tanh(y), None, (2, 1), ((1, 1), (2, 2)), (1, 2), 2),
        [normal(1, 4, 3, 3), normal(2, 2, 2, 3)],
        jax="lax.conv_general_dilated(x, tanh(y), (2, 1), ((1, 1), (2, 2)), rhs_dilation=(1, 2), feature_group_count=2)",
        torch="F.conv2d(x, tanh(y), None, (2, 1), (1, 2), (1, 2), 2)",
    ),
    Case(
        "nn.conv2d that keeps the size",
        "eb.nn.conv2d(1, 2, {3, 2}, {padding = 'same'})({weight = y, bias = z}, x:sin())",
        lambda x, y, z: convolution(sin(x), y, z, padding=((1, 1), (0, 1))),
        [normal(2, 1, 3, 2), normal(2, 1, 3, 2), normal(2)],
        jax="lax.conv_general_dilated(sin(x), y, (1, 1), 'SAME') + z[:, None, None]",
        torch="F.conv2d(sin(x), y, z, padding='same')",
    ),
    Case(
        "nn.maxpool2d",
        "eb.nn.maxpool2d(2, {stride = 1, padding = 1})({}, x:tanh())",
        lambda x: largest(tanh(x), (2, 2), (1, 1), ((1, 1), (1, 1))),
        [distinct(1, 1, 3, 3)],
        jax="lax.reduce_window(tanh(x), -inf, lax.max, (1, 1, 2, 2), (1, 1, 1, 1), ((0, 0), (0, 0), (1, 1), (1, 1)))",
        torch="F.max_pool2d(tanh(x), 2, 1, 1)",
    ),
    Case(
        "nn.avgpool2d",
        "eb.nn.avgpool2d({2, 3}, {stride = {1, 2}, padding = {0, 1}})({}, x:sin())",
        lambda x: average(sin(x), (2, 3), (1, 2), ((0, 0), (1, 1))),
        [normal(1, 1, 3, 4)],
        jax="lax.reduce_window(sin(x), 0.0, lax.add, (1, 1, 2, 3), (1, 1, 1, 2), ((0, 0), (0, 0), (0, 0), (1, 1))) / 6",
        torch="F.avg_pool2d(sin(x), (2, 3), (1, 2), (0, 1))",
    ),
    Case("nn.flatten", "eb.nn.flatten()({}, x:sin())", lambda x: sin(x).reshape(2, 4), [normal(2, 2, 2)], "sin(x).reshape(2, 4)"),
    Case(
        "nn.layernorm",
        "eb.nn.layernorm{2, 2}({weight = y, bias = z}, x)",
        lambda x, y, z: standardized(x, (1, 2)) * y + z,
        [normal(2, 2, 2), normal(2, 2), normal(2, 2)],
        jax="standardize(x, axis=(1, 2), epsilon=1e-5) * y + z",
        torch="F.layer_norm(x, (2, 2), y, z)",
    ),
    Case(
        "nn.groupnorm",
        "eb.nn.groupnorm(2, 4)({weight = y, bias = z}, x)",
        lambda x, y, z: standardized(x.reshape(2, 2, 4), 2).reshape(2, 4, 2) * y[:, None] + z[:, None],
        [normal(2, 4, 2), normal(4), normal(4)],
        jax="standardize(x.reshape(2, 2, 4), axis=2, epsilon=1e-5).reshape(2, 4, 2) * y[:, None] + z[:, None]",
        torch="F.group_norm(x, 2, y, z)",
    ),
    Case(
        "nn.batchnorm in training",
        "(eb.nn.batchnorm(2)({weight = y, bias = z}, x, {train = true}))",
        lambda x, y, z: standardized(x, (0, 2, 3)) * y[:, None, None] + z[:, None, None],
        [normal(3, 2, 2, 1), normal(2), normal(2)],
        jax="standardize(x, axis=(0, 2, 3), epsilon=1e-5) * y[:, None, None] + z[:, None, None]",
        torch="F.batch_norm(x, None, None, y, z, True)",
    ),
    Case(
        "nn.batchnorm and its new state",
        "local y, s = eb.nn.batchnorm(2)({weight = y, bias = y}, x, {train = true}) return y, s.running_mean, s.running_var",
        lambda x, y: (standardized(x, 0) * y + y, mean(x, 0) / 10, mp.mpf("0.9") + variance(x, 0, correction=1) / 10),
        [normal(3, 2), normal(2)],
        jax="(standardize(x, axis=0, epsilon=1e-5) * y + y, mean(x, 0) / 10, 0.9 + var(x, 0, ddof=1) / 10)",
        torch="(F.batch_norm(x, None, None, y, y, True), mean(x, 0) / 10, 0.9 + var(x, 0) / 10)",
    ),
    Case(
        "nn.batchnorm in evaluation",
        "(eb.nn.batchnorm(2)({weight = y, bias = z}, x:sin(), {state = state}))",
        lambda x, y, z: (sin(x) - array([0.5, -1])) / sqrt(array([2, 0.25]) + EPSILON) * y + z,
        [normal(3, 2), normal(2), normal(2)],
        given="local state = {running_mean = eb.tensor{0.5, -1}, running_var = eb.tensor{2, 0.25}}",
        jax="(sin(x) - array([0.5, -1])) / sqrt(array([2, 0.25]) + 1e-5) * y + z",
        torch="F.batch_norm(sin(x), tensor([0.5, -1.0], dtype=x.dtype), tensor([2.0, 0.25], dtype=x.dtype), y, z)",
    ),
    Case(
        "nn.dropout",
        "(eb.nn.dropout(0.5)({}, x:sin(), {train = true, rng = eb.rng(1)}))",
        lambda x: 2 * sin(x) * np.array(KEPT, dtype=object),
        [normal(2, 3)],
    ),
    Case(
        "nn.embedding",
        "eb.nn.embedding(3, 2)({weight = x:sin()}, ids)",
        lambda x: sin(x)[[2, 0, 2]],
        [normal(3, 2)],
        given="local ids = eb.tensor{3, 1, 3}",
        jax="sin(x)[array([2, 0, 2])]",
        torch="F.embedding(tensor([2, 0, 2]), sin(x))",
    ),
    Case(
        "nn.attention",
        ATTENTION % "",
        lambda x, y, z, a, b: heads(x @ y, x @ z, x @ a, 2) @ b,
        [normal(3, 4)] + SQUARE,
        jax="dot_product_attention(*[(x @ m).reshape(1, 3, 2, 2) for m in (y, z, a)]).reshape(3, 4) @ b",
        torch=HEADS % "",
    ),
    Case(
        "nn.attention causal",
        ATTENTION % ", causal = true",
        lambda x, y, z, a, b: heads(x @ y, x @ z, x @ a, 2, causal=True) @ b,
        [normal(3, 4)] + SQUARE,
        jax="dot_product_attention(*[(x @ m).reshape(1, 3, 2, 2) for m in (y, z, a)], is_causal=True).reshape(3, 4) @ b",
        torch=HEADS % ", is_causal=True",
    ),
    Case(
        "nn.residual",
        "eb.nn.residual(eb.nn.sequential{eb.nn.linear(2, 2), eb.nn.tanh()})({ {weight = y, bias = z}, {} }, x)",
        lambda x, y, z: x + tanh(x @ y + z),
        [normal(3, 2), normal(2, 2), normal(2)],
        "x + tanh(x @ y + z)",
    ),
    Case("nn.softmax", "eb.nn.softmax()({}, x)", softmax, [normal(2, 3)], jax="softmax(x, -1)", torch="softmax(x, -1)"),
    Case(
        "nn.log_softmax",
        "eb.nn.log_softmax(1)({}, x)",
        lambda x: log_softmax(x, 0),
        [normal(2, 3)],
        jax="log_softmax(x, 0)",
        torch="log_softmax(x, 0)",
    ),
]
