"""Hidden tests of lesson 15: other sizes of encoders, maps, cells and masks."""

import torch

from minclip import saliency, segmentation
from minclip.config import CLIPConfig
from minclip.course.assertions import Shown, Trial
from minclip.course.lesson_15_looking_inside.checks import block_of, maps_of, masks_of, model_of, vit_of

WIDE = CLIPConfig(
    embed_dim=7, image_size=20, patch_size=4, vision_width=6, vision_layers=1, text_width=8, text_heads=2,
    text_layers=1, context_length=7, vocab_size=21, vision_head_width=3,
)  # fmt: skip


def patch_heat(t: Trial) -> None:
    visual = vit_of(t, WIDE)
    shown = Shown(visual, "visual")
    with torch.no_grad():
        for batch, texts in ((4, 4), (2, 1), (1, 1)):
            given = 2 * t.normal(batch, 26, 6), t.normal(texts, 7)
            t.same(t(shown, *given), saliency.patch_heat(visual, *given), what=f"the heat of {batch} pictures")
    t.raises(ValueError, t.mine, visual, t.normal(2, 26, 6), t.normal(3, 7), why="3 texts for 2 pictures")


def value_tokens(t: Trial) -> None:
    for width, heads, tokens in ((6, 1, 4), (12, 4, 9)):
        block, x = block_of(t, width, heads), t.normal(2, tokens, width)
        t.same(t(Shown(block, "block"), x), saliency.value_tokens(block, x), what=f"the result for {heads} heads")


def attention_rollout(t: Trial) -> None:
    for layers, batch, heads, tokens in ((1, 2, 4, 5), (6, 1, 2, 26), (2, 3, 1, 2)):
        maps = maps_of(t, layers, batch, heads, tokens)
        t.same(t(maps), saliency.attention_rollout(maps), what=f"the heat of {layers} layers")


def occlusion_heat(t: Trial) -> None:
    model = model_of(t, WIDE)
    pixels, texts = t.normal(2, 3, 20, 20), t.normal(2, 7)
    for cells in (1, 2, 5):
        came = t(Shown(model, "model"), pixels, texts, cells)
        t.same(came, saliency.occlusion_heat(model, pixels, texts, cells), what=f"the heat of {cells} × {cells} cells")
    t.raises(ValueError, t.mine, model, pixels, texts, 3, why="20 pixels make no 3 cells of equal size")


def mask_iou(t: Trial) -> None:
    for shape in ((3, 8, 2), (1, 1, 7), (5, 4, 4)):
        masks, others = masks_of(t, *shape), masks_of(t, *shape)
        t.same(t(masks, others), segmentation.mask_iou(masks, others), what=f"the IoU of masks {list(shape)}")
