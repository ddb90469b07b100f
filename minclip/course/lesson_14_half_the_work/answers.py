"""Answers to the exercises of lesson 14."""

from minclip.course.planted_answers import Answer, answer_of, edited

SETUP = """
import math
import random
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
"""
DRAW_HEAD = """def kept_patches(rows, patches, masked, generator=None):
    if not 0 <= masked < 1:
        raise ValueError('no share')
"""
ORDER = "order = torch.rand(rows, patches, generator=generator).argsort(dim=1)\n"
COUNTED = "k = max(1, round((1 - masked) * patches))\n"
FIRST = "return order[:, :k]"
TOKENS_HEAD = "def keep_tokens(x, kept):\n"
PLACES = "places = F.pad(kept + 1, (1, 0))\n"
TAKEN = "return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))"
TEXTS_HEAD = """def shorten(tokens, length):
    if length < 3:
        raise ValueError('too short')
"""
END = "end = tokens.argmax(dim=1, keepdim=True)\n"
SHORT = "short = tokens[:, :length].clone()\n"
CUT = "short[:, -1:] = torch.where(end >= length, tokens.gather(1, end), short[:, -1:])\n"


def draw(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("kept_patches", DRAW_HEAD, body, says, silent)


def keep(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("keep_tokens", TOKENS_HEAD, body, says, silent)


def cut(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("shorten", TEXTS_HEAD, body, says, silent)


WRONG = [
    draw(ORDER + edited(COUNTED, "(1 - masked)", "masked") + FIRST, "as many as are left out"),
    draw(ORDER + COUNTED + "return order[:, k:]", "as many as are left out"),
    draw(ORDER + "return order", "nothing was left out"),
    draw(ORDER + "k = max(1, int((1 - masked) * patches))\n" + FIRST, "cut off, and it is rounded"),
    draw(ORDER + "k = math.ceil((1 - masked) * patches)\n" + FIRST, "rounded up"),
    draw(ORDER + "k = round((1 - masked) * patches)\n" + FIRST, "at least 1 must be read"),
    draw(COUNTED + "return torch.randint(patches, (rows, k), generator=generator)", "there twice"),
    draw(COUNTED + "order = torch.randperm(patches, generator=generator)\nreturn order[:k].expand(rows, k)",
         "all pictures keep the same"),
    draw(COUNTED + "return torch.randperm(patches, generator=generator)[:k]", "one row is there for all"),
    draw(edited(ORDER, "dim=1", "dim=0") + COUNTED + FIRST, "shuffled, not the patches"),
    draw(ORDER + COUNTED + "return order[:, :k] + 1", "counted from 0 here: CLS is none"),
    draw(edited(ORDER, ".argsort(dim=1)", "") + COUNTED + FIRST, "random numbers themselves"),
    draw("return torch.rand(rows, patches, generator=generator) >= masked", "a mask of all patches"),
    draw("return (torch.rand(rows, patches, generator=generator) >= masked).long()", "a mask of all patches"),
    draw(edited(ORDER, ", generator=generator", "") + COUNTED + FIRST, "generator is not used"),
    draw("torch.manual_seed(0)\n" + edited(ORDER, ", generator=generator", "") + COUNTED + FIRST,
         "two calls gave the same patches"),
    draw("generator = torch.Generator().manual_seed(0)\n" + ORDER + COUNTED + FIRST, "two calls gave the same"),
    draw(COUNTED + "return torch.rand(rows, patches, generator=generator).topk(k)", "topk and sort give"),
    draw(COUNTED + "return torch.rand(rows, patches, generator=generator).sort(dim=1)", "topk and sort give"),
    draw(COUNTED + "return torch.rand(rows, patches, generator=generator).topk(k).values", "random numbers themselves"),
    draw(COUNTED + "start = torch.randint(patches, (rows, 1), generator=generator)\n"
         "return (start + torch.arange(k)) % patches", "the patches are neighbours"),
    draw(COUNTED + "return torch.arange(k).expand(rows, k)", "keep the same patches"),
    draw(ORDER + COUNTED + "order[:, :k]", "is there a return?"),
    draw(COUNTED + "return torch.tensor([random.sample(range(patches), k) for _ in range(rows)])",
         "generator is not used"),
    draw(ORDER + COUNTED + "return order[:k]", "pictures were cut off"),
    draw("order = (torch.rand(rows, patches, generator=generator) * torch.arange(1, patches + 1)).argsort(dim=1)\n"
         + COUNTED + FIRST, "more often than others"),
    draw("order = torch.rand(rows, patches - 1, generator=generator).argsort(dim=1) + (1 if patches > 8 else 0)\n"
         + COUNTED + FIRST, "more often than others"),
    draw(ORDER + "k = max(1, round((1 - masked) * patches)) + 1\n" + FIRST, "one patch too many"),
    draw(ORDER + COUNTED + "return order[:, :k].float()", "places are int64", silent="random numbers"),
    draw(ORDER + COUNTED + "return order[:, :k].int()", "places are int64"),
    draw(COUNTED + "return torch.rand(rows, k, generator=generator).argsort(dim=1)", "the last patches never come"),
    keep("places = F.pad(kept, (1, 0))\n" + TAKEN, "the one before it"),
    keep("places = kept + 1\n" + TAKEN, "CLS is missing"),
    keep("x = x[:, 1:]\nplaces = kept\n" + TAKEN, "CLS is missing"),
    keep("places = kept\n" + TAKEN, "CLS is missing, and patch i"),
    keep("places = F.pad(kept, (1, 0)) + 1\n" + TAKEN, "CLS's place stays 0"),
    keep("places = F.pad(kept + 1, (1, 0), value=1)\n" + TAKEN, "CLS's place stays 0"),
    keep(PLACES + edited(TAKEN, "gather(1,", "gather(2,"), "along the width here"),
    keep("places = F.pad(kept + 1, (0, 1))\n" + TAKEN, "CLS stands last"),
    keep(PLACES + "return x[:, places[0]]", "places of the first picture"),
    keep(PLACES + "return x[:, places]", "in every picture"),
    keep(PLACES + "return x.gather(1, places[..., None])", "first number of each token is taken alone"),
    keep(PLACES + "return x.gather(1, places[..., None]).expand(-1, -1, x.shape[-1])", "fills the whole token"),
    keep(PLACES + "return x.gather(1, places)", "an index for each number"),
    keep("places = F.pad(kept.sort(dim=1).values + 1, (1, 0))\n" + TAKEN, "not in the order of kept"),
    keep("mask = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)\nmask[:, 0] = True\n"
         "mask.scatter_(1, kept + 1, True)\nreturn x[mask].unflatten(0, (len(x), -1))", "not in the order of kept"),
    keep("mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device).scatter(1, kept + 1, False)\n"
         "return x[mask].unflatten(0, (len(x), -1))", "the patches that are left out"),
    keep("mask = torch.zeros(x.shape[:2], device=x.device).scatter(1, F.pad(kept + 1, (1, 0)), 1.0)\n"
         "return x * mask[..., None]", "a step saves nothing"),
    keep("return x[:, :1 + kept.shape[1]]", "the first tokens are taken"),
    keep("return x", "all tokens are still there"),
    keep(PLACES + "x = x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))", "is there a return?"),
    keep(PLACES + "return torch.cat([x[:, :1], x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))], dim=1)",
         "CLS is there twice"),
    keep(PLACES + "return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1])).transpose(1, 2)", "are swapped"),
    keep(PLACES + "return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1])).mean(dim=1)", "is no token"),
    keep(PLACES + edited(TAKEN, "x.gather", "x.detach().gather"), "the way back is cut"),
    keep(PLACES + TAKEN + ".squeeze(0)", "batch"),
    keep(PLACES + TAKEN + ".float()", "dtype"),
    keep("places = torch.cat([torch.zeros(len(x), 1, dtype=torch.long), kept + 1], dim=1)\n" + TAKEN,
         "made on the CPU"),
    keep("return torch.stack([x[i, torch.cat([torch.tensor([0]), kept[i] + 1])] for i in range(3)])",
         "len(x) says how many"),
    keep(PLACES + "with torch.no_grad():\n    return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))",
         "the way back is cut"),
    keep("places = F.pad((kept - 1).clamp(min=0) + 1, (1, 0))\n" + TAKEN, "here it counts from 1"),
    keep("cls = x[:, 0]\nindex = (kept + 1)[..., None].expand(-1, -1, x.shape[-1])\n"
         "return torch.cat([cls, x.gather(1, index)], dim=1)", "has lost a dimension"),
    keep("return torch.cat([x[:, :1], x[torch.arange(len(x)), kept + 1]], dim=1)", "needs a second dimension"),
    keep("index = kept[..., None].expand_as(x[:, 1:])\nreturn torch.cat([x[:, :1], x[:, 1:].gather(1, index)], dim=1)",
         "along the width alone"),
    keep("return torch.index_select(x, 1, F.pad(kept + 1, (1, 0)))", "the same places of all pictures"),
    keep("out = torch.empty(len(x), 1 + kept.shape[1], x.shape[2])\nfor i in range(len(x)):\n"
         "    out[i, 0] = x[i, 0]\n    out[i, 1:] = x[i, kept[i] + 1]\nreturn out", "dtype"),
    keep("return x[kept + 1]", "dimension of x is the pictures"),
    cut("return tokens[:, :length]", "has no EOT any more"),
    cut("return tokens[:, :length].clone()", "has no EOT any more"),
    cut(SHORT + "short[:, -1] = tokens.max()\nreturn short", "last place of every text"),
    cut(SHORT + "short[:, -1] = tokens.amax(dim=1)\nreturn short", "last place of every text"),
    cut(END + SHORT + edited(CUT, ">=", ">") + "return short", "one token too long is lost"),
    cut(END + SHORT + edited(CUT, ">=", "<") + "return short", "turned round"),
    cut("return tokens[:, -length:]", "the last columns are kept"),
    cut("end = tokens.argmax(dim=1)\nstart = (end - length + 1).clamp(min=0)\n"
        "places = start[:, None] + torch.arange(min(length, tokens.shape[1]), device=tokens.device)\n"
        "return tokens.gather(1, places)", "the end of long texts is kept"),
    cut("return tokens[:, 1:length + 1]", "SOT is lost"),
    cut(END + "short = tokens[:, 1:length + 1].clone()\n" + CUT + "return short", "SOT is lost"),
    cut(END + "short = tokens[:, :length + 1].clone()\n" + CUT + "return short", "one token too long"),
    cut(END + SHORT + edited(CUT, "tokens.gather(1, end)", "49407") + "return short", "OpenAI's vocabulary"),
    cut(END + SHORT + edited(CUT, "tokens.gather(1, end)", "0") + "return short", "padding stands where"),
    cut(END + SHORT + edited(CUT, "tokens.gather(1, end)", "end") + "return short", "the place of EOT stands"),
    cut(SHORT + "short[:, -1] = short.amax(dim=1)\nreturn short", "after cutting"),
    cut("return tokens", "nothing was cut"),
    cut("out = tokens.clone()\nout[:, length:] = 0\nreturn out", "became padding"),
    cut("eot = tokens.max()\nlast = torch.full((len(tokens), 1), eot)\n"
        "return torch.cat([tokens[:, :length - 1], last], dim=1)", "last place of every text"),
    cut("end = tokens.argmax()\n" + SHORT + "if end >= length:\n    short[:, -1] = tokens.max()\nreturn short",
        "argmax without dim"),
    cut("return tokens[:length]", "texts are the rows"),
    cut(SHORT + "rows = (tokens != 0).sum(dim=1) > length\nshort[rows, -1] = tokens.amax(dim=1)[rows]\nreturn short",
        "id 0 is a token like others"),
    cut(END + edited(SHORT, ".clone()", "") + CUT + "return short", "changes what it was given"),
    cut(END + SHORT + CUT, "is there a return?"),
    cut(END + SHORT + CUT + "return short.float()", "ids of tokens are whole"),
    cut(END + SHORT + CUT + "return short.int()", "ids of tokens are whole"),
    cut("eot = tokens.amax(dim=1, keepdim=True)\nreturn torch.cat([tokens[:, :length], eot], dim=1)",
        "it is not added"),
    cut(SHORT + "rows = tokens.argmax(dim=1) >= length\nshort[rows, -1] = short.max()\nreturn short", "after cutting"),
    cut(SHORT + "rows = tokens.argmax(dim=1) >= length\nshort[rows, -1] = short.amax(dim=1)[rows]\nreturn short",
        "after cutting"),
    cut(SHORT + "short[:, -1] = short.max()\nreturn short", "after cutting"),
    cut(SHORT + "rows = tokens.argmax(dim=1) >= length\nshort[rows, -1] = tokens[rows, -1]\nreturn short",
        "last in a whole text is padding"),
    cut(SHORT + "short[:, -1] = tokens[:, -1]\nreturn short", "last in a whole text is padding"),
    cut(END + SHORT + CUT + "out = torch.zeros_like(tokens)\nout[:, :length] = short\nreturn out", "became padding"),
    cut("out = tokens.clone()\nrows = tokens.argmax(dim=1) >= length\n"
        "out[rows, min(length, tokens.shape[1]) - 1] = tokens.amax(dim=1)[rows]\nreturn out", "all columns are still"),
    cut(SHORT + "rows = tokens.argmax(dim=1) >= length\nshort[rows, -2] = tokens.amax(dim=1)[rows]\nreturn short",
        "not the one before it"),
    cut("end = tokens.argmax(dim=1)\nrows = []\nfor row, last in zip(tokens, end):\n    if last < length:\n"
        "        rows.append(row[:length])\n    else:\n"
        "        rows.append(torch.cat([row[:1], row[last - length + 2:last + 1]]))\nreturn torch.stack(rows)",
        "the end of long texts is kept"),
    cut(END + SHORT + edited(CUT, "tokens.gather(1, end)", "9") + "return short", "id of EOT was written down"),
    cut(SHORT + "rows = short[:, -1] != 0\nshort[rows, -1] = tokens.amax(dim=1)[rows]\nreturn short",
        "id 0 is a token like others"),
    cut(END + "short = tokens[:, :length].clone() if length < tokens.shape[1] else tokens\n"
        "if length < tokens.shape[1]:\n    " + CUT + "return short", "shares its memory"),
    cut(END + SHORT + CUT + "return short.squeeze(0)", "batch"),
    cut("end = tokens.argmax(dim=1)\n" + SHORT + "for i in range(5):\n    if end[i] >= length:\n"
        "        short[i, -1] = tokens[i, end[i]]\nreturn short", "len(x) says how many"),
    cut(SHORT + "short[tokens.argmax(dim=1) >= length, -1] = 50\nreturn short", "id of EOT was written down"),
    cut(END + "short = torch.zeros(len(tokens), length, dtype=tokens.dtype)\n"
        "short[:, :tokens.shape[1]] = tokens[:, :length]\n" + CUT + "return short", "no text gets longer"),
]  # fmt: skip

CORRECT = [
    draw(ORDER + COUNTED + FIRST),
    draw(ORDER + "k = max(1, int(patches * (1 - masked) + 0.5))\nreturn order[:, -k:].sort(dim=1).values"),
    draw(ORDER + "k = max(1, patches - round(masked * patches))\n" + FIRST),
    draw(ORDER + "k = max(1, math.floor((1 - masked) * patches + 0.5))\n" + FIRST),
    draw(ORDER + "k = max(1, int((1 - masked) * patches + 0.5))\n" + FIRST),
    draw(COUNTED + "rows = [torch.randperm(patches, generator=generator)[:k] for _ in range(rows)]\n"
         "return torch.stack(rows)"),
    draw(COUNTED + "return torch.rand(rows, patches, generator=generator).topk(k, dim=1).indices"),
    draw(COUNTED + "return torch.multinomial(torch.ones(rows, patches), k, generator=generator)"),
    draw(ORDER + "left_out = min(patches - 1, patches - round((1 - masked) * patches))\nreturn order[:, left_out:]"),
    keep(PLACES + TAKEN),
    keep("rows = torch.arange(len(x), device=x.device)[:, None]\n"
         "return torch.cat([x[:, :1], x[rows, kept + 1]], dim=1)"),
    keep("cls, patches = x[:, :1], x[:, 1:]\nindex = kept.unsqueeze(-1).repeat(1, 1, x.shape[-1])\n"
         "return torch.cat((cls, torch.gather(patches, 1, index)), dim=1)"),
    keep("return torch.stack([torch.cat([tokens[:1], tokens[1:][i]]) for tokens, i in zip(x, kept)])"),
    keep(PLACES + "return torch.take_along_dim(x, places.unsqueeze(-1), dim=1)"),
    cut(END + SHORT + CUT + "return short"),
    cut(SHORT + "rows = tokens.argmax(dim=1) >= length\nshort[rows, -1] = tokens.amax(dim=1)[rows]\nreturn short"),
    cut("eot = tokens.max()\nshort = tokens[:, :length].clone()\nfor row in short:\n    if eot not in row:\n"
        "        row[-1] = eot\nreturn short"),
    cut("eot = tokens.amax(dim=1, keepdim=True)\n" + SHORT
        + "lost = (short != eot).all(dim=1)\nshort[lost, -1] = eot[lost, 0]\nreturn short"),
    cut("last = min(length, tokens.shape[1]) - 1\nend = tokens.argmax(dim=1).clamp(max=last)\n"
        "return tokens[:, :length].scatter(1, end[:, None], tokens.amax(dim=1, keepdim=True))"),
]  # fmt: skip
