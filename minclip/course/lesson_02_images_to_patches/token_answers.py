"""Answers to the exercise 2.4."""

import textwrap

from minclip.course.planted_answers import Answer, indented

CONVOLUTION = "nn.Conv2d(3, width, patch_size, patch_size, bias=False)"


def embedding(body: str, says: str = "", silent: str = "", conv: str = CONVOLUTION, before: str = "") -> Answer:
    init = f"""
super().__init__()
self.conv1 = {conv}
patches = (image_size // patch_size) ** 2
self.class_embedding = nn.Parameter(width**-0.5 * torch.randn(width))
self.positional_embedding = nn.Parameter(width**-0.5 * torch.randn(1 + patches, width))
"""
    methods = (
        f"def __init__(self, image_size, patch_size, width):\n{indented(init)}\n\n"
        f"def forward(self, image):\n{indented(body)}\n"
    )
    code = f"{before}class PatchEmbedding(nn.Module):\n{textwrap.indent(methods, '    ')}"
    return Answer("PatchEmbedding", code, says, silent)


CONV = "x = self.conv1(image.to(self.conv1.weight.dtype))\n"
TOKENS = CONV + "x = x.flatten(2).transpose(1, 2)\n"
CLS = "cls = self.class_embedding.expand(len(x), 1, -1)\n"
JOIN = "return torch.cat([cls, x], dim=1) + self.positional_embedding"

