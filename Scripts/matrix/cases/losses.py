"""Losses with their reductions, also where a prediction is far from its target or the logits are large."""

import numpy as np

from case import Case, near, normal, offset
from values import array, exp, lift, log_softmax, logsumexp, mean, relu, sin, softmax, softplus, total

LOGITS = normal(3, 4)
LABELS = (2, 4, 1)
GIVEN = "local labels = eb.tensor({2, 4, 1}, {dtype = 'int32'})"

SIGNS = array([1, -1, 1, -1])


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
    Case(
        "loss.cross_entropy with smoothed labels",
        "eb.loss.cross_entropy(x, labels, {label_smoothing = 0.25})",
        lambda x: mean(0.75 * picked(x) - 0.25 * mean(log_softmax(x), 1)),
        [LOGITS],
        given=GIVEN,
        torch="F.cross_entropy(x, tensor([1, 3, 0]), label_smoothing=0.25)",
    ),
    Case(
        "loss.huber",
        "eb.loss.huber(x, y, {delta = 2, reduction = 'sum'})",
        lambda x, y: total(lift(lambda r: r * r / 2 if abs(r) <= 2 else 2 * (abs(r) - 1))(x - y)),
        [near(0.5, -1.2, 4, -5), near(0, 0, 0, 0)],
        torch="F.huber_loss(x, y, reduction='sum', delta=2.0)",
    ),
    Case(
        "loss.hinge",
        "eb.loss.hinge(x:sin(), signs)",
        lambda x: mean(relu(1 - SIGNS * sin(x))),
        [near(0.4, 2, -1, 1)],
        given="local signs = eb.tensor{1, -1, 1, -1}",
        jax="mean(relu(1 - array([1, -1, 1, -1]) * sin(x)))",
        torch="mean(relu(1 - tensor([1, -1, 1, -1]) * sin(x)))",
    ),
    Case(
        "loss.logistic",
        "eb.loss.logistic(x, signs)",
        lambda x: mean(softplus(-SIGNS * x)),
        [normal(4)],
        given="local signs = eb.tensor{1, -1, 1, -1}",
        jax="mean(softplus(-array([1, -1, 1, -1]) * x))",
        torch="mean(softplus(-tensor([1, -1, 1, -1]) * x))",
    ),
    Case(
        "loss.logistic far apart",
        "eb.loss.logistic(x, signs, {reduction = 'none'})",
        lambda x: softplus(-SIGNS * x),
        [near(30, 30, -60, -60)],
        given="local signs = eb.tensor{1, -1, 1, -1}",
        jax="softplus(-array([1, -1, 1, -1]) * x)",
        torch="softplus(-tensor([1, -1, 1, -1]) * x)",
    ),
    Case(
        "loss.binary_cross_entropy",
        "eb.loss.binary_cross_entropy(x, y:sigmoid())",
        lambda x, y: mean(softplus(x) - x / (1 + exp(-y))),
        [normal(2, 3), normal(2, 3)],
        jax="mean(softplus(x) - x * sigmoid(y))",
        torch="F.binary_cross_entropy_with_logits(x, sigmoid(y))",
    ),
    Case(
        "loss.binary_cross_entropy far apart",
        "eb.loss.binary_cross_entropy(x, labels, {reduction = 'none'})",
        lambda x: softplus(-SIGNS * x),
        [near(30, 30, -60, -60)],
        given="local labels = eb.tensor{1, 0, 1, 0}",
        jax="softplus(x) - x * array([1, 0, 1, 0])",
        torch="F.binary_cross_entropy_with_logits(x, tensor([1.0, 0, 1, 0]), reduction='none')",
    ),
]
