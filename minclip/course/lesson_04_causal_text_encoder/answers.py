"""Answers to the exercises of lesson 04."""

import inspect

from minclip.course.planted_answers import Answer, indented
from minclip.text import TextTransformer

SETUP = """
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.transformer import LayerNorm, Transformer, TransformerBlock, causal_mask
"""
LIBRARY = inspect.getsource(TextTransformer)
GIVEN = LIBRARY[: LIBRARY.index("        length = tokens.shape[1]")]  # the class as the learner gets it


def mask(body: str, says: str = "") -> Answer:
    lines = indented(body)
    return Answer("causal_mask", f"def causal_mask(length, device=None):\n{lines}\n", says)


def text(body: str, says: str = "") -> Answer:
    lines = indented(body, 8)
    return Answer("TextTransformer", f"{GIVEN}{lines}\n", says)


FULL = "full = torch.full((length, length), float('-inf'), device=device)\n"
ONES = "ones = torch.ones(length, length, device=device)\n"
EMBED = """
length = tokens.shape[1]
x = self.token_embedding(tokens) + self.positional_embedding[:length]
"""
RUN = EMBED + "x = self.transformer(x, causal_mask(length, x.device))\n"
ROWS = "rows = torch.arange(len(tokens))\n"
OUT = "return self.ln_final(x) @ self.text_projection"

WRONG = [
    mask(FULL + "return full.tril(-1)", "the wrong side"),
    mask(FULL + "return full.tril()", "the wrong side"),
    mask(FULL + "return full.triu()", "the first token sees nothing"),
    mask(FULL + "return full.triu(2)", "off by one"),
    mask(FULL + "return full", "everything is forbidden"),
    mask(ONES + "return ones * 0", "nothing is forbidden"),
    mask(ONES + "return ones.tril()", "1 and 0 are factors"),
    mask(ONES + "return ones.triu(1)", "not 1"),
    mask(ONES + "return ones.tril().bool()", "True and False"),
    mask(ONES + "return ones.triu(1).bool()", "True and False"),
    mask(FULL + ONES + "return full * ones.triu(1)", "0 times -inf is NaN"),
    mask(FULL + ONES + "return full * (1 - ones.tril())", "0 times -inf is NaN"),
    mask("return torch.full((length, length), -1e9, device=device).triu(1)", "no large number"),
    mask("return torch.full((length, length), float('-inf')).triu(1)", "device is not heeded"),
    mask("return torch.full((5, 5), float('-inf'), device=device).triu(1)", "let length decide"),
    mask(FULL + "return full.triu(1)[None]", "one square"),
    mask(FULL + "return full.triu(1).double()", "leave the dtype out"),
    mask(FULL + "full.triu_(1)", "is there a return?"),
    mask("return torch.full((length, length), '-inf', device=device).triu(1)", "TypeError"),
    text(RUN + "x = x[:, -1]\n" + OUT, "you read the last place"),
    text(RUN + ROWS + "x = x[rows, (tokens != 0).sum(dim=-1)]\n" + OUT, "you read the padding after EOT"),
    text(RUN + ROWS + "x = x[rows, (tokens == 0).int().argmax(dim=-1)]\n" + OUT, "you read the padding after EOT"),
    text(RUN + ROWS + "x = x[rows, tokens.argmin(dim=-1)]\n" + OUT, "you read the padding after EOT"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1) - 1]\n" + OUT, "the token before EOT"),
    text(RUN + ROWS + "x = x[rows, (tokens != 0).sum(dim=-1) - 1]\n" + OUT, "0 is an id, too"),
    text(RUN + ROWS + "x = x[rows, (tokens == 0).int().argmax(dim=-1) - 1]\n" + OUT, "0 is an id, too"),
    text(RUN + "x = x[:, 0]\n" + OUT, "sees only itself"),
    text(RUN + "x = x[:, tokens.argmax()]\n" + OUT, "one place for the whole batch"),
    text(RUN + "x = x[:, tokens[0].argmax()]\n" + OUT, "one place for the whole batch"),
    text(RUN + "x = x[tokens.argmax(dim=-1)]\n" + OUT, "picks texts, not tokens"),
    text(RUN + "x = x[:, tokens.argmax(dim=-1)]\n" + OUT, "pair text i with place i"),
    text(RUN + OUT, "features of every token"),
    text(RUN + "x = self.ln_final(x).mean(dim=1)\nreturn x @ self.text_projection", "mean over all tokens"),
    text(RUN + "parts = [row[: ids.argmax() + 1] for row, ids in zip(self.ln_final(x), tokens)]\n"
         "return torch.stack([part.mean(dim=0) for part in parts]) @ self.text_projection",
         "mean over a text's tokens"),
    text(EMBED + "x = self.transformer(x)[torch.arange(len(x)), tokens.argmax(dim=-1)]\n" + OUT, "the mask is missing"),
    text(EMBED + "mask = causal_mask(length, x.device).T\n"
         "x = self.transformer(x, mask)[torch.arange(len(x)), tokens.argmax(dim=-1)]\n" + OUT,
         "the mask is transposed"),
    text(EMBED + "mask = causal_mask(length)\n"
         "x = self.transformer(x, mask)[torch.arange(len(x)), tokens.argmax(dim=-1)]\n" + OUT, "would fail on a GPU"),
    text("mask = causal_mask(self.context_length, tokens.device)\n" + EMBED
         + "x = self.transformer(x, mask)[torch.arange(len(x)), tokens.argmax(dim=-1)]\n" + OUT, "[:length]"),
    text("x = self.token_embedding(tokens)\nmask = causal_mask(tokens.shape[1], x.device)\n"
         "x = self.transformer(x, mask)[torch.arange(len(x)), tokens.argmax(dim=-1)]\n" + OUT,
         "the positions are missing"),
    text(RUN.replace("[:length]", "") + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\n" + OUT, "[:length]"),
    text(RUN.replace("[:length]", "[-length:]") + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\n" + OUT,
         "the last positions"),
    text(RUN.replace("(tokens) +", "(tokens) * 16**0.5 +") + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\n" + OUT,
         "the embeddings are scaled"),
    text(RUN.replace("(tokens) +", "(tokens.float()) +") + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\n" + OUT,
         "ids are whole numbers"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\nreturn x @ self.text_projection", "ln_final is missing"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\nreturn self.ln_final(x)", "text_projection is missing"),
    text(RUN + ROWS + "return x[rows, tokens.argmax(dim=-1)]", "ln_final and text_projection are missing"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\n" + OUT.replace("return ", "return F.normalize(")
         + ", dim=-1)", "leave that to the loss"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\n" + OUT + ".T", "no .T"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=0)]\n" + OUT, "not dim=0"),
    text(RUN + ROWS + "x = x[rows, tokens.max(dim=-1)]\n" + OUT, "gives the places alone"),
    text(RUN + ROWS + "x = x[rows, tokens.max(dim=-1).values]\n" + OUT, "no place in a text"),
    text(EMBED + "x = self.transformer(x, causal_mask)\n" + OUT, "causal_mask is the function itself"),
    text(RUN + ROWS + "return self.text_projection(self.ln_final(x[rows, tokens.argmax(dim=-1)]))", "no function"),
    text(RUN.replace("[:length]", "(torch.arange(length))") + OUT, "no function"),
    text(RUN.replace("embedding(tokens)", "embedding[tokens]") + OUT, "token_embedding is a module"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1)].detach()\n" + OUT, "no gradient reaches"),
    text(RUN + ROWS + "with torch.no_grad():\n    x = x[rows, tokens.argmax(dim=-1)]\n    " + OUT,
         "the way back is cut"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1)]\nself.ln_final(x) @ self.text_projection",
         "is there a return?"),
]  # fmt: skip

