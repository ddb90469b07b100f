"""Answers to the exercises of lesson 02."""

import textwrap

from minclip.course.planted_answers import Answer, indented

SETUP = """
from collections.abc import Sequence
import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.preprocess import MEAN, STD
from minclip.vision import patchify
"""


def function(head: str, body: str) -> str:
    return f"def {head}:\n{indented(body)}\n"


def square(body: str, says: str = "") -> Answer:
    return Answer("resize_and_crop", function("resize_and_crop(image, n_px)", body), says)


def numbers(body: str, says: str = "") -> Answer:
    head = "pixels_to_float(pixels, device=None, mean=MEAN, std=STD)"
    return Answer("pixels_to_float", function(head, body), says)


def patches(body: str, says: str = "", refuses: bool = True) -> Answer:
    test = "if h % p or w % p:\n    raise ValueError('cut off')\n" if refuses else ""
    start = f"p = patch_size\nb, c, h, w = image.shape\n{test}"
    return Answer("patchify", function("patchify(image, patch_size)", start + body.strip()), says)


def embedding(
    body: str, says: str = "", conv: str = "nn.Conv2d(3, width, patch_size, patch_size, bias=False)"
) -> Answer:
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
    return Answer("PatchEmbedding", f"class PatchEmbedding(nn.Module):\n{textwrap.indent(methods, '    ')}", says)


SIZE = """
w, h = image.size
size = (n_px, int(n_px * h / w)) if w <= h else (int(n_px * w / h), n_px)
"""
RESIZE = SIZE + "image = image.resize(size, Image.Resampling.BICUBIC)\n"
CORNER = "left, top = round((image.width - n_px) / 2), round((image.height - n_px) / 2)\n"
CROP = CORNER + "image = image.crop((left, top, left + n_px, top + n_px))\n"
RGB = "return image.convert('RGB')"

TENSOR = "x = torch.as_tensor(pixels, device=device)\n"
CHANNELS = TENSOR + "x = x.permute(0, 3, 1, 2).float()\n"
CUT = "b, h, w, c = x.shape\n"
CONSTANTS = "mean, std = (torch.tensor(v, device=x.device).view(3, 1, 1) for v in (mean, std))\n"

SPLIT = "x = image.reshape(b, c, h // p, p, w // p, p)\n"

CONV = "x = self.conv1(image.to(self.conv1.weight.dtype))\n"
TOKENS = CONV + "x = x.flatten(2).transpose(1, 2)\n"
CLS = "cls = self.class_embedding.expand(len(x), 1, -1)\n"
JOIN = "return torch.cat([cls, x], dim=1) + self.positional_embedding"

