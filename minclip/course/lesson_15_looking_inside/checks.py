"""How the answers of lesson 15 are judged: heat of tokens, values, rollout, occlusion, intersection over union."""

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from minclip import saliency as library
from minclip import segmentation
from minclip.config import CLIPConfig
from minclip.course import battery
from minclip.course.assertions import Known, Mistake, Shown, Trial
from minclip.course.lesson_15_looking_inside import place_mistakes, rollout_mistakes, token_mistakes
from minclip.model import CLIP
from minclip.transformer import TransformerBlock
from minclip.vision import VisionTransformer

SIZES = CLIPConfig(
    embed_dim=10, image_size=12, patch_size=4, vision_width=8, vision_layers=2, text_width=8, text_heads=2,
    text_layers=1, context_length=7, vocab_size=21, vision_head_width=4,
)  # fmt: skip
OTHER = CLIPConfig(
    embed_dim=6, image_size=16, patch_size=4, vision_width=12, vision_layers=1, text_width=8, text_heads=2,
    text_layers=1, context_length=7, vocab_size=21, vision_head_width=6,
)  # fmt: skip
SIZE_WORDS = re.compile("is invalid for input of size|unflatten: Provided sizes")
PICTURES_FOR_TEXTS = Mistake(
    "text i belongs to picture i, and one text to all where there is one",
    way="unit_rows(text_features).unsqueeze(-1) is [batch, embed_dim, 1], and [1, embed_dim, 1] for one text",
)
TEXTS_REFUSED = Mistake(
    "another number of texts than pictures, or one, must be refused with a ValueError",
    way="unit_texts(text_features, len(tokens)) refuses it, and makes unit rows of the texts; in occlusion_heat it is "
    "len(pixels)",
)
NO_PATCH = Mistake(
    "CLS is no patch: without it, the patches fill a square", way="[:, 1:] of the tokens, [0, 1:] of a map"
)
SIDE = Mistake(
    "the grid does not fit the patches: its side is the root of their number, and the batch stays as it is",
    way="side = isqrt(number of patches), then heat.unflatten(1, (side, side))",
)
WITH_GRADIENT = Mistake(
    "a gradient is kept of every pass: that takes much memory, and the map cannot be drawn",
    way="no gradient is needed: put `with torch.no_grad():` around the passes",
)
WHOLE_EACH_TIME = Mistake(
    "the whole picture is encoded again for every cell: its cosine stays the same",
    way="the cosine of the whole pictures stands before the loop",
)
THREE = Mistake("split gives three tensors: query, key and value", way=token_mistakes.SPLIT)
NOT_NUMBERS = Mistake("0 was divided by 0: an empty mask and an empty mask have nothing in common", way="clamp(min=1)")


def last_number(error: BaseException) -> int:
    """That of PyTorch's words about a shape that does not fit: the numbers, or the length of the dimension."""
    return int(re.findall(r"\d+", str(error))[-1])


def fits_patches(*counts: int) -> Callable[[BaseException], bool]:
    """Whether a grid was wanted of so many numbers: CLS is not among them, so the grid is the wrong one."""
    return lambda error: SIZE_WORDS.search(str(error)) is not None and last_number(error) in counts


def lost_in_a_batch_of_one(t: Trial) -> dict[Any, str]:
    """Squeezed heat of a single picture has no second dimension."""
    return {**t.errors, "tuple index out of range": battery.ONE_LOST, "Dimension out of range": battery.ONE_LOST}


def pictures_encoded(t: Trial, model: CLIP, *inputs: Any) -> int:
    """How many pictures the learner's code sends through the image encoder."""
    seen: list[int] = []
    hook = model.visual.register_forward_pre_hook(lambda module, given: seen.append(len(given[0])))
    try:
        t(Shown(model, "model"), *inputs)
    finally:
        hook.remove()
    return sum(seen)


def model_of(t: Trial, config: CLIPConfig = SIZES) -> CLIP:
    """A CLIP whose weights hide nothing: no gain is left at 1, no bias at 0."""
    model = CLIP(config)
    with torch.no_grad():
        for weight in model.visual.parameters():
            weight.copy_(0.5 * t.normal(*weight.shape))
    return model.eval()


def vit_of(t: Trial, config: CLIPConfig = SIZES) -> VisionTransformer:
    visual = model_of(t, config).visual
    assert isinstance(visual, VisionTransformer)
    return visual


