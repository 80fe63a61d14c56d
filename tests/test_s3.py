"""Files in an S3 store: a server process on this machine, reached by URLs as any other is."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import fsspec
import numpy as np
import pytest
from training_helpers import assert_same, class_model, parameters, perceptron

import symnet as mx

PROXY_SETTINGS = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "anyone",
    "AWS_SECRET_ACCESS_KEY": "anything",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "127.0.0.1",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(server: subprocess.Popen, endpoint: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert server.poll() is None, "the S3 server ended"
        try:
            opener.open(f"{endpoint}/moto-api/", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    pytest.fail("the S3 server does not answer")


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """A server that keeps objects in its memory, started once for all tests."""
    pytest.importorskip("moto")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=os.environ | SETTINGS, **quiet)
    try:
        wait_until_it_answers(server, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket; fsspec learns from its configuration where the server is."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    for name in PROXY_SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": endpoint})
    name = f"bucket-{time.monotonic_ns()}"
    fsspec.filesystem("s3").mkdir(name)
    return f"s3://{name}"


def test_arrays(bucket: str) -> None:
    large = mx.array(np.arange(300_000))
    for path in (f"{bucket}/folder/net.params", f"{bucket}/net.safetensors"):
        mx.save(path, {"w": mx.array([[1, -2]]), "large": large})
        found = mx.load(path)
        assert found["w"].asnumpy().tolist() == [[1, -2]]
        np.testing.assert_array_equal(found["large"].asnumpy(), large.asnumpy())
    mx.save(f"{bucket}/net.safetensors", {}, metadata={"epoch": "3"})
    assert mx.load_metadata(f"{bucket}/net.safetensors")["epoch"] == "3"
    mx.save(f"{bucket}/list", [mx.ones(1), mx.ones(2)])
    assert [array.shape for array in mx.load(f"{bucket}/list")] == [(1,), (2,)]


def test_symbols(bucket: str) -> None:
    mx.save(f"{bucket}/net.json", perceptron())
    for found in (mx.load(f"{bucket}/net.json"), mx.load(f"{bucket}/net.json", mx.SymbolicNode)):
        assert found.to_json() == perceptron().to_json()


def test_checkpoints(bucket: str) -> None:
    model, prefix = class_model(), f"{bucket}/runs/net"
    for epoch in (1, 12):
        mx.save_checkpoint(model, prefix, epoch)
    assert_same(mx.load_checkpoint(prefix, 12, mx.FeedForward), parameters(model))
    with pytest.raises(mx.MXError) as caught:
        mx.load_checkpoint(prefix, 2)
    assert str(caught.value) == (
        f"no checkpoint: {prefix}-0002.params does not exist; of prefix '{prefix}' there are "
        "epochs 1, 12"
    )


def test_what_another_program_wrote_since_is_seen(bucket: str) -> None:
    path = f"{bucket}/net.params"
    mx.save(path, [mx.ones(1)])
    mx.save(f"{bucket}/longer", [mx.ones(100), mx.ones(100)])
    assert len(mx.load(path)) == 1
    with pytest.raises(mx.MXError, match="there is no epoch"):
        mx.load_checkpoint(f"{bucket}/net", 1)
    other = fsspec.filesystem("s3", skip_instance_cache=True)
    other.copy(path, f"{bucket}/net-0001.params")
    other.copy(f"{bucket}/longer", path)
    assert len(mx.load(path)) == 2
    with pytest.raises(mx.MXError, match="there are epochs 1"):
        mx.load_checkpoint(f"{bucket}/net", 2)


def test_a_failure_to_send_leaves_the_old_object(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file goes in parts; without the last of them there is no new object."""
    path = f"{bucket}/net.params"
    mx.save(path, [mx.array([1, 2])])
    store = fsspec.filesystem("s3")
    call, parts = store._call_s3, []

    async def fail_at_the_second_part(method: str, *args: object, **more: object) -> object:
        if method == "upload_part":
            parts.append(more["PartNumber"])
            if more["PartNumber"] == 2:
                raise PermissionError("no more")
        return await call(method, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_call_s3", fail_at_the_second_part)
        patch.setattr("s3fs.core.calculate_chunksize", lambda *_, **__: 5 * 2**20)
        with pytest.raises(PermissionError, match="no more"):
            mx.save(path, [mx.zeros(3_000_000)])
    assert 2 in parts
    assert mx.load(path)[0].asnumpy().tolist() == [1, 2]


def test_what_is_not_there(bucket: str) -> None:
    for path in (f"{bucket}/absent", f"{bucket}-absent/net.params"):
        with pytest.raises(FileNotFoundError, match=f"no such file: '{path}'"):
            mx.load(path)
    with pytest.raises(OSError, match="bucket"):
        mx.save(f"{bucket}-absent/net.params", [mx.ones(1)])


def test_a_server_that_is_not_there(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"endpoint_url": f"http://127.0.0.1:{free_port()}", "config_kwargs": {}}
    settings["config_kwargs"] = {"retries": {"max_attempts": 0}, "connect_timeout": 1}
    monkeypatch.setitem(fsspec.config.conf, "s3", settings)
    with pytest.raises(OSError, match=f"{bucket}/net.params"):
        mx.load(f"{bucket}/net.params")
