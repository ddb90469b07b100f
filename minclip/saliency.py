"""Looking inside: where in a picture is what a sentence names? A heat for every patch, without any training.

CLIP was trained to give one feature for a whole picture, read at CLS. Its image encoder still has a token for every
patch. The functions here turn tokens, attention, covered pictures and gradients into heat, float32 [batch, rows,
columns]. Rollout knows no text; all others take one text for each picture. From heat to masks and boxes:
segmentation.py.

A model for pictures of another size has another grid: `minclip.checkpoint.resized(model, 64)`.
Sources: Zhou et al. 2022 (MaskCLIP), Li et al. 2023 (CLIP Surgery), Zhao et al. 2024 (Grad-ECLIP), Abnar and Zuidema
2020 (rollout), Zeiler and Fergus 2014 (occlusion).
"""

from collections.abc import Callable
from itertools import product
from math import isqrt
from typing import cast

import torch
from torch import Tensor

from minclip.model import CLIP
from minclip.similarity import check_directions, unit_rows
from minclip.transformer import TransformerBlock, attention
from minclip.vision import VisionTransformer

Reading = Callable[[TransformerBlock, Tensor], Tensor]  # the last block, its input -> tokens, [batch, tokens, width]


def patch_heat(visual: VisionTransformer, tokens: Tensor, text_features: Tensor) -> Tensor:
    """Reads every patch's token as CLS is read, and compares it with a text: float32 [batch, rows, columns], cosines.

    tokens: float [batch, 1 + patches, width], CLS first, patches in reading order; text_features: float [batch,
    embed_dim], of any norm, a text for each picture, or [1, embed_dim], one text for all. Raises ValueError for
    another number of texts.
    """
    texts = unit_texts(text_features, len(tokens)).unsqueeze(-1)  # [batch, embed_dim, 1]
    features = unit_rows(visual.ln_post(tokens[:, 1:]) @ visual.proj)  # [batch, patches, embed_dim]
    heat = (features @ texts).squeeze(-1)  # [batch, patches]
    side = isqrt(heat.shape[1])
    return heat.unflatten(1, (side, side))  # [batch, rows, columns]


def value_tokens(block: TransformerBlock, x: Tensor) -> Tensor:
    """What every token would hand to others: its value, with the heads mixed. No token looks at another one.

    x: float [batch, tokens, width], what the block reads -> the same shape. Attention, residual and MLP are left out.
    Source: Zhou et al. 2022 (MaskCLIP), section 3.
    """
    _, _, value = block.attn.split(block.ln_1(x))  # [batch, heads, tokens, head_width]
    return block.attn.merge(value)  # [batch, tokens, width]


def last_tokens(block: TransformerBlock, x: Tensor) -> Tensor:
    """The tokens as the block gives them: the baseline. x: float [batch, tokens, width] -> the same shape."""
    return block(x)


def block_on_values(block: TransformerBlock, x: Tensor) -> Tensor:
    """The last block with values in place of attention, its residual and MLP kept. x as in `value_tokens`."""
    x = x + value_tokens(block, x)  # [batch, tokens, width]
    return x + block.mlp(block.ln_2(x))


def value_value_tokens(block: TransformerBlock, x: Tensor) -> Tensor:
    """Attention in which values ask values, without residual and MLP: a token listens to those that say the same.

    x as in `value_tokens`. Source: Li et al. 2023 (CLIP Surgery), section 3, here in the last block alone.
    """
    _, _, value = block.attn.split(block.ln_1(x))  # [batch, heads, tokens, head_width]
    return block.attn.merge(attention(value, value, value))  # [batch, tokens, width]


def token_heat(model: CLIP, pixels: Tensor, text_features: Tensor, read: Reading = value_tokens) -> Tensor:
    """The heat of the tokens that `read` makes of the last block: float32 [batch, rows, columns].

    pixels: float [batch, 3, size, size], normalised by `minclip.preprocess`; text_features as in `patch_heat`, of
    `model.encode_text`. Raises ValueError for a model without CLIP's VisionTransformer, and for pixels of another size.
    """
    with torch.no_grad():
        block, x = last_block(model, pixels)
        return patch_heat(vit_of(model), read(block, x), text_features)


