"""What does not fit a layer: always an error of symnet's that names the node and says why.

None may come out of torch, where nobody would know which layer it is about.
"""

from typing import Any, NamedTuple

import pytest
from op_testing import function_of

import symnet as mx

IMAGES = (2, 3, 4, 4)


class Wrong(NamedTuple):
    """An operator that is given shapes that do not fit.

    Args:
        op: its name.
        params: its parameters.
        shapes: the shapes of its first inputs.
        message: what the error must say, as a regular expression.
    """

    op: str
    params: dict[str, Any]
    shapes: list[tuple[int, ...]]
    message: str

    def symbol(self) -> mx.SymbolicNode:
        inputs = [mx.Variable(f"in{place}") for place in range(len(self.shapes))]
        return function_of(self.op)(*inputs, **self.params, name="n")

    def known(self) -> dict[str, tuple[int, ...]]:
        return {f"in{place}": shape for place, shape in enumerate(self.shapes)}


def window(**params):
    return {"kernel": (2, 2), "num_filter": 2, **params}


def enlarged(**params):
    return {"scale": 2, "sample_type": "nearest", **params}


images = r"must be \(batch, channels, height, width\), got"
SHAPES = [
    Wrong("BatchNorm", {}, [(3,)], r"data must be \(batch, channels, …\), got \(3,\)"),
    Wrong(
        "BatchNorm", {}, [(4, 3), (4,)], r"gamma should have shape \(3,\), but 'in1' has .*\(4,\)"
    ),
    Wrong("LRN", {"nsize": 3}, [(2, 3)], f"data {images}"),
    Wrong("LeakyReLU", {"act_type": "prelu"}, [(3,)], r"prelu wants data of shape \(batch, chan"),
    Wrong("LeakyReLU", {"act_type": "prelu"}, [(2, 3), (2,)], r"gamma should have shape \(3,\)"),
    Wrong("SoftmaxActivation", {}, [(3,)], r"data must be \(batch, channels, …\), got \(3,\)"),
    Wrong("SoftmaxActivation", {"mode": "channel"}, [(3,)], r"must be \(batch, channels, …\)"),
    Wrong("LinearRegressionOutput", {}, [(2, 3), (2,)], r"label should have shape \(2, 3\)"),
    Wrong("LogisticRegressionOutput", {}, [(2, 3), (3, 2)], r"label should have shape \(2, 3\)"),
    Wrong("MAERegressionOutput", {}, [(2, 1), (3,)], r"label should have shape \(2,\)"),
    Wrong(
        "Reshape", {"shape": (5, -1)}, [(2, 3)], r"\(2, 3\) has 6 elements, .* not fit \(5, -1\)"
    ),
    Wrong("Reshape", {"shape": (2, 4)}, [(2, 3)], r"6 elements, which do not fit \(2, 4\)"),
    Wrong("Reshape", {"shape": (-1, -1)}, [(2, 3)], r"at most one length of \(-1, -1\)"),
    Wrong("Reshape", {"shape": (0, 0, 0)}, [(2, 3)], "the code 0 of .* finds no axis left"),
    Wrong("Reshape", {"shape": (-4, 3)}, [(6, 1)], "the code -4 wants two lengths after it"),
    Wrong("Reshape", {"shape": (-4, 4, -1, 0)}, [(6, 1)], "cannot split 6 into 4 times -1"),
    Wrong("Reshape", {"shape": (-4, -1, -1, 0)}, [(6, 1)], "cannot split 6 into -1 times -1"),
    Wrong("Reshape", {"shape": (-4, -2, -3, 0)}, [(6, 1)], "cannot split 6 into -2 times -3"),
    Wrong("Reshape", {"shape": (-4, -1, 0, 0)}, [(6, 1)], "cannot split 6 into -1 times 0"),
    Wrong("Reshape", {"target_shape": (0, 0)}, [(2, 3)], r"at most one length of \(-1, -1\)"),
    Wrong("Reshape", {"target_shape": (4, 0)}, [(2, 3)], "6 elements, which do not fit"),
    Wrong("SwapAxis", {"dim1": 0, "dim2": 2}, [(2, 3)], r"data of shape \(2, 3\) has no axis 2"),
    Wrong("SwapAxis", {"dim1": -3}, [(2, 3)], r"data of shape \(2, 3\) has no axis -3"),
    Wrong("Concat", {}, [(2, 3), (3, 3)], "all axes but axis 1 must agree"),
    Wrong("Concat", {}, [(2, 3), (2, 3, 1)], "argument 1 of shape .* does not fit argument 0"),
    Wrong("Concat", {"dim": 2}, [(2, 3), (2, 3)], "dim=2 is no axis of an array with 2 axes"),
    Wrong("Concat", {"dim": -3}, [(2, 3), (2, 3)], "dim=-3 is no axis"),
    Wrong("Concat", {}, [(3,), (3,)], "dim=1 is no axis of an array with 1 axes"),
    Wrong("SliceChannel", {"num_outputs": 2}, [(2, 3)], "of length 3, cannot be cut into 2 equal"),
    Wrong("SliceChannel", {"num_outputs": 2, "axis": 2}, [(2, 3)], "axis=2 is no axis"),
    Wrong("SliceChannel", {"num_outputs": 2, "axis": -3}, [(2, 3)], "axis=-3 is no axis"),
    Wrong(
        "SliceChannel",
        {"num_outputs": 2, "squeeze_axis": True},
        [(2, 4)],
        "parts of length 1, these have length 2",
    ),
    Wrong("Crop", {"h_w": (2, 2)}, [(2, 3)], f"inputs {images}"),
    Wrong("Crop", {"h_w": (5, 2)}, [IMAGES], r"a window of \(5, 2\) at \(0, 0\) does not fit"),
    Wrong(
        "Crop", {"h_w": (2, 2), "offset": (0, 3)}, [IMAGES], r"\(2, 2\) at \(0, 3\) does not fit"
    ),
    Wrong("Crop", {"h_w": (5, 5), "center_crop": True}, [IMAGES], "does not fit images"),
    Wrong("Crop", {}, [IMAGES, (1, 1, 5, 1)], r"a window of \(5, 1\) at \(0, 0\) does not fit"),
    Wrong("Crop", {}, [IMAGES, (1, 1)], f"inputs {images}"),
    Wrong("Embedding", {"input_dim": 3, "output_dim": 2}, [(4,), (2, 3)], r"shape \(3, 2\), but"),
    Wrong("IdentityAttachKLSparseReg", {}, [(3,)], r"data must be \(batch, channels, …\), got"),
    Wrong("Deconvolution", window(), [(2, 3)], f"data {images}"),
    Wrong("Deconvolution", window(num_group=2), [IMAGES], "3 channels .* by num_group=2"),
    Wrong("Deconvolution", window(pad=(3, 3)), [IMAGES], r"pad \(3, 3\) cuts off the whole output"),
    Wrong("Deconvolution", window(target_shape=(6, 6)), [IMAGES], "is larger than the output"),
    Wrong("Deconvolution", window(target_shape=(4, 3)), [IMAGES], "an odd number off"),
    Wrong(
        "Deconvolution", window(), [IMAGES, (2, 3, 2, 2)], r"weight should have .*\(3, 2, 2, 2\)"
    ),
    Wrong("UpSampling", enlarged(), [(2, 3)], f"inputs {images}"),
    Wrong("UpSampling", enlarged(), [IMAGES, (2, 3, 3, 3)], "cannot be enlarged to"),
    Wrong("UpSampling", enlarged(), [IMAGES, (2, 3, 4, 2)], "cannot be enlarged to"),
    Wrong("UpSampling", enlarged(), [IMAGES, (1, 3, 4, 4)], "argument 1 of .* does not fit"),
    Wrong(
        "UpSampling",
        enlarged(multi_input_mode="sum"),
        [IMAGES, (2, 1, 4, 4)],
        r"argument 1 of shape \(2, 1, 4, 4\) does not fit",
    ),
    Wrong(
        "UpSampling",
        enlarged(sample_type="bilinear", num_filter=2, num_args=2),
        [IMAGES],
        "num_filter=2 must be the 3 channels of data",
    ),
    Wrong(
        "UpSampling",
        enlarged(sample_type="bilinear", num_filter=3, num_args=2),
        [(2, 3)],
        f"data {images}",
    ),
]


