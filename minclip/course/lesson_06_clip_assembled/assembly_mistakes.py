"""What people write in CLIP's __init__ in lesson 06: each mistake, and what the model is then."""

import math
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from minclip.config import CLIPConfig
from minclip.course.assertions import Errors, Known, Mistake
from minclip.model import CLIP
from minclip.text import TextTransformer
from minclip.vision import VisionTransformer

SUPER = Mistake(
    "nn.Module is not ready to take parts before its own __init__ has run",
    way="super().__init__() is the first line of __init__",
)
BY_NAME = Mistake(
    "an encoder takes its sizes one by one and by name, no configuration and no list",
    way="TextTransformer(context_length=config.context_length, vocab_size=config.vocab_size, ...)",
)
TEXT_NAMES = Mistake(
    "the configuration has the sizes of two encoders, and their names say of which",
    way="config.text_width, config.text_layers, config.text_heads; config.vision_width and so on for pictures",
)
NO_MODULE = Mistake("the class must be an nn.Module", way="class CLIP(nn.Module):")
NO_CONFIG = Mistake("whoever loads, saves or evaluates the model asks it for its sizes", way="self.config = config")
EVAL = Mistake("a model is made for training first", way="leave out self.eval()")
SHARED = Mistake("an encoder was made once for all models", way="make both encoders inside of __init__")
SEEDED = Mistake("a seed is set inside of the model", way="leave out manual_seed: who makes the model decides about it")
STARTS = Mistake(
    "the encoders draw their weights themselves, and here they are changed afterwards",
    way="leave out the lines that change weights: __init__ makes the parts, and no more",
)
NOT_A_PARAMETER = Mistake(
    "logit_scale is there, and is no parameter: no optimiser would find it", way="nn.Parameter(torch.tensor(...))"
)
NO_SCALE = Mistake("the model has no logit_scale", way="self.logit_scale = nn.Parameter(torch.tensor(...))")
FROZEN = Mistake("all of CLIP learns", way="leave out requires_grad=False and requires_grad_(False)")
ONE_NUMBER = Mistake(
    "logit_scale is one number without dimensions; here it stands in a list",
    way="torch.tensor(x), not torch.tensor([x])",
)
IN_A_LIST = Mistake(
    "it stands in a list or a dict, where an nn.Module does not look for its parts",
    way="self.visual = ..., self.text = ...",
)
LOG_OF_NUMBER = Mistake(
    "torch.log wants a tensor", way="math.log(1 / 0.07) is a plain number, torch.tensor(...) makes a tensor of it"
)
OF_A_NUMBER = Mistake("a parameter is made of a tensor, not of a plain number", way="nn.Parameter(torch.tensor(...))")

IMAGE_ENCODER = Mistake("image_encoder takes the whole configuration", way="self.visual = image_encoder(config)")

ERRORS: Errors = {
    "before Module.__init__() call": SUPER,
    "has no attribute '_parameters'": SUPER,
    "has no attribute '_modules'": SUPER,
    "descriptor '__init__' of 'super'": Mistake("super is to be called: two brackets", way="super().__init__()"),
    "CLIP.__init__() takes": Mistake("the __init__ of nn.Module takes nothing", way="super().__init__()"),
    "takes 1 positional argument but": BY_NAME,
    "unexpected keyword argument": Mistake(
        "an encoder's own names say of no encoder: width, layers, heads", way="width=config.text_width, and so on"
    ),
    "must be a multiple of heads": Mistake(
        "width and heads do not fit together: take both from the configuration",
        way="width=config.text_width, heads=config.text_heads",
    ),
    "image_encoder() missing": IMAGE_ENCODER,
    "object has no attribute 'vision_layers'": IMAGE_ENCODER,
    "'CLIPConfig' object has no attribute": TEXT_NAMES,
    "'CLIPConfig' object is not subscriptable": Mistake(
        "the configuration has attributes, no keys", way="config.embed_dim"
    ),
    lambda error: "argument 'size'" in str(error) and "NoneType" in str(error): Mistake(
        "vision_mlp_width may be None: the MLP is then 4 times as wide as the encoder",
        way="mlp_width=config.vision_mlp_width or 4 * config.vision_width",
    ),
    "by zero": Mistake("the number of heads is 0 here: not all heads have 64 numbers", way="heads=config.text_heads"),
    "log(): argument 'input'": LOG_OF_NUMBER,
    "exp(): argument 'input'": LOG_OF_NUMBER,
    "'float' object has no attribute": OF_A_NUMBER,
    "cannot assign 'float'": OF_A_NUMBER,
}  # fmt: skip

