"""Rows per second that a server answers, each way of docs/serving.md, and those of threads.

python benchmarks/serving.py [--callers 16] [--seconds 5]
"""

import argparse
import http.client
import importlib.util
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

PACKAGES = ("fastapi", "uvicorn", "httpx", "onnxruntime")
GUIDE = Path(__file__).parent.parent / "docs" / "serving.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ROW = np.random.default_rng(0).normal(size=784).astype("float32")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:  # `make bench` runs every script
        print(f"not measured: pip install {' '.join(missing)}")
        return
    guide = run_the_guide()
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, {options.callers} callers"
    )
    predictor = guide["model"].predictor(data=(1, 784))
    for batch in (1, 32):
        rows = np.repeat(ROW[None], batch, axis=0)
        rate = batch * per_second(lambda _, rows=rows: predictor.predict(rows), options)
        print(f"Predictor in threads, {batch} rows a call   {rate:9,.0f} rows per second")
    for name, title in TITLES.items():
        print(f"{title:36s} {of_server(guide, guide[name], options):9,.0f} rows per second")


TITLES = {
    "app": "FastAPI, a Predictor, batches",
    "onnx_app": "FastAPI, onnxruntime, batches",
    "program_app": "FastAPI, a program of torch, batches",
    "single": "FastAPI, a Predictor, one by one",
}


def run_the_guide() -> dict[str, Any]:
    """Return what the guide defines: the servers are there once."""
    codes = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "guide"}
    for code in codes:
        exec(compile(code.replace("8000", str(free_port())), GUIDE.name, "exec"), names)
    (server,) = (code for code in codes if "class Batcher" in code)
    apart = dict(names)
    exec(server.replace("WAIT, MOST = 0.003, 32", "WAIT, MOST = 0, 1"), apart)
    return {**names, "single": apart["app"]}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def of_server(guide: dict[str, Any], app: Any, options: argparse.Namespace) -> float:
    port = free_port()
    running = guide["started"](app, port)
    body = json.dumps({"values": ROW.tolist()})
    local = threading.local()

    def ask(_: int) -> None:
        if not hasattr(local, "connection"):  # one for each caller, kept open
            local.connection = http.client.HTTPConnection("127.0.0.1", port)
        header = {"Content-Type": "application/json"}
        local.connection.request("POST", "/predict", body, header)
        reply = json.loads(local.connection.getresponse().read())
        assert len(reply["probabilities"]) == 10

    try:
        return per_second(ask, options)
    finally:
        guide["stopped"](*running)


def per_second(call: Callable[[int], Any], options: argparse.Namespace) -> float:
    """Return how many calls per second so many threads make."""
    end = time.perf_counter() + options.seconds

    def until_the_end(_: int) -> int:
        count = 0
        while time.perf_counter() < end:
            call(count)
            count += 1
        return count

    call(0)  # the first one plans
    began = time.perf_counter()
    with ThreadPoolExecutor(options.callers) as callers:
        counts = list(callers.map(until_the_end, range(options.callers)))
    return sum(counts) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
