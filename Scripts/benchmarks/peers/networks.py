"""The peers on networks: W7 the perceptron on digits, W8 norms and winsorized mean of per-example gradients, W11 a convolution net."""

from measure import attempt, compiles_torch, has_library, load, load_jax, load_torch, main, measure, np, report

BATCH, EPOCH, FULL, NORMED, AGGREGATED, WINSORIZED = 128, 60000, 5000, 256, 100, 8
STEPS, SIZES = EPOCH // BATCH, (784, 256, 256, 10)


def digits(count):
    x = load("digits")[:count]
    return x, np.arange(len(x)) % 10


def weights(*sizes):
    """Weights and biases of the layers, one after the other."""
    p = []
    for layer, (a, b) in enumerate(zip(sizes, sizes[1:])):
        p += [(load(f"normal-{100 + layer}-{a}x{b}-float64") / np.sqrt(a)).astype(np.float32), np.zeros(b, np.float32)]
    return p


def one_hot(labels):
    return np.eye(10, dtype=np.float32)[labels]


# NumPy, with the gradient by hand.


def forward(p, x, activation):
    h = [x]
    for layer in range(3):
        z = h[-1] @ p[2 * layer]
        z += p[2 * layer + 1]
        if layer < 2:
            np.maximum(z, 0, out=z) if activation == "relu" else np.tanh(z, out=z)
        h.append(z)
    return h


def slopes(z, y, kind):
    """The mean loss and its derivative by the last layer's results."""
    n = len(z)
    if kind == "squares":
        d = z - one_hot(y)
        return 0.5 * np.sum(d * d) / n, d / n
    z = z - z.max(1, keepdims=True)
    e = np.exp(z)
    sums = e.sum(1, keepdims=True)
    loss = (np.log(sums[:, 0]) - z[np.arange(n), y]).mean()
    d = e / sums
    d[np.arange(n), y] -= 1
    return loss, d / n


def gradient(p, x, y, kind, activation):
    h = forward(p, x, activation)
    loss, d = slopes(h[-1], y, kind)
    g = [None] * 6
    for layer in (2, 1, 0):
        g[2 * layer], g[2 * layer + 1] = h[layer].T @ d, d.sum(0)
        if layer:
            d = d @ p[2 * layer].T
            d = d * (h[layer] > 0) if activation == "relu" else d * (1 - h[layer] * h[layer])
    return loss, g


def final_loss(p):
    x, y = digits(FULL)
    return slopes(forward([np.asarray(a, float) for a in p], x.astype(float), "relu")[-1], y, "entropy")[0]


def report_epoch(peer, variant, run):
    mean, p = run()
    report("epoch", peer, variant, measure(run), mean=mean, final=final_loss(p))


def epoch_numpy():
    (x, y), order, start = digits(EPOCH), load("order"), weights(784, 256, 256, 10)

    def run():
        p, m, total = [a.copy() for a in start], [np.zeros_like(a) for a in start], 0.0
        for step in range(STEPS):
            rows = order[step * BATCH:(step + 1) * BATCH]
            loss, g = gradient(p, x[rows], y[rows], "entropy", "relu")
            total += loss
            for a, b, c in zip(p, m, g):
                b *= np.float32(0.9)
                b += c
                a -= np.float32(0.01) * b
        return total / STEPS, p

    report_epoch("NumPy", "gradient by hand", run)


def full_numpy():
    (x, y), start = digits(FULL), weights(784, 200, 200, 10)
    for case, kind in (("full batch, squares", "squares"), ("full batch, cross entropy", "entropy")):
        def step(p):
            return [a - np.float32(0.05) * g for a, g in zip(p, gradient(p, x, y, kind, "tanh")[1])]

        p = start
        for _ in range(20):
            p = step(p)
        report(case, "NumPy", "gradient by hand", measure(lambda: step(start)), loss=slopes(forward(p, x, "tanh")[-1], y, kind)[0])


def norms_numpy():
    (x, y), p = digits(NORMED), weights(784, 256, 256, 10)

    def norms():
        h = forward(p, x, "relu")
        d, squares = slopes(h[-1], y, "entropy")[1] * NORMED, 0
        for layer in (2, 1, 0):
            squares = squares + (d * d).sum(1) * ((h[layer] ** 2).sum(1) + 1)
            d = (d @ p[2 * layer].T) * (h[layer] > 0)
        return np.sqrt(squares)

    report("norms", "NumPy", "factors by hand", measure(norms), sum=norms().sum(dtype=float))


def report_winsorized(peer, variant, run):
    samples, g = measure(run), [np.asarray(a, float) for a in run()]
    report("winsorized", peer, variant, samples, norm=np.sqrt(sum((a * a).sum() for a in g)), absolute=sum(np.abs(a).sum() for a in g))


