"""Another size: the positions of a trained model, for larger or smaller pictures and for longer or shorter texts.

Every patch of a picture and every token of a text has a position, a learned vector. Pictures of another size have
another number of patches. Their positions are interpolated on the grid of patches (Dosovitskiy et al. 2021, section
3.2), with the numbers of open_clip's resize_pos_embed. The positions of a text stay what they are: a shorter text has
the first ones, and a longer text has copies of the last one, which are still to be learned.
"""

from dataclasses import replace
from numbers import Integral

import torch
from torch import Tensor

from minclip.config import CLIPConfig
from minclip.formats.build_model import blank_model
from minclip.formats.changed_models import changes, changes_in_words, plain_weights, the_clip
from minclip.formats.model_files import NoTokenizer
from minclip.formats.wrapped_weights import plain_name
from minclip.masking import resize_grid
from minclip.model import CLIP
from minclip.resnet import STRIDE
from minclip.tokenizer import BPETokenizer

MOST_POSITIONS = 65_536  # of one picture or text; attention compares each with all others
TEXT = "text.positional_embedding"


def resize_context(positions: Tensor, length: int) -> Tensor:
    """Positions of another length: [old, width] -> [length, width]. New ones are copies of the last one."""
    return torch.cat([positions[:length], positions[-1:].expand(max(0, length - len(positions)), -1)])


def resized(model: CLIP, image_size: int | None = None, context_length: int | None = None) -> CLIP:
    """A model for pictures of another size, or texts of another length; the one given stays as it is.

    model: a CLIP, or a module that wraps or holds one. What is frozen stays frozen.
    image_size: in pixels a side, a multiple of the patch size (of a ResNet, of 32). context_length: in tokens, with SOT
    and EOT. None keeps what the model has. ValueError for sizes that the architecture cannot have, and for a model with
    changed parts.
    """
    model = the_clip(model)
    old = model.config
    config = sized(old, image_size, context_length)
    if config == old:
        return model
    if found := changes(model):
        raise ValueError(
            f"the model was changed ({changes_in_words(found)}), and minclip cannot resize it: resize its positions "
            f"yourself"
        )
    weights = {name: tensor.clone() for name, tensor in plain_weights(model).items()}
    pictures = "visual.attnpool.positional_embedding" if old.is_resnet else "visual.embedding.positional_embedding"
    weights[pictures] = resize_grid(
        weights[pictures], config.image_size // stride(config), 0 if old.reads_padding else 1
    )
    weights[TEXT] = resize_context(weights[TEXT], config.context_length)
    new = blank_model(config, sum(tensor.numel() for tensor in weights.values()))
    new.load_state_dict(weights, assign=True)
    for name, parameter in model.named_parameters():
        new.get_parameter(plain_name(name)).requires_grad_(parameter.requires_grad)
    return new.train(model.training)


def with_length(tokenizer: BPETokenizer, context_length: int) -> BPETokenizer:
    """The same vocabulary for texts of another length."""
    if isinstance(tokenizer, NoTokenizer) or tokenizer.context_length == context_length:
        return tokenizer
    return BPETokenizer(tokenizer.merges, context_length)


def sized(config: CLIPConfig, image_size: int | None = None, context_length: int | None = None) -> CLIPConfig:
    """The configuration with other sizes; None keeps one. ValueError for sizes that the architecture cannot have."""
    side, length = checked_image_size(config, image_size), checked_length(config, context_length)
    return replace(config, image_size=side, context_length=length)


def stride(config: CLIPConfig) -> int:
    """Pixels a side for each position: of a patch, of a ResNet's last feature map."""
    return config.patch_size or STRIDE


def checked_image_size(config: CLIPConfig, image_size: int | None) -> int:
    """The size in pixels. ValueError with the nearest sizes where the model cannot have this one."""
    if image_size is None:
        return config.image_size
    pixels = stride(config)
    most = pixels * int(MOST_POSITIONS**0.5)
    if not is_whole(image_size) or not 1 <= image_size <= most:
        raise ValueError(f"image_size={image_size!r:.80} must be a whole number of pixels from {pixels} to {most}")
    if image_size % pixels:
        below, above = image_size - image_size % pixels, image_size - image_size % pixels + pixels
        nearest = f"{below} or {above}" if below else f"{above}"
        what = "the picture is halved five times" if config.is_resnet else "no patch may be cut off"
        raise ValueError(f"image_size={image_size} must be a multiple of {pixels}, {what}: take {nearest}")
    return int(image_size)


def checked_length(config: CLIPConfig, context_length: int | None) -> int:
    """The length in tokens. ValueError where no text has it."""
    if context_length is None:
        return config.context_length
    if config.reads_padding and context_length != config.context_length:
        raise ValueError(
            f"context_length={context_length!r:.80}: a SigLIP reads a text at its last position, number "
            f"{config.context_length}, so it keeps its length: leave out context_length"
        )
    if not is_whole(context_length) or not 3 <= context_length <= MOST_POSITIONS:
        raise ValueError(
            f"context_length={context_length!r:.80} must be a whole number of tokens from 3 to {MOST_POSITIONS}: the "
            f"start, the end, and what is between them"
        )
    return int(context_length)


def is_whole(number: object) -> bool:
    """Whether it is a whole number, of Python or of NumPy."""
    return isinstance(number, Integral) and not isinstance(number, bool)


def new_positions(before: CLIPConfig, after: CLIPConfig) -> tuple[int, str]:
    """(how many text positions are still to be learned after a resizing, what to say of them); 0 is none."""
    return max(0, after.context_length - before.context_length), (
        f"text positions are new and begin as copies of the last one: fine-tune the model on texts of more than "
        f"{before.context_length} tokens before you use it on such"
    )
