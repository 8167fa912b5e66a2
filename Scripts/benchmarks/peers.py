"""What Scripts/bench times on the peers' side: the same workloads with NumPy and PyTorch eager, one thread, where they are installed.

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


def report(peer, name, value, unit, check):
    print(f"{peer}\t{name}\t{value:.6g}\t{unit}\t{check:.8g}", flush=True)


def with_numpy():
    import numpy as np

    a, b = (np.random.default_rng(s).standard_normal(8).astype(np.float32) for s in (1, 2))

    def thousand():
        for _ in range(1000):
            a + b

    report("NumPy", "add", median_time(thousand) / 1000 * 1e9, "ns", float((a + b).sum()))
    x = np.random.default_rng(5).standard_normal(10_000_000).astype(np.float32)
    p, q = np.float32(0.7), np.float32(0.3)
    report("NumPy", "chain", median_time(lambda: np.tanh(p * x + q) * x) * 1e3, "ms", float((np.tanh(p * x + q) * x).mean()))


def with_torch():
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(5)
    a, b = torch.randn(8), torch.randn(8)

    def thousand():
        for _ in range(1000):
            a + b

    report("PyTorch", "add", median_time(thousand) / 1000 * 1e9, "ns", (a + b).sum().item())
    x = torch.randn(10_000_000)
    report("PyTorch", "chain", median_time(lambda: torch.tanh(0.7 * x + 0.3) * x) * 1e3, "ms",
           (torch.tanh(0.7 * x + 0.3) * x).mean().item())

    n = 60000
    y = torch.arange(n) % 10
    data = (0.05 * torch.randn(10, 784)[y] + 0.5 * torch.randn(n, 784)).clamp(0, 1)
    samples, mean = [], 0.0
    for _ in range(3):
        net = torch.nn.Sequential(
            torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
        for layer in net:
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.normal_(layer.weight, std=layer.in_features**-0.5)
                torch.nn.init.zeros_(layer.bias)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
        total, count = 0.0, 0
        start = time.process_time()
        order = torch.randperm(n)
        for first in range(0, n - 127, 128):
            index = order[first:first + 128]
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(data[index]), y[index])
            loss.backward()
            optimizer.step()
            total += loss.item()
            count += 1
        samples.append(time.process_time() - start)
        mean = total / count
    report("PyTorch", "epoch", statistics.median(samples), "s", mean)


for name, run in (("numpy", with_numpy), ("torch", with_torch)):
    try:
        __import__(name)
    except ImportError:
        print(f"{name} is not installed for {sys.executable}: pip install {name}", file=sys.stderr)
        continue
    run()
