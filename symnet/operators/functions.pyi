"""Types of the operators' functions, written by `make stubs`."""

from collections.abc import Mapping, Sequence
from typing import Literal, overload

from ..ndarray import NDArray
from ..symbol import SymbolicNode

__all__ = [
    "LRN",
    "RNN",
    "Activation",
    "AdaptiveAvgPooling2D",
    "BatchNorm",
    "BatchNorm_v1",
    "BilinearResize2D",
    "BilinearSampler",
    "BlockGrad",
    "CTCLoss",
    "Cast",
    "Concat",
    "Convolution",
    "Correlation",
    "Crop",
    "Deconvolution",
    "DeformableConvolution",
    "DeformablePSROIPooling",
    "Dropout",
    "ElementWiseSum",
    "Embedding",
    "Flatten",
    "FullyConnected",
    "GridGenerator",
    "GroupNorm",
    "IdentityAttachKLSparseReg",
    "InstanceNorm",
    "L2Normalization",
    "LayerNorm",
    "LeakyReLU",
    "LinearRegressionOutput",
    "LogisticRegressionOutput",
    "MAERegressionOutput",
    "MakeLoss",
    "ModulatedDeformableConvolution",
    "MultiBoxDetection",
    "MultiBoxPrior",
    "MultiBoxTarget",
    "MultiProposal",
    "PSROIPooling",
    "Pad",
    "Pooling",
    "Pooling_v1",
    "Proposal",
    "ROIAlign",
    "ROIPooling",
    "Reshape",
    "SVMOutput",
    "SequenceLast",
    "SequenceMask",
    "SequenceReverse",
    "SliceChannel",
    "Softmax",
    "SoftmaxActivation",
    "SoftmaxOutput",
    "SpatialTransformer",
    "SwapAxis",
    "UpSampling",
    "abs",
    "amp_cast",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "argmax",
    "argmax_channel",
    "argmin",
    "argsort",
    "batch_dot",
    "batch_take",
    "bipartite_matching",
    "box_decode",
    "box_encode",
    "box_iou",
    "box_nms",
    "box_non_maximum_suppression",
    "broadcast_add",
    "broadcast_axis",
    "broadcast_div",
    "broadcast_equal",
    "broadcast_greater",
    "broadcast_greater_equal",
    "broadcast_hypot",
    "broadcast_lesser",
    "broadcast_lesser_equal",
    "broadcast_like",
    "broadcast_logical_and",
    "broadcast_logical_or",
    "broadcast_logical_xor",
    "broadcast_maximum",
    "broadcast_minimum",
    "broadcast_mod",
    "broadcast_mul",
    "broadcast_not_equal",
    "broadcast_power",
    "broadcast_sub",
    "broadcast_to",
    "cbrt",
    "ceil",
    "choose_element_0index",
    "clip",
    "col2im",
    "contrib_AdaptiveAvgPooling2D",
    "contrib_BilinearResize2D",
    "contrib_DeformableConvolution",
    "contrib_DeformablePSROIPooling",
    "contrib_ModulatedDeformableConvolution",
    "contrib_MultiBoxDetection",
    "contrib_MultiBoxPrior",
    "contrib_MultiBoxTarget",
    "contrib_MultiProposal",
    "contrib_PSROIPooling",
    "contrib_Proposal",
    "contrib_ROIAlign",
    "contrib_bipartite_matching",
    "contrib_box_decode",
    "contrib_box_encode",
    "contrib_box_iou",
    "contrib_box_nms",
    "contrib_box_non_maximum_suppression",
    "cos",
    "cosh",
    "cumsum",
    "degrees",
    "depth_to_space",
    "diag",
    "dot",
    "elemwise_add",
    "elemwise_div",
    "elemwise_mul",
    "elemwise_sub",
    "erf",
    "erfinv",
    "exp",
    "expand_dims",
    "expm1",
    "fill_element_0index",
    "fix",
    "floor",
    "gamma",
    "gammaln",
    "gather_nd",
    "hard_sigmoid",
    "identity",
    "im2col",
    "khatri_rao",
    "linalg_det",
    "linalg_extractdiag",
    "linalg_extracttrian",
    "linalg_gelqf",
    "linalg_gemm",
    "linalg_gemm2",
    "linalg_inverse",
    "linalg_makediag",
    "linalg_maketrian",
    "linalg_potrf",
    "linalg_potri",
    "linalg_slogdet",
    "linalg_sumlogdiag",
    "linalg_syevd",
    "linalg_syrk",
    "linalg_trmm",
    "linalg_trsm",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logical_not",
    "make_loss",
    "max",
    "mean",
    "min",
    "moments",
    "nanprod",
    "nansum",
    "negative",
    "norm",
    "normal",
    "one_hot",
    "ones_like",
    "pick",
    "prod",
    "radians",
    "random_exponential",
    "random_gamma",
    "random_generalized_negative_binomial",
    "random_negative_binomial",
    "random_normal",
    "random_poisson",
    "random_randint",
    "random_uniform",
    "ravel_multi_index",
    "rcbrt",
    "reciprocal",
    "relu",
    "repeat",
    "reshape_like",
    "reverse",
    "rint",
    "round",
    "rsqrt",
    "sample_exponential",
    "sample_gamma",
    "sample_generalized_negative_binomial",
    "sample_multinomial",
    "sample_negative_binomial",
    "sample_normal",
    "sample_poisson",
    "sample_uniform",
    "scatter_nd",
    "shape_array",
    "shuffle",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "size_array",
    "slice",
    "slice_axis",
    "slice_like",
    "smooth_l1",
    "softmax",
    "softmax_cross_entropy",
    "softmin",
    "softsign",
    "sort",
    "space_to_depth",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "sum",
    "take",
    "tan",
    "tanh",
    "tile",
    "topk",
    "transpose",
    "trunc",
    "uniform",
    "unravel_index",
    "where",
    "zeros_like",
]