WRONG = [
    embedding(TOKENS + CLS + "return torch.cat([x, cls], dim=1) + self.positional_embedding", "CLS stands at the end"),
    embedding(TOKENS + CLS + "return torch.cat([cls, x], dim=1)", "the positions are missing"),
    embedding(TOKENS + "x = x + self.positional_embedding\n" + CLS + "return torch.cat([cls, x], dim=1)",
              "tokens and positions are not equally many"),
    embedding(TOKENS + "x = x + self.positional_embedding[1:]\n" + CLS + "return torch.cat([cls, x], dim=1)",
              "CLS has no position here"),
    embedding(TOKENS + "x = x + self.positional_embedding[:-1]\n" + CLS + "return torch.cat([cls, x], dim=1)",
              "CLS has no position here"),
    embedding(CONV + "x = x.flatten(2)\n" + CLS + JOIN, "[batch, width, patches] here"),
    embedding(CONV + "x = x.reshape(len(x), -1, x.shape[1])\n" + CLS + JOIN, "a reshape mixes"),
    embedding(CONV + "x = x.flatten(2)\nx = x.reshape(len(x), -1, x.shape[1])\n" + CLS + JOIN,
              "a reshape mixes"),
    embedding(CONV + "x = x.transpose(1, 2).flatten(2)\n" + CLS + JOIN, "join rows and columns first"),
    embedding(CONV + CLS + JOIN, "still in rows and columns"),
    embedding(CONV + "x = x.flatten(1)\n" + CLS + JOIN, "tensors of three dimensions"),
    embedding(TOKENS + CLS + JOIN.replace(", dim=1", ""), "pictures one after the other"),
    embedding(TOKENS + CLS + JOIN.replace("dim=1", "dim=2"), "dim=2 makes tokens longer"),
    embedding(CONV + "x = x.permute(0, 3, 2, 1).flatten(1, 2)\n" + CLS + JOIN, "column by column"),
    embedding(TOKENS + "cls = self.class_embedding[None, None]\n" + JOIN, "for one picture, and not for several"),
    embedding(TOKENS + "cls = self.class_embedding\n" + JOIN, "tensors of three dimensions"),
    embedding(TOKENS + "cls = self.class_embedding.expand(len(x), -1)\n" + JOIN, "tensors of three dimensions"),
    embedding(TOKENS + "return x + self.positional_embedding[1:]", "CLS is missing"),
    embedding(TOKENS + "cls = torch.zeros_like(x[:, :1])\n" + JOIN, "class_embedding is not used"),
    embedding(TOKENS + "x = x + self.class_embedding\n" + CLS + JOIN, "added to none of the others"),
    embedding(TOKENS + CLS.replace("class_embedding", "class_embedding.data") + JOIN, "does not reach class_embedding"),
    embedding(TOKENS.replace(".to(self.conv1.weight.dtype)", "") + CLS + JOIN, "the weights are bfloat16 here"),
    embedding(TOKENS + CLS + JOIN, "keep __init__", conv="nn.Conv2d(3, width, patch_size, patch_size)"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nx = x + self.positional_embedding", "is there a return?"),
    embedding(TOKENS + CLS + JOIN.replace("return ", "return (") + ").squeeze()", "batch is lost"),
    embedding(TOKENS + CLS + JOIN + ".detach()", "does not reach positional_embedding"),
    embedding("with torch.no_grad():\n    x = self.conv1(image.to(self.conv1.weight.dtype))\n"
              "x = x.flatten(2).transpose(1, 2)\n" + CLS + JOIN, "does not reach conv1.weight"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nx[:, 1:] += self.positional_embedding[1:]\nreturn x",
              "CLS has no position here"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], 1)\n"
              "return torch.stack([one + self.positional_embedding for one in x[:3]])", silent="→"),
    embedding(TOKENS + CLS + JOIN + "[1:]", "tokens and positions are not equally many"),
    embedding(TOKENS + CLS + "self.eval()\n" + JOIN, "changes the module itself"),
    embedding(TOKENS + CLS + JOIN + " + self.positional_embedding", "the positions are added twice"),
    embedding(TOKENS + "cls = self.class_embedding.expand(3, 1, -1)\n" + JOIN, silent="batch is lost"),
    embedding(TOKENS + "if not hasattr(self, 'cls'):\n    self.cls = self.class_embedding.expand(len(x), 1, -1)\n"
              "cls = self.cls\n" + JOIN, silent="batch is lost"),
    embedding(TOKENS + "KEPT.append(self.class_embedding)\ncls = KEPT[0].expand(len(x), 1, -1)\n" + JOIN,
              silent="→", before="KEPT = []\n\n\n"),
    embedding(TOKENS + "cls = x.mean(dim=1, keepdim=True)\n" + JOIN, "CLS is the mean", silent="begins as zeros"),
    embedding(TOKENS + "cls = torch.randn_like(x[:, :1])\n" + JOIN, silent="begins as zeros"),
    embedding(TOKENS + CLS + "return torch.cat([cls, x], dim=1) * self.positional_embedding",
              "the positions are multiplied", silent="are missing"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nfor i in range(x.shape[1] - 1):\n"
              "    x[:, i] = x[:, i] + self.positional_embedding[i]\nreturn x", silent="are missing"),
    embedding(TOKENS + "cls = torch.zeros(len(x), 1, x.shape[2]) + self.class_embedding\n"
            "" + JOIN, "would fail on a GPU"),
    embedding("x = self.conv1(image.half())\n" + TOKENS.partition("\n")[2] + CLS + JOIN, silent="bfloat16"),
    embedding(CONV + "x = x.flatten(2).permute(2, 0, 1)\n" + CLS + JOIN, silent="a reshape"),
    embedding("self.class_embedding.data *= 0.5\n" + TOKENS + CLS + JOIN, silent="begins as zeros"),
    # the dtype of the weights
    embedding(TOKENS.replace(".to(self.conv1.weight.dtype)", ".float()") + CLS + JOIN,
              "the weights are bfloat16 here"),
    embedding("image = image.to(torch.float32)\n" + TOKENS.replace(".to(self.conv1.weight.dtype)", "") + CLS + JOIN,
              "bring it to that of the weights"),
    embedding("w = self.conv1.weight\nx = patchify(image, w.shape[-1]) @ w.flatten(1).T\n" + CLS + JOIN,
              "bring it to that of the weights"),
    # positions, CLS
    embedding(TOKENS + CLS + JOIN.replace("+", "-"), "the positions are subtracted"),
    embedding(TOKENS + CLS + "return torch.cat([cls + self.positional_embedding[0], x], dim=1)",
              "only CLS has a position"),
    embedding(TOKENS + CLS + JOIN + ".mean(dim=0)", "have the same position"),
    embedding(TOKENS + CLS + JOIN + ".flip(0)", silent="→"),
    embedding(TOKENS + CLS + JOIN.replace("+", "@") + ".T", silent="→"),
    embedding(TOKENS + "cls = self.class_embedding + x.mean(dim=1, keepdim=True)\n" + JOIN, "is added to CLS",
              silent="CLS is the mean"),
    embedding(TOKENS + "cls = x.amax(dim=1, keepdim=True)\n" + JOIN, silent="→"),
    embedding(TOKENS + "cls = torch.ones_like(x[:, :1])\n" + JOIN, silent="→"),
    # other ways to cut
    embedding("x = patchify(image, self.conv1.kernel_size[0])\n" + CLS + JOIN, "not met the weights"),
    embedding("w = self.conv1.weight\nx = patchify(image, w.shape[-1]) @ w.flatten(1)\n" + CLS + JOIN,
              "meet them transposed"),
    embedding(CONV + "x = x.flatten(2).transpose(0, 2)\n" + CLS + JOIN, silent="→"),
    embedding(TOKENS + "x = F.relu(x)\n" + CLS + JOIN, silent="→"),
    embedding(TOKENS + "x = F.layer_norm(x, x.shape[-1:])\n" + CLS + JOIN, silent="→"),
    embedding(TOKENS + "if self.training:\n    x = x + self.positional_embedding[1:]\n" + CLS + JOIN,
              silent="added twice"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nx += self.positional_embedding[:, None]\nreturn x",
              silent="→"),
    embedding(TOKENS + "x = torch.cat([self.class_embedding[None, None], x], dim=1)\n"
              "return x + self.positional_embedding", "for one picture, and not for several"),
    embedding(TOKENS + "cls = self.class_embedding.repeat(len(x))\n" + JOIN, "tensors of three dimensions"),
    embedding(TOKENS + CLS + JOIN + ".float()", "wrong dtype", silent="is missing"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\n"
              "return torch.cat([x, self.positional_embedding.expand(len(x), -1, -1)], dim=2)", "beside the numbers"),
    *(embedding(CONV + f"x = x.{way}.transpose(1, 2)\n" + CLS + JOIN, "another number of patches")
      for way in ("reshape(len(x), -1, 16)", "view(len(x), x.shape[1], 49)", "view(len(x), x.shape[1], 9)")),
    embedding(CONV + "x = x.view(len(x), 8, -1).transpose(1, 2)\n" + CLS + JOIN, "is invalid", "number of patches"),
]  # fmt: skip

