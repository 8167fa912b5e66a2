"""Losses with their reductions, also where a prediction is far from its target or the logits are large."""

import numpy as np

from case import Case, near, normal, offset
from values import exp, log_softmax, logsumexp, mean, softmax, total

LOGITS = normal(3, 4)
LABELS = (2, 4, 1)
GIVEN = "local labels = eb.tensor({2, 4, 1}, {dtype = 'int32'})"


def picked(x, labels=LABELS):
    """The negative logarithm of the probability of each label."""
    return -np.array([row[label - 1] for row, label in zip(log_softmax(x), labels)], dtype=object)


CASES = [
    Case(
        "loss.mse",
        "eb.loss.mse(x:exp(), y)",
        lambda x, y: mean((exp(x) - y) ** 2),
        [normal(2, 3), normal(2, 3)],
        jax="mean((exp(x) - y) ** 2)",
        torch="F.mse_loss(exp(x), y)",
    ),
    Case(
        "loss.cross_entropy",
        "eb.loss.cross_entropy(x, labels)",
        lambda x: mean(picked(x)),
        [LOGITS],
        given=GIVEN,
        jax="-mean(take_along_axis(log_softmax(x), array([[1], [3], [0]]), 1))",
        torch="F.cross_entropy(x, tensor([1, 3, 0]))",
    ),
    Case(
        "loss.cross_entropy summed",
        "eb.loss.cross_entropy(x, labels, {reduction = 'sum'})",
        lambda x: total(picked(x)),
        [LOGITS],
        given=GIVEN,
        jax="-sum(take_along_axis(log_softmax(x), array([[1], [3], [0]]), 1))",
        torch="F.cross_entropy(x, tensor([1, 3, 0]), reduction='sum')",
    ),
    Case(
        "loss.cross_entropy of each",
        "eb.loss.cross_entropy(x, labels, {reduction = 'none'})",
        picked,
        [LOGITS],
        given=GIVEN,
        jax="-take_along_axis(log_softmax(x), array([[1], [3], [0]]), 1)[:, 0]",
        torch="F.cross_entropy(x, tensor([1, 3, 0]), reduction='none')",
    ),
    Case(
        "loss.cross_entropy at 10^4",
        "eb.loss.cross_entropy(x, labels)",
        lambda x: mean(picked(x)),
        [offset(1e4, 3, 4)],
        given=GIVEN,
        jax="-mean(take_along_axis(log_softmax(x), array([[1], [3], [0]]), 1))",
        torch="F.cross_entropy(x, tensor([1, 3, 0]))",
    ),
    Case(
        "loss.cross_entropy far apart",
        "eb.loss.cross_entropy(x, 3)",
        lambda x: logsumexp(x) - x[2],
        [near(20, 0, -20)],
        cancels=True,
        jax="-log_softmax(x)[2]",
        torch="F.cross_entropy(x, tensor(2))",
    ),
    Case(
        "loss.cross_entropy of distributions",
        "eb.loss.cross_entropy(x, y:softmax())",
        lambda x, y: mean(-total(softmax(y) * log_softmax(x), 1)),
        [LOGITS, LOGITS],
        jax="-mean(sum(softmax(y) * log_softmax(x), 1))",
        torch="F.cross_entropy(x, softmax(y, 1))",
    ),
]