def patch_heat(t: Trial) -> None:
    t.errors = {
        "cannot be multiplied": PICTURES_FOR_TEXTS,
        "must match the size of tensor": PICTURES_FOR_TEXTS,
        "Expected size for first two dimensions": PICTURES_FOR_TEXTS,
        fits_patches(9, 16, 27, 32): SIDE,
        "is invalid for input of size": NO_PATCH,
        "Given normalized_shape": Mistake("ln_post comes first, then proj", way=token_mistakes.READ),
        "unflatten: Provided sizes": NO_PATCH,
    }
    visual, right = vit_of(t), library.patch_heat
    shown, tokens, texts = Shown(visual, "visual"), t.normal(3, 10, 8), 3 * t.normal(3, 10)
    other, others = t.normal(3, 10, 8), 0.1 * t.normal(3, 10)
    known = t.acting_like(t.mine, token_mistakes.WRONG_HEATS, (visual, tokens, texts), (visual, other, others))
    with torch.no_grad():
        t.same(t(shown, tokens, texts), right(visual, tokens, texts), known)
        t.same(t(shown, tokens, texts[:1]), right(visual, tokens, texts[:1]), what="the heat of one text for all")
        usual, t.errors = t.errors, lost_in_a_batch_of_one(t)
        battery.batch_of_one(t, lambda x, y: t.mine(visual, x, y), lambda x, y: right(visual, x, y), tokens, texts,
                             as_="patch_heat")  # fmt: skip
        t.errors = usual
        second = vit_of(t, OTHER)
        larger = (second, t.normal(2, 17, 12), t.normal(2, 6))
        battery.in_turn(t, (t.mine, right, (visual, tokens, texts)), (t.mine, right, larger))
    t.raises(ValueError, t.mine, visual, tokens, texts[:2], why="two texts for three pictures: which is whose?",
             hint=TEXTS_REFUSED, instead=TEXTS_REFUSED)  # fmt: skip
    t.on_a_gpu(t.mine, visual, tokens, texts)


def block_of(t: Trial, width: int = 8, heads: int = 2) -> TransformerBlock:
    block = TransformerBlock(width, heads, 3 * width)
    with torch.no_grad():
        for weight in block.parameters():
            weight.copy_(0.5 * t.normal(*weight.shape))
    return block


def value_tokens(t: Trial) -> None:
    t.errors = {
        "too many values to unpack": THREE,
        "not enough values to unpack": Mistake("split takes tokens, [batch, tokens, width]", way=token_mistakes.SPLIT),
        "'tuple' object has no attribute": THREE,
        "has no attribute 'split'": Mistake("they are the attention's: block.attn", way=token_mistakes.SPLIT),
        "cannot be multiplied": Mistake("merge takes the heads as split gives them", way=token_mistakes.MERGE),
    }  # fmt: skip
    block, right = block_of(t), library.value_tokens
    x, other = t.normal(3, 5, 8), t.normal(3, 5, 8)
    known = t.acting_like(t.mine, token_mistakes.WRONG_VALUES, (block, x), (block, other))
    t.same(t(Shown(block, "block"), x), right(block, x), known)
    battery.batch_of_one(t, lambda x: t.mine(block, x), lambda x: right(block, x), x, as_="value_tokens")
    alone = t.normal(2, 1, 8)
    t.same(t(block, alone), right(block, alone), what="the result for a single token")
    battery.in_turn(t, (t.mine, right, (block, x)), (t.mine, right, (block_of(t, 12, 3), t.normal(2, 4, 12))))
    t.on_a_gpu(t.mine, block, x)


def maps_of(t: Trial, layers: int, batch: int, heads: int, tokens: int) -> Tensor:
    return (2 * t.normal(layers, batch, heads, tokens, tokens)).softmax(dim=-1)


def attention_rollout(t: Trial) -> None:
    t.errors = {
        "to have the same dtype": Mistake("the unit matrix has another dtype than the attentions", way="dtype="
                                          "attentions.dtype where it is made"),
        fits_patches(9, 16, 18, 48): SIDE,
        "unflatten: Provided sizes": NO_PATCH,
        "is invalid for input of size": NO_PATCH,
        "must match the size of tensor": Mistake("the dimensions are layers, batch, heads, tokens, tokens",
                                                 way="attentions.mean(dim=2) is the mean of the heads"),
    }  # fmt: skip
    right = library.attention_rollout
    maps = maps_of(t, 3, 2, 3, 10)
    known = t.acting_like(t.mine, rollout_mistakes.WRONG_ROLLOUTS, maps, maps_of(t, 3, 2, 3, 10))
    t.same(t(maps), right(maps), known)
    t.same(t(maps[:1]), right(maps[:1]), what="the heat of a single layer")
    usual, t.errors = t.errors, lost_in_a_batch_of_one(t)
    battery.batch_of_one(t, lambda x: t.mine(x.transpose(0, 1)), lambda x: right(x.transpose(0, 1)),
                         maps.transpose(0, 1), as_="attention_rollout")  # fmt: skip
    t.errors = usual
    battery.keeps_dtype(t, t.mine, right, maps)
    battery.in_turn(t, (t.mine, right, (maps,)), (t.mine, right, (maps_of(t, 4, 3, 1, 17),)))
    t.on_a_gpu(t.mine, maps)


