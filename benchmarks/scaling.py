"""What several processes, or several contexts, cost and bring.

``python benchmarks/scaling.py`` prints a table: the time of a step with its forward, backward,
exchange and update, on one and two contexts of one process and on one and two processes over gloo;
the bytes that a process sends in a step, against the least that a ring can do with; and which part
of the exchange is hidden behind backward. Each process computes with one thread. A simulated link
shows the same without the processor's part; and what bytes and latencies say of many GPUs is worked
out on paper.
"""

import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from _measure import go_on, keep

import symnet as mx
from symnet.training.kvstore.exchange import BucketedSum
from symnet.training.kvstore.world import World, join
from symnet.training.loop._freezing import treatment_of
from symnet.training.loop.bound import BoundDevices, TrainingLayout
from symnet.training.loop.devices import DeviceGroup

BATCH = 64
ROUNDS = 25


def network() -> mx.SymbolicNode:
    """18.9 million parameters, 75 MB, in layers of a size that overlap can be seen with."""
    net = mx.Variable("data")
    for number in range(4):
        net = mx.FullyConnected(net, name=f"fc{number}", num_hidden=2048)
        net = mx.Activation(net, act_type="relu", name=f"relu{number}")
    net = mx.FullyConnected(net, name="last", num_hidden=10)
    return mx.SoftmaxOutput(net, name="softmax")


class Silent:
    """An exchange that exchanges nothing."""

    def ready(self, start: int, stop: int, flat_index: int) -> None:
        """Send nothing."""

    def finish(self, gradients: Any) -> None:
        """Wait for nothing."""


class Late(BucketedSum):
    """An exchange that begins once backward is done."""

    def ready(self, start: int, stop: int, flat_index: int) -> None:
        """Send nothing yet."""


class Link(World):
    """A world of eight behind a link of some bytes a second, which takes time but no processor."""

    def __init__(self, bytes_per_second: float) -> None:
        super().__init__(0, 8)
        self.speed, self.free_at = bytes_per_second, 0.0

    def start_sum(self, tensor: torch.Tensor) -> float:
        """Return when the link will have sent the tensor, after all before it."""
        sent = 2 * 7 / 8 * tensor.numel() * tensor.element_size()
        self.free_at = max(self.free_at, time.perf_counter()) + sent / self.speed
        return self.free_at

    def wait(self, begun: float) -> None:
        """Sleep until then."""
        time.sleep(max(0.0, begun - time.perf_counter()))


def group(contexts: int, batch: int, exchange: Any) -> tuple[DeviceGroup, mx.SGD]:
    inputs = {"data": (batch, 3072), "softmax_label": (batch,)}
    optimizer = mx.SGD(lr=0.01, momentum=0.9)
    optimizer.state = mx.OptimizationState(batch)
    treatment = treatment_of(network(), inputs, optimizer)
    layout = TrainingLayout(treatment, [mx.cpu(n) for n in range(contexts)], inputs, optimizer)
    return DeviceGroup(BoundDevices(layout), treatment, optimizer, exchange), optimizer


def step(devices: DeviceGroup) -> Callable[[], None]:
    def run() -> None:
        devices.forward(is_train=True)
        devices.backward()
        devices.update()

    return run