def surgery_heat(
    model: CLIP, pixels: Tensor, text_features: Tensor, all_texts: Tensor, read: Reading = value_value_tokens
) -> Tensor:
    """The heat of a text, without what the texts share: minus the mean heat of many texts, the text among them.

    all_texts: float [texts, embed_dim], such as those of all class names; all else as in `token_heat`. Raises
    ValueError where their mean has no direction.
    Source: Li et al. 2023 (CLIP Surgery), section 3, every text with the same weight.
    """
    with torch.no_grad():
        block, x = last_block(model, pixels)
        tokens, shared = read(block, x), unit_rows(all_texts).mean(dim=0, keepdim=True)  # shared: [1, embed_dim]
        check_directions(unit_rows(shared), ["the mean of all_texts"])
        visual = vit_of(model)
        return patch_heat(visual, tokens, text_features) - shared.norm() * patch_heat(visual, tokens, shared)


def attention_maps(model: CLIP, pixels: Tensor) -> Tensor:
    """How much every token looks at every other one: float [layers, batch, heads, tokens, tokens], rows sum to 1.

    pixels and errors as in `token_heat`.
    """
    visual, maps = vit_of(model), []
    with torch.no_grad():
        x = first_tokens(visual, pixels)  # [batch, 1 + patches, width]
        for block in blocks_of(visual):
            query, key, _ = block.attn.split(block.ln_1(x))  # two of [batch, heads, tokens, head_width]
            each = torch.eye(x.shape[1], dtype=x.dtype, device=x.device).expand(*query.shape[:2], -1, -1)
            maps.append(attention(query, key, each))  # as values, the rows of a unit matrix show the shares themselves
            x = block(x)
    return torch.stack(maps)


def attention_rollout(attentions: Tensor) -> Tensor:
    """What share of CLS comes from each patch, through all layers, if tokens were mixed by attention alone.

    The heads' mean in each layer; half of every token is itself, by the residual. float [batch, rows, columns]; no
    text plays a part. attentions: float [layers, batch, heads, tokens, tokens], from the first layer to the last.
    Source: Abnar and Zuidema 2020, section 3, equation 1.
    """
    tokens = attentions.shape[-1]
    same = torch.eye(tokens, dtype=attentions.dtype, device=attentions.device)  # [tokens, tokens]
    together = same
    for layer in attentions.mean(dim=2):  # [batch, tokens, tokens]
        together = (layer + same) / 2 @ together  # [batch, tokens, tokens]
    side = isqrt(tokens - 1)
    return together[:, 0, 1:].unflatten(1, (side, side))  # [batch, rows, columns]


def occlusion_heat(model: CLIP, pixels: Tensor, text_features: Tensor, cells: int = 4) -> Tensor:
    """How much the cosine falls where a cell of the picture is covered with grey: float32 [batch, cells, cells].

    Grey is 0 in normalised pixels, the mean of the pictures of training. Works with every model; takes 1 + cells²
    passes. pixels: float [batch, 3, size, size]; text_features as in `patch_heat`. Raises ValueError for another number
    of texts, and where the cells do not fill the picture.
    Source: Zeiler and Fergus 2014, section 4.2.
    """
    if cells < 1 or pixels.shape[-1] % cells:
        raise ValueError(
            f"cells={cells} must be at least 1, and divide the picture's side of {pixels.shape[-1]} pixels"
        )
    texts, side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // cells
    with torch.no_grad():
        whole = (unit_rows(model.encode_image(pixels)) * texts).sum(dim=-1)  # [batch]
        heat = whole.new_empty(len(pixels), cells, cells)
        for row, column in product(range(cells), repeat=2):
            covered = pixels.clone()
            covered[:, :, row * side : (row + 1) * side, column * side : (column + 1) * side] = 0
            left = (unit_rows(model.encode_image(covered)) * texts).sum(dim=-1)  # [batch]
            heat[:, row, column] = whole - left
    return heat


