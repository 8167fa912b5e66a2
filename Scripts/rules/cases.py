"""What is compared: a name, our optimizer, the peer and its. A comment says where conventions differ and how they are matched."""

from dataclasses import dataclass
from typing import Callable

import optax
import optax.contrib
from torch.nn.utils import clip_grad_norm_
from torch.optim import SGD, LBFGS, Adadelta, Adagrad, Adam, AdamW, NAdam, RAdam, RMSprop
from torch.optim import lr_scheduler as schedules


@dataclass
class Case:
    """One comparison; `theirs` makes the peer's optimizer (peers.py)."""

    name: str
    lua: str
    peer: str
    theirs: Callable


class Clipped(SGD):
    """Descent with gradients of norm 0.1 at most."""

    def step(self, closure=None):
        closure()
        clip_grad_norm_(self.param_groups[0]["params"], 0.1)
        return super().step()


def _torch():
    yield "sgd", "sgd{lr = 0.1}", lambda p: SGD(p, lr=0.1)
    yield "sgd, decay", "sgd{lr = 0.1, weight_decay = 0.1}", lambda p: SGD(p, lr=0.1, weight_decay=0.1)
    yield "sgd, heavy ball", "sgd{lr = 0.02, momentum = 0.9}", lambda p: SGD(p, lr=0.02, momentum=0.9)
    yield (
        "sgd, nesterov",
        "sgd{lr = 0.02, momentum = 0.9, nesterov = true, weight_decay = 0.1}",
        lambda p: SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.1),
    )
    yield "adam", "adam{lr = 0.01}", lambda p: Adam(p, lr=0.01)
    yield "adam, decay", "adam{lr = 0.01, weight_decay = 0.1}", lambda p: Adam(p, lr=0.01, weight_decay=0.1)
    yield "adamw", "adamw{lr = 0.01, weight_decay = 0.1}", lambda p: AdamW(p, lr=0.01, weight_decay=0.1)
    yield "amsgrad", "amsgrad{lr = 0.01}", lambda p: Adam(p, lr=0.01, amsgrad=True)
    # Theirs keeps the product of the momenta in float32.
    yield "nadam", "nadam{lr = 0.01}", lambda p: NAdam(p, lr=0.01)
    yield "radam", "radam{lr = 0.01}", lambda p: RAdam(p, lr=0.01)
    yield "rmsprop", "rmsprop{lr = 0.01}", lambda p: RMSprop(p, lr=0.01)
    yield "rmsprop, centered", "rmsprop{lr = 0.01, centered = true}", lambda p: RMSprop(p, lr=0.01, centered=True)
    yield (
        "rmsprop, momentum",
        "rmsprop{lr = 0.001, momentum = 0.9, weight_decay = 0.1}",
        lambda p: RMSprop(p, lr=0.001, momentum=0.9, weight_decay=0.1),
    )
    yield "adagrad", "adagrad{lr = 0.1, lr_decay = 0.01}", lambda p: Adagrad(p, lr=0.1, lr_decay=0.01)
    yield "adadelta", "adadelta()", lambda p: Adadelta(p, lr=1.0)
    # Theirs takes `max_iter` steps a call and stops at small gradients; one step a call and no bounds make it a rule of steps.
    yield (
        "lbfgs",
        "lbfgs{lr = 0.1}",
        lambda p: LBFGS(p, lr=0.1, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0),
    )
    # Theirs is a function of gradients, called before the step.
    yield "clip_norm", "chain{eb.optim.clip_norm(0.1), eb.optim.sgd{lr = 0.1}}", lambda p: Clipped(p, lr=0.1)
    # Their schedules count from 0 and step after each step, so that the first step has the value at 0, ours t = 1.
    yield from _schedules()


