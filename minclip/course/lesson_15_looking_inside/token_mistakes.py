"""What people write in place of lesson 15's patch_heat and value_tokens: each mistake, and what it gives."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Mistake
from minclip.similarity import unit_rows
from minclip.transformer import TransformerBlock, attention
from minclip.vision import VisionTransformer

Way = Callable[..., Any]
READ = "visual.ln_post(tokens[:, 1:]) @ visual.proj"
TEXTS = "unit_rows(text_features).unsqueeze(-1) is [batch, embed_dim, 1]"
GRID = "heat.unflatten(1, (side, side)), with side the root of the number of patches"


def grid(heat: Tensor) -> Tensor:
    side = int(heat.shape[1] ** 0.5)
    return heat.unflatten(1, (side, side))


def compared(features: Tensor, texts: Tensor) -> Tensor:
    return grid((features * texts.unsqueeze(-2)).sum(dim=-1))


def with_tokens(read: Callable[[VisionTransformer, Tensor], Tensor]) -> Way:
    """The heat of tokens that are read in another way; read gives [batch, patches, embed_dim]."""
    return lambda visual, tokens, texts: compared(read(visual, tokens), unit_rows(texts))


def features_of(visual: VisionTransformer, tokens: Tensor) -> Tensor:
    return unit_rows(visual.ln_post(tokens[:, 1:]) @ visual.proj)


def right_heat(visual: VisionTransformer, tokens: Tensor, texts: Tensor) -> Tensor:
    return compared(features_of(visual, tokens), unit_rows(texts))


WRONG_HEATS: dict[str, Way | tuple[Way, ...]] = {
    Mistake("ln_post is missing: CLS goes through it before proj, and so does a patch", way=READ): with_tokens(
        lambda visual, tokens: unit_rows(tokens[:, 1:] @ visual.proj)
    ),
    Mistake("ln_pre stands before the blocks: behind them it is ln_post", way=READ): with_tokens(
        lambda visual, tokens: unit_rows(visual.ln_pre(tokens[:, 1:]) @ visual.proj)
    ),
    Mistake("these are dot products: a cosine needs both with length 1", way="unit_rows of both"): (
        lambda v, x, t: compared(v.ln_post(x[:, 1:]) @ v.proj, t),
    ),
    Mistake("only the texts have length 1: the patches' features need it, too", way="unit_rows of both"): (
        lambda v, x, t: compared(v.ln_post(x[:, 1:]) @ v.proj, unit_rows(t))
    ),
    Mistake("only the patches have length 1: the texts need it, too", way="unit_rows of both"): (
        lambda v, x, t: compared(features_of(v, x), t)
    ),
    Mistake("the tokens were made unit rows, and their features must be: proj changes lengths", way=READ): (
        lambda v, x, t: compared(v.ln_post(unit_rows(x[:, 1:])) @ v.proj, unit_rows(t)),
        lambda v, x, t: compared(unit_rows(v.ln_post(x[:, 1:])) @ v.proj, unit_rows(t)),
    ),
    Mistake(
        "the last patch is left out, and CLS stands among the patches: CLS is the first token",
        way="tokens[:, 1:]",
    ): (
        lambda v, x, t: right_heat(v, torch.cat([x[:, :1], x[:, :-1]], dim=1), t)
    ),
    Mistake("rows and columns are swapped: patches come in reading order, row by row", way=GRID): (
        lambda v, x, t: right_heat(v, x, t).mT
    ),
    Mistake("the grid is missing: one number for each patch, in rows and columns", way=GRID): (
        lambda v, x, t: right_heat(v, x, t).flatten(1)
    ),
    Mistake("a dimension too many is left", way="(features @ texts).squeeze(-1)"): (
        lambda v, x, t: right_heat(v, x, t).unsqueeze(-1),
        lambda v, x, t: right_heat(v, x, t).unsqueeze(1),
    ),
    Mistake("every picture got the first text: text i belongs to picture i", way=TEXTS): (
        lambda v, x, t: right_heat(v, x, t[:1])
    ),
    Mistake("every picture was compared with every text: text i belongs to picture i", way=TEXTS): (
        lambda v, x, t: grid((features_of(v, x) @ unit_rows(t).T).mean(dim=-1)),
        lambda v, x, t: features_of(v, x) @ unit_rows(t).T,
        lambda v, x, t: grid(features_of(v, x) @ unit_rows(t).T),
    ),
    Mistake("a softmax was taken: the cosines themselves are the heat", way=READ): (
        lambda v, x, t: grid(right_heat(v, x, t).flatten(1).softmax(dim=-1)),
        lambda v, x, t: right_heat(v, x, t).softmax(dim=-1),
    ),
    Mistake("what is below 0 was cut off: the cosines themselves are the heat", way="leave out relu and clamp"): (
        lambda v, x, t: right_heat(v, x, t).clamp(min=0)
    ),
    Mistake("the cosines were stretched to 0 to 1: they themselves are the heat", way="leave out the minimum"): (
        lambda v, x, t: stretched(right_heat(v, x, t))
    ),
    Mistake("the sign is turned round: the likest patch is the hottest", way=READ): (
        lambda v, x, t: -right_heat(v, x, t)
    ),
    Mistake("this is the heat of CLS for every patch", way="tokens[:, 1:]"): (
        lambda v, x, t: right_heat(v, x[:, :1].expand_as(x), t)
    ),
    Mistake("one number for a picture: a heat for each patch is asked", way=GRID): (
        lambda v, x, t: right_heat(v, x, t).mean(dim=(1, 2)),
        lambda v, x, t: (unit_rows(v.ln_post(x[:, 0]) @ v.proj) * unit_rows(t)).sum(dim=-1),
    ),
}  # fmt: skip


def stretched(heat: Tensor) -> Tensor:
    low, high = heat.amin(dim=(1, 2), keepdim=True), heat.amax(dim=(1, 2), keepdim=True)
    return (heat - low) / (high - low)


SPLIT = "_, _, value = block.attn.split(block.ln_1(x))"
MERGE = "block.attn.merge(value)"


def parts(block: TransformerBlock, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return block.attn.split(block.ln_1(x))


def merged(pick: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Way:
    return lambda block, x: block.attn.merge(pick(*parts(block, x)))


def values(block: TransformerBlock, x: Tensor) -> Tensor:
    return block.attn.merge(parts(block, x)[2])


WRONG_VALUES: dict[str, Way | tuple[Way, ...]] = {
    Mistake("ln_1 is missing: the block norms what its attention reads", way=SPLIT): (
        lambda block, x: block.attn.merge(block.attn.split(x)[2])
    ),
    Mistake("ln_2 belongs to the MLP: attention reads through ln_1", way=SPLIT): (
        lambda block, x: block.attn.merge(block.attn.split(block.ln_2(x))[2])
    ),
    Mistake("these are the queries: split gives query, key, value", way=SPLIT): merged(lambda q, k, v: q),
    Mistake("these are the keys: split gives query, key, value", way=SPLIT): merged(lambda q, k, v: k),
    Mistake("values asked values, as in CLIP Surgery: here no token looks at another one", way=MERGE): merged(
        lambda q, k, v: attention(v, v, v)
    ),
    Mistake("the residual was added: x is left out", way=MERGE): lambda block, x: x + values(block, x),
    Mistake("residual and MLP are kept: the values alone are asked", way=MERGE): (
        lambda block, x: (x + values(block, x)) + block.mlp(block.ln_2(x + values(block, x)))
    ),
    Mistake("the MLP was used: the values alone are asked", way=MERGE): (
        lambda block, x: block.mlp(block.ln_2(values(block, x))),
        lambda block, x: block.mlp(values(block, x)),
        lambda block, x: values(block, x) + block.mlp(block.ln_2(values(block, x))),
    ),
    Mistake("this is the whole block, as it was trained", way=MERGE): lambda block, x: block(x),
    Mistake("this is the block's attention, in which tokens look at each other", way=MERGE): (
        lambda block, x: block.attn(block.ln_1(x)),
        lambda block, x: block.attn(x),
    ),
    Mistake("the heads lie side by side and were not mixed: merge does that", way=MERGE): (
        lambda block, x: parts(block, x)[2].transpose(1, 2).flatten(2)
    ),
    Mistake("the heads are still apart: merge lays them side by side and mixes them", way=MERGE): (
        lambda block, x: parts(block, x)[2]
    ),
    Mistake("the heads were laid side by side without transpose(1, 2): their numbers are shuffled", way=MERGE): (
        lambda block, x: block.attn.out_proj(parts(block, x)[2].reshape(x.shape))
    ),
    Mistake("CLS is lost: every token keeps its place, the first one, too", way="leave out [:, 1:]"): (
        lambda block, x: values(block, x)[:, 1:]
    ),
    Mistake("ln_1 was used behind the values: it norms what they are made of", way=SPLIT): (
        lambda block, x: block.ln_1(block.attn.merge(block.attn.split(x)[2])),
        lambda block, x: block.ln_1(values(block, x)),
    ),
    Mistake("every value was divided by its length: cosines do that later", way=MERGE): (
        lambda block, x: unit_rows(values(block, x))
    ),
}  # fmt: skip
