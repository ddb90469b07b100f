"""Answers to the exercises of lesson 03."""

import re

from minclip import transformer, vision
from minclip.course.exercise import library_source
from minclip.course.planted_answers import Answer

SETUP = """
import math
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.transformer import MLP, LayerNorm, MultiHeadAttention, Transformer, TransformerBlock, attention
from minclip.vision import PatchEmbedding
"""


def indented(body: str, by: int = 8) -> str:
    return "\n".join(" " * by + line for line in body.strip().splitlines()) + "\n"


def given(thing: type, until: str) -> str:
    """What a learner finds in the cell, up to the first method to write."""
    return library_source(thing).partition(f"    def {until}(")[0]


def attend(body: str, says: str = "") -> Answer:
    return Answer("attention", f"def attention(query, key, value, mask=None):\n{indented(body, 4)}", says)


CHUNKS = "batch, tokens, width = x.shape\nqkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)\n"
PARTS = CHUNKS + "parts = qkv.chunk(3, dim=-1)\n"
CUT = "return tuple(p.view(batch, tokens, self.heads, -1).transpose(1, 2) for p in parts)"
SPLIT = PARTS + CUT
MERGE = "return self.out_proj(x.transpose(1, 2).flatten(2))"
FORWARD = "query, key, value = self.split(x)\nreturn self.merge(attention(query, key, value, mask))"


def heads(split: str = SPLIT, merge: str = MERGE, forward: str = FORWARD, says: str = "") -> Answer:
    code = given(transformer.MultiHeadAttention, "split")
    for head, body in (("split(self, x)", split), ("merge(self, x)", merge), ("forward(self, x, mask=None)", forward)):
        code += f"    def {head}:\n{indented(body)}\n"
    return Answer("MultiHeadAttention", code, says)


def of_self(body: str) -> str:
    """The module's parts with `self.` before them."""
    return re.sub(r"(?<![.\w])(attn|mlp|ln_1|ln_2|transformer|ln_pre|ln_post|proj)\b", r"self.\1", body)


def block(body: str, says: str = "") -> Answer:
    head = given(transformer.TransformerBlock, "forward") + "    def forward(self, x, mask=None):\n"
    return Answer("TransformerBlock", head + indented(of_self(body)), says)


REFUSE = """
if image.ndim != 4 or image.shape[1:] != (3, self.image_size, self.image_size):
    raise ValueError("wrong size")
x = self.embedding(image)
"""


def encoder(body: str, says: str = "", refuse: str = REFUSE) -> Answer:
    head = given(vision.VisionTransformer, "forward") + "    def forward(self, image):\n"
    return Answer("VisionTransformer", head + indented(refuse + of_self(body)), says)


SCORES = "scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5\n"
ADD = "if mask is not None:\n    scores = scores + mask\n"
RAW = "raw = query @ key.transpose(-2, -1)\nmask = 0 if mask is None else mask\n"
MIX = "return scores.softmax(dim=-1) @ value"
IF_MASK = SCORES + "shares = scores.softmax(dim=-1)\nif mask is not None:\n"
CLS = "x = transformer(ln_pre(x))[:, 0]\n"
READ = "return ln_post(x) @ proj"
WITH = SCORES + "if mask is not None:\n    scores = "

