"""Answers to the exercise TextTransformer: what answers.py has for the other."""

import inspect

from minclip.course.planted_answers import Answer, indented
from minclip.text import TextTransformer

LIBRARY = inspect.getsource(TextTransformer)
GIVEN = LIBRARY[: LIBRARY.index("        length = tokens.shape[1]")]  # the class as the learner gets it


def text(body: str, says: str = "", silent: str = "") -> Answer:
    lines = indented(body, 8)
    return Answer("TextTransformer", f"{GIVEN}{lines}\n", says, silent)


EMBED = """
length = tokens.shape[1]
x = self.token_embedding(tokens) + self.positional_embedding[:length]
"""
RUN = EMBED + "x = self.transformer(x, causal_mask(length, x.device))\n"
EACH = ".expand(len(tokens), -1, -1)"
JOINED = (
    "length = tokens.shape[1]\n"
    "x = torch.cat([self.token_embedding(tokens), self.positional_embedding[:length]{}]{})\n"
    "x = self.transformer(x, causal_mask(length, x.device))\n"
)
ROWS = "rows = torch.arange(len(tokens))\n"
OUT = "return self.ln_final(x) @ self.text_projection"
READ = "x = x[torch.arange(len(tokens)), tokens.argmax(dim=-1)]\n"

WRONG = [
    text(RUN + "x = x[:, -1]\n" + OUT, "the last place is read"),
    text(RUN + ROWS + "x = x[rows, (tokens != 0).sum(dim=-1)]\n" + OUT, "right after EOT is read"),
    text(RUN + ROWS + "x = x[rows, (tokens == 0).int().argmax(dim=-1)]\n" + OUT, "right after EOT is read"),
    text(RUN + ROWS + "x = x[rows, tokens.argmin(dim=-1)]\n" + OUT, "right after EOT is read"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1) - 1]\n" + OUT, "the token before EOT"),
    text(RUN + ROWS + "x = x[rows, (tokens != 0).sum(dim=-1) - 1]\n" + OUT, "0 is an id, too"),
    text(RUN + ROWS + "x = x[rows, (tokens == 0).int().argmax(dim=-1) - 1]\n" + OUT, "0 is an id, too"),
    text(RUN + "x = torch.stack([row[len(ids.nonzero()) - 1] for row, ids in zip(x, tokens)])\n" + OUT,
         "0 is an id, too"),
    text(RUN + "x = x[:, 0]\n" + OUT, "sees only itself"),
    text(RUN + "x = x[:, tokens.argmax()]\n" + OUT, "one place is read for the whole batch"),
    text(RUN + "x = x[:, tokens[0].argmax()]\n" + OUT, "one place is read for the whole batch"),
    text(RUN + "x = x[:, tokens.argmax(dim=-1).max()]\n" + OUT, "the whole batch, the largest"),
    text(RUN + "x = x[tokens.argmax(dim=-1)]\n" + OUT, "counts the texts"),
    text(RUN + ROWS + "x = x[tokens.argmax(dim=-1), rows]\n" + OUT, "counts the texts"),
    text(RUN + "x = x[torch.arange(1, len(tokens) + 1), tokens.argmax(dim=-1)]\n" + OUT, "IndexError",
         "counts the texts"),
    text(RUN + READ + "return self.ln_final.weight(x) @ self.text_projection", "not callable", "nothing calls them"),
    text(RUN + "x = x[:, tokens.argmax(dim=-1)]\n" + OUT, "text i belongs with place i"),
    text(RUN + OUT, "features of every token"),
    text(RUN + "x = self.ln_final(x).mean(dim=1)\nreturn x @ self.text_projection", "mean over all tokens"),
    text(RUN + "x = (self.ln_final(x) @ self.text_projection).mean(dim=1)\nreturn x", "mean over all tokens"),
    text(RUN + "x = self.ln_final(x).max(dim=1).values\nreturn x @ self.text_projection", "the largest over", "mean"),
    text(RUN + "x = x.max(dim=1).values\n" + OUT, "the largest over", "mean"),
    text(RUN + "x = x.mean(dim=1)\n" + OUT, "the mean (or the sum)"),
    text(RUN + "x = x.sum(dim=1)\n" + OUT, "the mean (or the sum)"),
    text(RUN + "x = x.median(dim=1).values\n" + OUT, "numbers are off", "mean"),
    text(RUN + ROWS + "x = x[rows, x.argmax(dim=-1)]\n" + OUT, "x holds vectors by now"),
    text(RUN + ROWS + "x = x[rows, x.argmax(dim=1)]\n" + OUT, "x holds vectors by now"),
    text(RUN + ROWS + "x = x[rows, x.argmax()]\n" + OUT, "x holds vectors by now"),
    text(RUN + ROWS + "eot = x.argmax(dim=-1)\nx = x[rows, eot]\n" + OUT, "one for each of its tokens"),
    text(RUN + ROWS + "x = x[rows, tokens]\n" + OUT, "one for each of its tokens", "x holds vectors"),
    text(RUN + ROWS + "x = x[rows, tokens.argmin(dim=-1) - 1]\n" + OUT, "before the smallest id"),
    text(EMBED + "x = self.transformer(self.ln_final(x), causal_mask(length, x.device))\n" + READ
         + "return x @ self.text_projection", "comes too early", "missing"),
    text(EMBED + "x = self.transformer(self.ln_final(x), causal_mask(length, x.device))\n" + READ + OUT,
         "ln_final comes twice"),
    text(RUN + "x = self.ln_final(self.ln_final(x))\n" + READ + "return x @ self.text_projection",
         "numbers are off", "ln_final"),
    text(RUN.replace("(tokens) +", "(tokens) *") + READ + OUT, "are multiplied"),
    text(RUN.replace("x = self.tr", "x = x + self.positional_embedding[:length]\nx = self.tr") + READ + OUT,
         "added twice"),
    text(EMBED + "x = x + self.transformer(x, causal_mask(length, x.device))\n" + READ + OUT, "numbers are off",
         "added twice"),
    text(EMBED + "x = self.transformer(x, causal_mask(length, x.device).bool())\n" + READ + OUT, "True and False"),
    text(EMBED + "x = self.transformer(x, causal_mask(length, x.device) == 0)\n" + READ + OUT, "True and False"),
    text(EMBED + "mask = causal_mask(length, x.device).repeat(len(tokens), 1, 1)\nx = self.transformer(x, mask)\n"
         + READ + OUT, "where attention has its heads"),
    text(RUN + "eot = (tokens == tokens.max()).nonzero()[:, 1]\nx = x[torch.arange(len(tokens)), eot]\n" + OUT,
         "each EOT gives a place"),
    text(RUN + READ + "return F.normalize(self.ln_final(x) @ self.text_projection, dim=0)", "off", "have length 1"),
    text(RUN + READ + "x = F.dropout(x, 0.1)\n" + OUT, "numbers are off", "ln_final"),
    text(RUN + READ + "if not hasattr(self, 'own'):\n    self.own = nn.Parameter(self.text_projection.clone())\n"
         "return self.ln_final(x) @ self.own", "no gradient reaches text_projection"),
    text("x = self.token_embedding(tokens) + self.positional_embedding\nx = self.transformer(x.permute(1, 0, 2))\n"
         "x = self.ln_final(x.permute(1, 0, 2))\n"
         "return x[torch.arange(x.shape[0]), tokens.argmax(dim=-1)] @ self.text_projection", "texts look at each"),
    text(RUN + READ + "self.kept = self.ln_final(x) @ self.text_projection\nreturn self.kept.data", "way back is cut"),
    text(RUN + "parts = [row[: ids.argmax() + 1] for row, ids in zip(self.ln_final(x), tokens)]\n"
         "return torch.stack([part.mean(dim=0) for part in parts]) @ self.text_projection",
         "mean over a text's tokens"),
    text(EMBED + "x = self.transformer(x)\n" + READ + OUT, "the mask is missing"),
    text(EMBED + "mask = causal_mask(length, x.device).T\nx = self.transformer(x, mask)\n" + READ + OUT,
         "the mask is transposed"),
    text(EMBED + "mask = causal_mask(length)\nx = self.transformer(x, mask)\n" + READ + OUT, "would fail on a GPU"),
    text(EMBED + "mask = causal_mask(length, 'cpu')\nx = self.transformer(x, mask)\n" + READ + OUT,
         "would fail on a GPU"),
    text(EMBED + "mask = causal_mask(length, x.device) + torch.zeros(tokens.shape, device=x.device).masked_fill("
         "tokens == 0, -math.inf)[:, None, None]\nx = self.transformer(x, mask)\n" + READ + OUT,
         "tokens of id 0 are hidden", "is read"),
    text(EMBED + "if not hasattr(self, 'mask'):\n    self.mask = causal_mask(length, x.device)\n"
         "x = self.transformer(x, self.mask)\n" + READ + OUT, "the length of the longest text"),
    text(EMBED + "if getattr(self, 'mask', torch.empty(0)).shape[0] != length:\n"
         "    self.mask = causal_mask(length, x.device)\n"
         "x = self.transformer(x, self.mask)\n" + READ + OUT, "the CPU"),
    text("mask = causal_mask(self.context_length, tokens.device)\n" + EMBED + "x = self.transformer(x, mask)\n"
         + READ + OUT, "the length of the longest text"),
    text("x = self.token_embedding(tokens)\nmask = causal_mask(tokens.shape[1], x.device)\n"
         "x = self.transformer(x, mask)\n" + READ + OUT, "the positions are missing"),
    text("length = tokens.shape[1]\nx = self.positional_embedding[:length].expand(len(tokens), -1, -1)\n"
         "x = self.transformer(x, causal_mask(length, x.device))\n" + READ + OUT, "positions alone"),
    text(EMBED + "x = self.transformer(x.permute(1, 0, 2), causal_mask(length, x.device)).permute(1, 0, 2)\n"
         + READ + OUT, "gets the texts where it wants the tokens"),
    text(EMBED + "x = self.transformer(x.transpose(0, 1)).transpose(0, 1)\n" + READ + OUT, "texts look at each other"),
    text(EMBED + "x = self.transformer(causal_mask(length, x.device), x)\n" + READ + OUT, "RuntimeError", "ln_final"),
    text(EMBED + "x = self.transformer(x, causal_mask(len(tokens), x.device))\n" + READ + OUT,
         "something is made for three tokens"),
    text(EMBED + "x = self.transformer(x, causal_mask(x.shape[-1], x.device))\n" + READ + OUT, "the width of a token"),
    text(RUN.replace("[:length]", "") + READ + OUT, "the length of the longest text"),
    text(RUN.replace("[:length]", "[-length:]") + READ + OUT, "the last positions"),
    text(RUN.replace("[:length]", "[0]") + READ + OUT, "every token gets position 0"),
    text(RUN.replace("[:length]", "[tokens]") + READ + OUT, "ids of the tokens are used as their places"),
    text(RUN.replace("[:length]", "[tokens.argmax(dim=-1)]") + READ + OUT, "RuntimeError", "used as their places"),
    text(RUN.replace("[:length]", "[length]") + READ + OUT, "IndexError", "used as their places"),
    text(RUN.replace("(tokens) +", "(tokens) * 16**0.5 +") + READ + OUT, "the embeddings are scaled"),
    text(RUN.replace("(tokens) +", "(tokens.float()) +") + READ + OUT, "ids are whole numbers"),
    text(EMBED + READ + OUT, "the Transformer is missing"),
    text(RUN + READ + "return x @ self.text_projection", "ln_final is missing"),
    text(RUN + READ + "return self.ln_final(x)", "text_projection is missing"),
    text(RUN + READ + "return x", "ln_final and text_projection are missing"),
    text(RUN + READ + "return self.ln_final(x @ self.text_projection)", "comes before text_projection"),
    text(RUN + READ + OUT.replace("return ", "return F.normalize(") + ", dim=-1)", "have length 1"),
    text(RUN + READ + OUT + ".T", "turned round"),
    text(RUN + READ + "return F.linear(self.ln_final(x), self.text_projection)", "turned round"),
    text(RUN + READ + "return self.text_projection @ self.ln_final(x)", "the vectors stand left"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=0)]\n" + OUT, "the places are nine"),
    text(RUN + "rows = torch.arange(length)\nx = x[rows, tokens.argmax(dim=-1)]\n" + OUT, "nine rows are asked"),
    text(RUN + ROWS + "x = x[rows, tokens.max(dim=-1)]\n" + OUT, "max gives two things"),
    text(RUN + ROWS + "x = x[rows, tokens.max(dim=-1).values]\n" + OUT, "used as a place"),
    text(RUN + "x = torch.stack([row[ids.max()] for row, ids in zip(x, tokens)])\n" + OUT, "used as a place"),
    text(RUN + ROWS + "x = x[rows, tokens.argmax(dim=-1).float()]\n" + OUT, "IndexError", "max gives two things"),
    text(EMBED + "x = self.transformer(x, causal_mask)\n" + READ + OUT, "causal_mask is the function itself"),
    text(EMBED + "x = self.transformer(x, print)\n" + READ + OUT, "AttributeError", "the function itself"),
    text(RUN + ROWS + "return self.text_projection(self.ln_final(x[rows, tokens.argmax(dim=-1)]))", "nothing calls"),
    text(RUN.replace("[:length]", "(torch.arange(length))") + READ + OUT, "nothing calls them"),
    text(RUN.replace("embedding(tokens)", "embedding[tokens]") + READ + OUT, "token_embedding is a module"),
    text(RUN.replace("self.token_embedding(tokens)", "self.token_embedding.weight.data[tokens]") + READ + OUT,
         "token_embedding.weight"),
    text(RUN.replace("[:length]", "[:length].detach()") + READ + OUT, "positional_embedding"),
    text(RUN + READ.replace("]\n", "].detach()\n", 1) + OUT, "no gradient reaches"),
    text(RUN + ROWS + "with torch.no_grad():\n    x = x[rows, tokens.argmax(dim=-1)]\n    " + OUT,
         "the way back is cut"),
    text(RUN + READ + "self.ln_final(x) @ self.text_projection", "is there a return?"),
    text(RUN + READ + OUT + ", x", "no tensor"),
    text(RUN + READ + "return (self.ln_final(x) @ self.text_projection).squeeze()", "dimension of the batch is lost"),
    text(RUN + READ + "return (self.ln_final(x) @ self.text_projection).cpu()", "to the CPU"),
    text(RUN + "x = x[tokens == 29]\n" + OUT, "texts with a second EOT", "the last is read"),
    text(RUN + "eot = (tokens == 29).int().argmax(dim=-1)\nx = x[torch.arange(len(x)), eot]\n" + OUT,
         "another model"),
    text(RUN + "at = (tokens == tokens.max(dim=-1, keepdim=True).values).float()\n"
         "x = torch.einsum('btw,bt->bw', self.ln_final(x), at)\nreturn x @ self.text_projection",
         "both vectors are added"),
    text(RUN + "last = length - 1 - tokens.flip(1).argmax(dim=-1)\nx = x[torch.arange(len(x)), last]\n" + OUT,
         "the last is read"),
    text(RUN + "self.ln_final.weight.data += 1e-3\n" + READ + OUT, ""),
    text("self.positional_embedding.requires_grad_(False)\n" + RUN + READ + OUT, "positional_embedding"),
    text("tokens[tokens == 0] = 1\n" + RUN + READ + OUT, "changes what it was given"),
    text("self.train(False)\n" + RUN + READ + OUT, "changes the module itself"),
    text(RUN.replace("self.token_embedding(", "(self.token_embedding.weight @ ") + READ + OUT, "ids are no numbers"),
    text(RUN.replace("self.token_embedding(tokens)", "tokens.float() @ self.token_embedding.weight") + READ + OUT,
         "ids are no numbers"),
    *(text(JOINED.format(places, dim) + READ + OUT, "positions are added to the tokens")
      for places, dim in (("", ""), ("", ", dim=1"), (EACH, ", dim=1"), (EACH, ", dim=-1"))),
    text(RUN.replace("[:length]", "[tokens.argmax(dim=-1)][:, None]") + READ + OUT, "the position of its EOT"),
    text(RUN.replace("[:length]", "[tokens.argmax(dim=-1)]") + READ + OUT, "each text gives one place", "three tokens"),
    text(RUN.replace("[:length]", "[tokens[0].argmax()]") + READ + OUT, "the EOT of the first text"),
    text(RUN.replace("[:length]", "[length - 1]") + READ + OUT, "every token gets the last position"),
    text(RUN.replace("[:length]", "[length]") + READ + OUT, "row 9 is asked for"),
    text(RUN + "x = x[:, -1]\n" + OUT, "TextTransformer(...)(int64 [3, 9])"),
]  # fmt: skip

