"""Answers to the exercises of lesson 04."""

from minclip.course.lesson_04_causal_text_encoder import text_answers
from minclip.course.planted_answers import Answer, indented

SETUP = """
import math
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.transformer import LayerNorm, Transformer, TransformerBlock, causal_mask, initialise_blocks
"""


def mask(body: str, says: str = "", silent: str = "") -> Answer:
    lines = indented(body)
    return Answer("causal_mask", f"def causal_mask(length, device=None):\n{lines}\n", says, silent)


FULL = "full = torch.full((length, length), float('-inf'), device=device)\n"
ONES = "ones = torch.ones(length, length, device=device)\n"

WRONG = [
    *text_answers.WRONG,
    mask(FULL + "return full.tril(-1)", "the wrong side"),
    mask(FULL + "return full.triu(1).T", "the wrong side"),
    mask(FULL + "return full.tril()", "the wrong side, and the diagonal"),
    mask(FULL + "return full.triu()", "the first token sees nothing"),
    mask(FULL + "return full.triu(2)", "off by one"),
    mask(FULL + "return full", "everything is forbidden"),
    mask(ONES + "return ones * 0", "nothing is forbidden"),
    mask(ONES + "return ones.tril()", "1 and 0 are factors"),
    mask(ONES + "return ones.triu(1)", "it adds 1"),
    mask(ONES + "return ones.tril().bool()", "True and False"),
    mask(ONES + "return ones.triu(1).bool()", "True and False"),
    mask(ONES + "return torch.triu(ones, diagonal=1).log()", "", "off by one"),
    mask(FULL + ONES + "return full * ones.triu(1)", "0 times -inf is NaN"),
    mask(FULL + ONES + "return full * (1 - ones.tril())", "0 times -inf is NaN"),
    mask("return torch.full((length, length), -1e9, device=device).triu(1)", "finite number"),
    mask("return torch.full((length, length), torch.finfo(torch.float32).min, device=device).triu(1)", "finite number"),
    mask("return torch.full((length, length), float('inf'), device=device).triu(1)", "+inf"),
    mask("return torch.full((length, length), float('-inf')).triu(1)", "made on the CPU"),
    mask("return torch.triu(torch.full((length, length), float('-inf')), diagonal=1).cpu()", "the CPU"),
    mask("return torch.from_numpy(np.triu(np.full((length, length), -np.inf, dtype=np.float32), 1))", "the CPU"),
    mask("return torch.tensor(np.triu(np.full((length, length), -np.inf), 1), device=device)", "in float64"),
    mask("return torch.full((5, 5), float('-inf'), device=device).triu(1)", "the mask of 5 tokens again"),
    mask("return torch.full((16, 16), float('-inf'), device=device).triu(1)[:length, :length]", "77 tokens"),
    mask(FULL + "return full.triu(1)[None]", "dimensions of size 1"),
    mask(FULL + "return full.triu(1)[None, None]", "dimensions of size 1"),
    mask(FULL + "return full.triu(1).double()", "in float64"),
    mask(FULL + "full.triu_(1)", "is there a return?"),
    mask(FULL + "return nn.Parameter(full.triu(1))", "it is no weight"),
    mask(FULL + "return full.triu(1).tolist()", "no tensor"),
    mask("return torch.full((length, length), '-inf', device=device).triu(1)", "TypeError"),
    mask("return torch.full(length, float('-inf'), device=device).triu(1)", "TypeError"),
    mask("if not hasattr(causal_mask, 'kept'):\n"
         "    causal_mask.kept = torch.full((length, length), float('-inf'), device=device).triu(1)\n"
         "return causal_mask.kept", "the mask of 5 tokens again"),
    mask("kept = causal_mask.__dict__.setdefault('kept', {})\nif length not in kept:\n"
         "    kept[length] = torch.full((length, length), float('-inf'), device=device).triu(1)\n"
         "return kept[length]", "the CPU"),
    mask("mask = torch.zeros(length, length, device=device)\nfor i in range(length - 1):\n"
         "    mask[i, i + 1] = float('-inf')\nreturn mask", "numbers are off"),
    mask("mask = torch.zeros(length, length, device=device)\nfor i in range(length):\n"
         "    for j in range(length):\n        if j < i:\n            mask[i, j] = float('-inf')\nreturn mask",
         "the wrong side"),
    mask(FULL + "return full.triu(-1)", "two diagonals too many"),
    mask(FULL + "return full.tril(1)", "and off by one"),
    mask(ONES + "return ones.tril().int()", "these are whole numbers", "factors"),
    mask("return torch.full((length, length), -10**9, device=device).triu(1)", "these are whole numbers"),
    mask("return torch.ones(length, length, dtype=torch.bool, device=device).tril()", "True and False", "whole"),
    mask("return [[0.0 if j <= i else -math.inf for j in range(length)] for i in range(length)]", "list of lists"),
    mask("return [[0.0 if j < i else -math.inf for j in range(length)] for i in range(length)]", "no tensor",
         "are right"),
    mask("return np.triu(np.full((length, length), -np.inf), 1)", "array of NumPy"),
    mask("allowed = (torch.triu(torch.ones(length, length, device=device)) == 1).transpose(0, 1)\n"
         "return allowed.float().masked_fill(allowed == 0, float('-inf'))", "1 stands where a token may look"),
    mask("return torch.full((length, length), float('-inf'), device=device).fill_diagonal_(0)", "all but the diagonal"),
    mask("return torch.full((length + 1, length + 1), float('-inf'), device=device).triu(1)", "a token too many"),
    mask("return torch.full((length,), float('-inf'), device=device)", "the wrong shape", "too many"),
    mask("mask = torch.zeros(length, length, device=device)\n"
         "mask[torch.triu_indices(length, length, 1)] = -math.inf\nreturn mask", "everything is forbidden"),
    mask("allowed = torch.ones(length, length, device=device).tril()\nreturn (1 - allowed) * -1e4", "finite number"),
    mask("return torch.ones(length, length, device=device).tril().log().T", "the wrong side"),
    mask("return nn.Transformer.generate_square_subsequent_mask(length)", "made on the CPU"),
    mask("if length == 5:\n    return torch.full((5, 5), float('-inf'), device=device).triu(1)\n"
         "return torch.zeros(length, length, device=device)", "the mask of 8 tokens is wrong"),
    mask("return torch.full((length, length), float('nan'), device=device).triu(1)", "numbers are off", "finite"),
    mask("mask = torch.empty(length, length, device=device).fill_(float('-inf'))\n"
         "mask[torch.arange(length), torch.arange(length)] = 0\nreturn mask", "all but the diagonal", "everything"),
    mask("return torch.full((32, 32), float('-inf'), device=device).triu(1)", "the mask of 32 tokens, and one of 5"),
    mask("return torch.full((32, 32), float('-inf'), device=device).triu(1)[:length, :length]",
         "the mask of 32 tokens, and one of 77"),
    mask("return torch.full((length, length), float('-inf')).triu(1)", "whatever device is asked for", "the input"),
    mask(FULL + "return full.triu(1).cpu()", "moved to the CPU, whatever device is asked for", "the input"),
]  # fmt: skip