@pytest.mark.parametrize("wrong", SHAPES, ids=lambda w: f"{w.op}-{w.params}-{w.shapes}")
def test_shapes_that_do_not_fit(wrong: Wrong):
    symbol = wrong.symbol()
    with pytest.raises(mx.ShapeError, match=wrong.message) as caught:
        symbol.infer_shape(**wrong.known())
    assert str(caught.value).startswith(f"{wrong.op} 'n': ")
    assert f"{wrong.op}(" in str(caught.value)
    with pytest.raises(mx.ShapeError, match=wrong.message):
        mx.simple_bind(symbol, **wrong.known())


# -- parameters ------------------------------------------------------------------------------------

PARAMS = [
    ("_contrib_SyncBatchNorm", {"key": "bn", "ndev": 2}, "ndev must be .*<= 1"),
    ("Pooling", {"kernel": (2,), "pool_type": "lp"}, "pool_type='lp' needs p_value"),
    ("Pooling", {"kernel": (2,), "pool_type": "lp", "p_value": 4}, "p_value must be .*<= 3"),
    (
        "Pooling",
        {"kernel": (2,), "pooling_convention": "same", "pad": (1,)},
        r"pooling_convention='same' pads by itself, got pad \(1,\)",
    ),
    ("Pooling_v1", {"kernel": (2,)}, r"kernel must be \(height, width\), got \(2,\)"),
    ("Pooling_v1", {}, "missing parameter 'kernel'"),
    ("LRN", {}, "missing parameter 'nsize'"),
    ("LRN", {"nsize": 4}, "nsize must be odd, got 4"),
    ("LeakyReLU", {"act_type": "relu"}, "act_type must be"),
    (
        "LeakyReLU",
        {"act_type": "rrelu", "lower_bound": 0.5, "upper_bound": 0.25},
        "lower_bound=0.5 must not be above upper_bound=0.25",
    ),
    ("SoftmaxActivation", {"mode": "row"}, "mode must be"),
    ("LinearRegressionOutput", {"scale": 1}, "unknown parameter 'scale'.*grad_scale"),
    ("Reshape", {}, "missing parameter 'shape'"),
    ("Reshape", {"shape": (-5, 2)}, "shape must be >= -4"),
    ("Cast", {}, "missing parameter 'dtype'"),
    ("Cast", {"dtype": "complex64"}, "dtype must be"),
    ("Concat", {"num_args": 0}, "num_args must be >= 1"),
    ("SoftmaxOutput", {"smooth_alpha": 1.5}, "smooth_alpha must be .*<= 1"),
    ("SliceChannel", {"num_outputs": 0}, "num_outputs must be >= 1"),
    ("Crop", {"num_args": 1}, r"h_w must be at least \(1, 1\)"),
    ("Crop", {"num_args": 3}, "num_args must be .*<= 2"),
    ("Crop", {"num_args": 1, "h_w": (2,)}, r"h_w must be \(height, width\), got \(2,\)"),
    ("Crop", {"num_args": 1, "h_w": (2, 2), "offset": (-1, 0)}, "offset must be >= 0"),
    ("Dropout", {"p": 1.5}, "p must be .*<= 1"),
    ("Dropout", {"p": -0.5}, "p must be >= 0"),
    ("Embedding", {"input_dim": 0, "output_dim": 1}, "input_dim must be >= 1"),
    ("Embedding", {"input_dim": 1}, "missing parameter 'output_dim'"),
    ("IdentityAttachKLSparseReg", {"sparseness_target": 2}, "sparseness_target must be .*<= 1"),
    ("Deconvolution", window(kernel=()), r"kernel must be .*\(height, width\) or .*, got \(\)"),
    ("Deconvolution", window(kernel=(2, 2, 2, 2)), r"kernel must be .*, got \(2, 2, 2, 2\)"),
    ("Deconvolution", window(pad=(2,)), r"pad must be \(height, width\), got \(2,\)"),
    ("Deconvolution", window(layout="NWC"), r"layout='NWC' has 1 spatial axes, the kernel 2"),
    ("Deconvolution", window(num_group=3), "num_filter=2 must be divisible by num_group=3"),
    ("Deconvolution", window(adj=(1, 0)), r"adj \(1, 0\) must be less than the stride \(1, 1\)"),
    (
        "Deconvolution",
        window(target_shape=(4, 0)),
        "target_shape must be all zeros or none",
    ),
    ("UpSampling", {"num_args": 1, "sample_type": "nearest"}, "missing parameter 'scale'"),
    ("UpSampling", enlarged(num_args=1, scale=0), "scale must be >= 1"),
    ("UpSampling", enlarged(num_args=1, sample_type="bilinear"), "bilinear takes num_args=2"),
    ("BlockGrad", {"p": 1}, r"unknown parameter 'p' \(there are: none\)"),
    ("identity", {"p": 1}, "unknown parameter 'p'"),
]


