"""Answers to the exercises of lesson 05."""

from minclip.course.planted_answers import Answer, indented

SETUP = """
import math
import torch
from torch import Tensor
from torch.nn import functional as F
from minclip.loss import MAX_LOGIT_SCALE, similarity_logits
"""


def logits(body: str, says: str = "") -> Answer:
    lines = indented(body)
    head = "def similarity_logits(image_features, text_features, scale):\n"
    return Answer("similarity_logits", f"{head}{lines}\n", says)


def loss(body: str, says: str = "") -> Answer:
    body = "logits = similarity_logits(image_features, text_features, scale)\n" + body.strip()
    lines = indented(body)
    head = "def clip_loss(image_features, text_features, scale):\n"
    check = "    if len(image_features) != len(text_features):\n        raise ValueError('no pairs')\n"
    return Answer("clip_loss", f"{head}{check}{lines}\n", says)


def clamp(body: str, says: str = "") -> Answer:
    lines = indented(body)
    return Answer("clamp_logit_scale", f"def clamp_logit_scale(logit_scale):\n{lines}\n", says)


UNIT = """
a = image_features.float()
b = text_features.float()
a, b = a / a.norm(dim=-1, keepdim=True), b / b.norm(dim=-1, keepdim=True)
"""
BOTH = "return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"
TARGET = "labels = torch.arange(len(logits), device=logits.device)\n"

WRONG = [
    logits("return scale * image_features @ text_features.T", "dot products, not cosines"),
    logits("return scale * F.normalize(image_features, dim=-1) @ text_features.T", "text features to length 1"),
    logits("return scale * image_features @ F.normalize(text_features, dim=-1).T", "image features to length 1"),
    logits("return scale * F.normalize(image_features, dim=0) @ F.normalize(text_features, dim=0).T",
           "the norm runs over the batch"),
    logits("return scale * (image_features / image_features.norm()) @ (text_features / text_features.norm()).T",
           "each row has a length of its own"),
    logits(UNIT + "return a @ b.T", "scale is missing"),
    logits(UNIT + "return a @ b.T / scale", "instead of dividing"),
    logits(UNIT + "return scale.exp() * a @ b.T", "is the factor itself"),
    logits(UNIT + "return scale * b @ a.T", "yours is transposed"),
    logits(UNIT + "return (scale * a @ b.T).softmax(dim=-1)", "return the logits"),
    logits("return scale * F.normalize(image_features, dim=-1) @ F.normalize(text_features, dim=-1).T",
           "cosines in bfloat16 have three digits"),
    logits(UNIT + "return scale.item() * a @ b.T", "item"),
    logits(UNIT.replace("float()", "float().detach()") + "return scale * a @ b.T", "no .item(), .detach()"),
    logits("image_features /= image_features.norm(dim=-1, keepdim=True)\n"
           "text_features /= text_features.norm(dim=-1, keepdim=True)\n"
           "return scale * image_features @ text_features.T", "changes what it was given"),
    logits(UNIT + "logits = scale * a @ b.T", "is there a return?"),
    logits(UNIT + "return scale * a @ b", "must be transposed"),
    logits("return scale * F.cosine_similarity(image_features.float(), text_features.float(), dim=-1)",
           "row i with row i"),
    loss(TARGET + "return F.cross_entropy(logits, labels)", "picture → text half only"),
    loss(TARGET + "return F.cross_entropy(logits.T, labels)", "text → picture half only"),
    loss(TARGET + BOTH.removesuffix(" / 2"), "divide their sum by 2"),
    loss("logits = scale * image_features @ text_features.T\n" + TARGET + BOTH, "not brought to length 1"),
    loss("logits = similarity_logits(image_features, text_features, 1.0)\n" + TARGET + BOTH, "scale is missing"),
    loss("logits = similarity_logits(image_features, text_features, torch.as_tensor(scale).exp())\n"
         + TARGET + BOTH, "take no exp of it"),
    loss("logits = similarity_logits(image_features, text_features, 1 / scale)\n"
         + TARGET + BOTH, "instead of dividing"),
    loss("labels = torch.zeros(len(logits), dtype=torch.int64)\n" + BOTH, "not all 0"),
    loss(TARGET + "each = [F.cross_entropy(x, labels, reduction='sum') for x in (logits, logits.T)]\n"
         "return sum(each) / 2", "mean over the batch"),
    loss(TARGET + BOTH.replace("logits,", "logits.softmax(1),").replace("logits.T", "logits.T.softmax(1)"),
         "its own softmax already"),
    loss(TARGET + "return F.cross_entropy((logits + logits.T) / 2, labels)", "not the logits"),
    loss("rows, columns = logits.softmax(dim=1).diagonal(), logits.softmax(dim=0).diagonal()\n"
         "return -(rows.log() + columns.log()).mean() / 2", "runs to infinity"),
    loss("labels = torch.arange(len(logits), device=logits.device).float()\n" + BOTH, "int64"),
    loss(TARGET + BOTH.replace("return (", "return ((", 1) + ").item()", "leave out .item()"),
    loss(TARGET + "logits = logits.softmax(dim=-1)\n" + BOTH, "it does the softmax itself"),
    loss("labels = torch.arange(len(logits))\n" + BOTH, "wherever the input is"),
    loss("return -logits.diagonal().mean()", "no negatives"),
    loss(TARGET + "return (F.cross_entropy(logits, labels, reduction='none')"
         " + F.cross_entropy(logits.T, labels, reduction='none')) / 2", "return their mean"),
    loss(TARGET + BOTH.replace("(F", "-(F", 1), "the wrong way round"),
    loss(TARGET + BOTH.replace("return ", "return torch.tensor((") + ").item())", "the way back is cut"),
    clamp("with torch.no_grad():\n    logit_scale.clamp_(max=math.log(100))", "the lower limit is missing"),
    clamp("with torch.no_grad():\n    logit_scale.clamp_(min=0)", "the upper limit is missing"),
    clamp("with torch.no_grad():\n    logit_scale.clamp_(1, 100)", "is a logarithm"),
    clamp("with torch.no_grad():\n    logit_scale.clamp(0, math.log(100))", "clamp_, with the underscore"),
    clamp("return logit_scale.clamp(0, math.log(100))", "clamp_, with the underscore"),
    clamp("logit_scale.clamp_(0, math.log(100))", "under torch.no_grad() only"),
    clamp("with torch.no_grad():\n    logit_scale.clamp_(0, math.log(MAX_LOGIT_SCALE))", "is ln 100 already"),
    clamp("with torch.no_grad():\n    logit_scale.copy_(logit_scale.exp().clamp(1, 100))", "the logarithm afterwards"),
]  # fmt: skip

