"""What Scripts/bench times on the peers' side: the workloads named as arguments with NumPy and PyTorch eager, one thread, where they
are installed.

Prints lines as workloads.lua does, with the peer's name first.
"""

import statistics
import sys
import time


def median_time(body):
    calls = 1
    while True:
        start = time.process_time()
        for _ in range(calls):
            body()
        if time.process_time() - start >= 0.05:
            break
        calls *= 2
    samples = []
    for _ in range(9):
        start = time.process_time()
        for _ in range(calls):
            body()
        samples.append((time.process_time() - start) / calls)
    return statistics.median(samples)


def numpy_add():
    import numpy as np

    a, b = (np.random.default_rng(s).standard_normal(8).astype(np.float32) for s in (1, 2))

    def thousand():
        for _ in range(1000):
            a + b

    return median_time(thousand) / 1000 * 1e9, "ns", float((a + b).sum())


def numpy_chain():
    import numpy as np

    x = np.random.default_rng(5).standard_normal(10_000_000).astype(np.float32)
    a, b = np.float32(0.7), np.float32(0.3)
    return median_time(lambda: np.tanh(a * x + b) * x) * 1e3, "ms", float((np.tanh(a * x + b) * x).mean())


def torch_add():
    import torch

    a, b = torch.randn(8), torch.randn(8)

    def thousand():
        for _ in range(1000):
            a + b

    return median_time(thousand) / 1000 * 1e9, "ns", (a + b).sum().item()


def torch_chain():
    import torch

    x = torch.randn(10_000_000)
    return median_time(lambda: torch.tanh(0.7 * x + 0.3) * x) * 1e3, "ms", (torch.tanh(0.7 * x + 0.3) * x).mean().item()


def torch_epoch():
    import torch
    from torch import nn

    n = 60000
    y = torch.arange(n) % 10
    x = (0.05 * torch.randn(10, 784)[y] + 0.5 * torch.randn(n, 784)).clamp(0, 1)
    samples, mean = [], 0.0
    for _ in range(3):
        net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10))
        for layer in net:
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
                nn.init.zeros_(layer.bias)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
        total, count = 0.0, 0
        start = time.process_time()
        order = torch.randperm(n)
        for first in range(0, n - 127, 128):
            index = order[first:first + 128]
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x[index]), y[index])
            loss.backward()
            optimizer.step()
            total += loss.item()
            count += 1
        samples.append(time.process_time() - start)
        mean = total / count
    return statistics.median(samples), "s", mean


for module, peer in (("numpy", "NumPy"), ("torch", "PyTorch")):
    try:
        loaded = __import__(module)
    except ImportError:
        print(f"{peer} is not installed for {sys.executable}: pip install {module}", file=sys.stderr)
        continue
    if module == "torch":
        loaded.set_num_threads(1)
        loaded.manual_seed(5)
    for workload in sys.argv[1:]:
        run = globals().get(f"{module}_{workload}")
        if run:
            value, unit, check = run()
            print(f"{peer}\t{workload}\t{value:.6g}\t{unit}\t{check:.8g}", flush=True)
