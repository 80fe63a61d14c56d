"""`fit(memory=…)`: less memory, by computing things again."""

import subprocess
import sys

import numpy as np
import pytest

import symnet as mx
from symnet.training.loop import _training
from symnet.training.loop.devices import DeviceGroup

DEEP = """
import re, sys
import numpy as np
import symnet as mx

net = mx.Variable("data")
for _ in range(32):
    net = mx.Convolution(net, kernel=(3, 3), pad=(1, 1), num_filter=16, no_bias=True)
    net = mx.Activation(mx.BatchNorm(net), act_type="relu")
net = mx.Pooling(net, global_pool=True, kernel=(1, 1), pool_type="avg")
net = mx.FullyConnected(net, num_hidden=3)
model = mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))
data = np.random.default_rng(0).normal(size=(32, 16, 32, 32)).astype(np.float32)
options = {"memory": sys.argv[1]} if len(sys.argv) > 1 else {}
model.fit(mx.SGD(lr=0.1), data, np.arange(32) % 3, n_epoch=4, batch_size=32, verbose=0, **options)
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""


def model() -> mx.FeedForward:
    net = mx.Variable("data")
    for number in range(6):
        net = mx.FullyConnected(net, num_hidden=16, name=f"fc{number}")
        net = mx.Activation(net, act_type="tanh", name=f"tanh{number}")
    mx.srand(1)
    return mx.FeedForward(mx.SoftmaxOutput(net, name="softmax"))


def fit(own: mx.FeedForward | None = None, **options: object) -> mx.FeedForward:
    rng = np.random.default_rng(0)
    data, labels = rng.normal(size=(2000, 16)), rng.integers(0, 3, 2000)
    own = model() if own is None else own
    given = {"n_epoch": 2, "batch_size": 600, "verbose": 0, "shuffle": False, **options}
    own.fit("sgd", data, labels, **given)
    return own


@pytest.mark.parametrize("memory", ["0.5 MB", 500_000, "488KiB"])
def test_training_stays_as_it_is(memory: object) -> None:
    plain, limited = fit().arg_params, fit(memory=memory).arg_params
    for name, array in plain.items():
        np.testing.assert_array_equal(limited[name].asnumpy(), array.asnumpy(), err_msg=name)


class Interrupted(dict[str, mx.NDArray]):
    """Parameters of a model, where somebody presses a key while new ones are put in."""

    def __setitem__(self, name: str, array: mx.NDArray) -> None:
        super().__setitem__(name, array)
        if name == "fc3_weight":
            raise KeyboardInterrupt


def test_parameters_are_never_of_two_epochs() -> None:
    class Interrupting(DeviceGroup):
        def copy_parameters(self, into: dict[str, mx.NDArray]) -> None:
            found = Interrupted(into)
            try:
                super().copy_parameters(found)
            finally:
                into.update(found)

    whole, interrupted = fit(n_epoch=1), model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_training, "DeviceGroup", Interrupting)
        with pytest.raises(KeyboardInterrupt):
            fit(interrupted)
    for name, array in (whole.arg_params or {}).items():
        found = (interrupted.arg_params or {})[name].asnumpy()
        np.testing.assert_array_equal(found, array.asnumpy(), err_msg=name)


def test_parameters_that_a_callback_keeps_stay_as_they_were() -> None:
    kept: list[dict[str, mx.NDArray]] = []
    seen: list[np.ndarray] = []

    def keep(model: mx.FeedForward, *_: object) -> None:
        kept.append(model.arg_params or {})
        seen.append(kept[-1]["fc0_weight"].asnumpy().copy())

    fit(n_epoch=3, callbacks=[mx.every_n_epoch(keep, 1, call_on_0=True)])
    for parameters, before in zip(kept, seen, strict=True):
        np.testing.assert_array_equal(parameters["fc0_weight"].asnumpy(), before)
    assert not np.array_equal(seen[0], seen[1])


def test_too_little_is_refused_before_training() -> None:
    with pytest.raises(mx.ArgumentError, match=r"at least [\d,]+ bytes.*1,000 are allowed"):
        fit(memory="1KB")


@pytest.mark.parametrize("memory", [0, -1, True, 1.5, "512", "MB", "5 parsecs", "-5MB"])
def test_what_are_no_bytes(memory: object) -> None:
    with pytest.raises(mx.ParameterError, match="memory must be a number of bytes"):
        fit(memory=memory)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of a process in /proc")
def test_the_process_takes_less() -> None:
    def peak(*memory: str) -> int:
        command = [sys.executable, "-c", DEEP, *memory]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    # 32 layers keep two arrays of 2 MB each; the imports take about 300 MB before.
    assert peak("50MB") < peak() - 50_000
