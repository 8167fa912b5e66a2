"""Convolution and pooling on object arrays, one window offset at a time, and the normalisations and attention of layers."""

import numpy as np
from mpmath import mp

from values import array, mean, softmax, sqrt, variance

EPSILON = mp.mpf("1e-5")


def padded(x, padding, value):
    (top, bottom), (left, right) = padding
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(top, bottom), (left, right)], constant_values=value)


def offsets(x, kernel, stride, padding=((0, 0), (0, 0)), dilation=(1, 1), value=mp.zero):
    """For each place in the window the elements of x that all windows have there: (i, j, [.., rows, columns])."""
    x = padded(x, padding, value)
    rows, columns = ((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[-2:], kernel, stride, dilation))
    for i, j in np.ndindex(*kernel):
        top, left = i * dilation[0], j * dilation[1]
        yield i, j, x[..., top : top + stride[0] * rows : stride[0], left : left + stride[1] * columns : stride[1]][
            ..., :rows, :columns
        ]


def convolution(x, weight, bias=None, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1), groups=1):
    """The cross-correlation of x [n, c, h, w] and weight [o, c / groups, i, j]."""
    outputs, inputs = weight.shape[0] // groups, weight.shape[1]
    result = 0
    for i, j, part in offsets(x, weight.shape[2:], stride, padding, dilation):
        each = []
        for g in range(groups):
            channels = part[:, g * inputs : (g + 1) * inputs]
            each.append(np.einsum("nchw,oc->nohw", channels, weight[g * outputs : (g + 1) * outputs, :, i, j]))
        result = result + np.concatenate(each, axis=1)
    return result if bias is None else result + bias[:, None, None]


def largest(x, kernel, stride, padding=((0, 0), (0, 0))):
    return np.maximum.reduce([part for _, _, part in offsets(x, kernel, stride, padding, value=-mp.inf)])


def average(x, kernel, stride, padding=((0, 0), (0, 0))):
    return sum(part for _, _, part in offsets(x, kernel, stride, padding)) / (kernel[0] * kernel[1])


def standardized(x, axes):
    """x less its mean, over the root of its variance plus epsilon."""
    return (x - mean(x, axes, keepdims=True)) / sqrt(variance(x, axes, keepdims=True) + EPSILON)


def attention(q, k, v, causal=False):
    """softmax(q transposed(k) / sqrt(width)) v; causal: each row sees the rows up to its own."""
    scores = np.matmul(q, k.T) / mp.sqrt(q.shape[-1])
    if not causal:
        return np.matmul(softmax(scores), v)
    return array([np.matmul(softmax(scores[i, : i + 1]), v[: i + 1]).tolist() for i in range(len(q))])


def heads(q, k, v, count, causal=False):
    """Attention of each head, side by side."""
    split = (np.split(part, count, axis=-1) for part in (q, k, v))
    return np.concatenate([attention(*head, causal) for head in zip(*split)], axis=-1)
