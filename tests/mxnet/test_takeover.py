"""Scripts that say ``import mxnet`` run on the face, as they stand."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

IMPORTS = """
import sys
import mxnet as mx
import mxnet.symbol as sym
from mxnet import nd
from mxnet.base import MXNetError
import mxnet.ndarray.random
assert nd is mx.nd and sym is mx.sym and mx.ndarray is mx.nd
assert sys.argv[1:] == ["--lr", "0.1"], sys.argv
import beside
try:
    sym.Convolution(sym.Variable("x"), kernl=3)
except MXNetError as error:
    print("refused:", error)
try:
    from mxnet import gluon
except ImportError as error:
    print("absent:", error)
print(mx.__version__, mx.__name__, __name__, beside.answer)
"""

LOOP = """
import numpy as np, mxnet as mx
np.random.seed(0)
net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
loss = mx.sym.MakeLoss(mx.sym.mean(mx.sym.square(net - mx.sym.Variable("label"))))
ex = loss.simple_bind(ctx=mx.cpu(), data=(20, 4), label=(20, 1), grad_req="write")
ex.arg_dict["fc_weight"][:] = mx.nd.array(np.random.randn(1, 4) * 0.1)
X = np.random.rand(20, 4)
y = X.sum(1, keepdims=True)
for step in range(300):
    ex.forward(is_train=True, data=mx.nd.array(X), label=mx.nd.array(y))
    ex.backward()
    for name in loss.list_arguments():
        if name not in ("data", "label"):
            ex.arg_dict[name] -= 0.3 * ex.grad_dict[name]
assert ex.outputs[0].asscalar() < 1e-3, ex.outputs[0]
mx.nd.save("w.nd", ex.arg_dict)
print(sorted(mx.nd.load("w.nd")))
print(mx.nd.topk(mx.nd.array([[1, 3, 2]]), k=2).asnumpy())
"""


def run(folder: Path, text: str, *arguments: str) -> str:
    script = folder / "script.py"
    script.write_text(text)
    command = [sys.executable, "-m", "symnet.mxnet", str(script), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_imports_mxnet(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("answer = 42\n")
    lines = run(tmp_path, IMPORTS, "--lr", "0.1").splitlines()
    assert lines[0].startswith("refused: Convolution: ")
    assert lines[1].startswith("absent: ")
    assert lines[2] == "1.9.1 symnet.mxnet __main__ 42"


def test_a_loop_by_hand_trains(tmp_path: Path) -> None:
    lines = run(tmp_path, LOOP).splitlines()
    assert lines == ["['data', 'fc_bias', 'fc_weight', 'label']", "[[1. 2.]]"]


def test_a_module_runs(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("import sys, mxnet\nprint(mxnet.__name__, sys.argv[1:])\n")
    command = [sys.executable, "-m", "symnet.mxnet", "-m", "beside", "--lr"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.check_output(command, cwd=tmp_path, env=environment, text=True)
    assert found.strip() == "symnet.mxnet ['--lr']"


def test_a_missing_script_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "symnet.mxnet", "none.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "there is no file 'none.py'" in done.stderr


def test_a_real_mxnet_is_left_alone(tmp_path: Path) -> None:
    """A module of that name that is loaded already stays, and the log says so."""
    (tmp_path / "mxnet.py").write_text("__version__ = '1.6.0'\n")
    text = "import mxnet, symnet.mxnet as mx\nprint(mx.install())\nimport mxnet\n"
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", f"{text}print(mxnet.__version__)"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["False", "1.6.0"]
    assert "mxnet 1.6.0 is imported already" in done.stderr


def test_nobody_pays_who_does_not_use_it() -> None:
    text = (
        "import sys, symnet; symnet.FeedForward; before = set(sys.modules); "
        "assert not any(name.startswith('symnet.mxnet') for name in before); "
        "import symnet.mxnet; print(len(set(sys.modules) - before))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.check_output([sys.executable, "-c", text], env=environment, text=True)
    assert int(found) <= 3