CORRECT = [
    logits("a, b = image_features.float()[:, None], text_features.float()[None]\n"
           "return scale * F.cosine_similarity(a, b, dim=-1)"),
    logits("a = F.normalize(image_features.float(), dim=-1)\nb = F.normalize(text_features.float(), dim=-1)\n"
           "return torch.einsum('id,td->it', a, b) * scale"),
    loss(TARGET + "return 0.5 * F.cross_entropy(logits, labels) + 0.5 * F.cross_entropy(logits.T, labels)"),
    loss("rows = logits.log_softmax(dim=1).diagonal()\ncolumns = logits.log_softmax(dim=0).diagonal()\n"
         "return -(rows + columns).mean() / 2"),
    Answer("clip_loss", "def clip_loss(images, texts, logit_scale):\n"  # names of parameters are free
           "    if len(images) != len(texts):\n        raise ValueError('no pairs')\n"
           "    logits = similarity_logits(images, texts, logit_scale)\n"
           "    pair = torch.arange(len(logits), device=logits.device)\n"
           "    return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2\n"),
    clamp("with torch.no_grad():\n    logit_scale.clamp_(0, MAX_LOGIT_SCALE)"),
    clamp("logit_scale.data = logit_scale.data.clamp(0.0, math.log(100.0))"),
    clamp("with torch.no_grad():\n    logit_scale.copy_(torch.clamp(logit_scale, min=0, max=math.log(100)))"),
]  # fmt: skip