@pytest.mark.parametrize(("op", "params", "message"), PARAMS)
def test_parameters_that_are_wrong(op, params, message):
    with pytest.raises(mx.ParameterError, match=f"^{op}: .*{message}"):
        function_of(op)(name="n", **params)


# -- element types ---------------------------------------------------------------------------------

FLOATS = [
    ("BatchNorm", {}),
    ("LRN", {"nsize": 3}),
    ("LeakyReLU", {}),
    ("SoftmaxActivation", {}),
    ("LinearRegressionOutput", {}),
    ("LogisticRegressionOutput", {}),
    ("MAERegressionOutput", {}),
    ("Dropout", {}),
    ("IdentityAttachKLSparseReg", {}),
    ("Deconvolution", window()),
    ("Convolution", window()),
    ("FullyConnected", {"num_hidden": 2}),
    ("Activation", {"act_type": "relu"}),
    ("SoftmaxOutput", {}),
]


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool"])
@pytest.mark.parametrize(("op", "params"), FLOATS)
def test_integers_where_only_floats_will_do(op, params, dtype):
    symbol = function_of(op)(mx.Variable("x"), name="n", **params)
    expected = rf"^{op} 'n': 'x' is {dtype}, but only floats will do; convert it with .*Cast"
    with pytest.raises(mx.DTypeError, match=expected):
        mx.simple_bind(symbol, dtypes={"x": dtype}, x=IMAGES)