def winsorized_numpy():
    (x, y), p = digits(AGGREGATED), weights(784, 256, 256, 10)

    def winsorized():
        h = forward(p, x, "relu")
        d, means = slopes(h[-1], y, "entropy")[1] * AGGREGATED, []
        for layer in (2, 1, 0):
            for g in (h[layer][:, :, None] * d[:, None, :], d):
                rows = g.reshape(AGGREGATED, -1)
                parts = np.partition(rows, (WINSORIZED, AGGREGATED - 1 - WINSORIZED), axis=0)
                means.append(np.clip(rows, parts[WINSORIZED], parts[AGGREGATED - 1 - WINSORIZED]).mean(0))
            d = (d @ p[2 * layer].T) * (h[layer] > 0)
        return means

    report_winsorized("NumPy", "partition", winsorized)


def both(*workloads):
    def run():
        for workload in workloads:
            workload()

    return run


# PyTorch.


def torch_model(torch, sizes, activation):
    layers = []
    for layer, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += ([activation()] if layer else []) + [torch.nn.Linear(a, b)]
    model = torch.nn.Sequential(*layers)
    fill_model(torch, model, sizes)
    return model


def fill_model(torch, model, sizes):
    start = weights(*sizes)
    with torch.no_grad():
        for layer, w, b in zip(model[::2], start[::2], start[1::2]):
            layer.weight.copy_(torch.from_numpy(w.T))
            layer.bias.copy_(torch.from_numpy(b))


def epoch_torch():
    torch = load_torch()
    x, y = (torch.from_numpy(a) for a in digits(EPOCH))
    order = torch.from_numpy(load("order").astype(np.int64))
    model = torch_model(torch, SIZES, torch.nn.ReLU)
    entropy = lambda x, y: torch.nn.functional.cross_entropy(model(x), y)

    def with_loss(loss):
        def run():
            fill_model(torch, model, SIZES)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
            total = torch.zeros(())
            for step in range(STEPS):
                rows = order[step * BATCH:(step + 1) * BATCH]
                value = loss(x[rows], y[rows])
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                total += value.detach()
            return total / STEPS, [a.detach().numpy().copy() for layer in model[::2] for a in (layer.weight.T, layer.bias)]

        return run

    report_epoch("PyTorch", "SGD(fused=True)", with_loss(entropy))
    if compiles_torch():
        compiled = with_loss(torch.compile(entropy))
        attempt("epoch", "torch.compile", "", lambda: report_epoch("torch.compile", "SGD(fused=True)", compiled))


def full_torch():
    torch = load_torch()
    x, y = (torch.from_numpy(a) for a in digits(FULL))
    targets = torch.from_numpy(one_hot(np.arange(FULL) % 10))
    start = [torch.from_numpy(a) for a in weights(784, 200, 200, 10)]

    def logits(p):
        h = torch.tanh(torch.addmm(p[1], x, p[0]))
        return torch.addmm(p[5], torch.tanh(torch.addmm(p[3], h, p[2])), p[4])

    losses = {
        "full batch, squares": lambda p: 0.5 * ((logits(p) - targets) ** 2).sum() / FULL,
        "full batch, cross entropy": lambda p: torch.nn.functional.cross_entropy(logits(p), y),
    }
    for case, loss in losses.items():
        def eager(p):
            p = [a.detach().requires_grad_() for a in p]
            g = torch.autograd.grad(loss(p), p)
            with torch.no_grad():
                return [a - 0.05 * b for a, b in zip(p, g)]

        def measured(peer, step):
            p = start
            for _ in range(20):
                p = step(p)
            report(case, peer, "", measure(lambda: step(start)), loss=loss(p).detach())

        def compiled():
            g = torch.func.grad(loss)
            step = torch.compile(lambda p: [a - 0.05 * b for a, b in zip(p, g(p))])
            with torch.no_grad():
                measured("torch.compile", step)

        measured("PyTorch", eager)
        if compiles_torch():
            attempt(case, "torch.compile", "", compiled)