TEXT_SIZES: dict[str, Callable[[CLIPConfig], Any]] = {
    "context_length": lambda c: c.context_length,
    "vocab_size": lambda c: c.vocab_size,
    "width": lambda c: c.text_width,
    "layers": lambda c: c.text_layers,
    "heads": lambda c: c.text_heads,
    "embed_dim": lambda c: c.embed_dim,
    "quick_gelu": lambda c: c.quick_gelu,
}
IMAGE_SIZES: dict[str, Callable[[CLIPConfig], Any]] = {
    "image_size": lambda c: c.image_size,
    "patch_size": lambda c: c.patch_size,
    "width": lambda c: c.vision_width,
    "layers": lambda c: c.vision_layers,
    "heads": lambda c: c.vision_heads,
    "embed_dim": lambda c: c.embed_dim,
    "mlp_width": lambda c: c.vision_mlp_width or 4 * c.vision_width,
    "quick_gelu": lambda c: c.quick_gelu,
}


def named(size: str, given: str, way: str) -> Mistake:
    return Mistake(f"{size} got {given}", way=way)


def wrong_sizes(config: CLIPConfig, part: str) -> list[tuple[Mistake, str, Any]]:
    """(mistake, size, its wrong value) for an encoder."""
    c, who = config, "the text encoder" if part == "text" else "the image encoder"
    own, other = ("text", "vision") if part == "text" else ("vision", "text")
    found: list[tuple[Mistake, str, Any]] = []
    for size, wrong in (("width", "width"), ("layers", "layers"), ("heads", "heads")):
        words = f"{who} got the {size} of the other encoder"
        found.append((Mistake(words, way=f"{size}=config.{own}_{size}"), size, getattr(c, f"{other}_{wrong}")))
    for name in (f"{own}_width", f"{other}_width"):
        words = f"embed_dim is the width of the space in which both encoders meet; {who} got a width of tokens"
        found.append((Mistake(words, way="embed_dim=config.embed_dim for both"), "embed_dim", getattr(c, name)))
    words = f"{who} got the width of the features where it wants that of its tokens"
    found.append((Mistake(words, way=f"width=config.{own}_width"), "width", c.embed_dim))
    right = getattr(c, f"{own}_heads")
    others = [n for n in (1, 2, 4, 6, 8, 12) if getattr(c, f"{own}_width") % n == 0 and n != right]
    for n in others:
        words = f"{who} has {n} head{'s' if n > 1 else ''}, and the configuration says {right}"
        found.append((Mistake(words, way=f"heads=config.{own}_heads"), "heads", n))
    words = f"{who} has another activation than the configuration says"
    found.append((Mistake(words, way="quick_gelu=config.quick_gelu"), "quick_gelu", not c.quick_gelu))
    if part == "text":
        defaults = ((77, "context_length"), (49408, "vocab_size"))
        crossed = ((c.vocab_size, "context_length"), (c.context_length, "vocab_size"))
        for value, size in (*defaults, *crossed):
            words = f"{size} is not what the configuration says"
            found.append((Mistake(words, way=f"{size}=config.{size}"), size, value))
    else:
        words = "the image encoder's MLP is 4 times its width, whatever the configuration says"
        way = "mlp_width=config.vision_mlp_width or 4 * config.vision_width"
        found.append((Mistake(words, way=way), "mlp_width", 4 * c.vision_width))
        words = "heads got the width of a head; config.vision_heads is their number"
        found.append((Mistake(words, way="heads=config.vision_heads"), "heads", c.vision_head_width))
    return found


def built_with(config: CLIPConfig, part: str, size: str, value: Any) -> nn.Module:
    """An encoder of minclip's in which one size is another."""
    of, kind = (TEXT_SIZES, TextTransformer) if part == "text" else (IMAGE_SIZES, VisionTransformer)
    sizes = {name: way(config) for name, way in of.items()} | {size: value}
    return kind(**sizes)


