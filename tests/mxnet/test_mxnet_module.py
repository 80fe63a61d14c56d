"""Modules of the face against what Apache MXNet 1.9.1 made of the same data and start."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symnet.mxnet as mx

FOLDER = Path(__file__).parents[1] / "golden" / "python_mxnet"
CASES = sorted(path.stem.removeprefix("fit-") for path in FOLDER.glob("fit-*.npz"))


class Lines(logging.Handler):
    """The lines that a training writes, without the times in them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.logger = logging.Logger("lines", logging.INFO)
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(re.sub(r"(Time cost=)[\d.]+", r"\1", record.getMessage()))


def arrays(file: Any, begin: str, names: list[str]) -> dict[str, Any]:
    return {name: mx.nd.array(file[f"{begin}:{name}"]) for name in names}


@pytest.mark.parametrize("name", CASES)
def test_fit_learns_what_mxnet_learns(name: str) -> None:
    file = np.load(FOLDER / f"fit-{name}.npz")
    meta = json.loads(file["meta"].tobytes())
    symbol = mx.sym.load_json(file["json"].tobytes().decode())
    data, label, size = file["data"], file["label"], meta["batch_size"]
    batches = mx.io.NDArrayIter(data, label, batch_size=size)
    held = mx.io.NDArrayIter(data[::2], label[::2], batch_size=size)
    log, seen = Lines(), []
    module = mx.mod.Module(
        symbol,
        logger=log.logger,
        context=[mx.cpu(i) for i in range(meta["contexts"])],
        fixed_param_names=meta["fixed_param_names"],
    )
    given: dict[str, Any] = {}
    if meta["optimizer"] is not None:
        schedule = meta["schedule"]
        further = {"lr_scheduler": mx.lr_scheduler.FactorScheduler(**schedule)} if schedule else {}
        options = {**meta["optimizer_params"], **further}
        given = {"optimizer": meta["optimizer"], "optimizer_params": options}
    parameters = [n for n in symbol.list_arguments() if n not in ("data", "softmax_label")]
    states = symbol.list_auxiliary_states()
    module.fit(
        batches,
        eval_data=held,
        eval_metric=meta["metric"],
        num_epoch=meta["epochs"],
        arg_params=arrays(file, "start", parameters),
        aux_params=arrays(file, "start", states),
        batch_end_callback=lambda param: seen.append(param.eval_metric.get()[1]),
        **given,
    )
    np.testing.assert_allclose(seen, meta["after_each_batch"], rtol=1e-5)
    learned, moved = module.get_params()
    for own, array in {**learned, **moved}.items():
        np.testing.assert_allclose(
            array.asnumpy(), file[f"end:{own}"], rtol=1e-5, atol=1e-5, err_msg=own
        )
    (found,) = module.score(held, meta["metric"])
    assert found[0] == meta["score"][0][0]
    np.testing.assert_allclose(found[1], meta["score"][0][1], rtol=1e-5)
    np.testing.assert_allclose(
        module.predict(held).asnumpy(), file["predicted"], rtol=1e-4, atol=1e-5
    )
    for line, expected in zip(log.lines, meta["log"], strict=True):
        text, _, number = line.partition("=")
        assert (text, number == "") == (expected.partition("=")[0], expected[-1] == "=")
        if number:
            np.testing.assert_allclose(float(number), float(expected.partition("=")[2]), atol=2e-6)
