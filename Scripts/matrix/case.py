"""A case of the matrix: one operation at one kind of point, said once for the program, for the reference and for the peers."""

import random
import struct
from dataclasses import dataclass

import numpy as np

from values import exact, exact_all

LANES = 3
ORDERS = 4


@dataclass
class Case:
    """`name` begins with the operation as it is called in Lua without `eb.` ("tanh", "linalg.svd", "+"); what follows tells cases of
    one operation apart.

    lua      an expression in x, y, z, ... (the inputs), or statements from a first `local` to a `return`; several results count together
    values   the same function of object arrays of mpmath numbers: an implementation of the values, never of a derivative
    inputs   where each input comes from (functions of this module)
    peers    an expression that means the same in JAX's and PyTorch's names; `jax` and `torch` where they differ, None where one lacks it
    given    Lua statements that run once, before
    normwise rounding is relative to the largest element of an input, as in matrix factorisations, not to each element
    cancels  terms as large as the point or the directions cancel in the function's usual formula, as 1 - p does in a saturated softmax:
             the error is relative to them, so that it is small, but not where the result is small
    """

    name: str
    lua: str
    values: object
    inputs: list
    peers: str | None = None
    jax: str | None = None
    torch: str | None = None
    given: str = ""
    normwise: bool = False
    cancels: bool = False
    family: str = ""

    def __post_init__(self):
        self.jax = self.jax or self.peers
        self.torch = self.torch or self.peers

    @property
    def operation(self):
        return self.name.split()[0]

    @property
    def arguments(self):
        return "xyzabcdefgh"[: len(self.inputs)]

    def random(self, purpose):
        """Draws that depend on the case and the purpose alone, not on what else runs."""
        return random.Random(f"{self.name}/{purpose}")

    def sample(self, lane):
        """The point, a list of object arrays, and `ORDERS` directions shaped like it."""
        draw = self.random(f"point {lane}")
        point = [make(draw) for make in self.inputs]
        draw = self.random(f"directions {lane}")
        return point, [[normal(*x.shape)(draw) for x in point] for _ in range(ORDERS)]

    def weights(self, shapes):
        """Fixed weights of either sign that make one number of the results."""
        draw = self.random("weights")
        return [fill(shape, lambda: draw.choice((-1, 1)) * draw.uniform(0.5, 1.5)) for shape in shapes]


def fill(shape, draw):
    """An array of numbers that float32 holds exactly, so that both precisions and the reference see the same ones."""
    result = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        result[place] = single(draw())
    return result


def single(number):
    return exact(struct.unpack("f", struct.pack("f", number))[0])


# Where inputs come from: each is a function of a source of randomness.


def normal(*shape):
    return lambda draw: fill(shape, lambda: draw.gauss(0, 1))


def uniform(low, high, *shape):
    return lambda draw: fill(shape, lambda: draw.uniform(low, high))


def away(*shape):
    """Of either sign and not near 0."""
    return lambda draw: fill(shape, lambda: draw.choice((-1, 1)) * draw.uniform(0.4, 1.6))


def near(*centres, spread=0.25):
    """A vector with an element near each centre: for saturated and other remarkable points."""

    def make(draw):
        places = iter(centres)
        return fill((len(centres),), lambda: next(places) + draw.uniform(-spread, spread))

    return make


def fixed(rows):
    """One matrix for all lanes: their directions differ."""
    return lambda draw: exact_all(np.array(rows, dtype=object))


def distinct(*shape):
    """No two elements closer than 0.1, none closer to 0: for operations that compare."""

    def make(draw):
        count = int(np.prod(shape))
        ranks = [rank - count / 2 + 0.5 for rank in range(count)]
        draw.shuffle(ranks)
        return fill(shape, lambda: 0.3 * ranks.pop() + 0.07 + draw.uniform(-0.05, 0.05))

    return make


def offset(centre, *shape):
    """Normal numbers around a large one."""
    return lambda draw: fill(shape, lambda: centre + draw.gauss(0, 1))


def rectangular(*shape):
    """Matrices [.., m, n] of full rank, their singular values apart: about ±1, ±2, ±3, .. down the diagonal."""
    return lambda draw: dominated(draw, shape, 0.3, (-1, 1))


def positive(*shape):
    """Matrices [.., n, n] whose symmetric part is positive definite with eigenvalues apart: about 1, 2, 3, .. down the diagonal."""
    return lambda draw: dominated(draw, shape, 0.2, (1,))


def turned(*sizes):
    """Square matrices with exactly these singular values: their rows are multiples of the unit vectors, in any order and of either sign."""

    def make(draw):
        result = fill((len(sizes), len(sizes)), lambda: 0)
        places = draw.sample(range(len(sizes)), len(sizes))
        for row, (size, column) in enumerate(zip(sizes, places)):
            result[row, column] = single(draw.choice((-1, 1)) * size)
        return result

    return make


def dominated(draw, shape, spread, signs):
    result = fill(shape, lambda: spread * draw.gauss(0, 1))
    for place in np.ndindex(*shape):
        if place[-1] == place[-2]:
            result[place] = single(draw.choice(signs) * (place[-1] + 1 + draw.uniform(0, 0.4)))
    return result