WRONG = [
    square(SIZE.replace("<=", ">=") + "image = image.resize(size, Image.Resampling.BICUBIC)\n" + CROP + RGB,
           "the long side has n_px pixels here"),
    square(RESIZE + "image = image.crop((0, 0, n_px, n_px))\n" + RGB, "the square is not in the middle"),
    square("return image.resize((n_px, n_px), Image.Resampling.BICUBIC).convert('RGB')", "stretched to a square"),
    square(CROP + RGB, "nothing is resized"),
    square("n = n_px\nn_px = min(image.size)\n" + CROP + "return image.resize((n, n)).convert('RGB')",
           "you crop before you resize"),
    square("return ImageOps.fit(image, (n_px, n_px), Image.Resampling.BICUBIC).convert('RGB')",
           "ImageOps.fit crops before it resizes"),
    square("image = image.convert('RGB')\n" + RESIZE + CROP + "return image", "you convert to RGB before you resize"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "BILINEAR"), "this is bilinear"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "NEAREST"), "this is nearest"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "LANCZOS"), "this is Lanczos"),
    square(RESIZE.replace("int(", "round(") + CROP + RGB, "the long side is rounded"),
    square(RESIZE + CROP.replace("round(", "int(") + RGB, "the crop's corner is truncated"),
    square("factor = n_px / min(image.size)\nsize = [int(factor * side) for side in image.size]\n"
           "image = image.resize(size)\n" + CROP + RGB, "multiply first"),
    square(RESIZE + RGB, "the long side is still there"),
    square(RESIZE + CORNER + "return image.crop((left, top, n_px, n_px)).convert('RGB')", "right and lower edge"),
    square("image = image.copy()\nimage.thumbnail((n_px, n_px))\nreturn image.convert('RGB')",
           "the short side should have n_px pixels"),
    square("image.thumbnail((n_px, n_px))\n" + CROP + RGB, "changes what it was given"),
    square(RESIZE + CROP + "return image", "end with .convert"),
    square(RESIZE + CROP, "is there a return?"),
    square(RESIZE + CROP + "return torch.from_numpy(np.array(image))", "the result is no picture"),
    square("h, w = image.size\nsize = (n_px, int(n_px * h / w)) if w <= h else (int(n_px * w / h), n_px)\n"
           "image = image.resize(size)\n" + CROP + RGB, "image.size is (width, height)"),
    square(RESIZE + CROP.replace("round(", "-1 + round(") + RGB),
    square("h, w = image.shape[:2]\n" + RESIZE + CROP + RGB, "(width, height)"),
    square(RESIZE.replace("int(", "(") + CROP + RGB, "whole numbers"),
    numbers(CHANNELS + CONSTANTS + "return (x - mean) / std", "divide by 255 before"),
    numbers(TENSOR + CONSTANTS + "return ((x / 255 - mean) / std).permute(0, 3, 1, 2)", "permute the channels to it"),
    numbers(TENSOR + "x /= 255\n" + CONSTANTS + "return (x.permute(0, 3, 1, 2) - mean) / std", ".float()"),
    numbers(CHANNELS + CONSTANTS + "return (x / 256 - mean) / std", "not by 256"),
    numbers(CHANNELS + "return x / 255", "only divided by 255"),
    numbers(CHANNELS + CONSTANTS + "return x / 255 - mean", "std is missing"),
    numbers(CHANNELS + CONSTANTS + "return x / 255 / std", "the mean is missing"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - std) / mean", "have changed places"),
    numbers(CHANNELS + CONSTANTS + "return x / 255 / std - mean", "the mean comes first"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - mean) * std", "instead of multiplying"),
    numbers(CHANNELS + "return (x / 255 - torch.tensor(mean)) / torch.tensor(std)", "run along the width"),
    numbers(TENSOR + "x = x.float() / 255\nreturn (x - torch.tensor(mean)) / torch.tensor(std)",
            "the channels are still last"),
    numbers(TENSOR + "return x / 255", "nothing is normalised"),
    numbers(CHANNELS.replace("0, 3, 1, 2", "0, 3, 2, 1") + CONSTANTS + "return (x / 255 - mean) / std",
            "height and width have changed places"),
    numbers(TENSOR + "b, h, w, c = x.shape\nx = x.reshape(b, c, h, w).float()\n" + CONSTANTS
            + "return (x / 255 - mean) / std", "permute moves the channels"),
    numbers(TENSOR + "b, h, w, c = x.shape\nx = x.view(b, c, h, w).float()\n" + CONSTANTS
            + "return (x / 255 - mean) / std", "permute moves the channels"),
    numbers(TENSOR + CUT + "x = (x.float() / 255 - torch.tensor(mean)) / torch.tensor(std)\n"
            "return x.reshape(b, 3, h, w)", "permute moves the channels"),
    numbers(TENSOR + CUT + "return x.reshape(b, 3, h, w) / 255", "permute moves the channels"),
    numbers(TENSOR + CUT + "x = x.reshape(b, 3, h, w).float()\n" + CONSTANTS + "return (x - mean) / std",
            "permute moves the channels"),
    numbers(CHANNELS + "return x", "nothing is normalised"),
    numbers(CHANNELS + "x = x / 255\nd = (0, 2, 3)\nreturn (x - x.mean(d, keepdim=True)) / x.std(d, keepdim=True)",
            "not those of these pixels"),
    numbers("x = pixels.permute(0, 3, 1, 2).float() / 255\n" + CONSTANTS + "return (x - mean) / std",
            "torch.as_tensor"),
    numbers(CHANNELS + "mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)\n"
            "return (x / 255 - mean) / std", "only the defaults"),
    numbers((CHANNELS + CONSTANTS).replace(", device=device", "") + "return (x / 255 - mean) / std",
            "device is not used"),
    numbers((CHANNELS + CONSTANTS).replace("device=x.device", "device=device") + "return (x / 255 - mean) / std",
            "give them device=x.device"),
    numbers(CHANNELS + CONSTANTS.replace(", device=x.device", "") + "return (x / 255 - mean) / std",
            "give them device=x.device"),
    numbers((CHANNELS + CONSTANTS).replace("device=device", "device=device or 'cpu'") + "return (x / 255 - mean) / std",
            "it moves them to the CPU"),
    numbers("x = np.asarray(pixels) / 255\nx = (x - np.array(mean)) / np.array(std)\n"
            "return torch.tensor(x).permute(0, 3, 1, 2)", "make float32"),
    numbers(TENSOR + "x //= 255\nreturn x.permute(0, 3, 1, 2).float()", "changes what it was given"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - mean) / std[0]"),
    patches(SPLIT + "return x.permute(0, 4, 2, 1, 3, 5).reshape(b, -1, c * p * p)", "column by column"),
    patches(SPLIT + "return x.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, c * p * p)", "the channels are last"),
    patches("return image.reshape(b, -1, c * p * p)", "a reshape alone"),
    patches("return image.permute(0, 2, 3, 1).reshape(b, -1, c * p * p)", "channels last and a reshape"),
    patches("x = image.reshape(b, c, h // p, w // p, p, p)\n"
            "return x.permute(0, 2, 3, 1, 4, 5).reshape(b, -1, c * p * p)", "each where it stands"),
    patches("x = image.reshape(b, c, p, h // p, p, w // p)\n"
            "return x.permute(0, 3, 5, 1, 2, 4).reshape(b, -1, c * p * p)", "not into (patch_size, rows)"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 5, 3).reshape(b, -1, c * p * p)", "every patch is transposed"),
    patches("return F.unfold(image, p).transpose(1, 2)", "the patches overlap"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).view(b, -1, c * p * p)", "reshape instead of view"),
    patches("return F.unfold(image, p, stride=p)", "transpose(1, 2)"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, h // p, w // p, -1)", "rows and columns are still"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)", "of a patch are still apart"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(-1, c * p * p)", "the pictures of the batch are mixed"),
    patches("n = h // p\nx = image.reshape(b, c, n, p, n, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, n * n, -1)", "for squares only"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).detach()", "the way back is cut"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).float()", "bfloat16 stays"),
    patches("places = [(y, x) for y in range(0, h, p) for x in range(0, w - p, p)]\n"
            "found = [image[:, :, y : y + p, x : x + p].flatten(1) for y, x in places]\n"
            "return torch.stack(found, dim=1)"),
    patches("return F.unfold(image, p, stride=p).transpose(1, 2)", "accepts what it must refuse", refuses=False),
    embedding(TOKENS + CLS + "return torch.cat([x, cls], dim=1) + self.positional_embedding", "CLS stands at the end"),
    embedding(TOKENS + CLS + "return torch.cat([cls, x], dim=1)", "the positions are missing"),
    embedding(TOKENS + "x = x + self.positional_embedding\n" + CLS + "return torch.cat([cls, x], dim=1)",
              "one position more than patches"),
    embedding(TOKENS + "x = x + self.positional_embedding[1:]\n" + CLS + "return torch.cat([cls, x], dim=1)",
              "the positions are added before CLS is there"),
    embedding(TOKENS + "x = x + self.positional_embedding[:-1]\n" + CLS + "return torch.cat([cls, x], dim=1)",
              "the positions are added before CLS is there"),
    embedding(CONV + "x = x.flatten(2)\n" + CLS + JOIN, "transpose(1, 2) after it"),
    embedding(CONV + "x = x.reshape(len(x), -1, x.shape[1])\n" + CLS + JOIN, "reshape mixes patches and width"),
    embedding(CONV + "x = x.flatten(2)\nx = x.reshape(len(x), -1, x.shape[1])\n" + CLS + JOIN,
              "reshape mixes patches and width"),
    embedding(CONV + "x = x.transpose(1, 2).flatten(2)\n" + CLS + JOIN, "flatten(2) comes first"),
    embedding(CONV + CLS + JOIN, "rows and columns of the patches are still apart"),
    embedding(CONV + "x = x.flatten(1)\n" + CLS + JOIN, "flatten(1) joins width"),
    embedding(TOKENS + CLS + JOIN.replace(", dim=1", ""), "tokens need torch.cat"),
    embedding(TOKENS + CLS + JOIN.replace("dim=1", "dim=2"), "dim=2 makes tokens longer"),
    embedding(CONV + "x = x.permute(0, 3, 2, 1).flatten(1, 2)\n" + CLS + JOIN, "column by column"),
    embedding(TOKENS + "cls = self.class_embedding[None, None]\n" + JOIN, "for one picture only"),
    embedding(TOKENS + "cls = self.class_embedding\n" + JOIN, "makes it [batch, 1, width]"),
    embedding(TOKENS + "cls = self.class_embedding.expand(len(x), -1)\n" + JOIN, "makes it [batch, 1, width]"),
    embedding(TOKENS + "return x + self.positional_embedding[1:]", "CLS is missing"),
    embedding(TOKENS + "cls = torch.zeros_like(x[:, :1])\n" + JOIN, "class_embedding is not used"),
    embedding(TOKENS + "x = x + self.class_embedding\n" + CLS + JOIN, "add it to none of the others"),
    embedding(TOKENS + CLS.replace("class_embedding", "class_embedding.data") + JOIN, "class_embedding does not reach"),
    embedding(TOKENS.replace(".to(self.conv1.weight.dtype)", "") + CLS + JOIN, "image.to(self.conv1.weight.dtype)"),
    embedding(TOKENS + CLS + JOIN, "keep __init__", conv="nn.Conv2d(3, width, patch_size, patch_size)"),
    embedding(TOKENS + CLS + "x = torch.cat([cls, x], dim=1)\nx = x + self.positional_embedding", "is there a return?"),
]  # fmt: skip

CORRECT = [
    square("w, h = image.size\ns = min(w, h)\nimage = image.resize((n_px * w // s, n_px * h // s))\n" + CROP + RGB),
    square(RESIZE + "image = image.convert('RGB')\n" + CORNER
           + "return Image.fromarray(np.array(image)[top : top + n_px, left : left + n_px])"),
    numbers(TENSOR + "x = x.float() / 255\nx = (x - torch.tensor(mean, device=x.device))"
            " / torch.tensor(std, device=x.device)\nreturn x.permute(0, 3, 1, 2)"),
    numbers(CHANNELS + "parts = [(x[:, c] / 255 - mean[c]) / std[c] for c in range(3)]\n"
            "return torch.stack(parts, dim=1)"),
    numbers("x = torch.tensor(pixels, device=device) if isinstance(pixels, np.ndarray) else pixels.to(device)\n"
            "x = x.movedim(-1, 1) / 255\n" + CONSTANTS + "return x.sub(mean).div(std)"),
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
]  # fmt: skip