def norms_torch():
    torch = load_torch()
    x, y = (torch.from_numpy(a) for a in digits(NORMED))
    p = [torch.from_numpy(a) for a in weights(784, 256, 256, 10)]

    def loss(p, x, y):
        h = torch.relu(torch.relu(x @ p[0] + p[1]) @ p[2] + p[3])
        return torch.nn.functional.cross_entropy((h @ p[4] + p[5])[None], y[None])

    gradients = torch.func.vmap(torch.func.grad(loss), (None, 0, 0))

    def norms(p, x, y):
        return sum(g.reshape(NORMED, -1).square().sum(1) for g in gradients(p, x, y)).sqrt()

    measured = lambda peer, f: report("norms", peer, "vmap(grad)", measure(lambda: f(p, x, y)), sum=f(p, x, y).double().sum())
    with torch.no_grad():
        measured("PyTorch", norms)
        if compiles_torch():
            attempt("norms", "torch.compile", "", lambda: measured("torch.compile", torch.compile(norms)))

    if has_library("backpack"):
        attempt("norms", "PyTorch", "BackPACK", lambda: norms_backpack(torch, x, y))

    few, labels = x[:AGGREGATED], y[:AGGREGATED]

    def by_sort():
        means = []
        for g in gradients(p, few, labels):
            rows = g.reshape(AGGREGATED, -1).sort(0)[0]
            ends = WINSORIZED * (rows[WINSORIZED] + rows[AGGREGATED - 1 - WINSORIZED])
            means.append((rows[WINSORIZED:AGGREGATED - WINSORIZED].sum(0) + ends) / AGGREGATED)
        return means

    def by_topk():
        means = []
        for g in gradients(p, few, labels):
            rows = g.reshape(AGGREGATED, -1)
            most = rows.topk(WINSORIZED + 1, 0)[0].amin(0)
            least = rows.topk(WINSORIZED + 1, 0, largest=False)[0].amax(0)
            means.append(rows.clamp(least, most).mean(0))
        return means

    with torch.no_grad():
        report_winsorized("PyTorch", "vmap(grad), sort", by_sort)
        report_winsorized("PyTorch", "vmap(grad), topk", by_topk)


def norms_backpack(torch, x, y):
    from backpack import backpack, extend
    from backpack.extensions import BatchL2Grad

    model, entropy = extend(torch_model(torch, SIZES, torch.nn.ReLU)), extend(torch.nn.CrossEntropyLoss(reduction="sum"))

    def norms():
        model.zero_grad()
        with backpack(BatchL2Grad()):
            entropy(model(x), y).backward()
        return sum(p.batch_l2 for p in model.parameters()).sqrt()

    report("norms", "PyTorch", "BackPACK's BatchL2Grad", measure(norms), sum=norms().double().sum())


def pictures():
    """Pictures, labels and weights of the convolution net."""
    p = []
    for seed, shape, fan_in in ((300, (32, 3, 3, 3), 27), (301, (32, 32, 3, 3), 288), (302, (2048, 10), 2048)):
        name = f"normal-{seed}-{'x'.join(map(str, shape))}-float64"
        p += [(load(name) / np.sqrt(fan_in)).astype(np.float32), np.zeros(10 if seed == 302 else 32, np.float32)]
    return load("pictures").reshape(FULL, 3, 32, 32), np.arange(FULL) % 10, p


def convolution_torch():
    torch = load_torch()
    functional = torch.nn.functional
    x, y, p = pictures()
    x, y, p = torch.from_numpy(x), torch.from_numpy(y), [torch.from_numpy(a) for a in p]

    def loss(p, x, y):
        for w, b in ((p[0], p[1]), (p[2], p[3])):
            x = functional.max_pool2d(functional.relu(functional.conv2d(x, w, b, padding=1)), 2)
        return functional.cross_entropy(x.flatten(1) @ p[4] + p[5], y, reduction="sum") / FULL

    # The layout that PyTorch's convolutions like best, and parts that keep its memory small.
    layout = torch.channels_last
    x = x.contiguous(memory_format=layout)
    p = [(a.contiguous(memory_format=layout) if a.ndim == 4 else a).requires_grad_() for a in p]

    def run():
        total, sums = 0.0, None
        for first in range(0, FULL, 500):
            value = loss(p, x[first:first + 500], y[first:first + 500])
            g = torch.autograd.grad(value, p)
            total += value.item()
            sums = list(g) if sums is None else [a + b for a, b in zip(sums, g)]
        return total, torch.sqrt(sum(a.double().square().sum() for a in sums))

    value, norm = run()
    report("convolution", "PyTorch", "parts of 500, channels last", measure(run), loss=value, norm=norm)


# JAX.


def jax_logits(jax, p, x, activation):
    h = activation(x @ p[0] + p[1])
    return activation(h @ p[2] + p[3]) @ p[4] + p[5]


def jax_entropy(jax, z, targets):
    return (jax.nn.logsumexp(z, -1) - (z * targets).sum(-1)).mean()


