"""The loss that a run's configuration names: CLIP's softmax over the batch, or SigLIP's sigmoid for each pair.

The pages are loss.py and siglip.py.
"""

from torch import Tensor

from minclip.config import TrainConfig
from minclip.engine.processes import Loss
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.siglip import SigLIPLoss, prior_bias, siglip_loss


def named_loss(model: CLIP, config: TrainConfig) -> Loss:
    """The loss for `config.loss`. A SigLIP trains its own bias; for a CLIP, a new one starts at the batch's prior."""
    if config.loss == "infonce":
        return clip_loss
    bias = getattr(model, "logit_bias", None)
    if bias is None:
        return SigLIPLoss(prior_bias(config.batch_size))

    def with_its_bias(image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
        return siglip_loss(image_features, text_features, scale, bias)

    return with_its_bias