@overload
def Softmax(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    normalization: Literal["null", "batch", "valid"] = "null",
    preserve_shape: bool = False,
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Softmax of the scores; going back, the gradient of the cross-entropy with the labels."""

@overload
def Softmax(
    data: NDArray,
    label: NDArray,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    normalization: Literal["null", "batch", "valid"] = "null",
    preserve_shape: bool = False,
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Softmax of the scores; going back, the gradient of the cross-entropy with the labels."""

@overload
def Activation(
    data: SymbolicNode | None = None,
    *,
    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Apply an activation function to every element."""

@overload
def Activation(
    data: NDArray,
    act_type: Literal["relu", "sigmoid", "softrelu", "softsign", "tanh"],
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Apply an activation function to every element."""

def BatchNorm(
    data: SymbolicNode | None = None,
    gamma: SymbolicNode | None = None,
    beta: SymbolicNode | None = None,
    *,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    axis: int = 1,
    cudnn_off: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Normalise each channel to mean 0 and variance 1, then scale by gamma and shift by beta."""

def BatchNorm_v1(
    data: SymbolicNode | None = None,
    gamma: SymbolicNode | None = None,
    beta: SymbolicNode | None = None,
    *,
    eps: float = 0.001,
    momentum: float = 0.9,
    fix_gamma: bool = True,
    use_global_stats: bool = False,
    output_mean_var: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """BatchNorm over axis 1, as MXNet had it before 0.12; the output var is the variance itself."""

@overload
def BilinearSampler(
    data: SymbolicNode | None = None,
    grid: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Read images at the points of a grid, between the pixels."""

@overload
def BilinearSampler(
    data: NDArray,
    grid: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Read images at the points of a grid, between the pixels."""

@overload
def BlockGrad(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pass the data on, and no gradient back."""

@overload
def BlockGrad(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Pass the data on, and no gradient back."""

@overload
def CTCLoss(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    data_lengths: SymbolicNode | None = None,
    label_lengths: SymbolicNode | None = None,
    *,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Connectionist temporal classification: −log of the probability of the labels, by sequence."""

@overload
def CTCLoss(
    data: NDArray,
    label: NDArray,
    data_lengths: NDArray | None = None,
    label_lengths: NDArray | None = None,
    *,
    use_data_lengths: bool = False,
    use_label_lengths: bool = False,
    blank_label: Literal["first", "last"] = "first",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Connectionist temporal classification: −log of the probability of the labels, by sequence."""

@overload
def Cast(
    data: SymbolicNode | None = None,
    *,
    dtype: Literal[
        "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64", "bool"
    ],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Convert to another element type; floats become integers by truncation."""

@overload
def Cast(
    data: NDArray,
    dtype: Literal[
        "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64", "bool"
    ],
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Convert to another element type; floats become integers by truncation."""

@overload
def Concat(
    *args: SymbolicNode,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Join inputs along one axis; their other axes must agree."""

@overload
def Concat(
    *args: NDArray,
    num_args: int = ...,
    dim: int = 1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Join inputs along one axis; their other axes must agree."""

@overload
def Convolution(
    data: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    bias: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    num_filter: int,
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_group: int = 1,
    workspace: int = 512,
    no_bias: bool = False,
    layout: Literal["NCW", "NWC", "NCHW", "NHWC", "NCDHW", "NDHWC"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cross-correlate images with learned filters, then add a bias to each channel."""

@overload
def Convolution(
    data: NDArray,
    weight: NDArray,
    bias: NDArray | None = None,
    *,
    kernel: tuple[int, ...],
    num_filter: int,
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_group: int = 1,
    workspace: int = 512,
    no_bias: bool = False,
    layout: Literal["NCW", "NWC", "NCHW", "NHWC", "NCDHW", "NDHWC"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Cross-correlate images with learned filters, then add a bias to each channel."""

@overload
def Correlation(
    data1: SymbolicNode | None = None,
    data2: SymbolicNode | None = None,
    *,
    kernel_size: int = 1,
    max_displacement: int = 1,
    stride1: int = 1,
    stride2: int = 1,
    pad_size: int = 0,
    is_multiply: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Compare each patch of one image with those around the same place in another."""

@overload
def Correlation(
    data1: NDArray,
    data2: NDArray,
    kernel_size: int = 1,
    max_displacement: int = 1,
    stride1: int = 1,
    stride2: int = 1,
    pad_size: int = 0,
    is_multiply: bool = True,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Compare each patch of one image with those around the same place in another."""

@overload
def Crop(
    *args: SymbolicNode,
    num_args: int = ...,
    offset: tuple[int, ...] = (0, 0),
    h_w: tuple[int, ...] = (0, 0),
    center_crop: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cut a window of a given size, or of the second input's size, out of images."""

@overload
def Crop(
    *args: NDArray,
    num_args: int = ...,
    offset: tuple[int, ...] = (0, 0),
    h_w: tuple[int, ...] = (0, 0),
    center_crop: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Cut a window of a given size, or of the second input's size, out of images."""

@overload
def Deconvolution(
    data: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    bias: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    num_filter: int,
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    adj: tuple[int, ...] = (),
    target_shape: tuple[int, ...] = (),
    num_group: int = 1,
    workspace: int = 512,
    no_bias: bool = True,
    layout: Literal["NCW", "NWC", "NCHW", "NHWC", "NCDHW", "NDHWC"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The gradient of a Convolution with respect to its data, as a layer."""

@overload
def Deconvolution(
    data: NDArray,
    weight: NDArray,
    bias: NDArray | None = None,
    *,
    kernel: tuple[int, ...],
    num_filter: int,
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    adj: tuple[int, ...] = (),
    target_shape: tuple[int, ...] = (),
    num_group: int = 1,
    workspace: int = 512,
    no_bias: bool = True,
    layout: Literal["NCW", "NWC", "NCHW", "NHWC", "NCDHW", "NDHWC"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """The gradient of a Convolution with respect to its data, as a layer."""

@overload
def Dropout(
    data: SymbolicNode | None = None,
    *,
    p: float = 0.5,
    mode: Literal["training", "always"] = "training",
    axes: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Set a random fraction of the values to zero in training, and scale the others up."""

@overload
def Dropout(
    data: NDArray,
    p: float = 0.5,
    mode: Literal["training", "always"] = "training",
    axes: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Set a random fraction of the values to zero in training, and scale the others up."""

@overload
def ElementWiseSum(
    *args: SymbolicNode,
    num_args: int = ...,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sum of any number of equally shaped inputs."""

@overload
def ElementWiseSum(
    *args: NDArray,
    num_args: int = ...,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Sum of any number of equally shaped inputs."""

@overload
def Embedding(
    data: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    *,
    input_dim: int,
    output_dim: int,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Look up a row of a matrix for each index."""

@overload
def Embedding(
    data: NDArray,
    weight: NDArray,
    input_dim: int,
    output_dim: int,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Look up a row of a matrix for each index."""

@overload
def Flatten(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Flatten all axes after the first: (batch, d1, d2, …) becomes (batch, d1·d2·…)."""

@overload
def Flatten(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Flatten all axes after the first: (batch, d1, d2, …) becomes (batch, d1·d2·…)."""

@overload
def FullyConnected(
    data: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    bias: SymbolicNode | None = None,
    *,
    num_hidden: int,
    no_bias: bool = False,
    flatten: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Multiply the flattened input by a weight matrix, then add a bias."""

@overload
def FullyConnected(
    data: NDArray,
    weight: NDArray,
    bias: NDArray | None = None,
    *,
    num_hidden: int,
    no_bias: bool = False,
    flatten: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Multiply the flattened input by a weight matrix, then add a bias."""

@overload
def GridGenerator(
    data: SymbolicNode | None = None,
    *,
    transform_type: Literal["affine", "warp"],
    target_shape: tuple[int, ...] = (0, 0),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Make a grid of points for `BilinearSampler`, from affine maps or from a flow."""

@overload
def GridGenerator(
    data: NDArray,
    transform_type: Literal["affine", "warp"],
    target_shape: tuple[int, ...] = (0, 0),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Make a grid of points for `BilinearSampler`, from affine maps or from a flow."""

@overload
def GroupNorm(
    data: SymbolicNode | None = None,
    gamma: SymbolicNode | None = None,
    beta: SymbolicNode | None = None,
    *,
    num_groups: int = 1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Normalise each group of channels to mean 0 and variance 1, then scale and shift each group."""

@overload
def GroupNorm(
    data: NDArray,
    gamma: NDArray,
    beta: NDArray,
    num_groups: int = 1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Normalise each group of channels to mean 0 and variance 1, then scale and shift each group."""

def IdentityAttachKLSparseReg(
    data: SymbolicNode | None = None,
    *,
    sparseness_target: float = 0.1,
    penalty: float = 0.001,
    momentum: float = 0.9,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pass the data on, and add to its gradient a pull towards a mean activation of rho."""

@overload
def InstanceNorm(
    data: SymbolicNode | None = None,
    gamma: SymbolicNode | None = None,
    beta: SymbolicNode | None = None,
    *,
    eps: float = 0.001,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Normalise each channel of each sample to mean 0 and variance 1, then scale and shift."""

@overload
def InstanceNorm(
    data: NDArray,
    gamma: NDArray,
    beta: NDArray,
    eps: float = 0.001,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Normalise each channel of each sample to mean 0 and variance 1, then scale and shift."""

@overload
def L2Normalization(
    data: SymbolicNode | None = None,
    *,
    eps: float = 1e-10,
    mode: Literal["instance", "channel", "spatial"] = "instance",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide by the Euclidean norm: of a sample, of each position's channels, or of each channel."""

@overload
def L2Normalization(
    data: NDArray,
    eps: float = 1e-10,
    mode: Literal["instance", "channel", "spatial"] = "instance",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide by the Euclidean norm: of a sample, of each position's channels, or of each channel."""

@overload
def LRN(
    data: SymbolicNode | None = None,
    *,
    nsize: int,
    alpha: float = 0.0001,
    beta: float = 0.75,
    knorm: float = 2.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide by the mean square over neighbouring channels."""

@overload
def LRN(
    data: NDArray,
    nsize: int,
    alpha: float = 0.0001,
    beta: float = 0.75,
    knorm: float = 2.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide by the mean square over neighbouring channels."""

@overload
def LayerNorm(
    data: SymbolicNode | None = None,
    gamma: SymbolicNode | None = None,
    beta: SymbolicNode | None = None,
    *,
    axis: int = -1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Normalise along one axis to mean 0 and variance 1, then scale by gamma and shift by beta."""

@overload
def LayerNorm(
    data: NDArray,
    gamma: NDArray,
    beta: NDArray,
    axis: int = -1,
    eps: float = 1e-05,
    output_mean_var: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Normalise along one axis to mean 0 and variance 1, then scale by gamma and shift by beta."""

@overload
def LeakyReLU(
    data: SymbolicNode | None = None,
    gamma: SymbolicNode | None = None,
    *,
    act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The identity above zero, something small below."""

@overload
def LeakyReLU(
    data: NDArray,
    gamma: NDArray | None = None,
    *,
    act_type: Literal["elu", "gelu", "leaky", "prelu", "rrelu", "selu"] = "leaky",
    slope: float = 0.25,
    lower_bound: float = 0.125,
    upper_bound: float = 0.334,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """The identity above zero, something small below."""

@overload
def LinearRegressionOutput(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    *,
    grad_scale: float = 1.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Output as it is; loss: half the squared error."""

@overload
def LinearRegressionOutput(
    data: NDArray,
    label: NDArray,
    grad_scale: float = 1.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Output as it is; loss: half the squared error."""

@overload
def LogisticRegressionOutput(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    *,
    grad_scale: float = 1.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sigmoid of the data; loss: its cross-entropy with the label."""

@overload
def LogisticRegressionOutput(
    data: NDArray,
    label: NDArray,
    grad_scale: float = 1.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sigmoid of the data; loss: its cross-entropy with the label."""

@overload
def MAERegressionOutput(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    *,
    grad_scale: float = 1.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Output as it is; loss: the absolute error."""

@overload
def MAERegressionOutput(
    data: NDArray,
    label: NDArray,
    grad_scale: float = 1.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Output as it is; loss: the absolute error."""

@overload
def MakeLoss(
    data: SymbolicNode | None = None,
    *,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Literal["null", "batch", "valid"] = "null",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pass the data on, and make a loss of it: its gradient is grad_scale, whatever flows back."""

@overload
def MakeLoss(
    data: NDArray,
    grad_scale: float = 1.0,
    valid_thresh: float = 0.0,
    normalization: Literal["null", "batch", "valid"] = "null",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Pass the data on, and make a loss of it: its gradient is grad_scale, whatever flows back."""

@overload
def Pad(
    data: SymbolicNode | None = None,
    *,
    mode: Literal["constant", "edge", "reflect"],
    pad_width: tuple[int, ...],
    constant_value: float = 0.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Put a border around images, of a constant, of their outermost values, or mirrored."""

@overload
def Pad(
    data: NDArray,
    mode: Literal["constant", "edge", "reflect"],
    pad_width: tuple[int, ...],
    constant_value: float = 0.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Put a border around images, of a constant, of their outermost values, or mirrored."""

@overload
def Pooling(
    data: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...] = (),
    pool_type: Literal["max", "avg", "sum", "lp"] = "max",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    global_pool: bool = False,
    pooling_convention: Literal["full", "valid", "same", "inside", "beyond"] = "full",
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Literal["NCW", "NWC", "NCHW", "NHWC", "NCDHW", "NDHWC"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Take the maximum, mean, sum or norm over windows of images."""

@overload
def Pooling(
    data: NDArray,
    kernel: tuple[int, ...] = (),
    pool_type: Literal["max", "avg", "sum", "lp"] = "max",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    global_pool: bool = False,
    pooling_convention: Literal["full", "valid", "same", "inside", "beyond"] = "full",
    p_value: int | None = None,
    count_include_pad: bool | None = None,
    layout: Literal["NCW", "NWC", "NCHW", "NHWC", "NCDHW", "NDHWC"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Take the maximum, mean, sum or norm over windows of images."""

@overload
def Pooling_v1(
    data: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...] = (),
    pool_type: Literal["max", "avg", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["full", "valid"] = "valid",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pooling of images as MXNet had it before 0.12."""

@overload
def Pooling_v1(
    data: NDArray,
    kernel: tuple[int, ...] = (),
    pool_type: Literal["max", "avg", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["full", "valid"] = "valid",
    stride: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Pooling of images as MXNet had it before 0.12."""

@overload
def RNN(
    data: SymbolicNode | None = None,
    parameters: SymbolicNode | None = None,
    state: SymbolicNode | None = None,
    state_cell: SymbolicNode | None = None,
    sequence_length: SymbolicNode | None = None,
    *,
    state_size: int,
    num_layers: int,
    bidirectional: bool = False,
    mode: Literal["rnn_relu", "rnn_tanh", "lstm", "gru"],
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Run one or more recurrent layers over sequences."""

@overload
def RNN(
    data: NDArray,
    parameters: NDArray,
    state: NDArray,
    state_cell: NDArray | None = None,
    sequence_length: NDArray | None = None,
    *,
    state_size: int,
    num_layers: int,
    bidirectional: bool = False,
    mode: Literal["rnn_relu", "rnn_tanh", "lstm", "gru"],
    p: float = 0.0,
    state_outputs: bool = False,
    projection_size: int | None = None,
    lstm_state_clip_min: float | None = None,
    lstm_state_clip_max: float | None = None,
    lstm_state_clip_nan: bool = False,
    use_sequence_length: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Run one or more recurrent layers over sequences."""

@overload
def ROIPooling(
    data: SymbolicNode | None = None,
    rois: SymbolicNode | None = None,
    *,
    spatial_scale: float,
    pooled_size: tuple[int, ...],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide each region into parts, and give the maximum of each."""

@overload
def ROIPooling(
    data: NDArray,
    rois: NDArray,
    spatial_scale: float,
    pooled_size: tuple[int, ...],
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide each region into parts, and give the maximum of each."""

@overload
def Reshape(
    data: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    target_shape: tuple[int, ...] = (),
    keep_highest: bool = False,
    reverse: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """See the data in another shape with as many elements."""

@overload
def Reshape(
    data: NDArray,
    shape: tuple[int, ...] = (),
    target_shape: tuple[int, ...] = (),
    keep_highest: bool = False,
    reverse: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """See the data in another shape with as many elements."""

@overload
def SVMOutput(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    *,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pass the scores on; going back, the gradient of the hinge loss of one class against all."""

@overload
def SVMOutput(
    data: NDArray,
    label: NDArray,
    margin: float = 1.0,
    regularization_coefficient: float = 1.0,
    use_linear: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Pass the scores on; going back, the gradient of the hinge loss of one class against all."""

@overload
def SequenceLast(
    data: SymbolicNode | None = None,
    sequence_length: SymbolicNode | None = None,
    *,
    use_sequence_length: bool = False,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Take the last step of each sequence."""

@overload
def SequenceLast(
    data: NDArray,
    sequence_length: NDArray | None = None,
    *,
    use_sequence_length: bool = False,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Take the last step of each sequence."""

@overload
def SequenceMask(
    data: SymbolicNode | None = None,
    sequence_length: SymbolicNode | None = None,
    *,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Set what comes after the end of each sequence to one value."""

@overload
def SequenceMask(
    data: NDArray,
    sequence_length: NDArray | None = None,
    *,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Set what comes after the end of each sequence to one value."""

@overload
def SequenceReverse(
    data: SymbolicNode | None = None,
    sequence_length: SymbolicNode | None = None,
    *,
    use_sequence_length: bool = False,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Turn the steps of each sequence around; what comes after its end stays."""

@overload
def SequenceReverse(
    data: NDArray,
    sequence_length: NDArray | None = None,
    *,
    use_sequence_length: bool = False,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Turn the steps of each sequence around; what comes after its end stays."""

@overload
def SliceChannel(
    data: SymbolicNode | None = None,
    *,
    num_outputs: int,
    axis: int = 1,
    squeeze_axis: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cut an array into equal parts along one axis."""

@overload
def SliceChannel(
    data: NDArray,
    num_outputs: int,
    axis: int = 1,
    squeeze_axis: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Cut an array into equal parts along one axis."""

@overload
def SoftmaxActivation(
    data: SymbolicNode | None = None,
    *,
    mode: Literal["instance", "channel"] = "instance",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Softmax as an inner layer: over all features of a sample, or over channels at each position."""

@overload
def SoftmaxActivation(
    data: NDArray,
    mode: Literal["instance", "channel"] = "instance",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Softmax as an inner layer: over all features of a sample, or over channels at each position."""

@overload
def SoftmaxOutput(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    *,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    normalization: Literal["null", "batch", "valid"] = "null",
    preserve_shape: bool = False,
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Softmax of the scores; going back, the gradient of the cross-entropy with the labels."""

@overload
def SoftmaxOutput(
    data: NDArray,
    label: NDArray,
    grad_scale: float = 1.0,
    ignore_label: float = -1.0,
    multi_output: bool = False,
    use_ignore: bool = False,
    normalization: Literal["null", "batch", "valid"] = "null",
    preserve_shape: bool = False,
    out_grad: bool = False,
    smooth_alpha: float = 0.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Softmax of the scores; going back, the gradient of the cross-entropy with the labels."""

@overload
def SpatialTransformer(
    data: SymbolicNode | None = None,
    loc: SymbolicNode | None = None,
    *,
    target_shape: tuple[int, ...] = (0, 0),
    transform_type: Literal["affine"],
    sampler_type: Literal["bilinear"],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Read images at the points of an affine map of an even grid."""

@overload
def SpatialTransformer(
    data: NDArray,
    loc: NDArray,
    *,
    target_shape: tuple[int, ...] = (0, 0),
    transform_type: Literal["affine"],
    sampler_type: Literal["bilinear"],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Read images at the points of an affine map of an even grid."""

@overload
def SwapAxis(
    data: SymbolicNode | None = None,
    *,
    dim1: int = 0,
    dim2: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Exchange two axes."""

@overload
def SwapAxis(
    data: NDArray,
    dim1: int = 0,
    dim2: int = 0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Exchange two axes."""

@overload
def UpSampling(
    *args: SymbolicNode,
    scale: int,
    sample_type: Literal["nearest", "bilinear"],
    num_args: int = ...,
    num_filter: int = 0,
    multi_input_mode: Literal["concat", "sum"] = "concat",
    workspace: int = 512,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Enlarge images by a whole factor: by repeating values, or by a learned Deconvolution."""

@overload
def UpSampling(
    *args: NDArray,
    scale: int,
    sample_type: Literal["nearest", "bilinear"],
    num_args: int = ...,
    num_filter: int = 0,
    multi_input_mode: Literal["concat", "sum"] = "concat",
    workspace: int = 512,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Enlarge images by a whole factor: by repeating values, or by a learned Deconvolution."""

@overload
def abs(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Absolute value."""

@overload
def abs(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Absolute value."""

@overload
def amp_cast(
    data: SymbolicNode | None = None,
    *,
    dtype: Literal["float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64"],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Convert floats to another element type; arrays of other types, and of float64, stay."""

@overload
def amp_cast(
    data: NDArray,
    dtype: Literal["float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64"],
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Convert floats to another element type; arrays of other types, and of float64, stay."""

@overload
def arccos(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse cosine, in radians."""

@overload
def arccos(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse cosine, in radians."""

@overload
def arccosh(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse hyperbolic cosine, of numbers from 1."""

@overload
def arccosh(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse hyperbolic cosine, of numbers from 1."""

@overload
def arcsin(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse sine, in radians."""

@overload
def arcsin(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse sine, in radians."""

@overload
def arcsinh(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse hyperbolic sine."""

@overload
def arcsinh(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse hyperbolic sine."""

@overload
def arctan(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse tangent, in radians."""

@overload
def arctan(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse tangent, in radians."""

@overload
def arctanh(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse hyperbolic tangent, of numbers between -1 and 1."""

@overload
def arctanh(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse hyperbolic tangent, of numbers between -1 and 1."""

@overload
def argmax(
    data: SymbolicNode | None = None,
    *,
    axis: int | None = None,
    keepdims: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Index of the greatest element along an axis; of equal ones the first."""

@overload
def argmax(
    data: NDArray,
    axis: int | None = None,
    keepdims: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Index of the greatest element along an axis; of equal ones the first."""

@overload
def argmax_channel(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Index of the greatest element along axis 1; of equal ones the first."""

@overload
def argmax_channel(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Index of the greatest element along axis 1; of equal ones the first."""

@overload
def argmin(
    data: SymbolicNode | None = None,
    *,
    axis: int | None = None,
    keepdims: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Index of the least element along an axis; of equal ones the first."""

@overload
def argmin(
    data: NDArray,
    axis: int | None = None,
    keepdims: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Index of the least element along an axis; of equal ones the first."""

@overload
def argsort(
    data: SymbolicNode | None = None,
    *,
    axis: int | None = -1,
    is_ascend: bool = True,
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "uint8"] = "float32",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell where the numbers along an axis stand that come first, second, …."""

@overload
def argsort(
    data: NDArray,
    axis: int | None = -1,
    is_ascend: bool = True,
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "uint8"] = "float32",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell where the numbers along an axis stand that come first, second, …."""

@overload
def batch_dot(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Multiply matrices pair by pair: output[b] = lhs[b] · rhs[b]."""

@overload
def batch_dot(
    lhs: NDArray,
    rhs: NDArray,
    transpose_a: bool = False,
    transpose_b: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Multiply matrices pair by pair: output[b] = lhs[b] · rhs[b]."""

@overload
def batch_take(
    a: SymbolicNode | None = None,
    indices: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose one element of each row of a matrix: output[i] = a[i, indices[i]]."""

@overload
def batch_take(
    a: NDArray,
    indices: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Choose one element of each row of a matrix: output[i] = a[i, indices[i]]."""

@overload
def broadcast_add(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sum of two inputs that are broadcast."""

@overload
def broadcast_add(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sum of two inputs that are broadcast."""

@overload
def broadcast_axis(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] = (),
    size: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Repeat some axes of length 1."""

@overload
def broadcast_axis(
    data: NDArray,
    axis: tuple[int, ...] = (),
    size: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Repeat some axes of length 1."""

@overload
def broadcast_div(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Quotient of two inputs that are broadcast."""

@overload
def broadcast_div(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Quotient of two inputs that are broadcast."""

@overload
def broadcast_equal(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether both are equal, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_equal(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether both are equal, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_greater(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether the first is greater, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_greater(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether the first is greater, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_greater_equal(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether the first is greater, or equal, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_greater_equal(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether the first is greater, or equal, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_hypot(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Hypotenuse of two inputs that are broadcast: root of the sum of both squares."""

@overload
def broadcast_hypot(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Hypotenuse of two inputs that are broadcast: root of the sum of both squares."""

@overload
def broadcast_lesser(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether the first is less, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_lesser(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether the first is less, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_lesser_equal(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether the first is less, or equal, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_lesser_equal(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether the first is less, or equal, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_like(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    lhs_axes: tuple[int, ...] | None = None,
    rhs_axes: tuple[int, ...] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Repeat the axes of length 1 to the lengths that another input has."""

@overload
def broadcast_like(
    lhs: NDArray,
    rhs: NDArray,
    lhs_axes: tuple[int, ...] | None = None,
    rhs_axes: tuple[int, ...] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Repeat the axes of length 1 to the lengths that another input has."""

@overload
def broadcast_logical_and(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether neither is zero, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_logical_and(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether neither is zero, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_logical_or(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether one is not zero, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_logical_or(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether one is not zero, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_logical_xor(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether exactly one is not zero, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_logical_xor(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether exactly one is not zero, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_maximum(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Greater of two inputs that are broadcast."""

@overload
def broadcast_maximum(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Greater of two inputs that are broadcast."""

@overload
def broadcast_minimum(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Lesser of two inputs that are broadcast."""

@overload
def broadcast_minimum(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Lesser of two inputs that are broadcast."""

@overload
def broadcast_mod(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Remainder of a division, with the sign of the divisor and 0 where that is 0; broadcast."""

@overload
def broadcast_mod(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Remainder of a division, with the sign of the divisor and 0 where that is 0; broadcast."""

@overload
def broadcast_mul(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Product of two inputs that are broadcast."""

@overload
def broadcast_mul(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Product of two inputs that are broadcast."""

@overload
def broadcast_not_equal(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell whether both differ, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_not_equal(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tell whether both differ, of two inputs that are broadcast: 1 or 0."""

@overload
def broadcast_power(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """First input to the power of the second, broadcast."""

@overload
def broadcast_power(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """First input to the power of the second, broadcast."""

@overload
def broadcast_sub(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Difference of two inputs that are broadcast."""

@overload
def broadcast_sub(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Difference of two inputs that are broadcast."""

@overload
def broadcast_to(
    data: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Repeat the axes of length 1 to a given shape."""

@overload
def broadcast_to(
    data: NDArray,
    shape: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Repeat the axes of length 1 to a given shape."""

@overload
def cbrt(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cube root."""

@overload
def cbrt(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cube root."""

@overload
def ceil(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Least whole number that is not less."""

@overload
def ceil(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Least whole number that is not less."""

@overload
def choose_element_0index(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose one element of each row: output[i] = lhs[i, rhs[i]]."""

@overload
def choose_element_0index(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Choose one element of each row: output[i] = lhs[i, rhs[i]]."""

@overload
def clip(
    data: SymbolicNode | None = None,
    *,
    a_min: float,
    a_max: float,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cut values off at two limits: min(max(data, a_min), a_max); NaN stays NaN."""

@overload
def clip(
    data: NDArray,
    a_min: float,
    a_max: float,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cut values off at two limits: min(max(data, a_min), a_max); NaN stays NaN."""

@overload
def col2im(
    data: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    output_size: tuple[int, ...],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Add columns up to images: what goes back through `im2col`."""

@overload
def col2im(
    data: NDArray,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    output_size: tuple[int, ...],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Add columns up to images: what goes back through `im2col`."""

@overload
def cos(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cosine."""

@overload
def cos(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cosine."""

@overload
def cosh(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Hyperbolic cosine."""

@overload
def cosh(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Hyperbolic cosine."""

@overload
def cumsum(
    a: SymbolicNode | None = None,
    *,
    axis: int | None = None,
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "int8"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sum of all elements up to each one, along an axis."""

@overload
def cumsum(
    a: NDArray,
    axis: int | None = None,
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "int8"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sum of all elements up to each one, along an axis."""

@overload
def degrees(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Radians as degrees."""

@overload
def degrees(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Radians as degrees."""

@overload
def depth_to_space(
    data: SymbolicNode | None = None,
    *,
    block_size: int,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Move channels into blocks of pixels."""

@overload
def depth_to_space(
    data: NDArray,
    block_size: int,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Move channels into blocks of pixels."""

@overload
def diag(
    data: SymbolicNode | None = None,
    *,
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Take a diagonal out of two axes of an array, or make a matrix with a vector on one."""

@overload
def diag(
    data: NDArray,
    k: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Take a diagonal out of two axes of an array, or make a matrix with a vector on one."""

@overload
def dot(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Product of two arrays over the last axis of the first and the first axis of the second."""

@overload
def dot(
    lhs: NDArray,
    rhs: NDArray,
    transpose_a: bool = False,
    transpose_b: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Product of two arrays over the last axis of the first and the first axis of the second."""

@overload
def erf(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Error function: the integral of 2/√π · exp(-t²) from 0."""

@overload
def erf(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Error function: the integral of 2/√π · exp(-t²) from 0."""

@overload
def erfinv(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse of the error function, of numbers between -1 and 1."""

@overload
def erfinv(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse of the error function, of numbers between -1 and 1."""

@overload
def exp(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Exponential."""

@overload
def exp(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Exponential."""

@overload
def expand_dims(
    data: SymbolicNode | None = None,
    *,
    axis: int,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Put in an axis of length 1."""

@overload
def expand_dims(
    data: NDArray,
    axis: int,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Put in an axis of length 1."""

@overload
def expm1(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Exponential less one, exact near zero."""

@overload
def expm1(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Exponential less one, exact near zero."""

@overload
def fill_element_0index(
    lhs: SymbolicNode | None = None,
    mhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Replace one element of each row: output is lhs, except that output[i, rhs[i]] = mhs[i]."""

@overload
def fill_element_0index(
    lhs: NDArray,
    mhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Replace one element of each row: output is lhs, except that output[i, rhs[i]] = mhs[i]."""

@overload
def fix(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Nearest whole number towards zero; the same as `trunc`."""

@overload
def fix(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Nearest whole number towards zero; the same as `trunc`."""

@overload
def floor(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Greatest whole number that is not greater."""

@overload
def floor(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Greatest whole number that is not greater."""

@overload
def gamma(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Gamma function: the factorial of one less than the number."""

@overload
def gamma(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Gamma function: the factorial of one less than the number."""

@overload
def gammaln(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Logarithm of the absolute value of the gamma function."""

@overload
def gammaln(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Logarithm of the absolute value of the gamma function."""

@overload
def gather_nd(
    data: SymbolicNode | None = None,
    indices: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Look up slices of an array, each by several indices."""

@overload
def gather_nd(
    data: NDArray,
    indices: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Look up slices of an array, each by several indices."""

@overload
def hard_sigmoid(
    data: SymbolicNode | None = None,
    *,
    alpha: float = 0.2,
    beta: float = 0.5,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """A sigmoid of three straight lines: alpha · data + beta, cut to the range from 0 to 1."""

@overload
def hard_sigmoid(
    data: NDArray,
    alpha: float = 0.2,
    beta: float = 0.5,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """A sigmoid of three straight lines: alpha · data + beta, cut to the range from 0 to 1."""

@overload
def identity(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pass the data on."""

@overload
def identity(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Pass the data on."""

@overload
def im2col(
    data: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Write the windows of images as columns."""

@overload
def im2col(
    data: NDArray,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Write the windows of images as columns."""

@overload
def khatri_rao(
    *args: SymbolicNode,
    num_args: int = ...,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Khatri-Rao product: in each column the Kronecker product of the matrices' columns."""

@overload
def khatri_rao(
    *args: NDArray,
    num_args: int = ...,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Khatri-Rao product: in each column the Kronecker product of the matrices' columns."""

@overload
def log(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Natural logarithm."""

@overload
def log(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Natural logarithm."""

@overload
def log10(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Logarithm to base 10."""

@overload
def log10(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Logarithm to base 10."""

@overload
def log1p(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Natural logarithm of one more than the number, exact near zero."""

@overload
def log1p(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Natural logarithm of one more than the number, exact near zero."""

@overload
def log2(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Logarithm to base 2."""

@overload
def log2(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Logarithm to base 2."""

@overload
def log_softmax(
    data: SymbolicNode | None = None,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    use_length: bool | None = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Logarithm of the softmax, computed without leaving the range of floats."""

@overload
def log_softmax(
    data: NDArray,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    use_length: bool | None = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Logarithm of the softmax, computed without leaving the range of floats."""

@overload
def logical_not(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """One for zero, zero for all other numbers."""

@overload
def logical_not(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """One for zero, zero for all other numbers."""

@overload
def make_loss(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pass the data on, and make a loss of it: its gradient is 1, whatever flows back."""

@overload
def make_loss(
    data: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Pass the data on, and make a loss of it: its gradient is 1, whatever flows back."""

@overload
def max(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Greatest of all elements."""

@overload
def max(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Greatest of all elements."""

@overload
def mean(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Mean of all elements."""

@overload
def mean(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Mean of all elements."""

@overload
def min(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Least of all elements."""

@overload
def min(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Least of all elements."""

@overload
def moments(
    data: SymbolicNode | None = None,
    *,
    axes: tuple[int, ...],
    keepdims: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Mean and variance along some axes; the variance divides by the number of elements."""

@overload
def moments(
    data: NDArray,
    axes: tuple[int, ...],
    keepdims: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Mean and variance along some axes; the variance divides by the number of elements."""

@overload
def nanprod(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Product of all elements that are numbers: NaN counts as 1."""

@overload
def nanprod(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Product of all elements that are numbers: NaN counts as 1."""

@overload
def nansum(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sum of all elements that are numbers: NaN counts as 0."""

@overload
def nansum(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sum of all elements that are numbers: NaN counts as 0."""

@overload
def negative(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The number with its sign changed."""

@overload
def negative(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """The number with its sign changed."""

@overload
def norm(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    ord: int = 2,
    out_dtype: Literal["float16", "float32", "float64", "int32", "int64", "int8"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Norm of all elements: the root of the sum of their squares, or the sum of absolute values."""

@overload
def norm(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    ord: int = 2,
    out_dtype: Literal["float16", "float32", "float64", "int32", "int64", "int8"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Norm of all elements: the root of the sum of their squares, or the sum of absolute values."""

@overload
def one_hot(
    indices: SymbolicNode | None = None,
    *,
    depth: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: Literal[
        "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64"
    ] = "float32",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Write each index as a row that has one value at the index and another elsewhere."""

@overload
def one_hot(
    indices: NDArray,
    depth: int,
    on_value: float = 1.0,
    off_value: float = 0.0,
    dtype: Literal[
        "float16", "float32", "float64", "bfloat16", "int8", "uint8", "int32", "int64"
    ] = "float32",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Write each index as a row that has one value at the index and another elsewhere."""

@overload
def ones_like(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Ones in the shape of an array."""

@overload
def ones_like(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Ones in the shape of an array."""

@overload
def pick(
    data: SymbolicNode | None = None,
    index: SymbolicNode | None = None,
    *,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal["clip", "wrap"] = "clip",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose one element along an axis, by an index for each place of the other axes."""

@overload
def pick(
    data: NDArray,
    index: NDArray,
    axis: int | None = -1,
    keepdims: bool = False,
    mode: Literal["clip", "wrap"] = "clip",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Choose one element along an axis, by an index for each place of the other axes."""

@overload
def prod(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Product of all elements."""

@overload
def prod(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Product of all elements."""

@overload
def radians(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Degrees as radians."""

@overload
def radians(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Degrees as radians."""

@overload
def rcbrt(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """One over the cube root."""

@overload
def rcbrt(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """One over the cube root."""

@overload
def reciprocal(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """One over the number."""

@overload
def reciprocal(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """One over the number."""

@overload
def relu(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The number, and zero for negative ones."""

@overload
def relu(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """The number, and zero for negative ones."""

@overload
def repeat(
    data: SymbolicNode | None = None,
    *,
    repeats: int,
    axis: int | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Repeat each element along an axis, or of the flattened array."""

@overload
def repeat(
    data: NDArray,
    repeats: int,
    axis: int | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Repeat each element along an axis, or of the flattened array."""

@overload
def reshape_like(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """See an array in the shape of another, or some of its axes in those of some of the other's."""

@overload
def reshape_like(
    lhs: NDArray,
    rhs: NDArray,
    lhs_begin: int | None = None,
    lhs_end: int | None = None,
    rhs_begin: int | None = None,
    rhs_end: int | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """See an array in the shape of another, or some of its axes in those of some of the other's."""

@overload
def reverse(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Turn the order along some axes around; twice for an axis that is named twice."""

@overload
def reverse(
    data: NDArray,
    axis: tuple[int, ...],
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Turn the order along some axes around; twice for an axis that is named twice."""

@overload
def rint(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Nearest whole number, halves down."""

@overload
def rint(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Nearest whole number, halves down."""

@overload
def round(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Nearest whole number, halves away from zero."""

@overload
def round(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Nearest whole number, halves away from zero."""

@overload
def rsqrt(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """One over the square root."""

@overload
def rsqrt(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """One over the square root."""

@overload
def scatter_nd(
    data: SymbolicNode | None = None,
    indices: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Place slices in an array of zeros, each by several indices."""

@overload
def scatter_nd(
    data: NDArray,
    indices: NDArray,
    shape: tuple[int, ...],
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Place slices in an array of zeros, each by several indices."""

@overload
def shape_array(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The shape of an array, as an array."""

@overload
def shape_array(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """The shape of an array, as an array."""

@overload
def sigmoid(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Logistic function: 1 / (1 + exp(-data))."""

@overload
def sigmoid(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Logistic function: 1 / (1 + exp(-data))."""

@overload
def sign(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sign: -1, 0 or 1."""

@overload
def sign(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sign: -1, 0 or 1."""

@overload
def sin(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sine."""

@overload
def sin(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sine."""

@overload
def sinh(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Hyperbolic sine."""

@overload
def sinh(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Hyperbolic sine."""

@overload
def size_array(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The number of elements of an array, as an array."""

@overload
def size_array(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """The number of elements of an array, as an array."""

@overload
def slice(
    data: SymbolicNode | None = None,
    *,
    begin: tuple[int | None, ...],
    end: tuple[int | None, ...],
    step: tuple[int | None, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cut a part out of an array, by begin, end and step along its first axes."""

@overload
def slice(
    data: NDArray,
    begin: tuple[int | None, ...],
    end: tuple[int | None, ...],
    step: tuple[int | None, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cut a part out of an array, by begin, end and step along its first axes."""

@overload
def slice(arr: NDArray, start: int, stop: int) -> NDArray:
    """Return rows ``start`` to ``stop`` of an array, sharing memory; see `NDArray.slice`."""

@overload
def slice_axis(
    data: SymbolicNode | None = None,
    *,
    axis: int,
    begin: int,
    end: int | None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cut a part out of an array along one axis."""

@overload
def slice_axis(
    data: NDArray,
    axis: int,
    begin: int,
    end: int | None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cut a part out of an array along one axis."""

@overload
def slice_like(
    data: SymbolicNode | None = None,
    shape_like: SymbolicNode | None = None,
    *,
    axes: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cut an array to the lengths of another."""

@overload
def slice_like(
    data: NDArray,
    shape_like: NDArray,
    axes: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cut an array to the lengths of another."""

@overload
def smooth_l1(
    data: SymbolicNode | None = None,
    *,
    scalar: float = 1.0,
    is_int: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Half the square near zero, the absolute value elsewhere: the loss that outliers do not rule."""

@overload
def smooth_l1(
    data: NDArray,
    scalar: float = 1.0,
    is_int: bool = True,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Half the square near zero, the absolute value elsewhere: the loss that outliers do not rule."""

@overload
def softmax(
    data: SymbolicNode | None = None,
    length: SymbolicNode | None = None,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    use_length: bool | None = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Exponentials along an axis, divided by their sum."""

@overload
def softmax(
    data: NDArray,
    length: NDArray | None = None,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    use_length: bool | None = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Exponentials along an axis, divided by their sum."""

@overload
def softmax_cross_entropy(
    data: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cross-entropy of the softmax with the labels, summed over the batch, of shape (1,)."""

@overload
def softmax_cross_entropy(
    data: NDArray,
    label: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cross-entropy of the softmax with the labels, summed over the batch, of shape (1,)."""

@overload
def softmin(
    data: SymbolicNode | None = None,
    *,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    use_length: bool | None = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Softmax of the negated data: the least score gets the most."""

@overload
def softmin(
    data: NDArray,
    axis: int = -1,
    temperature: float | None = None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    use_length: bool | None = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Softmax of the negated data: the least score gets the most."""

@overload
def softsign(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The number over one more than its absolute value."""

@overload
def softsign(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """The number over one more than its absolute value."""

@overload
def sort(
    data: SymbolicNode | None = None,
    *,
    axis: int | None = -1,
    is_ascend: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Put the numbers along an axis in order."""

@overload
def sort(
    data: NDArray,
    axis: int | None = -1,
    is_ascend: bool = True,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Put the numbers along an axis in order."""

@overload
def space_to_depth(
    data: SymbolicNode | None = None,
    *,
    block_size: int,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Move blocks of pixels into channels: what `depth_to_space` undoes."""

@overload
def space_to_depth(
    data: NDArray,
    block_size: int,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Move blocks of pixels into channels: what `depth_to_space` undoes."""

@overload
def sqrt(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Square root."""

@overload
def sqrt(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Square root."""

@overload
def square(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Square."""

@overload
def square(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Square."""

@overload
def squeeze(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Drop axes of length 1: those named, or all; at least one axis stays."""

@overload
def squeeze(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Drop axes of length 1: those named, or all; at least one axis stays."""

@overload
def stack(
    *args: SymbolicNode,
    num_args: int = ...,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Join arrays of one shape along a new axis."""

@overload
def stack(
    *args: NDArray,
    num_args: int = ...,
    axis: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Join arrays of one shape along a new axis."""

@overload
def sum(
    data: SymbolicNode | None = None,
    *,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sum of all elements."""

@overload
def sum(
    data: NDArray,
    axis: tuple[int, ...] | None = None,
    keepdims: bool = False,
    exclude: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sum of all elements."""

@overload
def take(
    a: SymbolicNode | None = None,
    indices: SymbolicNode | None = None,
    *,
    axis: int = 0,
    mode: Literal["clip", "raise", "wrap"] = "clip",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Look up slices of an array along an axis: one for each index."""

@overload
def take(
    a: NDArray,
    indices: NDArray,
    axis: int = 0,
    mode: Literal["clip", "raise", "wrap"] = "clip",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Look up slices of an array along an axis: one for each index."""

@overload
def tan(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tangent."""

@overload
def tan(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Tangent."""

@overload
def tanh(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Hyperbolic tangent."""

@overload
def tanh(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Hyperbolic tangent."""

@overload
def tile(
    data: SymbolicNode | None = None,
    *,
    reps: tuple[int, ...],
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Put copies of an array side by side along each axis."""

@overload
def tile(
    data: NDArray,
    reps: tuple[int, ...],
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Put copies of an array side by side along each axis."""

@overload
def topk(
    data: SymbolicNode | None = None,
    *,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal["value", "indices", "mask", "both"] = "indices",
    is_ascend: bool = False,
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "uint8"] = "float32",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Find the k greatest numbers along an axis, or the least: in order, or as a mask."""

@overload
def topk(
    data: NDArray,
    axis: int | None = -1,
    k: int = 1,
    ret_typ: Literal["value", "indices", "mask", "both"] = "indices",
    is_ascend: bool = False,
    dtype: Literal["float16", "float32", "float64", "int32", "int64", "uint8"] = "float32",
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Find the k greatest numbers along an axis, or the least: in order, or as a mask."""

@overload
def transpose(
    data: SymbolicNode | None = None,
    *,
    axes: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Exchange axes: all in reverse order, or as told."""

@overload
def transpose(
    data: NDArray,
    axes: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Exchange axes: all in reverse order, or as told."""

@overload
def trunc(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Whole part: the nearest whole number that is not further from zero."""

@overload
def trunc(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Whole part: the nearest whole number that is not further from zero."""

@overload
def where(
    condition: SymbolicNode | None = None,
    x: SymbolicNode | None = None,
    y: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose elements of one of two arrays: output = x where the condition is not 0, else y."""

@overload
def where(
    condition: NDArray,
    x: NDArray,
    y: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Choose elements of one of two arrays: output = x where the condition is not 0, else y."""

@overload
def zeros_like(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Zeros in the shape of an array."""

@overload
def zeros_like(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Zeros in the shape of an array."""

@overload
def elemwise_div(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Elementwise quotient of two equally shaped inputs."""

@overload
def elemwise_div(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Elementwise quotient of two equally shaped inputs."""

@overload
def elemwise_sub(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Difference of two equally shaped inputs."""

@overload
def elemwise_sub(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Difference of two equally shaped inputs."""

@overload
def elemwise_mul(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Elementwise product of two equally shaped inputs."""

@overload
def elemwise_mul(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Elementwise product of two equally shaped inputs."""

@overload
def elemwise_add(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sum of two equally shaped inputs."""

@overload
def elemwise_add(
    lhs: NDArray,
    rhs: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sum of two equally shaped inputs."""

@overload
def AdaptiveAvgPooling2D(
    data: SymbolicNode | None = None,
    *,
    output_size: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide images into equal parts, and give the mean of each."""

@overload
def AdaptiveAvgPooling2D(
    data: NDArray,
    output_size: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide images into equal parts, and give the mean of each."""

@overload
def contrib_AdaptiveAvgPooling2D(
    data: SymbolicNode | None = None,
    *,
    output_size: tuple[int, ...] = (),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide images into equal parts, and give the mean of each."""

@overload
def contrib_AdaptiveAvgPooling2D(
    data: NDArray,
    output_size: tuple[int, ...] = (),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide images into equal parts, and give the mean of each."""

@overload
def BilinearResize2D(
    data: SymbolicNode | None = None,
    like: SymbolicNode | None = None,
    *,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal[
        "size", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"
    ] = "size",
    align_corners: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Resize images, and read them between the pixels."""

@overload
def BilinearResize2D(
    data: NDArray,
    like: NDArray | None = None,
    *,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal[
        "size", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"
    ] = "size",
    align_corners: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Resize images, and read them between the pixels."""

@overload
def contrib_BilinearResize2D(
    data: SymbolicNode | None = None,
    like: SymbolicNode | None = None,
    *,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal[
        "size", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"
    ] = "size",
    align_corners: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Resize images, and read them between the pixels."""

@overload
def contrib_BilinearResize2D(
    data: NDArray,
    like: NDArray | None = None,
    *,
    height: int = 1,
    width: int = 1,
    scale_height: float | None = None,
    scale_width: float | None = None,
    mode: Literal[
        "size", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"
    ] = "size",
    align_corners: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Resize images, and read them between the pixels."""

@overload
def DeformableConvolution(
    data: SymbolicNode | None = None,
    offset: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    bias: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Convolve images with filters whose taps are moved by offsets, for each point of the result."""

@overload
def DeformableConvolution(
    data: NDArray,
    offset: NDArray,
    weight: NDArray,
    bias: NDArray | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Convolve images with filters whose taps are moved by offsets, for each point of the result."""

@overload
def contrib_DeformableConvolution(
    data: SymbolicNode | None = None,
    offset: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    bias: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Convolve images with filters whose taps are moved by offsets, for each point of the result."""

@overload
def contrib_DeformableConvolution(
    data: NDArray,
    offset: NDArray,
    weight: NDArray,
    bias: NDArray | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Convolve images with filters whose taps are moved by offsets, for each point of the result."""

@overload
def DeformablePSROIPooling(
    data: SymbolicNode | None = None,
    rois: SymbolicNode | None = None,
    trans: SymbolicNode | None = None,
    *,
    spatial_scale: float,
    output_dim: int,
    group_size: int,
    pooled_size: int,
    part_size: int = 0,
    sample_per_part: int = 1,
    trans_std: float = 0.0,
    no_trans: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pool regions from groups of channels as PSROIPooling, each part moved by an offset."""

@overload
def DeformablePSROIPooling(
    data: NDArray,
    rois: NDArray,
    trans: NDArray | None = None,
    *,
    spatial_scale: float,
    output_dim: int,
    group_size: int,
    pooled_size: int,
    part_size: int = 0,
    sample_per_part: int = 1,
    trans_std: float = 0.0,
    no_trans: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Pool regions from groups of channels as PSROIPooling, each part moved by an offset."""

@overload
def contrib_DeformablePSROIPooling(
    data: SymbolicNode | None = None,
    rois: SymbolicNode | None = None,
    trans: SymbolicNode | None = None,
    *,
    spatial_scale: float,
    output_dim: int,
    group_size: int,
    pooled_size: int,
    part_size: int = 0,
    sample_per_part: int = 1,
    trans_std: float = 0.0,
    no_trans: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pool regions from groups of channels as PSROIPooling, each part moved by an offset."""

@overload
def contrib_DeformablePSROIPooling(
    data: NDArray,
    rois: NDArray,
    trans: NDArray | None = None,
    *,
    spatial_scale: float,
    output_dim: int,
    group_size: int,
    pooled_size: int,
    part_size: int = 0,
    sample_per_part: int = 1,
    trans_std: float = 0.0,
    no_trans: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Pool regions from groups of channels as PSROIPooling, each part moved by an offset."""

@overload
def ModulatedDeformableConvolution(
    data: SymbolicNode | None = None,
    offset: SymbolicNode | None = None,
    mask: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    bias: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Convolve as DeformableConvolution does, each tap times a mask."""

@overload
def ModulatedDeformableConvolution(
    data: NDArray,
    offset: NDArray,
    mask: NDArray,
    weight: NDArray,
    bias: NDArray | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Convolve as DeformableConvolution does, each tap times a mask."""

@overload
def contrib_ModulatedDeformableConvolution(
    data: SymbolicNode | None = None,
    offset: SymbolicNode | None = None,
    mask: SymbolicNode | None = None,
    weight: SymbolicNode | None = None,
    bias: SymbolicNode | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Convolve as DeformableConvolution does, each tap times a mask."""

@overload
def contrib_ModulatedDeformableConvolution(
    data: NDArray,
    offset: NDArray,
    mask: NDArray,
    weight: NDArray,
    bias: NDArray | None = None,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...] = (),
    dilate: tuple[int, ...] = (),
    pad: tuple[int, ...] = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    no_bias: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | None = None,
) -> NDArray:
    """Convolve as DeformableConvolution does, each tap times a mask."""

@overload
def MultiBoxDetection(
    cls_prob: SymbolicNode | None = None,
    loc_pred: SymbolicNode | None = None,
    anchor: SymbolicNode | None = None,
    *,
    clip: bool = True,
    threshold: float = 0.01,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Turn a detector's output into boxes: rows of class, score, left, top, right and bottom."""

@overload
def MultiBoxDetection(
    cls_prob: NDArray,
    loc_pred: NDArray,
    anchor: NDArray,
    clip: bool = True,
    threshold: float = 0.01,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Turn a detector's output into boxes: rows of class, score, left, top, right and bottom."""

@overload
def contrib_MultiBoxDetection(
    cls_prob: SymbolicNode | None = None,
    loc_pred: SymbolicNode | None = None,
    anchor: SymbolicNode | None = None,
    *,
    clip: bool = True,
    threshold: float = 0.01,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Turn a detector's output into boxes: rows of class, score, left, top, right and bottom."""

@overload
def contrib_MultiBoxDetection(
    cls_prob: NDArray,
    loc_pred: NDArray,
    anchor: NDArray,
    clip: bool = True,
    threshold: float = 0.01,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Turn a detector's output into boxes: rows of class, score, left, top, right and bottom."""

@overload
def MultiBoxPrior(
    data: SymbolicNode | None = None,
    *,
    sizes: tuple[float, ...] = (1.0,),
    ratios: tuple[float, ...] = (1.0,),
    clip: bool = False,
    steps: tuple[float, ...] = (-1.0, -1.0),
    offsets: tuple[float, ...] = (0.5, 0.5),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Make anchors around every pixel of an image, in units of the image's height and width."""

@overload
def MultiBoxPrior(
    data: NDArray,
    sizes: tuple[float, ...] = (1.0,),
    ratios: tuple[float, ...] = (1.0,),
    clip: bool = False,
    steps: tuple[float, ...] = (-1.0, -1.0),
    offsets: tuple[float, ...] = (0.5, 0.5),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Make anchors around every pixel of an image, in units of the image's height and width."""

@overload
def contrib_MultiBoxPrior(
    data: SymbolicNode | None = None,
    *,
    sizes: tuple[float, ...] = (1.0,),
    ratios: tuple[float, ...] = (1.0,),
    clip: bool = False,
    steps: tuple[float, ...] = (-1.0, -1.0),
    offsets: tuple[float, ...] = (0.5, 0.5),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Make anchors around every pixel of an image, in units of the image's height and width."""

@overload
def contrib_MultiBoxPrior(
    data: NDArray,
    sizes: tuple[float, ...] = (1.0,),
    ratios: tuple[float, ...] = (1.0,),
    clip: bool = False,
    steps: tuple[float, ...] = (-1.0, -1.0),
    offsets: tuple[float, ...] = (0.5, 0.5),
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Make anchors around every pixel of an image, in units of the image's height and width."""

@overload
def MultiBoxTarget(
    anchor: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    cls_pred: SymbolicNode | None = None,
    *,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell what a detector shall say for each anchor: which class, and where the box is."""

@overload
def MultiBoxTarget(
    anchor: NDArray,
    label: NDArray,
    cls_pred: NDArray,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Tell what a detector shall say for each anchor: which class, and where the box is."""

@overload
def contrib_MultiBoxTarget(
    anchor: SymbolicNode | None = None,
    label: SymbolicNode | None = None,
    cls_pred: SymbolicNode | None = None,
    *,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell what a detector shall say for each anchor: which class, and where the box is."""

@overload
def contrib_MultiBoxTarget(
    anchor: NDArray,
    label: NDArray,
    cls_pred: NDArray,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    variances: tuple[float, ...] = (0.1, 0.1, 0.2, 0.2),
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Tell what a detector shall say for each anchor: which class, and where the box is."""

@overload
def MultiProposal(
    cls_prob: SymbolicNode | None = None,
    bbox_pred: SymbolicNode | None = None,
    im_info: SymbolicNode | None = None,
    *,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose the regions of each image that are most likely to hold something."""

@overload
def MultiProposal(
    cls_prob: NDArray,
    bbox_pred: NDArray,
    im_info: NDArray,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Choose the regions of each image that are most likely to hold something."""

@overload
def contrib_MultiProposal(
    cls_prob: SymbolicNode | None = None,
    bbox_pred: SymbolicNode | None = None,
    im_info: SymbolicNode | None = None,
    *,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose the regions of each image that are most likely to hold something."""

@overload
def contrib_MultiProposal(
    cls_prob: NDArray,
    bbox_pred: NDArray,
    im_info: NDArray,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Choose the regions of each image that are most likely to hold something."""

@overload
def PSROIPooling(
    data: SymbolicNode | None = None,
    rois: SymbolicNode | None = None,
    *,
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide each region into parts, and give the mean of each from a group of channels of its own."""

@overload
def PSROIPooling(
    data: NDArray,
    rois: NDArray,
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide each region into parts, and give the mean of each from a group of channels of its own."""

@overload
def contrib_PSROIPooling(
    data: SymbolicNode | None = None,
    rois: SymbolicNode | None = None,
    *,
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide each region into parts, and give the mean of each from a group of channels of its own."""

@overload
def contrib_PSROIPooling(
    data: NDArray,
    rois: NDArray,
    spatial_scale: float,
    output_dim: int,
    pooled_size: int,
    group_size: int = 0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide each region into parts, and give the mean of each from a group of channels of its own."""

@overload
def Proposal(
    cls_prob: SymbolicNode | None = None,
    bbox_pred: SymbolicNode | None = None,
    im_info: SymbolicNode | None = None,
    *,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose the regions of an image that are most likely to hold something."""

@overload
def Proposal(
    cls_prob: NDArray,
    bbox_pred: NDArray,
    im_info: NDArray,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Choose the regions of an image that are most likely to hold something."""

@overload
def contrib_Proposal(
    cls_prob: SymbolicNode | None = None,
    bbox_pred: SymbolicNode | None = None,
    im_info: SymbolicNode | None = None,
    *,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Choose the regions of an image that are most likely to hold something."""

@overload
def contrib_Proposal(
    cls_prob: NDArray,
    bbox_pred: NDArray,
    im_info: NDArray,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: tuple[float, ...] = (4.0, 8.0, 16.0, 32.0),
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Choose the regions of an image that are most likely to hold something."""

@overload
def ROIAlign(
    data: SymbolicNode | None = None,
    rois: SymbolicNode | None = None,
    *,
    spatial_scale: float,
    pooled_size: tuple[int, ...],
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide each region into parts, and give the mean of each, read between the pixels."""

@overload
def ROIAlign(
    data: NDArray,
    rois: NDArray,
    spatial_scale: float,
    pooled_size: tuple[int, ...],
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide each region into parts, and give the mean of each, read between the pixels."""

@overload
def contrib_ROIAlign(
    data: SymbolicNode | None = None,
    rois: SymbolicNode | None = None,
    *,
    spatial_scale: float,
    pooled_size: tuple[int, ...],
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide each region into parts, and give the mean of each, read between the pixels."""

@overload
def contrib_ROIAlign(
    data: NDArray,
    rois: NDArray,
    spatial_scale: float,
    pooled_size: tuple[int, ...],
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide each region into parts, and give the mean of each, read between the pixels."""

@overload
def bipartite_matching(
    data: SymbolicNode | None = None,
    *,
    is_ascend: bool = False,
    threshold: float,
    topk: int = -1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pair rows and columns of a matrix of scores, the best pair first."""

@overload
def bipartite_matching(
    data: NDArray,
    *,
    is_ascend: bool = False,
    threshold: float,
    topk: int = -1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Pair rows and columns of a matrix of scores, the best pair first."""

@overload
def contrib_bipartite_matching(
    data: SymbolicNode | None = None,
    *,
    is_ascend: bool = False,
    threshold: float,
    topk: int = -1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Pair rows and columns of a matrix of scores, the best pair first."""

@overload
def contrib_bipartite_matching(
    data: NDArray,
    *,
    is_ascend: bool = False,
    threshold: float,
    topk: int = -1,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
    out: NDArray | Sequence[NDArray] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Pair rows and columns of a matrix of scores, the best pair first."""

@overload
def box_decode(
    data: SymbolicNode | None = None,
    anchors: SymbolicNode | None = None,
    *,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Literal["corner", "center"] = "center",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Return the corners of boxes from where they lie relative to anchors."""

@overload
def box_decode(
    data: NDArray,
    anchors: NDArray,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Literal["corner", "center"] = "center",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Return the corners of boxes from where they lie relative to anchors."""

@overload
def contrib_box_decode(
    data: SymbolicNode | None = None,
    anchors: SymbolicNode | None = None,
    *,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Literal["corner", "center"] = "center",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Return the corners of boxes from where they lie relative to anchors."""

@overload
def contrib_box_decode(
    data: NDArray,
    anchors: NDArray,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Literal["corner", "center"] = "center",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Return the corners of boxes from where they lie relative to anchors."""

@overload
def box_encode(
    samples: SymbolicNode | None = None,
    matches: SymbolicNode | None = None,
    anchors: SymbolicNode | None = None,
    refs: SymbolicNode | None = None,
    means: SymbolicNode | None = None,
    stds: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell where reference boxes lie relative to anchors, as a network shall learn it."""

@overload
def box_encode(
    samples: NDArray,
    matches: NDArray,
    anchors: NDArray,
    refs: NDArray,
    means: NDArray,
    stds: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Tell where reference boxes lie relative to anchors, as a network shall learn it."""

@overload
def contrib_box_encode(
    samples: SymbolicNode | None = None,
    matches: SymbolicNode | None = None,
    anchors: SymbolicNode | None = None,
    refs: SymbolicNode | None = None,
    means: SymbolicNode | None = None,
    stds: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Tell where reference boxes lie relative to anchors, as a network shall learn it."""

@overload
def contrib_box_encode(
    samples: NDArray,
    matches: NDArray,
    anchors: NDArray,
    refs: NDArray,
    means: NDArray,
    stds: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Tell where reference boxes lie relative to anchors, as a network shall learn it."""

@overload
def box_iou(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    format: Literal["corner", "center"] = "corner",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide what each box has in common with each other one by what they cover together."""

@overload
def box_iou(
    lhs: NDArray,
    rhs: NDArray,
    format: Literal["corner", "center"] = "corner",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide what each box has in common with each other one by what they cover together."""

@overload
def contrib_box_iou(
    lhs: SymbolicNode | None = None,
    rhs: SymbolicNode | None = None,
    *,
    format: Literal["corner", "center"] = "corner",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Divide what each box has in common with each other one by what they cover together."""

@overload
def contrib_box_iou(
    lhs: NDArray,
    rhs: NDArray,
    format: Literal["corner", "center"] = "corner",
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Divide what each box has in common with each other one by what they cover together."""

@overload
def box_nms(
    data: SymbolicNode | None = None,
    *,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def box_nms(
    data: NDArray,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def box_non_maximum_suppression(
    data: SymbolicNode | None = None,
    *,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def box_non_maximum_suppression(
    data: NDArray,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def contrib_box_nms(
    data: SymbolicNode | None = None,
    *,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def contrib_box_nms(
    data: NDArray,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def contrib_box_non_maximum_suppression(
    data: SymbolicNode | None = None,
    *,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def contrib_box_non_maximum_suppression(
    data: NDArray,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Literal["corner", "center"] = "corner",
    out_format: Literal["corner", "center"] = "corner",
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Sort boxes by their scores, and leave out those that overlap much with a better one."""

@overload
def linalg_det(
    A: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Determinant of square matrices; of a single matrix it has shape (1,)."""

@overload
def linalg_det(
    A: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Determinant of square matrices; of a single matrix it has shape (1,)."""

@overload
def linalg_extractdiag(
    A: SymbolicNode | None = None,
    *,
    offset: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """A diagonal of square matrices."""

@overload
def linalg_extractdiag(
    A: NDArray,
    offset: int = 0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """A diagonal of square matrices."""

@overload
def linalg_extracttrian(
    A: SymbolicNode | None = None,
    *,
    offset: int = 0,
    lower: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """A triangle of square matrices as a vector: a lower one by rows, an upper one by columns."""

@overload
def linalg_extracttrian(
    A: NDArray,
    offset: int = 0,
    lower: bool = True,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """A triangle of square matrices as a vector: a lower one by rows, an upper one by columns."""

@overload
def linalg_gelqf(
    A: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """LQ factorisation: A = L · Q, L lower triangular, the rows of Q orthonormal."""

@overload
def linalg_gelqf(
    A: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """LQ factorisation: A = L · Q, L lower triangular, the rows of Q orthonormal."""

@overload
def linalg_gemm(
    A: SymbolicNode | None = None,
    B: SymbolicNode | None = None,
    C: SymbolicNode | None = None,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """General product of matrices added to others: alpha · A · B + beta · C."""

@overload
def linalg_gemm(
    A: NDArray,
    B: NDArray,
    C: NDArray,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    beta: float = 1.0,
    axis: int = -2,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """General product of matrices added to others: alpha · A · B + beta · C."""

@overload
def linalg_gemm2(
    A: SymbolicNode | None = None,
    B: SymbolicNode | None = None,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """General product of matrices: alpha · A · B."""

@overload
def linalg_gemm2(
    A: NDArray,
    B: NDArray,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: float = 1.0,
    axis: int = -2,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """General product of matrices: alpha · A · B."""

@overload
def linalg_inverse(
    A: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse of square matrices."""

@overload
def linalg_inverse(
    A: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse of square matrices."""

@overload
def linalg_makediag(
    A: SymbolicNode | None = None,
    *,
    offset: int = 0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Square matrices with the given diagonal, and zeros elsewhere."""

@overload
def linalg_makediag(
    A: NDArray,
    offset: int = 0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Square matrices with the given diagonal, and zeros elsewhere."""

@overload
def linalg_maketrian(
    A: SymbolicNode | None = None,
    *,
    offset: int = 0,
    lower: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Square matrices with a given triangle: a lower one by rows, an upper one by columns."""

@overload
def linalg_maketrian(
    A: NDArray,
    offset: int = 0,
    lower: bool = True,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Square matrices with a given triangle: a lower one by rows, an upper one by columns."""

@overload
def linalg_potrf(
    A: SymbolicNode | None = None,
    *,
    lower: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Cholesky factor: the lower triangular L with A = L · Lᵀ, or the upper U with A = Uᵀ · U."""

@overload
def linalg_potrf(
    A: NDArray,
    lower: bool = True,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Cholesky factor: the lower triangular L with A = L · Lᵀ, or the upper U with A = Uᵀ · U."""

@overload
def linalg_potri(
    A: SymbolicNode | None = None,
    *,
    lower: bool = True,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Inverse of A · Aᵀ from its Cholesky factor A; of Aᵀ · A where A is the upper one."""

@overload
def linalg_potri(
    A: NDArray,
    lower: bool = True,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Inverse of A · Aᵀ from its Cholesky factor A; of Aᵀ · A where A is the upper one."""

@overload
def linalg_slogdet(
    A: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sign of the determinant, and logarithm of its absolute value."""

@overload
def linalg_slogdet(
    A: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Sign of the determinant, and logarithm of its absolute value."""

@overload
def linalg_sumlogdiag(
    A: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Sum of the logarithms of the diagonal; of a single matrix it has shape (1,)."""

@overload
def linalg_sumlogdiag(
    A: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Sum of the logarithms of the diagonal; of a single matrix it has shape (1,)."""

@overload
def linalg_syevd(
    A: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Eigenvalues L, ascending, and eigenvectors, the rows of U: A = Uᵀ · diag(L) · U."""

@overload
def linalg_syevd(
    A: NDArray,
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Eigenvalues L, ascending, and eigenvectors, the rows of U: A = Uᵀ · diag(L) · U."""

@overload
def linalg_syrk(
    A: SymbolicNode | None = None,
    *,
    transpose: bool = False,
    alpha: float = 1.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Product of matrices with their own transposes: alpha · A · Aᵀ, or alpha · Aᵀ · A."""

@overload
def linalg_syrk(
    A: NDArray,
    transpose: bool = False,
    alpha: float = 1.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Product of matrices with their own transposes: alpha · A · Aᵀ, or alpha · Aᵀ · A."""

@overload
def linalg_trmm(
    A: SymbolicNode | None = None,
    B: SymbolicNode | None = None,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Product with a triangular matrix: alpha · A · B, or alpha · B · A with rightside."""

@overload
def linalg_trmm(
    A: NDArray,
    B: NDArray,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Product with a triangular matrix: alpha · A · B, or alpha · B · A with rightside."""

@overload
def linalg_trsm(
    A: SymbolicNode | None = None,
    B: SymbolicNode | None = None,
    *,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Solve with a triangular matrix: X of A · X = alpha · B, or of X · A = alpha · B (rightside)."""

@overload
def linalg_trsm(
    A: NDArray,
    B: NDArray,
    transpose: bool = False,
    rightside: bool = False,
    lower: bool = True,
    alpha: float = 1.0,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Solve with a triangular matrix: X of A · X = alpha · B, or of X · A = alpha · B (rightside)."""

def random_exponential(
    *,
    lam: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Exponentially distributed numbers, of mean 1 / lam."""

def random_gamma(
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Gamma distributed numbers, of mean alpha · beta."""

def random_generalized_negative_binomial(
    *,
    mu: float = 1.0,
    alpha: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Counts of mean mu and variance mu + alpha · mu²."""

def random_negative_binomial(
    *,
    k: int = 1,
    p: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Failures before k successes, each of chance p: counts of mean k · (1 − p) / p."""

def normal(
    *,
    loc: float = 0.0,
    scale: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Normally distributed numbers."""

def random_normal(
    *,
    loc: float = 0.0,
    scale: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Normally distributed numbers."""

def random_poisson(
    *,
    lam: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Poisson distributed counts, of mean lam."""

def random_randint(
    *,
    low: int,
    high: int,
    shape: tuple[int, ...] | None,
    dtype: Literal["int32", "int64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Whole numbers from low to below high, all equally likely."""

def uniform(
    *,
    low: float = 0.0,
    high: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Numbers from low to below high, all equally likely."""

def random_uniform(
    *,
    low: float = 0.0,
    high: float = 1.0,
    shape: tuple[int, ...] | None,
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Numbers from low to below high, all equally likely."""

@overload
def ravel_multi_index(
    data: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Count through an array: from an index for each axis to one index into the flattened array."""

@overload
def ravel_multi_index(
    data: NDArray,
    shape: tuple[int, ...] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Count through an array: from an index for each axis to one index into the flattened array."""

@overload
def sample_exponential(
    lam: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Exponentially distributed numbers, of mean 1 / lam: so many for each entry of lam."""

@overload
def sample_exponential(
    lam: NDArray,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Exponentially distributed numbers, of mean 1 / lam: so many for each entry of lam."""

@overload
def sample_gamma(
    alpha: SymbolicNode | None = None,
    beta: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Gamma distributed numbers, of mean alpha · beta: so many for each pair of parameters."""

@overload
def sample_gamma(
    alpha: NDArray,
    beta: NDArray,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Gamma distributed numbers, of mean alpha · beta: so many for each pair of parameters."""

@overload
def sample_generalized_negative_binomial(
    mu: SymbolicNode | None = None,
    alpha: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Counts of mean mu and variance mu + alpha · mu²: so many for each pair of parameters."""

@overload
def sample_generalized_negative_binomial(
    mu: NDArray,
    alpha: NDArray,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Counts of mean mu and variance mu + alpha · mu²: so many for each pair of parameters."""

@overload
def sample_multinomial(
    data: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    get_prob: bool = False,
    dtype: Literal["uint8", "int32", "float16", "float32", "float64"] = "int32",
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Classes drawn by their probabilities, with replacement: so many for each distribution."""

@overload
def sample_multinomial(
    data: NDArray,
    shape: tuple[int, ...] = (),
    get_prob: bool = False,
    dtype: Literal["uint8", "int32", "float16", "float32", "float64"] = "int32",
    out: NDArray | Sequence[NDArray] | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray | tuple[NDArray, ...]:
    """Classes drawn by their probabilities, with replacement: so many for each distribution."""

@overload
def sample_negative_binomial(
    k: SymbolicNode | None = None,
    p: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Failures before k successes, each of chance p: so many for each pair of parameters."""

@overload
def sample_negative_binomial(
    k: NDArray,
    p: NDArray,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Failures before k successes, each of chance p: so many for each pair of parameters."""

@overload
def sample_normal(
    mu: SymbolicNode | None = None,
    sigma: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Normally distributed numbers: so many for each pair of parameters."""

@overload
def sample_normal(
    mu: NDArray,
    sigma: NDArray,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Normally distributed numbers: so many for each pair of parameters."""

@overload
def sample_poisson(
    lam: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Poisson distributed counts, of mean lam: so many for each entry of lam."""

@overload
def sample_poisson(
    lam: NDArray,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Poisson distributed counts, of mean lam: so many for each entry of lam."""

@overload
def sample_uniform(
    low: SymbolicNode | None = None,
    high: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Numbers from low to below high: so many for each pair of parameters."""

@overload
def sample_uniform(
    low: NDArray,
    high: NDArray,
    shape: tuple[int, ...] = (),
    dtype: Literal["float16", "float32", "float64"] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Numbers from low to below high: so many for each pair of parameters."""

@overload
def shuffle(
    data: SymbolicNode | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """The entries along axis 0 in random order; all orders are equally likely."""

@overload
def shuffle(
    data: NDArray,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """The entries along axis 0 in random order; all orders are equally likely."""

@overload
def unravel_index(
    data: SymbolicNode | None = None,
    *,
    shape: tuple[int, ...] | None = None,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> SymbolicNode:
    """Count back: from an index into a flattened array to an index for each axis."""

@overload
def unravel_index(
    data: NDArray,
    shape: tuple[int, ...] | None = None,
    out: NDArray | None = None,
    *,
    name: str | None = None,
    attrs: Mapping[str, str] | None = None,
) -> NDArray:
    """Count back: from an index into a flattened array to an index for each axis."""