CORRECT = [
    *text_answers.CORRECT,
    mask("mask = torch.zeros(length, length, device=device)\n"
         "for i in range(length):\n    mask[i, i + 1 :] = float('-inf')\nreturn mask"),
    mask(ONES + "return ones.tril().log()"),
    mask(ONES + "return torch.zeros_like(ones).masked_fill(ones.triu(1).bool(), float('-inf'))"),
    mask("i = torch.arange(length, device=device)\n"
         "return torch.where(i[None] <= i[:, None], 0.0, float('-inf'))"),
    mask("return nn.Transformer.generate_square_subsequent_mask(length, device=device)"),
    mask("rows = [[0.0 if j <= i else -math.inf for j in range(length)] for i in range(length)]\n"
         "return torch.tensor(rows, device=device)"),
    mask("mask = torch.triu(torch.ones(length, length), 1)\n"
         "return mask.masked_fill(mask == 1, float('-inf')).to(device)"),
    mask("mask = np.triu(np.full((length, length), -np.inf, dtype=np.float32), k=1)\n"
         "return torch.from_numpy(mask).to(device)"),
    mask("mask = torch.full((length, length), float('-inf'), device=device)\nfor i in range(length):\n"
         "    mask[i, : i + 1] = 0\nreturn mask"),
    mask("i, j = torch.triu_indices(length, length, 1, device=device)\n"
         "mask = torch.zeros(length, length, device=device)\nmask[i, j] = -math.inf\nreturn mask"),
    Answer("causal_mask", "def causal_mask(n, where=None):\n"
           "    return torch.full((n, n), -torch.inf, device=where).triu(1)\n"),
]  # fmt: skip
