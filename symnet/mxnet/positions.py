"""The order of parameters by position, as Apache MXNet 1.9.1's functions have it.

symnet states parameters in an order of its own, and leaves some out that change speed only. Where
the two orders differ the other one stands here; everywhere else the operator's own holds.
"""

from ..operators.contract import Inputs, Operator

__all__ = ["parameter_order"]

_ORDER = {
    "BatchNorm": (
        "eps momentum fix_gamma use_global_stats output_mean_var axis cudnn_off "
        "min_calib_range max_calib_range"
    ),
    "BilinearSampler": "cudnn_off",
    "Convolution": (
        "kernel stride dilate pad num_filter num_group workspace no_bias cudnn_tune cudnn_off "
        "layout"
    ),
    "Deconvolution": (
        "kernel stride dilate pad adj target_shape num_filter num_group workspace no_bias "
        "cudnn_tune cudnn_off layout"
    ),
    "Dropout": "p mode axes cudnn_off",
    "Embedding": "input_dim output_dim dtype sparse_grad",
    "LRN": "alpha beta knorm nsize",
    "Pooling": (
        "kernel pool_type global_pool cudnn_off pooling_convention stride pad p_value "
        "count_include_pad layout"
    ),
    "ROIPooling": "pooled_size spatial_scale",
    "Reshape": "shape reverse target_shape keep_highest",
    "SoftmaxOutput": (
        "grad_scale ignore_label multi_output use_ignore preserve_shape normalization "
        "out_grad smooth_alpha"
    ),
    "SpatialTransformer": "target_shape transform_type sampler_type cudnn_off",
    "_arange": "start stop step repeat infer_range ctx dtype",
    "_contrib_BatchNormWithReLU": (
        "eps momentum fix_gamma use_global_stats output_mean_var axis cudnn_off "
        "min_calib_range max_calib_range"
    ),
    "_contrib_DeformableConvolution": (
        "kernel stride dilate pad num_filter num_group num_deformable_group workspace no_bias "
        "layout"
    ),
    "_contrib_ModulatedDeformableConvolution": (
        "kernel stride dilate pad num_filter num_group num_deformable_group workspace no_bias "
        "im2col_step layout"
    ),
    "_contrib_MultiBoxDetection": (
        "clip threshold background_id nms_threshold force_suppress variances nms_topk"
    ),
    "_contrib_MultiBoxTarget": (
        "overlap_threshold ignore_label negative_mining_ratio negative_mining_thresh "
        "minimum_negative_samples variances"
    ),
    "_contrib_ROIAlign": "pooled_size spatial_scale sample_ratio position_sensitive aligned",
    "_contrib_arange_like": "start step repeat ctx axis",
    "_eye": "N M k ctx dtype",
    "_full": "shape ctx dtype value",
    "_linspace": "start stop step repeat infer_range ctx dtype",
    "_ones": "shape ctx dtype",
    "_random_exponential": "lam shape ctx dtype",
    "_random_gamma": "alpha beta shape ctx dtype",
    "_random_generalized_negative_binomial": "mu alpha shape ctx dtype",
    "_random_negative_binomial": "k p shape ctx dtype",
    "_random_normal": "loc scale shape ctx dtype",
    "_random_poisson": "lam shape ctx dtype",
    "_random_randint": "low high shape ctx dtype",
    "_random_uniform": "low high shape ctx dtype",
    "_zeros": "shape ctx dtype",
    "batch_dot": "transpose_a transpose_b forward_stype",
    "col2im": "output_size kernel stride dilate pad",
    "dot": "transpose_a transpose_b forward_stype",
    "norm": "ord axis out_dtype keepdims",
}
"""Names of parameters, in order, by operator."""


def parameter_order(cls: type[Operator]) -> tuple[str, ...]:
    """Return the names of the parameters that may follow the inputs by position.

    >>> from symnet.operators.contract import find_operator
    >>> parameter_order(find_operator("clip"))
    ('a_min', 'a_max')
    """
    if cls.__name__ in _ORDER:
        return tuple(_ORDER[cls.__name__].split())
    counts = {declared.count for declared in cls.inputs.values() if isinstance(declared, Inputs)}
    return tuple(name for name in cls.params if name not in counts)
