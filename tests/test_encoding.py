"""Text and categories of tables as numbers, which a model remembers."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import symnet as mx

draw = np.random.default_rng(3)
ROWS = 60
COLOURS = np.array(["blue", "green", "red"])[draw.integers(0, 3, ROWS)]
SIZES = draw.standard_normal(ROWS)
KINDS = np.where((COLOURS == "red") | (SIZES > 1), "apple", "pear")
FRAME = pd.DataFrame({"size": SIZES, "colour": COLOURS, "kind": KINDS})
NUMBERS = np.column_stack([SIZES, *(each == COLOURS for each in ("blue", "green", "red"))])


def network() -> mx.SymbolicNode:
    scores = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    return mx.SoftmaxOutput(scores, name="softmax")


def trained(*data: Any, arch: mx.SymbolicNode | None = None, **options: Any) -> mx.FeedForward:
    mx.srand(0)
    model = mx.FeedForward(arch or network())
    given = {"n_epoch": 3, "batch_size": 20, "shuffle": False, "verbose": 0, **options}
    model.fit(mx.ADAM(lr=0.05), *data, initializer=mx.UniformInitializer(0.1), **given)
    return model


FORMS: dict[str, Any] = {
    "pandas": FRAME,
    "pandas, categories": FRAME.astype({"colour": "category", "kind": "category"}),
    "polars": pl.DataFrame(FRAME),
    "polars, categories": pl.DataFrame(FRAME).with_columns(pl.col("colour").cast(pl.Categorical)),
    "pyarrow": pa.Table.from_pandas(FRAME, preserve_index=False),
}


@pytest.mark.parametrize("form", FORMS)
def test_columns_become_zeros_and_ones_and_labels_numbers(form: str) -> None:
    expected = trained(NUMBERS, (KINDS == "pear").astype(int))
    model = trained(FORMS[form], "kind", encode=True)
    for name, array in expected.arg_params.items():
        np.testing.assert_array_equal(model.arg_params[name].asnumpy(), array.asnumpy())
    assert model.encoding == mx.Encoding(
        columns={"colour": ("blue", "green", "red")}, codes={"softmax_label": ("apple", "pear")}
    )
    features = pa.table(FORMS[form]).drop_columns("kind")
    np.testing.assert_array_equal(model.predict(features), expected.predict(NUMBERS))
    assert model.evaluate(FORMS[form], "kind") == expected.evaluate(NUMBERS, KINDS == "pear")


def test_prediction_encodes_alike_whatever_rows_it_has() -> None:
    model = trained(FRAME, "kind", encode=True)
    whole = model.predict(FRAME[["size", "colour"]])
    red = FRAME[FRAME["colour"] == "red"]
    np.testing.assert_allclose(
        model.predict(red[["size", "colour"]]), whole[(COLOURS == "red")], rtol=1e-5
    )


@pytest.mark.parametrize("prefix", ["net", "net.safetensors"])
def test_files_and_pickles_keep_it(prefix: str, tmp_path: Path) -> None:
    model = trained(FRAME, "kind", encode=True)
    features = FRAME[["size", "colour"]]
    path = str(tmp_path / prefix)
    mx.save_checkpoint(model, path, 1)
    for again in (
        mx.load_checkpoint(path, 1, mx.FeedForward),
        mx.load_checkpoint(mx.FeedForward(network()), path, 1),
        pickle.loads(pickle.dumps(model)),
    ):
        assert again.encoding == model.encoding
        np.testing.assert_array_equal(again.predict(features), model.predict(features))


def test_a_model_that_has_an_encoding_keeps_it() -> None:
    model = trained(FRAME, "kind", encode=True)
    known = model.encoding
    model.fit("adam", FRAME[COLOURS != "red"], "kind", n_epoch=1, verbose=0)
    assert model.encoding == known
    with pytest.raises(mx.DataError, match=r"'colour' holds 'violet' in row 1 .*there are: blue"):
        model.predict(pd.DataFrame({"size": [1.0, 2.0], "colour": ["red", "violet"]}))


def test_a_training_resumes_with_it(tmp_path: Path) -> None:
    def run_to(epochs: int, resume: str | None = None) -> mx.FeedForward:
        saved = mx.do_checkpoint(tmp_path / "net")
        return trained(FRAME, "kind", encode=True, n_epoch=epochs, callbacks=saved, resume=resume)

    run_to(1)
    again = run_to(3, resume=str(tmp_path / "net"))
    assert again.history["epoch"] == [1, 2, 3]
    whole = trained(FRAME, "kind", encode=True)
    for name, array in whole.arg_params.items():
        np.testing.assert_array_equal(again.arg_params[name].asnumpy(), array.asnumpy())


def test_validation_data_is_encoded_alike() -> None:
    split = trained(FRAME, "kind", encode=True, validation_split=0.25)
    assert len(split.history["validation_loss"]) == 3
    given = trained(FRAME, "kind", encode=True, eval_data=FRAME)
    assert given.history["validation_loss"][-1] == pytest.approx(
        given.evaluate(FRAME, "kind")["loss"], rel=1e-5
    )


def test_a_series_of_its_own_and_lists_become_numbers() -> None:
    embedded = mx.Embedding(mx.Variable("colour"), input_dim=3, output_dim=2, name="embed")
    both = mx.Concat(embedded, mx.Variable("size"))
    net = mx.SoftmaxOutput(mx.FullyConnected(both, num_hidden=2, name="fc"), name="softmax")
    data = {"colour": FRAME["colour"], "size": FRAME[["size"]]}
    model = trained(data, KINDS.tolist(), arch=net, encode=True)
    assert model.encoding.codes["colour"] == ("blue", "green", "red")
    numbers = {"colour": np.searchsorted(["blue", "green", "red"], COLOURS), "size": SIZES[:, None]}
    np.testing.assert_array_equal(model.predict(data), model.predict(numbers))


def test_text_without_a_wish_says_what_to_do() -> None:
    with pytest.raises(mx.DataError, match=r"'colour' holds .*string.*encode=True"):
        trained(FRAME, "kind")
    with pytest.raises(mx.DataError, match=r"not <U5; fit\(…, encode=True\) makes numbers of text"):
        trained(NUMBERS, KINDS)
    missing = FRAME.assign(colour=[None, *COLOURS[1:]])
    with pytest.raises(mx.DataError, match="'colour' has a missing value in row 0"):
        trained(missing, "kind", encode=True)
    with pytest.raises(mx.ArgumentError, match="not for a ArrayDataProvider"):
        trained(mx.ArrayDataProvider(NUMBERS), encode=True, batch_size=None, shuffle=None)


def test_a_training_that_fails_leaves_the_network_as_it_was() -> None:
    model = mx.FeedForward(network())
    arch = model.arch
    with pytest.raises(mx.ArgumentError, match="matches no parameter"):
        model.fit("sgd", FRAME, "kind", encode=True, freeze="nothing", verbose=0)
    assert model.arch is arch


def test_another_text_is_no_encoding() -> None:
    with pytest.raises(mx.FormatError, match="no encoding of columns"):
        mx.Encoding.from_json("[1]")
