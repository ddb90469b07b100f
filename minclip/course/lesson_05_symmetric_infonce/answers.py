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
    head = "def similarity_logits(image_features, text_features, logit_scale):\n"
    return Answer("similarity_logits", f"{head}{lines}\n", says)


def loss(body: str, says: str = "") -> Answer:
    body = "logits = similarity_logits(image_features, text_features, logit_scale)\n" + body.strip()
    lines = indented(body)
    head = "def clip_loss(image_features, text_features, logit_scale):\n"
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
BOTH = "return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2"
TARGET = "pair = torch.arange(len(logits), device=logits.device)\n"

WRONG = [
    logits("return logit_scale * image_features @ text_features.T", "dot products, not cosines"),
    logits("return logit_scale * F.normalize(image_features, dim=-1) @ text_features.T", "text features to length 1"),
    logits("return logit_scale * image_features @ F.normalize(text_features, dim=-1).T", "image features to length 1"),
    logits("return logit_scale * F.normalize(image_features, dim=0) @ F.normalize(text_features, dim=0).T",
           "the norm runs over the batch"),
    logits("return logit_scale * (image_features / image_features.norm()) @ (text_features / text_features.norm()).T",
           "each row has a length of its own"),
    logits(UNIT + "return a @ b.T", "logit_scale is missing"),
    logits(UNIT + "return a @ b.T / logit_scale", "instead of dividing"),
    logits(UNIT + "return logit_scale.exp() * a @ b.T", "is the factor itself"),
    logits(UNIT + "return logit_scale * b @ a.T", "yours is transposed"),
    logits(UNIT + "return (logit_scale * a @ b.T).softmax(dim=-1)", "return the logits"),
    logits("return logit_scale * F.normalize(image_features, dim=-1) @ F.normalize(text_features, dim=-1).T",
           "cosines in bfloat16 have three digits"),
    logits(UNIT + "return logit_scale.item() * a @ b.T", "item"),
    logits(UNIT.replace("float()", "float().detach()") + "return logit_scale * a @ b.T", "no .item(), .detach()"),
    logits("image_features /= image_features.norm(dim=-1, keepdim=True)\n"
           "text_features /= text_features.norm(dim=-1, keepdim=True)\n"
           "return logit_scale * image_features @ text_features.T", "changes what it was given"),
    logits(UNIT + "logits = logit_scale * a @ b.T", "is there a return?"),
    logits(UNIT + "return logit_scale * a @ b", "must be transposed"),
    logits("return logit_scale * F.cosine_similarity(image_features.float(), text_features.float(), dim=-1)",
           "row i with row i"),
    loss(TARGET + "return F.cross_entropy(logits, pair)", "picture → text half only"),
    loss(TARGET + "return F.cross_entropy(logits.T, pair)", "text → picture half only"),
    loss(TARGET + "return F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)", "divide their sum by 2"),
    loss("logits = logit_scale * image_features @ text_features.T\n" + TARGET
         + "return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2", "not brought to length 1"),
    loss("logits = similarity_logits(image_features, text_features, 1.0)\n" + TARGET
         + "return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2", "logit_scale is missing"),
    loss("logits = similarity_logits(image_features, text_features, torch.as_tensor(logit_scale).exp())\n" + TARGET
         + "return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2", "take no exp of it"),
    loss("logits = similarity_logits(image_features, text_features, 1 / logit_scale)\n" + TARGET
         + "return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2", "instead of dividing"),
    loss("pair = torch.zeros(len(logits), dtype=torch.int64)\n"
         "return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2", "not all 0"),
    loss(TARGET + "each = [F.cross_entropy(x, pair, reduction='sum') for x in (logits, logits.T)]\n"
         "return sum(each) / 2", "mean over the batch"),
    loss(TARGET + "return (F.cross_entropy(logits.softmax(1), pair) + F.cross_entropy(logits.T.softmax(1), pair)) / 2",
         "its own softmax already"),
    loss(TARGET + "return F.cross_entropy((logits + logits.T) / 2, pair)", "not the logits"),
    loss("rows, columns = logits.softmax(dim=1).diagonal(), logits.softmax(dim=0).diagonal()\n"
         "return -(rows.log() + columns.log()).mean() / 2", "runs to infinity"),
    loss("pair = torch.arange(len(logits), device=logits.device).float()\n" + BOTH, "int64"),
    loss(TARGET + BOTH.replace("return (", "return ((", 1) + ").item()", "leave out .item()"),
    loss(TARGET + "logits = logits.softmax(dim=-1)\n" + BOTH, "it does the softmax itself"),
    loss("pair = torch.arange(len(logits))\n" + BOTH, "wherever the input is"),
    loss("return -logits.diagonal().mean()", "no negatives"),
    loss(TARGET + "return (F.cross_entropy(logits, pair, reduction='none')"
         " + F.cross_entropy(logits.T, pair, reduction='none')) / 2", "return their mean"),
    loss(TARGET + BOTH.replace("(F", "-(F", 1), "the wrong way round"),
    loss(TARGET + "return torch.tensor((F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)).item() / 2)",
         "the way back is cut"),
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
           "return logit_scale * F.cosine_similarity(a, b, dim=-1)"),
    logits("a = F.normalize(image_features.float(), dim=-1)\nb = F.normalize(text_features.float(), dim=-1)\n"
           "return torch.einsum('id,td->it', a, b) * logit_scale"),
    loss(TARGET + "return 0.5 * F.cross_entropy(logits, pair) + 0.5 * F.cross_entropy(logits.T, pair)"),
    loss("rows = logits.log_softmax(dim=1).diagonal()\ncolumns = logits.log_softmax(dim=0).diagonal()\n"
         "return -(rows + columns).mean() / 2"),
    clamp("with torch.no_grad():\n    logit_scale.clamp_(0, MAX_LOGIT_SCALE)"),
    clamp("logit_scale.data = logit_scale.data.clamp(0.0, math.log(100.0))"),
    clamp("with torch.no_grad():\n    logit_scale.copy_(torch.clamp(logit_scale, min=0, max=math.log(100)))"),
]  # fmt: skip