def medians(
    runs: dict[str, Callable[[], None]],
    barrier: Callable[[], None],
    workload: str,
    own: str,
    beside: str,
) -> dict[str, float]:
    """Return the median milliseconds of each, taken in turns; keep one beside another."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(ROUNDS + 3):
        for name, run in runs.items():
            barrier()
            started = time.perf_counter()
            run()
            if number >= 3:
                times[name].append(1000 * (time.perf_counter() - started))
    keep(workload, own, {name: [each / 1000 for each in times[name]] for name in (own, beside)})
    return {name: statistics.median(took) for name, took in times.items()}


def sent_bytes() -> int:
    """Bytes that this machine has sent to itself."""
    for line in Path("/proc/net/dev").read_text(encoding="utf-8").splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split(":")[1].split()[8])
    return 0


def several_processes() -> None:
    world = join()
    bucketed, late = (group(1, BATCH, kind(world))[0] for kind in (BucketedSum, Late))
    silent = group(1, BATCH, Silent())[0]
    flat = torch.zeros(bucketed.weights.flat[0].size)
    runs = {
        "no exchange": step(silent),
        "exchange after backward": step(late),
        "exchange during backward": step(bucketed),
        "exchange alone": lambda: (world.sum(flat), None)[1],
    }
    during, after = "exchange during backward", "exchange after backward"
    if world.is_first:
        go_on()
    else:
        os.environ.pop("SYMNET_FIGURES", None)  # one of them keeps the figures
    found = medians(runs, world.barrier, f"step in {world.size} processes", during, after)
    world.barrier()
    before = sent_bytes()
    for _ in range(5):
        runs["exchange during backward"]()
    world.barrier()
    per_process = (sent_bytes() - before) / 5 / world.size
    least = 2 * (world.size - 1) / world.size * flat.numel() * 4
    if not world.is_first:
        return
    print(f"## {world.size} processes, batch {BATCH} each\n\n| step | ms |\n| --- | ---: |")
    for name, value in found.items():
        print(f"| {name} | {value:.1f} |")
    cost = found["exchange during backward"] - found["no exchange"]
    hidden = 1 - cost / (found["exchange after backward"] - found["no exchange"])
    print(
        f"\nSamples per second: {world.size * BATCH * 1000 / found['exchange during backward']:.0f}"
    )
    print(f"Bytes sent by a process in a step: {per_process / 1e6:.2f} MB")
    print(f"The least that a ring can do with: {least / 1e6:.2f} MB ({per_process / least:.3f}x)")
    print(f"Part of the exchange hidden behind backward: {100 * hidden:.0f} %\n")


def one_process() -> None:
    runs = {f"{count} context(s)": step(group(count, 2 * BATCH, None)[0]) for count in (1, 2)} | {
        f"1 context, batch {BATCH}": step(group(1, BATCH, None)[0])
    }
    found = medians(runs, lambda: None, f"step, batch {2 * BATCH}", "2 context(s)", "1 context(s)")
    print(f"## 1 process, batch {2 * BATCH}\n\n| step | ms | samples per second |")
    print("| --- | ---: | ---: |")
    for name, value in found.items():
        batch = BATCH if "batch" in name else 2 * BATCH
        print(f"| {name} | {value:.1f} | {1000 * batch / value:.0f} |")
    print()


def simulated_link() -> None:
    """Show what overlap hides where the network does not take the processor's time."""
    print("## 1 process behind a simulated link, batch 64, as one of 8\n")
    print("| link | no exchange | after backward | during backward | hidden |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for gigabits in (40, 10):
        link = Link(gigabits * 1e9 / 8)
        kinds = {"none": Silent(), "after": Late(link), "during": BucketedSum(link)}
        runs = {name: step(group(1, BATCH, kind)[0]) for name, kind in kinds.items()}
        found = medians(runs, lambda: None, f"step behind {gigabits} Gbit/s", "during", "after")
        hidden = (found["after"] - found["during"]) / (found["after"] - found["none"])
        values = " | ".join(f"{value:.1f} ms" for value in found.values())
        print(f"| {gigabits} Gbit/s | {values} | {100 * hidden:.0f} % |")
    print()


# Bytes a second that leave a machine, nine tenths of what is on the label, and the seconds that a
# message takes to begin. A ring leaves each machine once, however many GPUs that has.
NETWORKS = {
    "400 Gbit/s": (45e9, 10e-6),
    "100 Gbit/s": (11e9, 15e-6),
    "25 Gbit/s": (2.8e9, 20e-6),
}
PARAMETER_BYTES, FORWARD, BACKWARD, BUCKETS = 102e6, 0.033, 0.067, 4


def on_paper() -> None:
    """Print what a step takes on many GPUs, by bytes and latencies alone.

    The network has ResNet-50's 25.6 million parameters in float32; a step takes 100 ms on one GPU,
    two thirds of it backward. A bucket costs the shorter of the latencies of ring and tree.
    """
    print("## On paper\n\n| network | GPUs | exchange | not hidden | efficiency |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (speed, latency) in NETWORKS.items():
        for count in (8, 64, 256, 1024):
            traffic = 2 * (count - 1) / count * PARAMETER_BYTES / speed
            waits = BUCKETS * latency * min(2 * (count - 1), 4 * math.log2(count))
            exchange = traffic + waits
            exposed = max(exchange / BUCKETS, exchange - BACKWARD)
            efficiency = (FORWARD + BACKWARD) / (FORWARD + BACKWARD + exposed)
            print(
                f"| {name} | {count} | {1000 * exchange:.0f} ms | {1000 * exposed:.0f} ms | "
                f"{100 * efficiency:.0f} % |"
            )
    print()


def main() -> None:
    torch.set_num_threads(1)
    if "RANK" in os.environ:
        several_processes()
        return
    on_paper()
    one_process()
    simulated_link()
    sys.stdout.flush()
    os.environ |= {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29611"}
    for rank in range(2):
        os.environ["RANK"] = str(rank)
        os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, __file__])
    for _ in range(2):
        os.wait()


if __name__ == "__main__":
    main()