def epoch_jax():
    jax = load_jax()
    x, y = digits(EPOCH)
    data, targets = jax.numpy.asarray(x), jax.numpy.asarray(one_hot(y))
    order = jax.numpy.asarray(load("order")[:STEPS * BATCH].reshape(STEPS, BATCH))
    start = [jax.numpy.asarray(a) for a in weights(784, 256, 256, 10)]

    def epoch(data, targets, p):
        loss = lambda p, x, y: jax_entropy(jax, jax_logits(jax, p, x, jax.nn.relu), y)

        def step(state, rows):
            p, m = state
            value, g = jax.value_and_grad(loss)(p, data[rows], targets[rows])
            m = [0.9 * a + b for a, b in zip(m, g)]
            return ([a - 0.01 * b for a, b in zip(p, m)], m), value

        (p, _), values = jax.lax.scan(step, (p, [jax.numpy.zeros_like(a) for a in p]), order)
        return values.mean(), p

    compiled = jax.jit(epoch)
    report_epoch("JAX", "scan over the epoch", lambda: jax.block_until_ready(compiled(data, targets, start)))


def full_jax():
    jax = load_jax()
    x, y = digits(FULL)
    data, targets = jax.numpy.asarray(x), jax.numpy.asarray(one_hot(y))
    start = [jax.numpy.asarray(a) for a in weights(784, 200, 200, 10)]
    squares = lambda z, y: 0.5 * ((z - y) ** 2).sum() / FULL
    for case, judge in (("full batch, squares", squares), ("full batch, cross entropy", lambda z, y: jax_entropy(jax, z, y))):
        loss = lambda p, x, y: judge(jax_logits(jax, p, x, jax.numpy.tanh), y)
        step = jax.jit(lambda p, x, y: [a - 0.05 * g for a, g in zip(p, jax.grad(loss)(p, x, y))])
        p = start
        for _ in range(20):
            p = step(p, data, targets)
        report(case, "JAX", "", measure(lambda: jax.block_until_ready(step(start, data, targets))), loss=loss(p, data, targets))


def norms_jax():
    jax = load_jax()
    x, y = digits(NORMED)
    data, targets = jax.numpy.asarray(x), jax.numpy.asarray(one_hot(y))
    p = [jax.numpy.asarray(a) for a in weights(784, 256, 256, 10)]
    loss = lambda p, x, y: jax_entropy(jax, jax_logits(jax, p, x, jax.nn.relu), y)
    gradients = jax.vmap(jax.grad(loss), (None, 0, 0))
    norms = jax.jit(lambda p, x, y: jax.numpy.sqrt(sum((g.reshape(NORMED, -1) ** 2).sum(1) for g in gradients(p, x, y))))
    samples = measure(lambda: norms(p, data, targets).block_until_ready())
    report("norms", "JAX", "vmap(grad)", samples, sum=np.asarray(norms(p, data, targets)).sum(dtype=float))

    @jax.jit
    def winsorized(p, x, y):
        means = []
        for g in gradients(p, x, y):
            rows = jax.numpy.sort(g.reshape(AGGREGATED, -1), axis=0)
            ends = WINSORIZED * (rows[WINSORIZED] + rows[AGGREGATED - 1 - WINSORIZED])
            means.append((rows[WINSORIZED:AGGREGATED - WINSORIZED].sum(0) + ends) / AGGREGATED)
        return means

    report_winsorized("JAX", "vmap(grad), sort", lambda: jax.block_until_ready(winsorized(p, data[:AGGREGATED], targets[:AGGREGATED])))


def convolution_jax():
    jax = load_jax()
    jnp = jax.numpy
    x, y, p = pictures()
    data, targets, p = jnp.asarray(x.transpose(0, 2, 3, 1)), jnp.asarray(one_hot(y)), [jnp.asarray(a) for a in p]

    def loss(p, x, y):
        for w, b in ((p[0], p[1]), (p[2], p[3])):
            x = jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "OIHW", "NHWC")) + b
            x = jax.lax.reduce_window(jax.nn.relu(x), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return jax_entropy(jax, x.transpose(0, 3, 1, 2).reshape(len(x), -1) @ p[4] + p[5], y) * len(x) / FULL

    part = jax.jit(jax.value_and_grad(loss))

    def run():
        total, sums = 0.0, None
        for first in range(0, FULL, 500):
            value, g = part(p, data[first:first + 500], targets[first:first + 500])
            total += float(value)
            sums = g if sums is None else [a + b for a, b in zip(sums, g)]
        return total, jnp.sqrt(sum((a**2).sum() for a in sums)).block_until_ready()

    value, norm = run()
    report("convolution", "JAX", "parts of 500, channels last", measure(run), loss=value, norm=norm)


if __name__ == "__main__":
    main({
        "W7a": {"numpy": epoch_numpy, "torch": epoch_torch, "jax": epoch_jax},
        "W7b": {"numpy": full_numpy, "torch": full_torch, "jax": full_jax},
        "W8": {"numpy": both(norms_numpy, winsorized_numpy), "torch": norms_torch, "jax": norms_jax},
        "W11": {"torch": convolution_torch, "jax": convolution_jax},
    })