def _schedules():
    def following(make):
        def both(p):
            optimizer = SGD(p, lr=0.1)
            return optimizer, make(optimizer)

        return both

    yield "schedule.step", "sgd{lr = eb.schedule.step(0.1, 0.5, 30)}", following(lambda o: schedules.StepLR(o, 30, 0.5))
    yield "schedule.exponential", "sgd{lr = eb.schedule.exponential(0.1, 0.98)}", following(lambda o: schedules.ExponentialLR(o, 0.98))
    # Theirs goes up again after its end; ours stays.
    yield "schedule.cosine", "sgd{lr = eb.schedule.cosine(0.1, 100)}", following(lambda o: schedules.CosineAnnealingLR(o, 100))
    yield (
        "schedule.linear",
        "sgd{lr = eb.schedule.linear(0.1, 0.01, 60)}",
        following(lambda o: schedules.LinearLR(o, start_factor=1, end_factor=0.1, total_iters=60)),
    )
    # Theirs refuses to go on after the last step, which the call after it would do.
    yield (
        "schedule.one_cycle",
        "sgd{lr = eb.schedule.one_cycle(0.2, 101)}",
        following(lambda o: schedules.OneCycleLR(o, 0.2, total_steps=101, cycle_momentum=False)),
    )


def _optax():
    # PyTorch's `dampening` spares the first gradient, so that it has no average; optax.ema without its correction is ours.
    yield "sgd, ema", "sgd{lr = 0.1, momentum = 0.9, ema = true}", lambda: optax.chain(optax.ema(0.9, debias=False), optax.scale(-0.1))
    yield "adabelief", "adabelief{lr = 0.01}", lambda: optax.adabelief(0.01)
    yield "lion", "lion{lr = 0.001, weight_decay = 0.1}", lambda: optax.lion(0.001, b2=0.99, weight_decay=0.1)
    yield "signsgd", "signsgd{lr = 0.001}", lambda: optax.sign_sgd(0.001)
    yield "normalized", "normalized{lr = 0.01}", lambda: optax.chain(optax.contrib.normalize(), optax.sgd(0.01))
    yield "lamb", "lamb{lr = 0.01, weight_decay = 0.1}", lambda: optax.lamb(0.01, weight_decay=0.1)
    # With weight decay theirs divides by ‖g + λp‖, ours as the paper by ‖g‖ + λ‖p‖: compared without.
    yield "lars", "lars{lr = 0.1, trust = 0.1}", lambda: optax.lars(0.1, trust_coefficient=0.1, momentum=0.9)
    yield "clip_value", "chain{eb.optim.clip_value(0.01), eb.optim.sgd{lr = 0.1}}", lambda: optax.chain(optax.clip(0.01), optax.sgd(0.1))
    # PyTorch's Muon iterates in bfloat16. Optax averages gradients with a correction where ours adds them up, which orthogonalising forgets
    # when Nesterov's combination is off; its vectors take Adam with the step size of the matrices.
    yield (
        "muon",
        "muon{lr = 0.01, nesterov = false, adam_lr = 0.01, beta2 = 0.999, eps = 1e-8}",
        lambda: optax.contrib.muon(0.01, nesterov=False, eps=0.0),
    )


def every():
    """All cases, by peer."""
    found = [Case(name, "eb.optim." + lua, "pytorch", theirs) for name, lua, theirs in _torch()]
    found += [Case(name, "eb.optim." + lua, "plain_optax", theirs) for name, lua, theirs in _optax()]
    # Theirs synchronises after k fast steps, as ours; the state of the fast optimizer goes on.
    found.append(
        Case(
            "lookahead",
            "eb.optim.lookahead{base = eb.optim.adam{lr = 0.01}, k = 5, alpha = 0.5}",
            "lookahead_optax",
            lambda: optax.lookahead(optax.adam(0.01), sync_period=5, slow_step_size=0.5),
        )
    )
    # Their ascent is a transformation of its own: normalised descent with the sign turned.
    found.append(
        Case(
            "sam",
            "eb.optim.sam{base = eb.optim.sgd{lr = 0.1}, rho = 0.05}",
            "sam_optax",
            lambda: optax.contrib.sam(
                optax.sgd(0.1), optax.chain(optax.contrib.normalize(), optax.sgd(0.05)), sync_period=2, opaque_mode=True
            ),
        )
    )
    return found