CORRECT = [
    text(RUN + ROWS + "return self.ln_final(x[rows, tokens.argmax(dim=-1)]) @ self.text_projection"),
    text(RUN + "x = self.ln_final(x)\n" + ROWS
         + "return x[rows, tokens.argmax(dim=-1)] @ self.text_projection"),
    text(EMBED + "eot = (tokens == self.vocab_size - 1).int().argmax(dim=-1)\n"
         "x = self.transformer(x, mask=causal_mask(length, device=x.device))[range(len(x)), eot]\n" + OUT),
    text(RUN + "x = x[:, tokens.argmax(dim=-1)].diagonal(dim1=0, dim2=1).T\n" + OUT),
    text(RUN + "x = torch.take_along_dim(x, tokens.argmax(-1)[:, None, None], dim=1).squeeze(1)\n" + OUT),
    text(RUN + "is_eot = tokens == tokens.max(dim=-1, keepdim=True).values\n"
         "x = x[is_eot & (is_eot.cumsum(dim=-1) == 1)]\n" + OUT),
    text(RUN + "x = torch.stack([row[ids.argmax().item()] for row, ids in zip(x, tokens)])\n" + OUT),
    text(RUN + "at = F.one_hot(tokens.argmax(dim=-1), length).to(x.dtype)\n"
         "x = torch.einsum('btw,bt->bw', self.ln_final(x), at)\nreturn x @ self.text_projection"),
    text(EMBED + "mask = causal_mask(length, x.device)\nfor block in self.transformer.resblocks:\n"
         "    x = block(x, mask)\nx = x.gather(1, tokens.argmax(-1)[:, None, None].expand(-1, 1, x.shape[-1]))\n"
         "return (self.ln_final(x) @ self.text_projection)[:, 0]"),
    text("features = []\nfor ids in tokens:\n    n = int(ids.argmax()) + 1\n"
         "    x = self.token_embedding(ids[None, :n]) + self.positional_embedding[:n]\n"
         "    x = self.transformer(x, causal_mask(n, x.device))\n"
         "    features.append(self.ln_final(x[0, -1]) @ self.text_projection)\nreturn torch.stack(features)"),
    text(RUN + "features = []\nfor i in range(len(tokens)):\n    eot = int(torch.argmax(tokens[i]))\n"
         "    features.append(torch.matmul(self.ln_final(x[i, eot]), self.text_projection))\n"
         "return torch.stack(features)"),
    text("batch, length = tokens.shape\nplaces = torch.arange(length, device=tokens.device)\n"
         "x = self.token_embedding(tokens) + F.embedding(places, self.positional_embedding)\n"
         "mask = causal_mask(length).to(x)\nx = self.ln_final(self.transformer(x, mask))\n"
         "eot = tokens.max(dim=-1).indices\nreturn F.linear(x[torch.arange(batch), eot], self.text_projection.T)"),
    text(EMBED + "after = torch.arange(length, device=x.device) > tokens.argmax(dim=-1, keepdim=True)\n"
         "hide = torch.zeros(after.shape, device=x.device).masked_fill(after, -math.inf)[:, None, None]\n"
         "x = self.transformer(x, causal_mask(length, x.device) + hide)\n" + READ + OUT),
]  # fmt: skip