WRONG = [
    attend(RAW + "return (raw + mask).softmax(dim=-1) @ value", "√head_width is missing"),
    attend(RAW + "return (raw / query.shape[-1] + mask).softmax(dim=-1) @ value", "divide by its square root"),
    attend(RAW + "return (raw * query.shape[-1] ** 0.5 + mask).softmax(dim=-1) @ value", "you multiply by √head_width"),
    attend(RAW + "return (raw + mask).softmax(dim=-1) @ value / query.shape[-1] ** 0.5", "not after it"),
    attend(RAW + "width = query.shape[1] * query.shape[-1]\n"
           "return (raw / width**0.5 + mask).softmax(dim=-1) @ value", "all heads' width"),
    attend(RAW + "return (raw / query.shape[-2] ** 0.5 + mask).softmax(dim=-1) @ value", "the number of tokens"),
    attend(RAW + "return (raw / query.shape[1] ** 0.5 + mask).softmax(dim=-1) @ value", "the number of heads"),
    attend(RAW + "return (raw / value.shape[-1] ** 0.5 + mask).softmax(dim=-1) @ value", "is that of the query"),
    attend(SCORES + ADD + "return scores.softmax(dim=-2) @ value", "runs over the queries"),
    attend(SCORES + ADD + "return scores.softmax(dim=1) @ value", "runs over the heads"),
    attend("scores = key @ query.transpose(-2, -1) / query.shape[-1] ** 0.5\n" + ADD + MIX, "key are swapped"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1)", "multiply them with value"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1) @ key", "value is not used"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1) @ query", "value is not used"),
    attend(SCORES + ADD + "return scores @ value", "the softmax is missing"),
    attend(SCORES + ADD + "return (scores @ value).softmax(dim=-1)", "before they meet value"),
    attend(SCORES + MIX, "the mask is not used"),
    attend(WITH + "scores * mask\n" + MIX, "add the mask to the scores: you multiply"),
    attend(IF_MASK + "    shares = shares + mask\nreturn shares @ value", "not to the shares"),
    attend(IF_MASK + "    shares = shares * mask\nreturn shares @ value", "you multiply the shares"),
    attend(WITH + "scores.masked_fill(mask == 0, -math.inf)\n" + MIX, "0 means allowed"),
    attend(WITH + "scores - mask\n" + MIX, "the mask is subtracted"),
    attend(WITH + "scores + mask.mT\n" + MIX, "the mask is transposed"),
    attend(WITH + "scores.masked_fill(mask == -math.inf, -math.inf)\n" + MIX, "other numbers than 0 and -inf"),
    attend(WITH + "scores.masked_fill(mask != 0, -math.inf)\n" + MIX, "a mask may hold any numbers"),
    attend(RAW + "return ((raw + mask) / query.shape[-1] ** 0.5).softmax(dim=-1) @ value", "add the mask after"),
    attend(SCORES + "if mask:\n    scores = scores + mask\n" + MIX, "asks `if mask is not None:`"),
    attend(SCORES + "scores = scores + mask\n" + MIX, "add it only `if mask is not None:`"),
    attend(SCORES.replace("query.shape[-1] ** 0.5", "torch.sqrt(query.shape[-1])") + ADD + MIX, "is its root"),
    attend(SCORES.replace("-2, -1", "1, 2") + ADD + MIX, "the last two dimensions alone"),
    attend(SCORES + ADD + "shares = scores.exp()\nreturn shares @ value / shares.sum(-1, keepdim=True)", "overflows"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1).detach() @ value", "no gradient reaches query"),
    attend("query /= query.shape[-1] ** 0.5\nscores = query @ key.transpose(-2, -1)\n" + ADD + MIX, "edits its input"),
    attend(SCORES + ADD + "scores.softmax(dim=-1) @ value", "is there a return?"),
    attend("scores = query @ key / query.shape[-1] ** 0.5\n" + ADD + MIX, "turn the key round"),

    heads(PARTS + "return [p.reshape(batch, self.heads, tokens, -1) for p in parts]", says="a view alone mixes tokens"),
    heads(PARTS + "return [p.view(batch, tokens, self.heads, -1) for p in parts]", says="heads come before tokens"),
    heads(CHUNKS + "return qkv.chunk(3, dim=-1)", says="not cut into heads yet"),
    heads(PARTS + "return [p.view(batch, tokens, -1, self.heads).permute(0, 3, 1, 2) for p in parts]",
          says="a head's numbers lie side by side"),
    heads(PARTS + "parts = parts[1], parts[0], parts[2]\n" + CUT, says="this is the key"),
    heads(PARTS + "parts = parts[::-1]\n" + CUT, says="this is the value"),
    heads(PARTS + "parts = parts[0], parts[2], parts[1]\n" + CUT, says="this is the value"),
    heads(CHUNKS + "return qkv.view(batch, tokens, self.heads, 3, -1).permute(3, 0, 2, 1, 4)",
          says="cut into query, key and value first"),
    heads(CHUNKS + "parts = F.linear(x, self.in_proj_weight).chunk(3, dim=-1)\n" + CUT, says="in_proj_bias is missing"),
    heads(SPLIT.replace(".transpose", ".div(2).transpose"), says="not here as well"),
    heads(CHUNKS + "return x.view(batch, tokens, self.heads, -1).transpose(1, 2)", says="three tensors"),
    heads("qkv = x @ self.in_proj_weight + self.in_proj_bias\nreturn qkv.chunk(3, dim=-1)", says="x @ weight.T + bias"),
    heads(PARTS + "return [p.view(batch, self.heads, tokens, -1) for p in parts]", says="brings heads before tokens"),
    heads(CHUNKS + "return qkv.view(batch, tokens, self.heads, width // self.heads)", says="chunk into query"),
    heads(SPLIT.replace("self.heads", "3"), says="read the sizes"),
    heads(merge="return x.transpose(1, 2).flatten(2)", says="out_proj is missing"),
    heads(merge="batch, heads, tokens, head_width = x.shape\nreturn self.out_proj(x.reshape(batch, tokens, -1))",
          says="must lie side by side"),
    heads(merge="return self.out_proj(x.permute(0, 2, 3, 1).flatten(2))", says="one head's numbers after the other's"),
    heads(merge="return x.transpose(1, 2).flatten(2) @ self.out_proj.weight.T", says="out_proj has a bias"),
    heads(merge="x = x.transpose(1, 2)\nreturn self.out_proj(x.view(x.shape[0], x.shape[1], -1))",
          says="instead of .view"),
    heads(merge="return self.out_proj(x.flatten(2))", says="transpose(1, 2) first"),
    heads(merge="return self.out_proj(x.mean(dim=1))", says="out_proj wants"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(key, query, value, mask))",
          says="query and key are swapped"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(query, value, key, mask))",
          says="key and value are swapped"),
    heads(forward="query, key, value = self.split(x)\nreturn attention(query, key, value, mask)", says="not merged"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(query, key, value))",
          says="the mask has no effect"),
    heads(forward=FORWARD.replace("return ", "return self.out_proj(") + ")", says="merge has done out_proj already"),
    heads(forward=FORWARD.replace("return ", "return x + "), says="the block's work"),
    heads(forward="parts = [p.transpose(1, 2).flatten(2) for p in self.split(x)]\n"
          "return self.out_proj(attention(*parts, mask))", says="one head of the whole width"),
    heads(forward=FORWARD.replace("(x)", "(x.detach())"), says="no gradient reaches x"),

    block("x = ln_1(x + attn(x, mask))\nreturn ln_2(x + mlp(x))", "the norms come after the additions"),
    block("x = x + ln_1(attn(x, mask))\nreturn x + ln_2(mlp(x))", "the norms come after attn and mlp"),
    block("x = attn(ln_1(x), mask)\nreturn mlp(ln_2(x))", "both residuals are missing"),
    block("x = attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x))", "the first residual is missing"),
    block("x = x + attn(ln_1(x), mask)\nreturn mlp(ln_2(x))", "the second residual is missing"),
    block("y = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(y))", "adds the first x"),
    block("return x + attn(ln_1(x), mask) + mlp(ln_2(x))", "mlp reads the first x"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_1(x))", "ln_1 is used twice"),
    block("x = x + attn(ln_2(x), mask)\nreturn x + mlp(ln_2(x))", "ln_2 is used twice"),
    block("x = x + attn(ln_2(x), mask)\nreturn x + mlp(ln_1(x))", "are swapped"),
    block("x = ln_1(x)\nx = x + attn(x, mask)\nx = ln_2(x)\nreturn x + mlp(x)", "norms change x itself"),
    block("x = ln_1(x)\nx = x + attn(x, mask)\nreturn x + mlp(ln_2(x))", "ln_1 changes x itself"),
    block("x = x + attn(ln_1(x), mask)\nx = ln_2(x)\nreturn x + mlp(x)", "ln_2 changes x itself"),
    block("x = x + attn(x, mask)\nreturn x + mlp(ln_2(x))", "without ln_1"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(x)", "without ln_2"),
    block("x = x + attn(x, mask)\nreturn x + mlp(x)", "the norms are missing"),
    block("x = x + mlp(ln_2(x))\nreturn x + attn(ln_1(x), mask)", "attn comes first"),
    block("return x + attn(ln_1(x), mask)", "mlp is missing"),
    block("return x + mlp(ln_2(x))", "attn is missing"),
    block("x = x + attn(ln_1(x))\nreturn x + mlp(ln_2(x))", "the mask has no effect"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x), mask)", "only attn takes a mask"),
    block("x += attn(ln_1(x), mask)\nx += mlp(ln_2(x))\nreturn x", "edits its input"),
    block("x = x + attn(ln_1(x), mask)\nx = x + mlp(ln_2(x))", "is there a return?"),

    encoder("x = transformer(ln_pre(x))[:, -1]\n" + READ, "this is the last token"),
    encoder("x = transformer(ln_pre(x)).mean(dim=1)\n" + READ, "mean over all tokens"),
    encoder("x = transformer(ln_pre(x))\nreturn ln_post(x).mean(dim=1) @ proj", "mean over all tokens"),
    encoder("x = transformer(ln_pre(x))[:, 1:].mean(dim=1)\n" + READ, "mean over the patches"),
    encoder("x = transformer(ln_pre(x))\n" + READ, "only CLS"),
    encoder("x = transformer(ln_pre(x))[0]\n" + READ, "the first picture of the batch"),
    encoder(CLS + "return x @ proj", "ln_post is missing"),
    encoder("x = transformer(x)[:, 0]\n" + READ, "ln_pre is missing"),
    encoder("return transformer(x)[:, 0] @ proj", "ln_pre and ln_post are missing"),
    encoder("x = transformer(ln_post(x))[:, 0]\nreturn ln_pre(x) @ proj", "swapped"),
    encoder(CLS + "return ln_pre(x) @ proj", "ln_pre is used twice"),
    encoder(CLS + "return ln_post(x)", "proj is missing"),
    encoder(CLS + "return ln_post(x) @ proj.T", "proj is transposed"),
    encoder(CLS + "return ln_post(x @ proj)", "proj comes after ln_post"),
    encoder(CLS + "return F.normalize(ln_post(x) @ proj, dim=-1)", "leave the features as long"),
    encoder("return ln_post(ln_pre(x)[:, 0]) @ proj", "the transformer is missing"),
    encoder(CLS + READ, "added the positions already", REFUSE + "x = x + self.embedding.positional_embedding\n"),
    encoder(CLS + "return proj(ln_post(x))", "proj is a matrix and no layer"),
    encoder(CLS + "return F.linear(ln_post(x), proj)", "proj is transposed"),
    encoder("x = transformer(ln_pre(x) * torch.ones(x.shape[-1]))[:, 0]\n" + READ, "would fail on a GPU"),
    encoder(CLS + READ, "accepts what it must refuse", "x = self.embedding(F.interpolate(image, self.image_size))\n"),
    encoder(CLS + "return ln_post(x).detach() @ proj", "no gradient reaches image"),
]  # fmt: skip

