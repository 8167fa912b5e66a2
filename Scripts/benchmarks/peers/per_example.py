"""The peers on W17: a gradient of a large perceptron, and the norms and the Gram matrix of its 1024 per-example gradients.

A gradient of a layer's weights is an outer product: with the inputs and the slopes of the layers both follow without the gradients.
That is written by hand; as libraries offer it, BackPACK's BatchGrad or vmap(grad), the gradients are made and multiplied.
"""

from measure import QUICK, attempt, has_library, load_jax, load_torch, main, measure, np, report
from networks import digits, one_hot, torch_model, weights

SIZES, EXAMPLES = (784, 800, 460, 10), 1024


def norm_of(parts):
    return np.sqrt(sum(np.square(np.asarray(a, np.float64)).sum() for a in parts))


def report_gram(peer, variant, run):
    """run() gives the norms and the Gram matrix; the sum of that is the squared norm of the gradient of the sum."""
    found = []
    samples = measure(lambda: found.append(run()))
    norms, gram = (np.asarray(a, np.float64) for a in found[-1])
    report(
        "norms and Gram", peer, variant, samples, norms=norms.sum(), diagonal=np.sqrt(np.diag(gram)).sum(), norm=np.sqrt(gram.sum()) / EXAMPLES,
    )


def large_torch():
    torch = load_torch()
    x, y = (torch.from_numpy(a) for a in digits(EXAMPLES))
    model = torch_model(torch, SIZES, torch.nn.ReLU)
    parameters, entropy = list(model.parameters()), torch.nn.functional.cross_entropy
    run = lambda: torch.autograd.grad(entropy(model(x), y), parameters)
    report("large gradient", "PyTorch", "autograd", measure(run), norm=norm_of(run()))

    def by_hand():
        inputs, sums, h = [], [], x
        for layer in model:
            if isinstance(layer, torch.nn.Linear):
                inputs.append(h.detach())
            h = layer(h)
            if isinstance(layer, torch.nn.Linear):
                sums.append(h)
        slopes = torch.autograd.grad(entropy(h, y, reduction="sum"), sums)
        norms = sum(d.square().sum(1) * (h.square().sum(1) + 1) for h, d in zip(inputs, slopes)).sqrt()
        return norms, sum((d @ d.T) * (h @ h.T + 1) for h, d in zip(inputs, slopes))

    report_gram("PyTorch", "factors by hand", by_hand)
    if has_library("backpack") and not QUICK:
        attempt("norms and Gram", "PyTorch", "BackPACK", lambda: with_backpack(torch, x, y))


def with_backpack(torch, x, y):
    from backpack import backpack, extend
    from backpack.extensions import BatchGrad, BatchL2Grad

    model, entropy = extend(torch_model(torch, SIZES, torch.nn.ReLU)), extend(torch.nn.CrossEntropyLoss(reduction="sum"))

    def run():
        gram = torch.zeros(EXAMPLES, EXAMPLES)

        def add(module):
            """Called after each layer, so that the gradients of one are kept at a time."""
            for parameter in module.parameters(recurse=False):
                rows = parameter.grad_batch.flatten(1)
                gram.addmm_(rows, rows.T)
                del parameter.grad_batch

        model.zero_grad()
        with backpack(BatchL2Grad(), BatchGrad(), extension_hook=add):
            entropy(model(x), y).backward()
        return sum(p.batch_l2 for p in model.parameters()).sqrt(), gram

    report_gram("PyTorch", "BackPACK's BatchL2Grad, BatchGrad", run)


def large_jax():
    jax = load_jax()
    jnp, wait = jax.numpy, jax.block_until_ready
    x, y = digits(EXAMPLES)
    x, y, p = jnp.asarray(x), jnp.asarray(one_hot(y)), [jnp.asarray(a) for a in weights(*SIZES)]

    def forward(p, shifts, x, y):
        """The sum of the losses and the layers' inputs; shifts are added to the layers' sums."""
        inputs, h = [], x
        for layer, shift in enumerate(shifts):
            inputs.append(h)
            z = h @ p[2 * layer] + p[2 * layer + 1] + shift
            h = jax.nn.relu(z)
        return (jax.nn.logsumexp(z, -1) - (z * y).sum(-1)).sum(), inputs

    none = [0.0] * 3
    gradient = jax.jit(jax.grad(lambda p, x, y: forward(p, none, x, y)[0] / EXAMPLES))
    run = lambda: wait(gradient(p, x, y))
    report("large gradient", "JAX", "jit", measure(run), norm=norm_of(run()))

    @jax.jit
    def by_hand(p, x, y):
        zeros = [jnp.zeros((EXAMPLES, width)) for width in SIZES[1:]]
        slopes, inputs = jax.grad(lambda shifts: forward(p, shifts, x, y), has_aux=True)(zeros)
        norms = jnp.sqrt(sum((d**2).sum(1) * ((h**2).sum(1) + 1) for h, d in zip(inputs, slopes)))
        return norms, sum((d @ d.T) * (h @ h.T + 1) for h, d in zip(inputs, slopes))

    report_gram("JAX", "factors by hand", lambda: wait(by_hand(p, x, y)))

    @jax.jit
    def by_gradients(p, x, y):
        rows = [g.reshape(EXAMPLES, -1) for g in jax.vmap(jax.grad(lambda p, x, y: forward(p, none, x, y)[0]), (None, 0, 0))(p, x, y)]
        return jnp.sqrt(sum((g**2).sum(1) for g in rows)), sum(g @ g.T for g in rows)

    if not QUICK:
        attempt("norms and Gram", "JAX", "vmap(grad)", lambda: report_gram("JAX", "vmap(grad)", lambda: wait(by_gradients(p, x, y))))


if __name__ == "__main__":
    main({"W17": {"torch": large_torch, "jax": large_jax}})
