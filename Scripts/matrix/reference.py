"""What the derivatives are: the reference of the matrix, from values alone.

For results op(x) and fixed weights w let g(x) = <w, op(x)>. Whatever the nesting, a word of k letters is the derivative of order k
along k directions, D^k g(x)[v1, .., vk], and that is the limit of the difference

    sum over S in {1..k} of (-1)^(k - |S|) g(x + h sum of v_i over S) / h^k,      h = 2^-90,

which at 600 bits is right to some 25 digits: the difference to the limit is h times a derivative of order k + 1. No rule of
differentiation is used anywhere.

How large a rounding error may be, relative to what? Every number enters the computation rounded, so the yardstick is the change of the
result when each number of the input (x, v and w) changes by one part in 1/epsilon:

    scale = sum over results o of |w_o| (|D^k op_o| + |change of D^k op_o per relative change of x and v|).

An error of e * scale says: the number is the exact answer to a question that differs by e in each of its numbers. The change is
measured, by taking the difference again at x and v moved by 2^-40 of themselves with random signs (of the largest element in each
input for matrix factorisations, whose rounding is relative to the norm), and the larger of two such draws counts. For the few cases
that say so the sizes of the point and of the directions count as well (Case.cancels).
"""

import numpy as np
from mpmath import mp

STEP = mp.mpf(2) ** -90
NUDGE = mp.mpf(2) ** -40
DRAWS = 2


def flat(results):
    """The results as one vector, and their shapes."""
    results = results if isinstance(results, (tuple, list)) else [results]
    results = [np.asarray(r, dtype=object) for r in results]
    return np.concatenate([r.reshape(-1) for r in results]), [r.shape for r in results]


def differences(values, point, directions):
    """The derivatives of orders 0, 1, .. of each result along the first directions, and the shapes of the results."""
    orders = len(directions)
    corners = []
    for subset in range(2**orders):
        moved = [np.array(x, dtype=object) for x in point]
        for i in range(orders):
            if subset >> i & 1:
                moved = [x + STEP * v for x, v in zip(moved, directions[i])]
        vector, shapes = flat(values(*moved))
        corners.append(vector)
    result = []
    for order in range(orders + 1):
        signed = [(-1) ** (order - bin(s).count("1")) * corners[s] for s in range(2**order)]
        result.append(sum(signed[1:], signed[0]) / STEP**order)
    return result, shapes


def nudged(arrays, draw, normwise):
    result = []
    for x in arrays:
        sizes = np.full(x.shape, max(map(abs, x.reshape(-1)), default=mp.zero), dtype=object) if normwise else x
        signs = np.array([draw.choice((-1, 1)) for _ in range(x.size)], dtype=object).reshape(x.shape)
        result.append(np.asarray(x + NUDGE * signs * sizes, dtype=object))
    return result


def size(arrays):
    return max(abs(x) for array in arrays for x in array.reshape(-1))


def reference(case, lane):
    """For each order the derivative of a lane and its scale, and the weights."""
    point, directions = case.sample(lane)
    derivatives, shapes = differences(case.values, point, directions)
    draw = case.random(f"nudges {lane}")
    changes = []
    for _ in range(DRAWS):
        moved = nudged(point, draw, case.normwise), [nudged(v, draw, case.normwise) for v in directions]
        there, _ = differences(case.values, *moved)
        changes.append([abs(a - b) / NUDGE for a, b in zip(there, derivatives)])
    weights = case.weights(shapes)
    w, _ = flat(weights)
    answers = []
    for order, derivative in enumerate(derivatives):
        change = np.maximum.reduce([c[order] for c in changes])
        scale = sum(abs(w) * (abs(derivative) + change), mp.zero)
        if case.cancels:
            scale += sum(abs(w)) * (size(point) if order == 0 else mp.fprod(size(v) for v in directions[:order]))
        answers.append((sum(w * derivative, mp.zero), scale))
    return answers, weights
