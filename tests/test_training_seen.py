"""What is looked at again in later epochs, and what need not be."""

import numpy as np
import pytest

import symnet as mx

X, Y = np.ones((4, 2)), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("last_batch", "repeats"),
    [("pad", True), ("keep", True), ("discard", False), ("roll_over", False)],
)
def test_samples_that_some_passes_leave_out_may_be_new(last_batch: str, repeats: bool) -> None:
    provider = mx.ArrayDataProvider(X, Y, batch_size=3, last_batch=last_batch, shuffle=True)
    assert provider.repeats_samples is repeats


def test_a_sample_that_the_first_pass_left_out_is_looked_at() -> None:
    """The batch of two leaves one of three samples out; which one, the order of the pass says."""
    network = mx.FullyConnected(mx.Variable("data"), num_hidden=2, name="fc")
    for wrong in range(3):
        labels = np.array([7 if number == wrong else 0 for number in range(3)])
        provider = mx.ArrayDataProvider(
            np.ones((3, 2)), labels, batch_size=2, last_batch="discard", shuffle=True, seed=1
        )
        model = mx.FeedForward(mx.SoftmaxOutput(network, name="softmax"))
        with pytest.raises(mx.LabelError, match="label 7"):
            model.fit(mx.SGD(lr=0.1), provider, n_epoch=30, verbose=False)


def test_both_ways_to_the_loss_agree() -> None:
    """The short way is for plain labels; a column of the same labels goes the long way."""
    random = np.random.default_rng(0)
    chances = mx.array(random.dirichlet(np.ones(5), 8)).torch
    labels = mx.array([0, 1, 2, 3, 4, -0.5, 9, -1]).torch
    op = mx.SoftmaxOutput(mx.Variable("x"), grad_scale=2, name="s").graph.outputs[0].node.op
    short, long = op.loss_sum(chances, labels), op.loss_sum(chances, labels.reshape(8, 1))
    assert short[1] == long[1] == 8
    assert float(short[0]) == pytest.approx(float(long[0]))
    assert labels.tolist() == [0, 1, 2, 3, 4, -0.5, 9, -1]
