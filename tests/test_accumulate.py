"""Updates by the gradients of several batches."""

from typing import Any

import numpy as np
import pytest
from training_helpers import assert_same, class_data, class_model, parameters

import symnet as mx


def trained(batch_size: int, accumulate: int, samples: int = 20, **options: Any) -> mx.FeedForward:
    model = class_model(*options.pop("contexts", ()))
    data = class_data(samples, batch_size, last_batch="keep")
    given = {"n_epoch": 3, "verbose": 0, **options}
    model.fit(mx.SGD(lr=0.3, momentum=0.9), data, accumulate=accumulate, **given)
    return model


CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "with a rest": {"samples": 18},  # two batches of 5, two of 5 and 3
    "bounded": {"clip_norm": 0.05},
    "on two devices": {"contexts": (mx.cpu(0), mx.cpu(1))},
    "in 16 bits": {"dtype": "bfloat16"},
}


@pytest.mark.parametrize("case", CASES)
def test_two_batches_are_as_good_as_one_of_twice_the_size(case: str) -> None:
    whole = trained(10, 1, **CASES[case])
    loose = {"rtol": 0.02, "atol": 2e-3} if case == "in 16 bits" else {"rtol": 1e-4, "atol": 1e-6}
    assert_same(trained(5, 2, **CASES[case]), parameters(whole), **loose)


def test_what_is_left_at_the_end_of_an_epoch_is_learned_from() -> None:
    # Three batches of 5 at a time; the last two make one update, divided by 15 all the same.
    found = trained(5, 3, samples=25, n_epoch=1)
    seen: list[int] = []
    model = class_model()
    data = class_data(25, 5)
    counted = mx.every_n_batch(lambda state: seen.append(state.batch_size), 1)
    model.fit(
        mx.SGD(lr=0.3, momentum=0.9), data, accumulate=3, n_epoch=1, verbose=0, callbacks=counted
    )
    assert seen == [15] * 5
    assert_same(found, parameters(model))
    first = trained(15, 1, samples=15, n_epoch=1)
    assert not np.allclose(parameters(found)["fc2_weight"], parameters(first)["fc2_weight"])


def test_one_batch_at_least_is_wanted() -> None:
    with pytest.raises(mx.ParameterError, match="accumulate must be >= 1"):
        trained(5, 0)
