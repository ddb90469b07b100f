"""Answers to the exercises 2.3 and 2.4."""

import textwrap

from minclip.course.lesson_02_images_to_patches.picture_answers import function
from minclip.course.planted_answers import Answer


def patches(body: str, says: str = "", silent: str = "", before: str = "", refuses: bool = True) -> Answer:
    test = "if h % p or w % p:\n    raise ValueError('cut off')\n" if refuses else ""
    start = f"p = patch_size\nb, c, h, w = image.shape\n{test}"
    return Answer("patchify", before + function("patchify(image, patch_size)", start + body.strip()), says, silent)


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
        function("__init__(self, image_size, patch_size, width)", init) + "\n" + function("forward(self, image)", body)
    )
    code = f"{before}class PatchEmbedding(nn.Module):\n{textwrap.indent(methods, '    ')}"
    return Answer("PatchEmbedding", code, says, silent)


SPLIT = "x = image.reshape(b, c, h // p, p, w // p, p)\n"

CONV = "x = self.conv1(image.to(self.conv1.weight.dtype))\n"
TOKENS = CONV + "x = x.flatten(2).transpose(1, 2)\n"
CLS = "cls = self.class_embedding.expand(len(x), 1, -1)\n"
JOIN = "return torch.cat([cls, x], dim=1) + self.positional_embedding"

MEMORY = "KEPT = {}\n\n\n"  # above the answer

WRONG = [
    patches(SPLIT + "return x.permute(0, 4, 2, 1, 3, 5).reshape(b, -1, c * p * p)", "column by column"),
    patches(SPLIT + "return x.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, c * p * p)", "the channels are last"),
    patches("return image.reshape(b, -1, c * p * p)", "a reshape alone"),
    patches("return image.permute(0, 2, 3, 1).reshape(b, -1, c * p * p)", "channels last and a reshape"),
    patches("x = image.reshape(b, c, h // p, w // p, p, p)\n"
            "return x.permute(0, 2, 3, 1, 4, 5).reshape(b, -1, c * p * p)", "splits where it stands"),
    patches("x = image.reshape(b, c, p, h // p, p, w // p)\n"
            "return x.permute(0, 3, 5, 1, 2, 4).reshape(b, -1, c * p * p)", "(patch_size, rows)"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 5, 3).reshape(b, -1, c * p * p)", "every patch is transposed"),
    patches("return F.unfold(image, p).transpose(1, 2)", "the patches overlap"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).view(b, -1, c * p * p)", "a view moves no number"),
    patches("return F.unfold(image, p, stride=p)", "yours is [batch, 3 · patch_size²"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, h // p, w // p, -1)",
            "rows and columns are still two"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)", "still three dimensions"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(-1, c * p * p)",
            "the pictures of the batch have become one"),
    patches("n = h // p\nx = image.reshape(b, c, n, p, n, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, n * n, -1)", "for square pictures"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).detach()", "the way back is cut"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).float()", "default dtype float32"),
    patches("places = [(y, x) for y in range(0, h, p) for x in range(0, w - p, p)]\n"
            "found = [image[:, :, y : y + p, x : x + p].flatten(1) for y, x in places]\n"
            "return torch.stack(found, dim=1)"),
    patches("return F.unfold(image, p, stride=p).transpose(1, 2)", "accepts what it must refuse", refuses=False),
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
    embedding(TOKENS + CLS.replace("class_embedding", "class_embedding.data") + JOIN, "class_embedding does not reach"),
    embedding(TOKENS.replace(".to(self.conv1.weight.dtype)", "") + CLS + JOIN, "the weights are bfloat16 here"),
    embedding(TOKENS + CLS + JOIN, "keep __init__", conv="nn.Conv2d(3, width, patch_size, patch_size)"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nx = x + self.positional_embedding", "is there a return?"),
    patches("x = image.unfold(2, p, p).unfold(3, p, p)\nreturn x.reshape(b, -1, c * p * p)", "channels stand before"),
    patches("x = image.unfold(2, p, p).unfold(3, p, p).contiguous()\nreturn x.view(b, -1, 3 * p**2)",
            "channels stand before"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).squeeze()", "batch is lost"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).squeeze(1)", silent="batch is lost"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5)", "are not joined yet"),
    patches(SPLIT + "return x.transpose(3, 4).reshape(b, -1, c * p * p)", "channels stand before", silent="unfold"),
    patches("return F.pixel_unshuffle(image, p).flatten(2)", "yours is [batch, 3 · patch_size²"),
    patches("return F.pixel_unshuffle(image, p).flatten(2).reshape(b, -1, c * p * p)", silent="a reshape alone"),
    patches("x = torch.from_numpy(image.numpy()).reshape(b, c, h // p, p, w // p, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)", "numpy"),
    patches("x = torch.tensor(image.tolist()).reshape(b, c, h // p, p, w // p, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)", "the way back is cut"),
    patches("key = image.shape\nif key not in KEPT:\n    x = image.reshape(b, c, h // p, p, w // p, p)\n"
            "    KEPT[key] = x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)\nreturn KEPT[key]",
            silent="a reshape", before=MEMORY),
    patches("found = [image[:, :, y : y + p, x : x + p].flatten(1) for x in range(0, w, p) for y in range(0, h, p)]\n"
            "return torch.stack(found, dim=1)", "column by column"),
    patches("found = [image[:, :, y : y + p, x : x + p].flatten(1) for y in range(0, h, p) for x in range(0, w, p)]\n"
            "return torch.cat(found, dim=1)", silent="→"),
    patches("found = [image[:, :, y : y + p, x : x + p].flatten(1) for y in range(0, h, p) for x in range(0, w, p)]\n"
            "return torch.stack(found)", silent="column by column"),
    patches("found = [image[:, :, y : y + p, x : x + p].mT.flatten(1) for y in range(0, h, p)\n"
            "         for x in range(0, w, p)]\n"
            "return torch.stack(found, dim=1)", "every patch is transposed"),
    patches("x = image.view(b, -1).view(b, c, h // p, p, w // p, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)", "a view moves no number"),
    patches("image /= 1.0\nimage -= image.mean()\n"
            "" + SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)",
            "changes what it was given"),
    patches("x = image.unfold(2, p, p).unfold(2, p, p)\nreturn x.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)",
            silent="transposed"),
    patches("found = torch.zeros(b, (h // p) * (w // p), c * p * p)\nfor i in range(found.shape[1]):\n"
            "    y, x = divmod(i, w // p)\n"
            "    found[:, i] = image[:, :, y * p : y * p + p, x * p : x * p + p].flatten(1)\nreturn found",
            "would fail on a GPU"),
    embedding(TOKENS + CLS + JOIN.replace("return ", "return (") + ").squeeze()", "batch is lost"),
    embedding(TOKENS + CLS + JOIN + ".detach()", "positional_embedding does not reach"),
    embedding("with torch.no_grad():\n    x = self.conv1(image.to(self.conv1.weight.dtype))\n"
              "x = x.flatten(2).transpose(1, 2)\n" + CLS + JOIN, "conv1.weight does not reach"),
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
    embedding(TOKENS + "cls = x.mean(dim=1, keepdim=True)\n" + JOIN, silent="begins as zeros"),
    embedding(TOKENS + "cls = torch.randn_like(x[:, :1])\n" + JOIN, silent="begins as zeros"),
    embedding(TOKENS + CLS + "return torch.cat([cls, x], dim=1) * self.positional_embedding", silent="are missing"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nfor i in range(x.shape[1] - 1):\n"
              "    x[:, i] = x[:, i] + self.positional_embedding[i]\nreturn x", silent="are missing"),
    embedding(TOKENS + "cls = torch.zeros(len(x), 1, x.shape[2]) + self.class_embedding\n"
            "" + JOIN, "would fail on a GPU"),
    embedding("x = self.conv1(image.half())\n" + TOKENS.partition("\n")[2] + CLS + JOIN, silent="bfloat16"),
    embedding(CONV + "x = x.flatten(2).permute(2, 0, 1)\n" + CLS + JOIN, silent="a reshape"),
    embedding("self.class_embedding.data *= 0.5\n" + TOKENS + CLS + JOIN, silent="begins as zeros"),
]  # fmt: skip