MIXED = [
    ("BatchNorm", {}, {"x": "float32", "n_gamma": "float64"}),
    ("LeakyReLU", {"act_type": "prelu"}, {"x": "float16", "n_gamma": "float32"}),
    ("Deconvolution", window(), {"x": "bfloat16", "n_weight": "float16"}),
]


@pytest.mark.parametrize(("op", "params", "dtypes"), MIXED)
def test_types_that_differ(op, params, dtypes):
    symbol = function_of(op)(mx.Variable("x"), name="n", **params)
    (_, first), (name, second) = dtypes.items()
    message = f"^{op} 'n': 'x' is {first}, but '{name}' is {second}; convert one of them"
    with pytest.raises(mx.DTypeError, match=message):
        mx.simple_bind(symbol, dtypes=dtypes, x=IMAGES)


@pytest.mark.parametrize("op", ["Concat", "Crop", "UpSampling"])
def test_types_of_several_inputs_that_differ(op):
    params = {"UpSampling": {"scale": 1, "sample_type": "nearest"}}.get(op, {})
    x, y = mx.array([[[[1.0]]]]), mx.array([[[[1.0]]]], dtype="float64")
    with pytest.raises(mx.DTypeError, match=f"^{op} .*'arg0' is float32, but 'arg1' is float64"):
        function_of(op)(x, y, **params)


def test_states_share_the_type():
    arrays = {"data": mx.ones(2, 3), "n_gamma": mx.ones(3), "n_beta": mx.ones(3)}
    states = {
        "n_moving_mean": mx.zeros(3),
        "n_moving_var": mx.zeros(3, dtype="float64"),
    }
    symbol = function_of("BatchNorm")(mx.Variable("data"), name="n")
    with pytest.raises(mx.DTypeError, match="'n_moving_var' is float64"):
        mx.bind(symbol, mx.cpu(), arrays, aux_states=states)


# -- nothing at all --------------------------------------------------------------------------------

EMPTY = [
    *FLOATS,
    ("BlockGrad", {}),
    ("Cast", {"dtype": "float16"}),
    ("Reshape", {"shape": (0, -1)}),
    ("SwapAxis", {"dim1": 0, "dim2": 1}),
    ("SliceChannel", {"num_outputs": 1}),
    ("Embedding", {"input_dim": 2, "output_dim": 2}),
    ("identity", {}),
    ("Pooling", {"kernel": (2, 2), "pool_type": "max"}),
]


@pytest.mark.parametrize(("op", "params"), EMPTY)
def test_an_empty_batch(op, params):
    symbol = function_of(op)(mx.Variable("x"), name="n", **params)
    message = r"'x' is empty: its shape is \(0, 3, 4, 4\) \(given\)"
    with pytest.raises(mx.ShapeError, match=message):
        mx.simple_bind(symbol, x=(0, *IMAGES[1:]))


@pytest.mark.parametrize("op", ["Concat", "Crop", "UpSampling"])
def test_an_empty_batch_among_several(op):
    params = {"UpSampling": {"scale": 1, "sample_type": "nearest"}}.get(op, {})
    symbol = function_of(op)(mx.Variable("x"), mx.Variable("y"), name="n", **params)
    with pytest.raises(mx.ShapeError, match="'x' is empty"):
        mx.simple_bind(symbol, x=(0, *IMAGES[1:]), y=(0, *IMAGES[1:]))
