"""Arrays of mpmath numbers, NumPy object arrays, and the elementary functions of them: what the reference computes values with."""

import numpy as np
from mpmath import mp

# The reference divides by steps of 2^-90 up to four times: 360 of these bits, and 240 stay.
mp.prec = 600


def _refuse(value, strings=True):
    raise TypeError("not a number")


# In number * array the number is asked first, and mpmath's own refusal writes out the whole array, which costs more than the product.
mp._convert_fallback = _refuse


def exact(number):
    """A Python number as an mpmath number, without rounding."""
    return mp.mpf(number)


def array(numbers):
    """Nested lists, numbers or arrays as an object array."""
    result = np.array(numbers, dtype=object)
    return exact_all(result)


def lift(function, operands=1):
    """A function of numbers as a function of arrays, with broadcasting."""
    each = np.frompyfunc(function, operands, 1)
    return lambda *x: np.asarray(each(*x), dtype=object)


exact_all = lift(mp.mpf)
exp, expm1, log, log1p, sqrt, erf = map(lift, (mp.exp, mp.expm1, mp.log, mp.log1p, mp.sqrt, mp.erf))
sin, cos, tan, sinh, cosh, tanh, asinh, atan = map(lift, (mp.sin, mp.cos, mp.tan, mp.sinh, mp.cosh, mp.tanh, mp.asinh, mp.atan))
absolute = lift(abs)
sigmoid = lift(lambda x: 1 / (1 + mp.exp(-x)))
softplus = lift(lambda x: mp.log(1 + mp.exp(x)))
relu = lift(lambda x: max(x, mp.zero))
gelu = lift(lambda x: x / 2 * (1 + mp.erf(x / mp.sqrt(2))))
silu = lift(lambda x: x / (1 + mp.exp(-x)))
power = lift(lambda x, y: x**y, 2)
maximum = lift(max, 2)
minimum = lift(min, 2)


def constant(value, x):
    """An array like x, which does not move with it."""
    return lift(lambda _: mp.mpf(value))(x)


def identity_like(x):
    """The identity matrix with a row for each element of a vector."""
    return array([[int(i == j) for j in range(len(x))] for i in range(len(x))])


def total(x, axis=None, keepdims=False):
    return np.asarray(np.sum(x, axis=axis, keepdims=keepdims), dtype=object)


def count(x, axis=None):
    """How many elements a reduction over the axes combines."""
    if axis is None:
        return x.size
    return int(np.prod([x.shape[a] for a in (axis if isinstance(axis, tuple) else (axis,))]))


def mean(x, axis=None, keepdims=False):
    return total(x, axis, keepdims) / count(x, axis)


def variance(x, axis=None, keepdims=False, correction=0):
    centred = x - mean(x, axis, keepdims=True)
    return total(centred * centred, axis, keepdims) / (count(x, axis) - correction)


def logsumexp(x, axis=None, keepdims=False):
    return log(total(exp(x), axis, keepdims))


def softmax(x, axis=-1):
    return exp(x) / total(exp(x), axis, keepdims=True)


def log_softmax(x, axis=-1):
    return x - logsumexp(x, axis, keepdims=True)


def norm(x, p=2, axis=None):
    return total(absolute(x) ** p, axis) ** (mp.one / p)
