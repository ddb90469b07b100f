"""Answers to the exercises 3.3 and 3.4."""

import re

from minclip import transformer, vision
from minclip.course.lesson_03_vision_transformer.heads_answers import given, indented
from minclip.course.planted_answers import Answer


def of_self(body: str) -> str:
    """The module's parts with `self.` before them."""
    return re.sub(r"(?<![.\w])(attn|mlp|ln_1|ln_2|transformer|ln_pre|ln_post|proj)\b", r"self.\1", body)


def block(body: str, says: str = "", silent: str = "") -> Answer:
    head = given(transformer.TransformerBlock, "forward") + "    def forward(self, x, mask=None):\n"
    return Answer("TransformerBlock", head + indented(of_self(body)), says, silent)


REFUSE = """
if image.ndim != 4 or image.shape[1:] != (3, self.image_size, self.image_size):
    raise ValueError("wrong size")
x = self.embedding(image)
"""


def encoder(body: str, says: str = "", refuse: str = REFUSE, silent: str = "") -> Answer:
    head = given(vision.VisionTransformer, "forward") + "    def forward(self, image):\n"
    return Answer("VisionTransformer", head + indented(refuse + of_self(body)), says, silent)


CLS = "x = transformer(ln_pre(x))[:, 0]\n"
READ = "return ln_post(x) @ proj"