def grad_eclip_heat(model: CLIP, pixels: Tensor, text_features: Tensor) -> Tensor:
    """Values weighed by what the cosine gains from them, and by how alike CLS's query and their keys are.

    float32 [batch, rows, columns], not below 0. Arguments and errors as in `token_heat`; one pass, and the gradient of
    CLS's way through the last block. Source: Zhao et al. 2024 (Grad-ECLIP), section 3.
    """
    visual, texts = vit_of(model), unit_texts(text_features, len(pixels))
    with torch.no_grad():
        block, x = last_block(model, pixels)
        query, key, value = block.attn.split(block.ln_1(x))  # three of [batch, heads, tokens, head_width]
        asks = query[:, :, :1]  # CLS alone: [batch, heads, 1, head_width]
        seen = attention(asks, key, value)  # [batch, heads, 1, head_width]
    with torch.enable_grad():
        seen.requires_grad_()
        cls = x[:, :1] + block.attn.merge(seen)  # [batch, 1, width]
        cls = cls + block.mlp(block.ln_2(cls))
        features = unit_rows(visual.ln_post(cls[:, 0]) @ visual.proj)  # [batch, embed_dim]
        (gain,) = torch.autograd.grad((features * texts).sum(), seen)
    asks, keys = asks.transpose(1, 2).flatten(2), key[:, :, 1:].transpose(1, 2).flatten(2)  # heads side by side
    alike = torch.cosine_similarity(asks.float(), keys.float(), dim=-1)  # [batch, patches]
    low, high = alike.aminmax(dim=1, keepdim=True)
    alike = (alike - low) / (high - low).clamp(min=1e-12)  # from 0 to 1 in each picture
    heat = ((gain * value[:, :, 1:]).sum(dim=(1, 3)).float() * alike).relu()  # [batch, patches]
    side = isqrt(heat.shape[1])
    return heat.unflatten(1, (side, side))


def unit_texts(text_features: Tensor, pictures: int) -> Tensor:
    """Rows of length 1, [pictures, embed_dim] or [1, embed_dim].

    Raises ValueError where they are not one for each or all, and for a row without a direction.
    """
    if text_features.ndim != 2 or len(text_features) not in (1, pictures):
        raise ValueError(
            f"text_features have shape {list(text_features.shape)} for {pictures} pictures: give a row for each "
            f"picture, or one for all"
        )
    texts = unit_rows(text_features)
    check_directions(texts, [f"row {row} of text_features" for row in range(len(texts))])
    return texts


def last_block(model: CLIP, pixels: Tensor) -> tuple[TransformerBlock, Tensor]:
    """The image encoder's last block, and what it reads: float [batch, 1 + patches, width], CLS first."""
    visual = vit_of(model)
    x = first_tokens(visual, pixels)
    *before, last = blocks_of(visual)
    for block in before:
        x = block(x)
    return last, x


def first_tokens(visual: VisionTransformer, pixels: Tensor) -> Tensor:
    """What the first block reads: float [batch, 1 + patches, width]. Raises ValueError for pixels of another size."""
    if pixels.ndim != 4 or pixels.shape[1:] != (3, visual.image_size, visual.image_size):
        size = visual.image_size
        raise ValueError(
            f"pixels have shape {list(pixels.shape)}, not [batch, 3, {size}, {size}]: preprocess the pictures, or take "
            f"minclip.checkpoint.resized(model, size) for pictures of another size"
        )
    return visual.ln_pre(visual.embedding(pixels))


def blocks_of(visual: VisionTransformer) -> list[TransformerBlock]:
    return cast(list[TransformerBlock], list(visual.transformer.resblocks))


def vit_of(model: CLIP) -> VisionTransformer:
    """The image encoder. ValueError where it is not CLIP's ViT."""
    visual = getattr(model, "visual", None)
    if not isinstance(visual, VisionTransformer):
        raise ValueError(
            f"model.visual is a {type(visual).__name__}, and only CLIP's VisionTransformer has patches beside a CLS "
            f"token: load a ViT, or use occlusion_heat, which works with every model"
        )
    return visual