CORRECT = [
    mask("mask = torch.zeros(length, length, device=device)\n"
         "for i in range(length):\n    mask[i, i + 1 :] = float('-inf')\nreturn mask"),
    mask(ONES + "return ones.tril().log()"),
    mask(ONES + "return torch.zeros_like(ones).masked_fill(ones.triu(1).bool(), float('-inf'))"),
    mask("i = torch.arange(length, device=device)\n"
         "return torch.where(i[None] <= i[:, None], 0.0, float('-inf'))"),
    mask("return nn.Transformer.generate_square_subsequent_mask(length, device=device)"),
    text(RUN + ROWS + "return self.ln_final(x[rows, tokens.argmax(dim=-1)]) @ self.text_projection"),
    text(RUN + "x = self.ln_final(x)\n" + ROWS
         + "return x[rows, tokens.argmax(dim=-1)] @ self.text_projection"),
    text(EMBED + "eot = (tokens == self.vocab_size - 1).int().argmax(dim=-1)\n"
         "x = self.transformer(x, mask=causal_mask(length, device=x.device))[range(len(x)), eot]\n" + OUT),
    text(RUN + "x = torch.stack([row[ids.argmax().item()] for row, ids in zip(x, tokens)])\n" + OUT),
    text(RUN + "at = (tokens == tokens.max(dim=-1, keepdim=True).values).float()\n"
         "x = torch.einsum('btw,bt->bw', self.ln_final(x), at)\nreturn x @ self.text_projection"),
    text(EMBED + "mask = causal_mask(length, x.device)\nfor block in self.transformer.resblocks:\n"
         "    x = block(x, mask)\nx = x.gather(1, tokens.argmax(-1)[:, None, None].expand(-1, 1, x.shape[-1]))\n"
         "return (self.ln_final(x) @ self.text_projection)[:, 0]"),
]  # fmt: skip
