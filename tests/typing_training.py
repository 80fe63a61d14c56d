"""What a type checker knows of training: the options of `fit`, and what `predict` returns.

Read by mypy only; a line marked with ``type: ignore`` is an error that must be found.
"""

from typing import assert_type

import numpy as np

import symnet as mx


def options(model: mx.FeedForward, x: np.ndarray, y: np.ndarray) -> None:
    history = model.fit(
        mx.AdamW(lr=0.001, lr_scheduler="one_cycle"), x, y,
        n_epoch=3, batch_size=32, validation_split=0.2, sample_weight=y, class_weight="balanced",
        label_smoothing=0.1, encode=False, dtype="bfloat16", accumulate=2, clip_norm=1.0,
        memory="2GB",
        callbacks=[mx.EMA(0.99), mx.EarlyStopping()], verbose=1,
    )  # fmt: skip
    assert_type(history, mx.History)
    assert_type(mx.fit(model, "adam", x, y, n_epoch=1), mx.History)
    assert_type(model.evaluate(x, y, sample_weight=y), dict[str, float])


def optimizers() -> None:
    assert_type(mx.SGD(lr=0.1, momentum=0.9, weight_decay=0.1, grad_clip=1.0), mx.SGD)
    assert_type(mx.ADAM(lr=0.1).lr, float)
    assert_type(mx.LearningRate.Cosine(0.1, warmup=2), mx.LearningRate.Cosine)


def mistakes(model: mx.FeedForward, x: np.ndarray, y: np.ndarray) -> None:
    model.fit("adam", x, y, epochs=3)  # type: ignore[arg-type]
    model.fit("adam", x, y, n_epoch="three")  # type: ignore[arg-type]
    model.fit("adam", x, y, dtype="float8")  # type: ignore[arg-type]
    model.fit("adam", x, y, class_weight="even")  # type: ignore[arg-type]
    mx.SGD(lr=0.1, lr_scheduler="cosin")  # type: ignore[arg-type]
    mx.SGD(momentun=0.9)  # type: ignore[call-arg]


def predictions(model: mx.FeedForward, x: np.ndarray) -> None:
    assert_type(model.predict(x, outputs="softmax_output"), np.ndarray)
    assert_type(model.predict(x, outputs=["softmax_output"]), dict[str, np.ndarray])
    assert_type(model.predict(x), np.ndarray | list[np.ndarray] | None)