def occlusion_heat(t: Trial) -> None:
    t.errors = {
        "must match the size of tensor": Mistake("a text belongs to each picture, or one to all",
                                                 way="(unit_rows(features) * unit_rows(text_features)).sum(dim=-1)"),
        "has no attribute 'encode'": Mistake("it is encode_image", way="model.encode_image(covered)"),
        "can't be converted to Scalar": Mistake("a number for each picture is needed", way="sum(dim=-1)"),
    }  # fmt: skip
    model, right = model_of(t), library.occlusion_heat
    pixels, texts = t.normal(3, 3, 12, 12), 3 * t.normal(3, 10)
    other, others = t.normal(3, 3, 12, 12), 0.2 * t.normal(3, 10)
    cases = (model, pixels, texts, 3), (model, other, others, 2)
    known = t.acting_like(t.mine, place_mistakes.WRONG_OCCLUSIONS, *cases)
    shown = Shown(model, "model")
    t.same(t(shown, pixels, texts, 3), right(model, pixels, texts, 3), known)
    t.holds(not t.came.requires_grad, "the heat asks for a gradient", WITH_GRADIENT)
    coarse = t.acting_like(t.mine, place_mistakes.WRONG_OCCLUSIONS, *reversed(cases))
    t.same(t(shown, other, others, 2), right(model, other, others, 2), coarse, "the heat of 2 × 2 cells")
    t.same(t(shown, pixels, texts), right(model, pixels, texts), what="the heat without cells, which is 4")
    t.same(t(shown, pixels, texts[:1], 2), right(model, pixels, texts[:1], 2), what="the heat of one text for all")
    battery.batch_of_one(t, lambda x, y: t.mine(model, x, y, 2), lambda x, y: right(model, x, y, 2), pixels, texts,
                         as_="occlusion_heat")  # fmt: skip
    second = model_of(t, OTHER)
    battery.in_turn(t, (t.mine, right, cases[0]), (t.mine, right, (second, t.normal(2, 3, 16, 16), t.normal(2, 6), 2)))
    t.raises(ValueError, t.mine, model, pixels, texts[:2], 3, why="two texts for three pictures: which is whose?",
             hint=TEXTS_REFUSED, instead=TEXTS_REFUSED)  # fmt: skip
    passed, needed = pictures_encoded(t, model, pixels, texts, 3), len(pixels) * (1 + 3 * 3)
    t.holds(passed <= needed, "encodes more pictures than it needs", f"  expected  at most {needed}: 1 + 3² for each",
            f"  got       {passed}", WHOLE_EACH_TIME)  # fmt: skip
    for cells in (5, 0):
        t.raises(ValueError, t.mine, model, pixels, texts, cells, why=f"12 pixels make no {cells} cells of equal size")
    t.on_a_gpu(t.mine, model, pixels, texts, 2)


def masks_of(t: Trial, *shape: int) -> Tensor:
    return t.normal(*shape) > 0.3


def mask_iou(t: Trial) -> None:
    t.errors = {
        "division by zero": NOT_NUMBERS,
        "'and'": Mistake("& works on masks, `and` on single answers", way=place_mistakes.IOU),
        "Boolean value of Tensor": Mistake("& and | work on masks, `and` and `or` on single answers",
                                           way=place_mistakes.IOU),
        "with a bool tensor": Mistake("masks are bool: & is in both, | is in either", way=place_mistakes.IOU),
    }  # fmt: skip
    right = segmentation.mask_iou
    masks, others = masks_of(t, 4, 5, 6), masks_of(t, 4, 5, 6)
    proof = masks_of(t, 4, 5, 6), masks_of(t, 4, 5, 6)
    t.same(
        t(masks, others), right(masks, others), t.acting_like(t.mine, place_mistakes.WRONG_IOUS, (masks, others), proof)
    )
    t.same(t(masks, masks), torch.ones(4), what="the IoU of a mask with itself")
    t.same(t(masks, ~masks), torch.zeros(4), what="the IoU of a mask with all others")
    empty = torch.zeros(2, 3, 3, dtype=torch.bool)
    came = t(empty, empty)
    nan: Known = {NOT_NUMBERS: lambda: came if isinstance(came, Tensor) and came.isnan().any() else None}
    one = Mistake("two empty masks have 0: they found nothing", way="clamp(min=1) leaves 0 / 1")
    t.same(came, torch.zeros(2), {**nan, one: lambda: torch.ones(2)}, "the IoU of two empty masks")
    battery.batch_of_one(t, t.mine, right, masks, others, as_="mask_iou")
    battery.in_turn(t, (t.mine, right, (masks, others)), (t.mine, right, (masks_of(t, 2, 3, 3), masks_of(t, 2, 3, 3))))
    t.on_a_gpu(t.mine, masks, others)