CORRECT = [
    embedding(TOKENS + CLS + JOIN),
    embedding("w = self.conv1.weight\nx = patchify(image.to(w.dtype), w.shape[-1]) @ w.flatten(1).T\n"
              "cls = self.class_embedding.repeat(len(x), 1, 1)\nx = torch.cat([cls, x], dim=1)\n"
              "x = x + self.positional_embedding\nreturn x"),
    embedding(CONV + "x = torch.einsum('bwrc->brcw', x).flatten(1, 2) + self.positional_embedding[1:]\n"
              "cls = self.class_embedding + self.positional_embedding[0]\n"
              "return torch.cat([cls.repeat(len(x), 1, 1), x], dim=1)"),
    embedding(TOKENS + "x = torch.cat([self.class_embedding.to(x.dtype) + x.new_zeros(len(x), 1, x.shape[-1]), x], 1)\n"
              "return x + self.positional_embedding[None]"),
    embedding("w = self.conv1.weight\nx = F.unfold(image.to(w.dtype), w.shape[-1], stride=w.shape[-1])\n"
              "x = F.linear(x.mT, w.flatten(1))\nx = F.pad(x, (0, 0, 1, 0))\n"
              "first = F.one_hot(torch.zeros(1, dtype=torch.int64, device=x.device), x.shape[1]).to(x.dtype)\n"
              "return x + first.mT * self.class_embedding + self.positional_embedding"),
    embedding(CONV + "b, w, rows, columns = x.shape\nx = x.permute(0, 2, 3, 1).view(b, rows * columns, w)\n"
              "cls = self.class_embedding[None, None].expand(b, -1, -1)\n"
              "return torch.hstack([cls, x]).add(self.positional_embedding)"),
    embedding("x = self.conv1(image.to(self.conv1.weight)).flatten(-2).permute(0, 2, 1)\n"
              "out = x.new_empty(x.shape[0], x.shape[1] + 1, x.shape[2])\n"
              "out[:, 0] = self.class_embedding\nout[:, 1:] = x\nreturn out + self.positional_embedding"),
    embedding("x = self.conv1(image.type(self.conv1.weight.dtype))\nx = x.reshape(x.shape[0], x.shape[1], -1)\n"
              "x = x.permute(0, 2, 1)\n"
              "zeros = torch.zeros(x.shape[0], 1, x.shape[-1], dtype=x.dtype, device=x.device)\n"
              "x = torch.cat([self.class_embedding.to(x.dtype) + zeros, x], dim=1)\n"
              "return x + self.positional_embedding.to(x.dtype)"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nx.add_(self.positional_embedding)\nreturn x"),
]  # fmt: skip