WRONG = [
    block("x = ln_1(x + attn(x, mask))\nreturn ln_2(x + mlp(x))", "the norms come after the additions"),
    block("x = x + ln_1(attn(x, mask))\nreturn x + ln_2(mlp(x))", "the norms come after attn and mlp"),
    block("x = attn(ln_1(x), mask)\nreturn mlp(ln_2(x))", "both residuals are missing"),
    block("x = attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x))", "the first residual is missing"),
    block("x = x + attn(ln_1(x), mask)\nreturn mlp(ln_2(x))", "the second residual is missing"),
    block("y = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(y))", "adds the x of the beginning"),
    block("return x + attn(ln_1(x), mask) + mlp(ln_2(x))", "mlp reads the x of the beginning"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_1(x))", "ln_1 is used twice"),
    block("x = x + attn(ln_2(x), mask)\nreturn x + mlp(ln_2(x))", "ln_2 is used twice"),
    block("x = x + attn(ln_2(x), mask)\nreturn x + mlp(ln_1(x))", "ln_1 and ln_2 have changed"),
    block("x = ln_1(x)\nx = x + attn(x, mask)\nx = ln_2(x)\nreturn x + mlp(x)", "norms change x itself"),
    block("x = ln_1(x)\nx = x + attn(x, mask)\nreturn x + mlp(ln_2(x))", "ln_1 changes x itself"),
    block("x = x + attn(ln_1(x), mask)\nx = ln_2(x)\nreturn x + mlp(x)", "ln_2 changes x itself"),
    block("x = x + attn(x, mask)\nreturn x + mlp(ln_2(x))", "without ln_1"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(x)", "without ln_2"),
    block("x = x + attn(x, mask)\nreturn x + mlp(x)", "the norms are missing"),
    block("x = x + mlp(ln_2(x))\nreturn x + attn(ln_1(x), mask)", "mlp comes first here"),
    block("return x + attn(ln_1(x), mask)", "mlp is missing"),
    block("return x + mlp(ln_2(x))", "attn is missing"),
    block("x = x + attn(ln_1(x))\nreturn x + mlp(ln_2(x))", "the mask has no effect"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x), mask)", "mlp takes x alone"),
    block("x += attn(ln_1(x), mask)\nx += mlp(ln_2(x))\nreturn x", "edits its input"),
    block("x = x + attn(ln_1(x), mask)\nx = x + mlp(ln_2(x))", "is there a return?"),
    encoder("x = transformer(ln_pre(x))[:, -1]\n" + READ, "this is the last token"),
    encoder("x = transformer(ln_pre(x)).mean(dim=1)\n" + READ, "over all tokens"),
    encoder("x = transformer(ln_pre(x))\nreturn ln_post(x).mean(dim=1) @ proj", "over all tokens"),
    encoder("x = transformer(ln_pre(x))[:, 1:].mean(dim=1)\n" + READ, "mean over the patches"),
    encoder("x = transformer(ln_pre(x))\n" + READ, "only CLS"),
    encoder("x = transformer(ln_pre(x))[0]\n" + READ, "of the first picture"),
    encoder(CLS + "return x @ proj", "ln_post is missing"),
    encoder("x = transformer(x)[:, 0]\n" + READ, "ln_pre is missing"),
    encoder("return transformer(x)[:, 0] @ proj", "ln_pre and ln_post are missing"),
    encoder("x = transformer(ln_post(x))[:, 0]\nreturn ln_pre(x) @ proj", "ln_pre and ln_post have changed"),
    encoder(CLS + "return ln_pre(x) @ proj", "ln_pre is used twice"),
    encoder(CLS + "return ln_post(x)", "proj is missing"),
    encoder(CLS + "return ln_post(x) @ proj.T", "proj is transposed"),
    encoder(CLS + "return ln_post(x @ proj)", "proj comes before ln_post"),
    encoder(CLS + "return F.normalize(ln_post(x) @ proj, dim=-1)", "have length 1"),
    encoder("return ln_post(ln_pre(x)[:, 0]) @ proj", "the transformer is missing"),
    encoder(CLS + READ, "the embedding has added them", REFUSE + "x = x + self.embedding.positional_embedding\n"),
    encoder(CLS + "return proj(ln_post(x))", "proj is a matrix and no layer"),
    encoder(CLS + "return F.linear(ln_post(x), proj)", "proj is transposed"),
    encoder("x = transformer(ln_pre(x) * torch.ones(x.shape[-1]))[:, 0]\n" + READ, "would fail on a GPU"),
    encoder(CLS + READ, "accepts what it must refuse", "x = self.embedding(F.interpolate(image, self.image_size))\n"),
    encoder(CLS + "return ln_post(x).detach() @ proj", "no gradient reaches image"),
    block("x = x + attn(ln_1(x), mask)\nx += mlp(ln_2(x))\nreturn x", "changed in place"),
    block("h = ln_1(x)\nx = x + attn(h, h, h, mask)\nreturn x + mlp(ln_2(x))", "makes query, key and value",
          silent="a mask is for attention"),
    block("x = x + attn(ln_1(x, mask))\nreturn x + mlp(ln_2(x))", "ln_1 and ln_2 take x alone"),
    block("found = attn(ln_1(x), mask)\nreturn x + found + mlp(ln_2(found))", "what attn gives alone"),
    block("found = attn(ln_1(x), mask)\nreturn x + mlp(ln_2(found))", "that is not added to x"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + x + mlp(ln_2(x))", "the residual is added twice"),
    block("x = x + attn(ln_1(x), mask)\nreturn (x + mlp(ln_2(x))).squeeze()", "batch is lost"),
    block("x = x + attn(ln_1(x), mask).squeeze(0)\nreturn (x + mlp(ln_2(x))).squeeze(0)", "batch is lost"),
    block("x = x + attn(ln_1(x), mask).detach()\nreturn x + mlp(ln_2(x))", silent="changed in place"),
    block("x = x + attn(ln_1(x.detach()), mask)\nreturn x + mlp(ln_2(x))", silent="is missing"),
    block("with torch.no_grad():\n    h = ln_1(x)\nx = x + attn(h, mask)\nreturn x + mlp(ln_2(x))",
            silent="is missing"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x)).data", silent="is missing"),
    block("x = x + attn(ln_1(x), mask)\nx = x + mlp(ln_2(x))\nreturn x, mask", "no tensor"),
    block("if mask is None:\n    mask = torch.full((x.shape[1],) * 2, -math.inf).triu(1)\n"
          "x = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x))", silent="is missing"),
    block("x = x + F.dropout(attn(ln_1(x), mask), 0.1)\nreturn x + mlp(ln_2(x))", silent="is missing"),
    block("x = x + attn(ln_1(x), mask)\nreturn x - mlp(ln_2(x))", "the result is wrong", silent="is missing"),
    block("x = x + 0.5 * attn(ln_1(x), mask)\nreturn x + 0.5 * mlp(ln_2(x))",
            "the result is wrong", silent="is missing"),
    block("x = x + attn(ln_1(x), mask)\nx = x + torch.stack([mlp(ln_2(one)) for one in x[:2]])\nreturn x",
          silent="is missing"),
    block("x = x + attn(ln_1(x), mask)\nx = x + mlp(ln_2(x))\nreturn x.float()", silent="is missing"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x)) + torch.zeros(x.shape[-1])", "would fail on a GPU"),

    encoder("x = transformer(ln_pre(x))[:, 1]\n" + READ, "this is the second token"),
    encoder(CLS + "return ln_post(x) @ proj[:, : x.shape[1]]", "wrong shape"),
    encoder(CLS + "return (ln_post(x) @ proj).float()", "default dtype float32"),
    encoder("x = ln_pre(x) if self.training else x\nx = transformer(x)[:, 0]\n" + READ, "in eval mode", silent="→"),
    encoder("self.eval()\n" + CLS + READ, "changes the module itself"),
    encoder("x = torch.stack([transformer(ln_pre(one[None]))[0, 0] for one in x[:3]])\n" + READ, silent="is missing"),
    encoder("for one in transformer.resblocks[:2]:\n"
            "    x = one(x if one is not transformer.resblocks[0] else ln_pre(x))\n"
            "x = x[:, 0]\n" + READ, silent="is missing"),
    encoder("x = transformer(transformer(ln_pre(x)))[:, 0]\n" + READ, "the transformer is used twice"),
    encoder(CLS + "return (ln_post(x) @ proj).squeeze()", "batch is lost"),
    encoder(CLS.replace("[:, 0]", "[:, :1].squeeze()") + READ, "batch is lost"),
    encoder(CLS.replace("[:, 0]", "[:, :1]") + READ, "with CLS alone in it", silent="all tokens"),
    encoder(CLS + "return ln_post(x) @ proj.detach()", "does not reach proj"),
    encoder(CLS + "return ln_post(x) @ proj.data", "does not reach proj"),
    encoder("with torch.no_grad():\n    x = ln_pre(x)\nx = transformer(x)[:, 0]\n" + READ, "no gradient reaches"),
    encoder("x = transformer(ln_pre(x.detach()))[:, 0]\n" + READ, "no gradient reaches"),
    encoder("for block in transformer.resblocks[:-1]:\n    x = block(x)\nx = x[:, 0]\n" + READ, silent="is missing"),
    encoder("x = ln_pre(x)\nfor block in transformer.resblocks:\n    x = x + block(x)\nx = x[:, 0]\n" + READ,
            silent="twice"),
    encoder("x = transformer(ln_pre(x)).max(dim=1).values\n" + READ, "the result is wrong", silent="mean"),
    encoder(CLS + "return (ln_post(x) @ proj).softmax(dim=-1)", "the result is wrong", silent="length 1"),
    encoder("x = transformer(ln_pre(x)).flatten(1)\n" + READ, silent="changed places"),
    encoder("mask = torch.full((x.shape[1],) * 2, float('-inf'), device=x.device).triu(1)\n"
            "x = transformer(ln_pre(x), mask)[:, 0]\n" + READ, silent="is missing"),
    encoder(CLS + "return ln_post(x) @ proj + torch.zeros(proj.shape[1])", "would fail on a GPU"),
    encoder("if not KEPT:\n    KEPT.append(x)\nx = transformer(ln_pre(x))[:, 0]\n" + READ, "an earlier call",
            refuse="KEPT = self.__dict__.setdefault('kept', [])\n" + REFUSE + "x = KEPT[0][: len(x)] if KEPT else x\n"),
    encoder(CLS + "proj.data.mul_(1.0001)\n" + READ, silent="proj is missing"),
    encoder(CLS + "ln_post(x) @ proj", "is there a return?"),
    block("x = x + ln_1(attn(x, mask))\nreturn x + mlp(ln_2(x))", "ln_1 comes after attn", silent="the norms come"),
    block("x = x + attn(ln_1(x), mask)\nreturn x + ln_2(mlp(x))", "ln_2 comes after mlp", silent="the norms come"),
    block("x = x + attn(ln_1(x), mask)\nreturn ln_2(x + mlp(ln_2(x)))", "ln_2 norms the result"),
    block("x = x + mlp(ln_1(x))\nreturn x + attn(ln_2(x), mask)", "mlp comes first here"),
    block("x = x + attn(ln_1(x), mask)\nx = x + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x))", "attn is used twice"),
    block("x = x + attn(ln_1(x), mask)\nx = x + mlp(ln_2(x))\nreturn x + mlp(ln_2(x))", "mlp is used twice"),
    block("x = x + attn(ln_1(x), mask)\nx = mlp(ln_2(x))\nx = x + x\nreturn x", "the x before it is lost"),
    block("x = x - attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x))", "what attn gives is subtracted"),
    block("x = x + attn(ln_1(x), mask)\nreturn x * mlp(ln_2(x))", "x is multiplied"),
    block("x = (x + attn(ln_1(x), mask)) / 2**0.5\nreturn (x + mlp(ln_2(x))) / 2**0.5", silent="→"),
    block("x = x + attn(ln_1(x), mask)\nx = x + mlp(ln_2(x))\nreturn F.relu(x)", silent="→"),
    block("x = ln_1(x) + attn(ln_1(x), mask)\nreturn x + mlp(ln_2(x))", "ln_1 changes x itself"),
    block("x = x + attn(ln_1(x), mask)\nreturn ln_2(x) + mlp(ln_2(x))", "ln_2 changes x itself"),
    encoder("x = transformer(ln_pre(x))[..., 0]\n" + READ, "one number of every token"),
    encoder("x = transformer(ln_pre(x))[..., 0]\nreturn x @ proj", "one number of every token"),
    encoder("x = transformer(ln_pre(x)).mean(dim=-1)\n" + READ, "one number of every token"),
    encoder("x = transformer(x)\nx = ln_pre(x)[:, 0]\n" + READ, "ln_pre comes after the transformer",
            silent="is missing"),
    encoder("x = transformer(x)[:, 0]\nreturn ln_post(ln_pre(x)) @ proj", "ln_pre comes after the transformer"),
    encoder("x = ln_pre(transformer(x)[:, 0])\nreturn x @ proj", "in the place of ln_post"),
    encoder("x = transformer(ln_post(ln_pre(x)))[:, 0]\nreturn x @ proj", "ln_post comes before the transformer"),
    encoder("x = ln_post(transformer(ln_pre(x)))[:, 0]\nreturn ln_post(x) @ proj", "ln_post is used twice"),
    encoder("x = ln_pre(ln_pre(x))\n" + "x = transformer(x)[:, 0]\n" + READ, "ln_pre is used twice before"),
    encoder("x = transformer(ln_pre(x).permute(1, 0, 2)).permute(1, 0, 2)\nreturn ln_post(x[:, 0]) @ proj",
            "ours wants the batch first"),
    encoder("x = transformer(ln_pre(x)).permute(1, 0, 2)\nreturn ln_post(x[:, 0]) @ proj", "of the first picture"),
    encoder(CLS + READ, "CLS is taken away", refuse=REFUSE + "x = x[:, 1:]\n"),
    encoder("x = transformer(ln_pre(x)).sum(dim=1)\n" + READ, "the sum over all tokens"),
    encoder(CLS + "return proj @ ln_post(x)", "proj stands on the left"),
    encoder(CLS + "return ln_post(x) * proj", "number by number"),
    encoder(CLS + "return (proj @ ln_post(x).T).T", "proj is transposed"),
    encoder(CLS + "return torch.tanh(ln_post(x) @ proj)", silent="→"),
    encoder(CLS + "x = ln_post(x)\nreturn x + x @ proj", silent="→"),
    encoder(CLS + READ, "raises another error",
            refuse="assert image.shape[-1] == self.image_size\nx = self.embedding(image)\n"),
    block("x = x + attn.merge(attn.split(ln_1(x))[2])\nreturn x + mlp(ln_2(x))", silent="→"),
    block("h = ln_1(x)\nx = x + attn(h, mask)\nreturn x + mlp(ln_2(h))", silent="→"),
    encoder("x = transformer(ln_pre(x))\nreturn [ln_post(one[0]) @ proj for one in x]", "no tensor"),
    encoder("x = ln_pre(x)\nfor one in transformer.resblocks[:2]:\n    x = one(x)\nreturn ln_post(x[:, 0]) @ proj",
            silent="→"),
    encoder("x = ln_pre(x)\nfor one in reversed(transformer.resblocks):\n    x = one(x)\n"
            "return ln_post(x[:, 0]) @ proj", silent="→"),
    encoder(CLS + READ, "accepts what it must refuse",
            refuse="if image.shape[-1] != self.image_size:\n    image = F.interpolate(image, (self.image_size,) * 2)\n"
            "x = self.embedding(image)\n"),
    encoder(CLS + READ, "where tokens are wanted", refuse=REFUSE.replace("self.embedding(image)", "image")),
    encoder("x = transformer(x)[:, 0]\n" + READ, "where tokens are wanted",
            refuse=REFUSE.replace("self.embedding(image)", "image")),
    encoder(CLS + READ, "where tokens are wanted", refuse=REFUSE.replace("(image)", ".conv1(image)")),
    encoder(CLS + READ, "where tokens are wanted",
            refuse=REFUSE.replace("self.embedding(image)", "image.flatten(2).transpose(1, 2)")),
]  # fmt: skip

