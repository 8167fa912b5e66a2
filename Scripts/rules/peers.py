"""The net and its training in PyTorch and in optax."""

import jax
import numpy as np
import optax
import torch

jax.config.update("jax_enable_x64", True)


def pytorch(make, start, data, steps):
    """make(parameters) -> an optimizer, or an optimizer and a schedule."""
    x, y = (torch.tensor(array) for array in data)
    p = {name: torch.tensor(array, requires_grad=True) for name, array in start.items()}
    made = make(list(p.values()))
    optimizer, schedule = made if isinstance(made, tuple) else (made, None)

    def closure():
        optimizer.zero_grad()
        loss = (((x @ p["w1"] + p["b1"]).tanh() @ p["w2"] + p["b2"] - y) ** 2).sum() / 16
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        if schedule is not None:
            schedule.step()
    return {name: tensor.detach().numpy() for name, tensor in p.items()}


def _loss(p, x, y):
    return (((jax.numpy.tanh(x @ p["w1"] + p["b1"])) @ p["w2"] + p["b2"] - y) ** 2).sum() / 16


def _optax(transform, start, data, steps, wrap=lambda p: p, fast=lambda p: p, unwrap=lambda p: p, **extra):
    p = wrap({name: jax.numpy.array(array) for name, array in start.items()})
    state = transform.init(p)

    @jax.jit
    def step(p, state):
        updates, state = transform.update(jax.grad(_loss)(fast(p), *data), state, p, **extra)
        return optax.apply_updates(p, updates), state

    for _ in range(steps):
        p, state = step(p, state)
    return {name: np.array(array) for name, array in unwrap(p).items()}


def plain_optax(make, start, data, steps):
    """make() -> a transformation of gradients."""
    return _optax(make(), start, data, steps)


def lookahead_optax(make, start, data, steps):
    """make() -> optax.lookahead, whose parameters are pairs of fast and slow ones; the gradient is that at the fast ones."""
    return _optax(make(), start, data, steps, wrap=optax.LookaheadParams.init_synced, fast=lambda p: p.fast, unwrap=lambda p: p.fast)


def sam_optax(make, start, data, steps):
    """make() -> optax.contrib.sam in its opaque mode, which asks for gradients."""
    return _optax(make(), start, data, steps, grad_fn=lambda p, _: jax.grad(_loss)(p, *data))
