"""Values of parameters that can never make sense: they are refused where they are given."""

import numpy as np
import pytest

import symnet as mx
import symnet.mxnet

IMAGE = mx.mxnet.nd.array(np.zeros((4, 4, 3)))


def taken_by(operator, **parameters):
    return lambda: getattr(mx, operator)(mx.Variable("data"), **parameters)


def scheduled(momentum):
    class Constant(mx.AbstractMomentumScheduler):
        def get_momentum(self, state):
            return momentum

    return mx.get_momentum(Constant(), mx.OptimizationState(10))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: mx.SGD(momentum=2), "SGD: momentum must be >= 0 and <= 1, got 2"),
        (lambda: mx.NAG(momentum=1.1), "NAG: momentum must be >= 0 and <= 1"),
        (lambda: mx.LARS(momentum=90), "LARS: momentum must be >= 0 and <= 1"),
        (lambda: mx.StepwiseSignum(momentum=2), "momentum must be >= 0 and <= 1"),
        (lambda: mx.StepwiseDCASGD(momentum=2), "momentum must be >= 0 and <= 1"),
        (lambda: mx.StepwiseRMSProp(momentum=2), "momentum must be >= 0 and <= 1"),
        (lambda: mx.Momentum.Fixed(2), "momentum must be >= 0 and <= 1"),
        (lambda: scheduled(1.5), "gave 1.5 as momentum; a finite number >= 0 and <= 1"),
        (lambda: mx.LAMB(lower_bound=2, upper_bound=1), "lower_bound=2 is above upper_bound=1"),
        (lambda: mx.LearningRate.Cosine(0.1, final_lr=1), "final_lr=1 is above base_lr=0.1"),
        (lambda: mx.LearningRate.Polynomial(0.1, final_lr=1), "final_lr=1 is above base_lr=0.1"),
        (lambda: mx.LearningRate.Cosine(1, warmup=4, n_epoch=4), "warmup=4 leaves none of n_epoch"),
        (taken_by("clip", a_min=2, a_max=1), "clip: a_min=2 is above a_max=1"),
        (taken_by("BatchNorm", eps=-1), "BatchNorm: eps must be >= 0"),
        (taken_by("BatchNorm", momentum=2), "BatchNorm: momentum must be >= 0 and <= 1"),
        (taken_by("LayerNorm", eps=-1), "LayerNorm: eps must be >= 0"),
        (taken_by("GroupNorm", eps=-1), "GroupNorm: eps must be >= 0"),
        (taken_by("InstanceNorm", eps=-1), "InstanceNorm: eps must be >= 0"),
        (taken_by("L2Normalization", eps=-1), "L2Normalization: eps must be >= 0"),
        (taken_by("LRN", nsize=3, knorm=-1), "LRN: knorm must be >= 0"),
        (taken_by("LRN", nsize=3, alpha=-1), "LRN: alpha must be >= 0"),
        (taken_by("MultiBoxPrior", sizes=(0,)), "sizes must be > 0"),
        (taken_by("MultiBoxPrior", ratios=(0,)), "ratios must be > 0"),
        (lambda: mx.MultiBoxTarget(variances=(0, 0, 1, 1)), "variances must be > 0"),
        (lambda: mx.mxnet.image.random_crop(IMAGE, (0, 2)), "random_crop: lengths must be at"),
        (lambda: mx.mxnet.image.center_crop(IMAGE, (2, -1)), "center_crop: lengths must be at"),
        (lambda: mx.mxnet.image.resize_short(IMAGE, 0), "resize_short: lengths must be at least 1"),
        (
            lambda: mx.mxnet.image.random_size_crop(IMAGE, (2, 2), -1, (1, 2)),
            "random_size_crop: parts of an area and ratios are positive, got area=-1",
        ),
        (
            lambda: mx.mxnet.image.random_size_crop(IMAGE, (2, 2), 1, (-1, 2)),
            r"ratios are positive, got area=1, ratio=\(-1, 2\)",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, told):
    with pytest.raises(mx.MXError, match=told):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: mx.mxnet.lr_scheduler.FactorScheduler(step=1, factor=-0.5),
        lambda: mx.mxnet.lr_scheduler.MultiFactorScheduler(step=[1], factor=-0.5),
        lambda: mx.mxnet.lr_scheduler.PolyScheduler(max_update=3, pwr=-1),
    ],
)
def test_a_rate_falls_and_stays_positive(make):
    with pytest.raises(ValueError, match=r"(factor|pwr) must be .* so that the rate falls"):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: mx.SGD(momentum=1),
        lambda: mx.LearningRate.Cosine(0.1, final_lr=0.1),
        lambda: mx.LAMB(lower_bound=2),
        lambda: mx.LAMB(lower_bound=1, upper_bound=1),
        taken_by("clip", a_min=1, a_max=1),
        taken_by("BatchNorm", eps=0, momentum=1),
    ],
)
def test_the_limits_themselves_are_fine(make):
    make()


def test_a_warm_up_as_long_as_the_schedule_ends_in_its_rate():
    schedule = mx.mxnet.lr_scheduler.PolyScheduler(max_update=2, warmup_steps=2, base_lr=1.0)
    assert [schedule(number) for number in range(4)] == [0, 0.5, 1, 1]


@pytest.mark.parametrize("clip", [None, 0, -1])
def test_gradients_are_not_clipped_at_less_than_nothing(clip):
    optimizer = mx.mxnet.optimizer.SGD(learning_rate=0.5, clip_gradient=clip)
    weight, gradient = mx.mxnet.nd.array([1.0]), mx.mxnet.nd.array([4.0])
    optimizer.update(0, weight, gradient, optimizer.create_state(0, weight))
    assert weight.asnumpy().tolist() == [-1]


def test_the_momentum_of_lars_follows_a_rate_that_rises():
    optimizer = mx.mxnet.optimizer.LARS(learning_rate=0.1, momentum=0.9, param_idx2name={0: "bias"})
    weight, gradient = mx.mxnet.nd.array([1.0]), mx.mxnet.nd.array([1.0])
    state = optimizer.create_state(0, weight)
    optimizer.update(0, weight, gradient, state)
    optimizer.set_learning_rate(1.0)
    optimizer.update(0, weight, gradient, state)
    assert weight.asnumpy().round(4).tolist() == [round(1 - 0.1 - (9 * 0.1 + 1), 4)]
