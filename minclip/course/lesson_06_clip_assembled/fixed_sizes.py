"""A size that stands as a number where the configuration belongs: read off the shapes of an encoder's weights."""

from minclip.course.assertions import Mistake
from minclip.course.lesson_06_clip_assembled.assembly_mistakes import IMAGE_SIZES, TEXT_SIZES, gives_shapes
from minclip.model import CLIP

Shapes = dict[str, list[int]]
PREFIX = {"text": "text_", "visual": "vision_"}


def fixed_size(theirs: CLIP, part: str, own: Shapes) -> list[Mistake]:
    """The one size that makes these shapes. own: of the encoder's weights, by their names in it."""
    config = theirs.config
    right = {name: way(config) for name, way in (TEXT_SIZES if part == "text" else IMAGE_SIZES).items()}
    for size, value in sizes_of(part, own).items():
        if value != right[size] and gives_shapes(config, part, size, value, own):
            prefix = PREFIX[part] if hasattr(config, PREFIX[part] + size) else ""
            words = f"{size} is {value} here, and the configuration says {right[size]}"
            return [Mistake(words, way=f"{size}=config.{prefix}{size}")]
    return []


def sizes_of(part: str, own: Shapes) -> dict[str, int]:
    """The sizes that the shapes show, as far as the weights are there."""
    blocks = {int(name.split("resblocks.")[1].split(".")[0]) for name in own if "resblocks." in name}
    found = {"layers": len(blocks)}
    if part == "text":
        places = {"vocab_size": ("token_embedding.weight", 0), "width": ("token_embedding.weight", 1),
                  "context_length": ("positional_embedding", 0), "embed_dim": ("text_projection", 1)}  # fmt: skip
    else:
        places = {"width": ("proj", 0), "embed_dim": ("proj", 1), "patch_size": ("embedding.conv1.weight", 2)}
        first = next((shape for name, shape in own.items() if name.endswith("c_fc.weight")), None)
        found |= {"mlp_width": first[0]} if first else {}
    return found | {size: own[name][side] for size, (name, side) in places.items() if name in own}
