"""Which parts of a model stay what they are while the others learn."""

from collections.abc import Sequence

from torch import nn

from minclip.model import CLIP

TOWERS = {"image": "visual", "vision": "visual", "text": "text"}
WAYS = "image, text, or the first blocks of one, such as image:3"


def freeze_parts(model: CLIP, parts: str | Sequence[str]) -> None:
    """Freezes encoders, in place: "image", "text", or "image:3", its embedding and first three blocks.

    ValueError for another name, and for a number of blocks that the encoder does not have.
    """
    for part in [parts] if isinstance(parts, str) else parts:
        name, _, count = part.partition(":")
        if name not in TOWERS:
            raise ValueError(f"freeze={part!r} is no part of the model: choose {WAYS}")
        tower = getattr(model, TOWERS[name])
        if not count:
            tower.requires_grad_(False)
            continue
        blocks = getattr(getattr(tower, "transformer", None), "resblocks", None)
        if blocks is None:
            raise ValueError(f"freeze={part!r}: the {name} encoder, a {type(tower).__name__}, has no blocks to count")
        if not count.isdecimal() or int(count) > len(blocks):
            raise ValueError(f"freeze={part!r}: the {name} encoder has {len(blocks)} blocks, from 0 to {len(blocks)}")
        freeze_below(tower, blocks, int(count))


def freeze_below(tower: nn.Module, blocks: nn.ModuleList, count: int) -> None:
    """The first `count` blocks and all that comes before them: what is not a block and does not come after."""
    for block in blocks[:count]:
        block.requires_grad_(False)
    for name, parameter in tower.named_parameters():
        if not name.startswith(("transformer.", "ln_post", "ln_final", "projection", "proj", "text_projection")):
            parameter.requires_grad_(False)
