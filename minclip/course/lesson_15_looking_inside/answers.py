"""Answers to the exercises of lesson 15."""

from minclip.course.lesson_15_looking_inside.place_answers import CORRECT_PLACES, WRONG_PLACES
from minclip.course.planted_answers import Answer, answer_of, edited

SETUP = """
from itertools import product
from math import isqrt
import torch
from torch import Tensor
from torch.nn import functional as F
from minclip.saliency import unit_texts
from minclip.similarity import unit_rows
from minclip.transformer import attention
"""
HEAT_HEAD = """def patch_heat(visual, tokens, text_features):
    if len(text_features) not in (1, len(tokens)):
        raise ValueError('texts')
"""
HEAT = """features = unit_rows(visual.ln_post(tokens[:, 1:]) @ visual.proj)
texts = unit_rows(text_features).unsqueeze(-1)
heat = (features @ texts).squeeze(-1)
side = isqrt(heat.shape[1])
return heat.unflatten(1, (side, side))"""
VALUES = """_, _, value = block.attn.split(block.ln_1(x))
return block.attn.merge(value)"""


def heat(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("patch_heat", HEAT_HEAD, body, says, silent)


def hot(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return heat(edited(HEAT, old, new), says, silent)


def values(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("value_tokens", "def value_tokens(block, x):\n", body, says, silent)


WRONG = [
    hot("visual.ln_post(tokens[:, 1:])", "tokens[:, 1:]", "ln_post is missing"),
    hot("visual.ln_post(tokens[:, 1:]) @ visual.proj", "visual.ln_post(tokens[:, 1:] @ visual.proj)",
        "ln_post comes first"),
    hot("ln_post", "ln_pre", "behind them it is ln_post"),
    hot("unit_rows(visual.ln_post(tokens[:, 1:]) @ visual.proj)", "visual.ln_post(tokens[:, 1:]) @ visual.proj",
        "the patches' features need it"),
    heat("features = visual.ln_post(tokens[:, 1:]) @ visual.proj\n"
         "heat = (features @ text_features.unsqueeze(-1))[..., 0]\n"
         "side = isqrt(heat.shape[1])\nreturn heat.unflatten(1, (side, side))", "these are dot products"),
    hot("unit_rows(text_features)", "text_features", "the texts need it, too"),
    hot("unit_rows(visual.ln_post(tokens[:, 1:]) @ visual.proj)",
         "unit_rows(visual.ln_post(tokens[:, 1:])) @ visual.proj",
        "proj changes lengths"),
    hot("tokens[:, 1:]", "tokens[:, :-1]", "the last patch is left out"),
    hot("tokens[:, 1:]", "tokens", "CLS is no patch"),
    hot("(side, side))", "(side, side)).mT", "rows and columns are swapped"),
    heat("features = unit_rows(visual.ln_post(tokens[:, 1:]) @ visual.proj)\n"
         "return (features @ unit_rows(text_features).unsqueeze(-1)).squeeze(-1)", "the grid is missing"),
    hot(".squeeze(-1)", "", "a dimension too many"),
    hot("unit_rows(text_features).unsqueeze(-1)", "unit_rows(text_features)[:1].unsqueeze(-1)",
         "every picture got the first"),
    hot("heat.unflatten", "heat.softmax(dim=-1).unflatten", "a softmax was taken"),
    hot("heat.unflatten", "heat.relu().unflatten", "what is below 0 was cut off"),
    hot("heat = (", "heat = -(", "the sign is turned round"),
    heat(HEAT.replace("return heat.unflatten(1, (side, side))",
         "heat = heat - heat.amin(dim=1, keepdim=True)\nheat = heat / heat.amax(dim=1, keepdim=True)\n"
         "return heat.unflatten(1, (side, side))"), "the cosines were stretched"),
    heat("features = unit_rows(visual.ln_post(tokens[:, 0]) @ visual.proj)\n"
         "return (features * unit_rows(text_features)).sum(-1)",
         "one number for a picture"),
    hot("(features @ texts).squeeze(-1)", "features @ unit_rows(text_features).T", "compared with every text"),
    hot("return heat.unflatten(1, (side, side))", "heat.unflatten(1, (side, side))", "is there a return?"),
    hot("(side, side))", "(side, side)).squeeze()", "batch has one item"),
    hot("(features @ texts).squeeze(-1)", "(features @ texts).squeeze()", "batch has one item"),
    hot("heat.unflatten(1, (side, side))", "heat.reshape(-1, 4, 4)", "the grid does not fit"),
    hot("(side, side))", "(4, 4))", "the grid does not fit"),
    answer_of("patch_heat", "def patch_heat(visual, tokens, text_features):\n", HEAT, "must be refused"),
    hot("texts = unit_rows(text_features)", "texts = unit_rows(text_features.expand(3, -1))", ""),
    hot("side = isqrt(heat.shape[1])", "side = 3", "the grid does not fit"),
    values("_, _, value = block.attn.split(x)\nreturn block.attn.merge(value)", "ln_1 is missing"),
    values(edited(VALUES, "ln_1", "ln_2"), "ln_2 belongs to the MLP"),
    values(edited(VALUES, "_, _, value", "value, _, _"), "these are the queries"),
    values(edited(VALUES, "_, _, value", "_, value, _"), "these are the keys"),
    values("query, key, value = block.attn.split(block.ln_1(x))\nreturn block.attn.merge(attention(query, key, value))",
           "in which tokens look at each other", "values asked"),
    values("_, _, value = block.attn.split(block.ln_1(x))\nreturn block.attn.merge(attention(value, value, value))",
           "values asked values"),
    values(edited(VALUES, "return block", "return x + block"), "the residual was added"),
    values(edited(VALUES, "return block.attn.merge(value)",
            "x = x + block.attn.merge(value)\nreturn x + block.mlp(block.ln_2(x))"),
           "residual and MLP are kept"),
    values(edited(VALUES, "block.attn.merge(value)", "block.mlp(block.ln_2(block.attn.merge(value)))"),
            "the MLP was used"),
    values("return block(x)", "this is the whole block"),
    values("return block.attn(block.ln_1(x))", "tokens look at each other"),
    values(edited(VALUES, "block.attn.merge(value)", "value.transpose(1, 2).flatten(2)"), "were not mixed"),
    values(edited(VALUES, "block.attn.merge(value)", "value"), "the heads are still apart"),
    values(edited(VALUES, "block.attn.merge(value)", "block.attn.out_proj(value.reshape(x.shape))"), "shuffled"),
    values(edited(VALUES, "merge(value)", "merge(value)[:, 1:]"), "CLS is lost"),
    values("_, _, value = block.attn.split(x)\nreturn block.ln_1(block.attn.merge(value))", "used behind the values"),
    values("value = block.attn.split(block.ln_1(x))\nreturn block.attn.merge(value)", "split gives three"),
    values(edited(VALUES, "return block.attn.merge(value)", "return unit_rows(block.attn.merge(value))"),
            "divided by its length"),
    values(edited(VALUES, "merge(value)", "merge(value).squeeze()"), "batch has one item"),
    values(edited(VALUES, "return block", "tokens = block"), "is there a return?"),
    *WRONG_PLACES,
]  # fmt: skip

CORRECT = [
    hot("unit_rows(text_features)", "unit_texts(text_features, len(tokens))"),
    heat("patches = tokens[:, 1:]\nfeatures = F.normalize(visual.ln_post(patches) @ visual.proj, dim=-1)\n"
         "heat = (features * F.normalize(text_features, dim=-1)[:, None]).sum(dim=-1)\n"
         "side = int(patches.shape[1] ** 0.5)\nreturn heat.reshape(len(tokens), side, side)"),
    heat("features = (visual.ln_post(tokens) @ visual.proj)[:, 1:]\ntexts = text_features.expand(len(tokens), -1)\n"
         "heat = torch.cosine_similarity(features, texts[:, None], dim=-1)\nside = isqrt(heat.shape[1])\n"
         "return heat.view(-1, side, side)"),
    values(VALUES),
    values("return block.attn.merge(block.attn.split(block.ln_1(x))[2])"),
    values("width = x.shape[-1]\nattn = block.attn\n"
           "value = F.linear(block.ln_1(x), attn.in_proj_weight[2 * width:], attn.in_proj_bias[2 * width:])\n"
           "return attn.out_proj(value)"),
    *CORRECT_PLACES,
]  # fmt: skip
