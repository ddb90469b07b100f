"""Half precision as the original has it: what multiplies becomes half, what adds up and scales stays float32.

For using a model, not for training one: training keeps float32 weights under autocast, see devices.py.
Source: openai/CLIP model.py, convert_weights and the casts in its encoders.
"""

import torch
from torch import nn

from minclip.model import CLIP

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
LAYERS = (nn.Linear, nn.Conv2d)  # weight and bias
MATRICES = ("in_proj_weight", "in_proj_bias", "text_projection", "proj")  # parameters that are no layer of their own


def halved(model: CLIP) -> dict[str, nn.Parameter]:
    """The parameters that half precision makes half, by name: nearly all of a model's numbers.

    Float32 stay the gains and biases of layer norm and batch norm with its running statistics, the token, class and
    positional embeddings, and logit_scale: few numbers, or looked up and not multiplied, and coarse ones would show.
    """
    return {
        f"{path}.{name}": parameter
        for path, module in model.named_modules()
        for name, parameter in module.named_parameters(recurse=False)
        if isinstance(module, LAYERS) or name in MATRICES
    }


def set_precision(model: CLIP, dtype: torch.dtype) -> CLIP:
    """The same model, changed in place: its halved() parameters in dtype, everything else in float32.

    torch.float32 brings all of it back, rounded as it is. The encoders cast their input themselves and give features
    in dtype; logits are float32 always. Raises ValueError for another dtype.
    """
    if not isinstance(dtype, torch.dtype) or dtype not in DTYPES:
        raise ValueError(f"dtype={dtype!r:.80} is no precision of a CLIP: choose {', '.join(map(str, DTYPES))}")
    model.float()
    for parameter in halved(model).values():
        parameter.data = parameter.data.to(dtype)
    return model
