"""Optimizers beyond those of the documents, by the names that everybody knows them by.

Their rules are those of Apache MXNet 1.9.1 in `stepwise`; their options and defaults are those of
the other optimizers here: a learning rate, its schedule, weight decay, and `grad_clip`.
"""

from .stepwise.adam import StepwiseAdamW
from .stepwise.adaptive import StepwiseFtrl
from .stepwise.descent import StepwiseLARS, StepwiseNAG, StepwiseSGLD
from .stepwise.trust import StepwiseLAMB

__all__ = ["LAMB", "LARS", "NAG", "SGLD", "AdamW", "Ftrl"]


class AdamW(StepwiseAdamW):
    """Adam whose weight decay stays out of the means; see `StepwiseAdamW` for the rule.

    The decay is multiplied by the learning rate, and 0.01 by default, as in PyTorch.

    Source: Loshchilov and Hutter, arXiv:1711.05101.

    >>> optimizer = AdamW(lr=0.001, weight_decay=0.05)
    """

    weight_decay: float = 0.01


class NAG(StepwiseNAG):
    """Descent with Nesterov's momentum, 0.9 by default; see `StepwiseNAG` for the rule.

    >>> optimizer = NAG(lr=0.1, lr_scheduler="cosine")
    """

    momentum: float = 0.9


class LAMB(StepwiseLAMB):
    """Adam with steps in proportion to each weight's length; see `StepwiseLAMB` for the rule.

    For large batches. The weight decay is 0.01 by default.

    Source: You et al., arXiv:1904.00962.

    >>> optimizer = LAMB(lr=0.002)
    """

    weight_decay: float = 0.01


class LARS(StepwiseLARS):
    """Descent with a rate for each weight, by its length; see `StepwiseLARS` for the rule.

    For large batches. The momentum is 0.9 by default.

    Source: You, Gitman and Ginsburg, arXiv:1708.03888.

    >>> optimizer = LARS(lr=10.0)
    """

    momentum: float = 0.9


class Ftrl(StepwiseFtrl):
    """Follows the regularised leader: many weights become 0; see `StepwiseFtrl` for the rule.

    For sparse data. ``sparsity`` is the strength of the L1 penalty.

    Source: McMahan et al., KDD (2013).

    >>> optimizer = Ftrl(lr=0.1, sparsity=0.001)
    """


class SGLD(StepwiseSGLD):
    """Descent with noise, which samples weights from their posterior; see `StepwiseSGLD`.

    The noise is drawn from torch's generator, which ``mx.srand`` seeds.

    Source: Welling and Teh, ICML (2011).

    >>> optimizer = SGLD(lr=1e-4)
    """
