"""The guide to serving: its servers answer, on the loopback device."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from guide_blocks import DOCS, blocks, run

import symnet as mx

for package in ("fastapi", "uvicorn", "httpx", "onnxruntime"):
    pytest.importorskip(package)

PAGE = "serving.md"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is defined after the guide's last block, and the folder with its files."""
    folder = tmp_path_factory.mktemp("serving")
    names: dict[str, Any] = {"__name__": "guide", "folder": folder}
    with pytest.MonkeyPatch.context() as patch, mx.NameManager():
        patch.chdir(folder)
        for block in blocks(PAGE):
            run(PAGE, block._replace(code=block.code.replace("8000", str(free_port()))), names)
    return names


@pytest.mark.parametrize("name", ["app", "onnx_app", "program_app"])
def test_a_server_answers_many_at_once(guide: dict[str, Any], name: str) -> None:
    import httpx

    rows = np.random.default_rng(1).normal(size=(40, 784)).astype("float32")
    port = free_port()
    running = guide["started"](guide[name], port)

    def ask(row: np.ndarray) -> list[float]:
        reply = client.post("/predict", json={"values": row.tolist()})
        found: list[float] = reply.json()["probabilities"]
        return found

    try:
        with (
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
            ThreadPoolExecutor(8) as callers,
        ):
            answers = list(callers.map(ask, rows))
    finally:
        guide["stopped"](*running)
    np.testing.assert_allclose(answers, guide["model"].predict(rows), rtol=1e-4, atol=1e-6)


def test_litserve_answers_many_at_once(guide: dict[str, Any]) -> None:
    pytest.importorskip("litserve")
    import httpx

    port = free_port()
    (program,) = re.findall(r"```py\n(.*?)```", (DOCS / PAGE).read_text("utf-8"), re.DOTALL)
    (guide["folder"] / "server.py").write_text(program.replace("8000", str(port)), "utf-8")
    rows = np.random.default_rng(1).normal(size=(40, 784)).astype("float32")

    def ask(values: list[float]) -> httpx.Response:
        return client.post("/predict", json={"values": values})

    with (
        _running(guide["folder"]),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        ThreadPoolExecutor(8) as callers,
    ):
        _wait_for(client)
        answers = [reply.json()["probabilities"] for reply in callers.map(ask, rows.tolist())]
        refused = ask([1.0, 2.0])
    np.testing.assert_allclose(answers, guide["model"].predict(rows), rtol=1e-4, atol=1e-6)
    assert refused.status_code == 422
    assert refused.json()["detail"] == "784 numbers are wanted, got 2"


@contextmanager
def _running(folder: Path) -> Iterator[None]:
    """Run server.py, and end it as a user does: at SIGTERM it would leave its workers behind."""
    with subprocess.Popen([sys.executable, "server.py"], cwd=folder) as server:
        try:
            yield
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_for(client: Any) -> None:
    import httpx

    for _ in range(300):
        try:
            if client.get("/health").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the server does not answer")


def test_rows_that_wait_share_a_batch(guide: dict[str, Any]) -> None:
    import asyncio

    sizes: list[int] = []

    def double(rows: np.ndarray) -> np.ndarray:
        sizes.append(len(rows))
        if rows.max() > 100:
            raise ValueError("too large")
        return rows * 2

    async def ask() -> tuple[list[Any], list[Any]]:
        batcher = guide["Batcher"](double)
        task = asyncio.create_task(batcher.run())
        found = await asyncio.gather(*(batcher(np.full(1, n)) for n in range(40)))
        failed = await asyncio.gather(batcher(np.full(1, 200)), return_exceptions=True)
        found.append(await batcher(np.full(1, 50)))  # the next batch is served
        task.cancel()
        return found, failed

    found, (failure,) = asyncio.run(ask())
    assert [int(each[0]) for each in found] == [*range(0, 80, 2), 100]
    assert str(failure) == "too large"
    assert max(sizes) == 32
    assert len(sizes) <= 6


def test_the_browser_page_asks_for_names_that_are_there(guide: dict[str, Any]) -> None:
    page = (DOCS / PAGE).read_text(encoding="utf-8")
    session = guide["session"]
    assert session.get_inputs()[0].name in page.split("```html")[1]
    assert f"result.{session.get_outputs()[0].name}" in page