CORRECT = [
    block("y = ln_1(x)\ny = attn(y, mask=mask)\nx = y + x\nz = mlp(ln_2(x))\nreturn z + x"),
    block("for part in (lambda x: attn(ln_1(x), mask), lambda x: mlp(ln_2(x))):\n"
          "    x = x + part(x)\nreturn x"),
    encoder(CLS + "return ln_post(x) @ proj"),
    encoder("x = ln_post(transformer(ln_pre(x)))\nreturn torch.matmul(x, proj)[:, 0]"),
    encoder("x = transformer(ln_pre(x), None)\nreturn F.linear(ln_post(x[:, 0]), proj.T)"),
    encoder("x = ln_pre(x)\nfor one in transformer.resblocks:\n    x = one(x)\nreturn ln_post(x[:, 0]) @ proj"),
    block("h = x + attn(ln_1(x), mask=mask)\nh = torch.add(h, mlp(ln_2(h)))\nreturn h"),
    block("residual = x\nx = ln_1(x)\nx = attn(x, mask)\nx = x.add(residual)\nresidual = x\nx = ln_2(x)\nx = mlp(x)\n"
          "return residual + x"),
    encoder("tokens = transformer(ln_pre(x))\ncls, patches = tokens.split([1, tokens.shape[1] - 1], dim=1)\n"
            "return torch.einsum('bw,we->be', ln_post(cls.squeeze(1)), proj)"),
    encoder("x = transformer(ln_pre(x))[:, :1]\nreturn (ln_post(x) @ proj).squeeze(1)"),
    encoder("x = transformer(ln_pre(x)).select(1, 0)\nreturn torch.mm(ln_post(x), proj)"),
    block("shortcut = x\nout = attn(ln_1(x), mask=mask)\nout += shortcut\nreturn out + mlp(ln_2(out))"),
    block("return (lambda y: y + mlp(ln_2(y)))(x + attn(ln_1(x), mask))"),
]  # fmt: skip