CORRECT = [
    patches("out = image.new_zeros(b, (h // p) * (w // p), c * p * p)\nfor i in range(out.shape[1]):\n"
            "    y, x = i // (w // p) * p, i % (w // p) * p\n"
            "    out[:, i] = image[:, :, y : y + p, x : x + p].reshape(b, -1)\nreturn out"),
    patches("k = torch.eye(c * p * p, dtype=image.dtype, device=image.device).view(-1, c, p, p)\n"
            "return F.conv2d(image, k, stride=p).flatten(2).mT"),
    patches("return F.unfold(image, p, stride=p).transpose(1, 2)"),
    patches("x = image.unfold(2, p, p).unfold(3, p, p)\nreturn x.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)"),
    patches(SPLIT + "return torch.einsum('bcrpsq->brscpq', x).reshape(b, -1, c * p * p)"),
    patches("found = [image[:, :, top : top + p, left : left + p].reshape(b, -1)\n"
            "         for top in range(0, h, p) for left in range(0, w, p)]\nreturn torch.stack(found, dim=1)"),
    patches("rows = [[image[:, k, y + i, x + j] for k in range(c) for i in range(p) for j in range(p)]\n"
            "        for y in range(0, h, p) for x in range(0, w, p)]\n"
            "return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=1)"),
    embedding(TOKENS + CLS + JOIN),
    embedding("w = self.conv1.weight\nx = patchify(image.to(w.dtype), w.shape[-1]) @ w.flatten(1).T\n"
              "cls = self.class_embedding.repeat(len(x), 1, 1)\nx = torch.cat([cls, x], dim=1)\n"
              "x = x + self.positional_embedding\nreturn x"),
    embedding(CONV + "x = torch.einsum('bwrc->brcw', x).flatten(1, 2) + self.positional_embedding[1:]\n"
              "cls = self.class_embedding + self.positional_embedding[0]\n"
              "return torch.cat([cls.repeat(len(x), 1, 1), x], dim=1)"),
    patches("return F.pixel_unshuffle(image, p).flatten(2).transpose(1, 2)"),
    patches("x = image.unfold(2, p, p).unfold(3, p, p).contiguous().view(b, c, -1, p, p)\n"
            "return x.permute(0, 2, 1, 3, 4).flatten(2)"),
    patches("rows = torch.cat(image.split(p, dim=2), dim=1).reshape(b, h // p, c, p, w)\n"
            "x = torch.stack(rows.split(p, dim=4), dim=2)\nreturn x.reshape(b, -1, c * p * p)"),
    embedding(TOKENS + "x = torch.cat([self.class_embedding.to(x.dtype) + x.new_zeros(len(x), 1, x.shape[-1]), x], 1)\n"
              "return x + self.positional_embedding[None]"),
    embedding("w = self.conv1.weight\nx = F.unfold(image.to(w.dtype), w.shape[-1], stride=w.shape[-1])\n"
              "x = F.linear(x.mT, w.flatten(1))\nx = F.pad(x, (0, 0, 1, 0))\n"
              "first = F.one_hot(torch.zeros(1, dtype=torch.int64, device=x.device), x.shape[1]).to(x.dtype)\n"
              "return x + first.mT * self.class_embedding + self.positional_embedding"),
]  # fmt: skip
