"""Both encoders as programs of torch.compile, for training steps alone."""

import copy
import inspect
import math
from functools import partial

import torch

from minclip.engine.batches import FEW_LENGTHS
from minclip.engine.devices import Device
from minclip.engine.features import image_features, text_features
from minclip.model import CLIP


def with_compiled_encoders(model: CLIP, device: Device) -> CLIP:
    """The same weights in a second CLIP, both of whose encoders torch.compile makes one program: for steps alone.

    The model itself stays as it was: what evaluates it takes batches of many sizes, and each would be compiled anew.
    Raises ValueError where the device's compiler is missing.
    """
    try:
        torch.compile(lambda x: x.sin())(torch.zeros(2, device=device.device))
    except RuntimeError as error:
        raise ValueError(
            f"compiled=True: torch.compile does not work on {device.device} here ({first_line(error)}): leave it out, "
            f"or install what it needs: for a CPU a C++ compiler, and PyTorch in a folder without a space in its path; "
            f"for a GPU Triton"
        ) from error
    # each length of text (batches.text_length), whole and last micro-batch, with gradients and without
    programs = 4 * math.ceil(model.config.context_length / FEW_LENGTHS)
    twin = copy.copy(model)  # shares every parameter
    limit = {"recompile_limit": programs}
    if "recompile_limit" not in inspect.signature(torch.compile).parameters:  # before PyTorch 2.12: of the process
        torch._dynamo.config.cache_size_limit = max(programs, torch._dynamo.config.cache_size_limit)
        limit = {}
    twin.encode_image = torch.compile(partial(image_features, model), dynamic=False)  # type: ignore[method-assign]
    twin.encode_text = torch.compile(partial(text_features, model), dynamic=False, **limit)  # type: ignore
    return twin


def first_line(error: Exception) -> str:
    """What an error says, in short."""
    return str(error).strip().split("\n")[0] or type(error).__name__