def cause_of_shapes(
    mine: nn.Module, theirs: CLIP, expected: dict[str, list[int]], found: dict[str, list[int]], name: str
) -> list[str]:
    """The mistake that makes these names and shapes, where it is certain."""
    part = name.partition(".")[0]
    if name == "logit_scale" or "logit_scale" not in found:
        if "logit_scale" not in found:
            return [NOT_A_PARAMETER if hasattr(mine, "logit_scale") else NO_SCALE] if name == "logit_scale" else []
        return [ONE_NUMBER] if found["logit_scale"] == [1] else []
    if part in ("visual", "text") and not any(other.startswith(f"{part}.") for other in found):
        return missing_part(mine, part)
    if part not in ("visual", "text"):
        return [Mistake(f"{name} is a weight more than CLIP has", way="leave it out")]
    own = {n.partition(".")[2]: shape for n, shape in found.items() if n.startswith(f"{part}.")}
    for mistake, size, value in wrong_sizes(theirs.config, part):
        if gives_shapes(theirs.config, part, size, value, own):
            return [mistake]
    return []


def missing_part(mine: nn.Module, part: str) -> list[str]:
    """Why an encoder is not there under its name."""
    kind = VisionTransformer if part == "visual" else TextTransformer
    other = [name for name, child in mine.named_children() if type(child).__name__ == kind.__name__]
    if other:
        words = f"the encoder is called {other[0]} here; in CLIP its name is {part}, and files of weights rely on it"
        return [Mistake(words, way=f"self.{part} = ...")]
    hidden = [
        thing for key, thing in vars(mine).items() if isinstance(thing, list | dict | tuple) and not key.startswith("_")
    ]
    if any(
        isinstance(one, nn.Module) for thing in hidden for one in (thing.values() if isinstance(thing, dict) else thing)
    ):
        return [IN_A_LIST]
    if isinstance(getattr(mine, part, None), FunctionType | type):
        words = f"self.{part} is the function or class itself, and no encoder that it makes"
        return [Mistake(words, way=f"call it: self.{part} = ...(...)")]
    return [Mistake(f"the model has no self.{part}", way=f"self.{part} = ...")] if not hasattr(mine, part) else []


def gives_shapes(config: CLIPConfig, part: str, size: str, value: Any, own: dict[str, list[int]]) -> bool:
    try:
        other = built_with(config, part, size, value)
    except (ValueError, RuntimeError):
        return False
    return {name: list(weight.shape) for name, weight in other.named_parameters()} == own


def wrong_parts(theirs: CLIP, part: str, given: Tensor) -> Known:
    """What an encoder of the same weights gives where a size is wrong that no shape shows."""

    def result(size: str, value: Any) -> Tensor:
        other = built_with(theirs.config, part, size, value)
        other.load_state_dict(getattr(theirs, part).state_dict())
        return other(given)

    return {
        mistake: partial(result, size, value)
        for mistake, size, value in wrong_sizes(theirs.config, part)
        if size in ("heads", "quick_gelu")
    }


def wrong_scales(came: Any) -> Known:
    """What people start logit_scale with."""
    start = "math.log(1 / 0.07) = 2.66: the scale starts at 1 / 0.07 = 14.3, and its logarithm is learned"
    right = math.log(1 / 0.07)

    def number(value: float) -> Callable[[], Tensor]:
        return lambda: torch.tensor(value)

    return {
        Mistake("this is the scale itself; its logarithm is learned", way=start): number(1 / 0.07),
        Mistake("this is the logarithm of the temperature; the scale is one over the temperature",
                way=start): number(math.log(0.07)),
        Mistake("this is the temperature", way=start): number(0.07),
        Mistake("this is where the scale is clamped, ln 100, and not where it starts",
                way=start): number(math.log(100)),
        Mistake("this is a logarithm to the base 10; exp wants the natural one",
                way=start): number(math.log10(1 / 0.07)),
        Mistake("this is a logarithm to the base 2; exp wants the natural one",
                way=start): number(math.log2(1 / 0.07)),
        Mistake("with a logarithm of 0 the scale starts at 1", way=start): number(0.0),
        Mistake("with a logarithm of 1 the scale starts at 2.7", way=start): number(1.0),
        ONE_NUMBER: lambda: torch.tensor([right]),
        Mistake("the number is right, and stands in float64: NumPy's numbers do that",
                way="math.log gives a plain number, and torch.tensor makes float32 of it"): lambda: (
            torch.tensor(right, dtype=torch.float64)
        ),
    }  # fmt: skip