CORRECT = [
    attend("return F.scaled_dot_product_attention(query, key, value, mask)"),
    attend("d = torch.sqrt(torch.tensor(query.shape[-1]))\nscores = torch.einsum('bhqd,bhtd->bhqt', query, key) / d\n"
           + ADD + "return torch.einsum('bhqt,bhtd->bhqd', torch.softmax(scores, -1), value)"),
    attend("rows = []\nfor i in range(query.shape[2]):\n"
           "    scores = (query[:, :, i, None] * key).sum(dim=-1) / math.sqrt(key.size(-1))\n"
           "    if mask is not None:\n        scores = scores + mask[..., i, :]\n"
           "    rows.append((scores.softmax(dim=-1)[..., None] * value).sum(dim=2))\nreturn torch.stack(rows, dim=2)"),
    heads("b, t, w = x.shape\nqkv = x @ self.in_proj_weight.T + self.in_proj_bias\n"
          "qkv = qkv.reshape(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)\nreturn qkv[0], qkv[1], qkv[2]",
          "b, h, t, d = x.shape\nreturn self.out_proj(x.permute(0, 2, 1, 3).reshape(b, t, h * d))"),
    heads("found = []\nfor W, b in zip(self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)):\n"
          "    found.append(torch.stack(F.linear(x, W, b).chunk(self.heads, dim=-1), dim=1))\nreturn found",
          "return self.out_proj(torch.cat(list(x.unbind(dim=1)), dim=-1))",
          "return self.merge(attention(*self.split(x), mask=mask))"),
    block("y = ln_1(x)\ny = attn(y, mask=mask)\nx = y + x\nz = mlp(ln_2(x))\nreturn z + x"),
    block("for part in (lambda x: attn(ln_1(x), mask), lambda x: mlp(ln_2(x))):\n"
          "    x = x + part(x)\nreturn x"),
    encoder(CLS + "return ln_post(x) @ proj"),
    encoder("x = ln_post(transformer(ln_pre(x)))\nreturn torch.matmul(x, proj)[:, 0]"),
    encoder("x = transformer(ln_pre(x), None)\nreturn F.linear(ln_post(x[:, 0]), proj.T)"),
    encoder("x = ln_pre(x)\nfor one in transformer.resblocks:\n    x = one(x)\nreturn ln_post(x[:, 0]) @ proj"),
]  # fmt: skip
