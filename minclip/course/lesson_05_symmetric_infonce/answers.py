"""Answers to the exercises of lesson 05."""

from minclip.course.planted_answers import Answer, indented

SETUP = """
import math
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.loss import MAX_LOGIT_SCALE, similarity_logits
from minclip.similarity import cosine_similarity
"""


def logits(body: str, says: str = "", silent: str = "") -> Answer:
    lines = indented(body)
    head = "def similarity_logits(image_features, text_features, scale):\n"
    return Answer("similarity_logits", f"{head}{lines}\n", says, silent)


def loss(body: str, says: str = "", silent: str = "") -> Answer:
    body = "logits = similarity_logits(image_features, text_features, scale)\n" + body.strip()
    lines = indented(body)
    head = "def clip_loss(image_features, text_features, scale):\n"
    check = "    if len(image_features) != len(text_features):\n        raise ValueError('no pairs')\n"
    return Answer("clip_loss", f"{head}{check}{lines}\n", says, silent)


def clamp(body: str, says: str = "", silent: str = "") -> Answer:
    lines = indented(body)
    return Answer("clamp_logit_scale", f"def clamp_logit_scale(logit_scale):\n{lines}\n", says, silent)


UNIT = """
a = image_features.float()
b = text_features.float()
a, b = a / a.norm(dim=-1, keepdim=True), b / b.norm(dim=-1, keepdim=True)
"""
BOTH = "return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"
TARGET = "labels = torch.arange(len(logits), device=logits.device)\n"
NO_GRAD = "with torch.no_grad():\n    "

WRONG = [
    logits("return scale * image_features @ text_features.T", "dot products, not cosines"),
    logits("return scale * F.normalize(image_features, dim=-1) @ text_features.T", "only the image features"),
    logits("return scale * image_features @ F.normalize(text_features, dim=-1).T", "only the text features"),
    logits("return scale * F.normalize(image_features, dim=0) @ F.normalize(text_features, dim=0).T",
           "the norm runs over the batch"),
    logits("return scale * F.normalize(image_features.T).T @ F.normalize(text_features.T)",
           "the norm runs over the batch"),
    logits("return scale * (image_features / image_features.norm()) @ (text_features / text_features.norm()).T",
           "one length for all rows"),
    logits(UNIT.replace("a.norm(dim=-1, keepdim=True)", "(a**2).sum(dim=-1, keepdim=True)")
           .replace("b.norm(dim=-1, keepdim=True)", "(b**2).sum(dim=-1, keepdim=True)") + "return scale * a @ b.T",
           "the square of the length"),
    logits(UNIT.replace(".norm(", ".sum(") + "return scale * a @ b.T", "the sum of a row"),
    logits("a, b = F.normalize(image_features.float(), p=1, dim=-1), F.normalize(text_features.float(), p=1, dim=-1)\n"
           "return scale * a @ b.T", "the sum of the absolute numbers"),
    logits(UNIT.replace(", keepdim=True", "") + "return scale * a @ b.T", "a length of its own", "meets row i alone"),
    logits("a = image_features / image_features.norm(dim=1)[:, None]\n"
           "b = text_features / text_features.norm(dim=1)\nreturn scale * a @ b.T", "a length of its own", "row i"),
    logits(UNIT + "return a @ b.T", "scale is missing"),
    logits(UNIT + "return a @ b.T / scale", "divided by scale"),
    logits(UNIT + "return torch.as_tensor(scale).exp() * a @ b.T", "is used as it is"),
    logits(UNIT + "return math.exp(scale) * a @ b.T", "is used as it is"),
    logits(UNIT + "return scale * b @ a.T", "yours is transposed"),
    logits(UNIT + "return (scale * a @ b.T).T", "yours is transposed"),
    logits(UNIT + "return (scale * a @ b.T).softmax(dim=-1)", "these are shares"),
    logits("return scale * F.normalize(image_features, dim=-1) @ F.normalize(text_features, dim=-1).T",
           "wrong dtype"),
    logits("a, b = F.normalize(image_features, dim=-1), F.normalize(text_features, dim=-1)\n"
           "return scale * a.float() @ b.float().T", "three digits only"),
    logits("a, b = F.normalize(image_features, dim=-1), F.normalize(text_features, dim=-1)\n"
           "return (scale * a @ b.T).float()", "three digits only"),
    logits(UNIT + "return scale.item() * a @ b.T", "plain number, too"),
    logits(UNIT + "return float(scale) * a @ b.T", "no gradient reaches scale"),
    logits(UNIT + "return scale.to(a.device) * a @ b.T", "plain number, too"),
    logits(UNIT + "return torch.tensor(scale) * a @ b.T", "no gradient reaches scale"),
    logits(UNIT.replace("float()", "float().detach()") + "return scale * a @ b.T", "no .item(), .detach()"),
    logits(UNIT.replace("a.norm(", "a.detach().norm(") + "return scale * a @ b.T", "the gradient of image_features"),
    logits("with torch.no_grad():\n" + indented(UNIT) + "\nreturn scale * a @ b.T", "reaches image_features"),
    logits(UNIT + "return torch.tensor((scale * a @ b.T).tolist())", "the way back is cut"),
    logits("a, b = image_features.detach().numpy(), text_features.detach().numpy()\n"
           "a, b = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]\n"
           "return scale * torch.from_numpy(a @ b.T)", ""),
    logits("image_features /= image_features.norm(dim=-1, keepdim=True)\n"
           "text_features /= text_features.norm(dim=-1, keepdim=True)\n"
           "return scale * image_features @ text_features.T", "changes what it was given"),
    logits(UNIT + "logits = scale * a @ b.T", "is there a return?"),
    logits(UNIT + "return scale * a @ b", "columns of the first meet the rows of the second"),
    logits(UNIT + "return scale * (a @ b.T).squeeze()", "a dimension of size 1 is lost"),
    logits(UNIT + "return scale * a @ b.T, labels", "NameError"),
    logits(UNIT + "return scale * a @ b.T, scale", "is no tensor"),
    logits("return scale * F.cosine_similarity(image_features.float(), text_features.float(), dim=-1)",
           "row i meets row i alone", "a length of its own"),
    logits(UNIT + "return scale * (a * b).sum(dim=-1)", "row i meets row i alone"),
    logits(UNIT + "out = torch.empty(len(a), len(b))\nfor i in range(len(a)):\n    for j in range(len(b)):\n"
           "        out[i, j] = scale * (a[i] * b[j]).sum()\nreturn out", "would fail on a GPU"),
    logits(UNIT + "return (scale * a @ b.T).cpu()", "moved to the CPU"),
    logits("a = image_features / (image_features.norm(dim=-1, keepdim=True) + 0.1)\n"
           "b = text_features / (text_features.norm(dim=-1, keepdim=True) + 0.1)\nreturn scale * a @ b.T", ""),
    logits("a = image_features.float() / (image_features.float().norm(dim=-1, keepdim=True) + 1e-4)\n"
           "b = F.normalize(text_features.float(), dim=-1)\nreturn scale * a @ b.T", "a hundredth of the image"),
    logits("if not hasattr(similarity_logits, 'kept'):\n    similarity_logits.kept = F.normalize(text_features.float())\n"
           "return scale * F.normalize(image_features.float()) @ similarity_logits.kept.T", ""),
    logits("return scale * torch.cdist(image_features, text_features)", ""),
    logits("return scale * cosine_similarity(image_features, text_features)", "wrong dtype"),
    loss(TARGET + "return F.cross_entropy(logits, labels)", "picture → text half alone"),
    loss(TARGET + "return F.cross_entropy(logits.T, labels)", "text → picture half alone"),
    loss(TARGET + "return (F.cross_entropy(logits, labels) + F.cross_entropy(logits, labels)) / 2",
         "picture → text half alone"),
    loss(TARGET + "return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T.T, labels)) / 2",
         "picture → text half alone", "text → picture half alone"),
    loss(TARGET + BOTH.removesuffix(" / 2"), "their mean is asked"),
    loss(TARGET + "return F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels) / 2", ""),
    loss("logits = scale * image_features @ text_features.T\n" + TARGET + BOTH, "not brought to length 1"),
    loss("logits = similarity_logits(image_features, text_features, 1.0)\n" + TARGET + BOTH, "scale is missing"),
    loss("logits = similarity_logits(image_features, text_features, torch.as_tensor(scale).exp())\n"
         + TARGET + BOTH, "is used as it is"),
    loss("logits = similarity_logits(image_features, text_features, 1 / scale)\n"
         + TARGET + BOTH, "divided by scale"),
    loss("logits = logits * scale\n" + TARGET + BOTH, "multiplied in twice"),
    loss("labels = torch.zeros(len(logits), dtype=torch.int64)\n" + BOTH, "labels are all 0"),
    loss("labels = torch.arange(len(logits)).flip(0)\n" + BOTH, "run backwards"),
    loss("labels = torch.arange(1, len(logits) + 1)\n" + BOTH, "IndexError"),
    loss("labels = torch.arange(6)\n" + BOTH, "the batch decides how many"),
    loss("labels = torch.ones(len(logits))\n" + BOTH, ""),
    loss(TARGET + "each = [F.cross_entropy(x, labels, reduction='sum') for x in (logits, logits.T)]\n"
         "return sum(each) / 2", "the sum over the batch"),
    loss(TARGET + "return sum(F.cross_entropy(x, labels, reduction='sum') for x in (logits, logits.T))",
         "and both halves are added"),
    loss(TARGET + BOTH.replace("logits,", "logits.softmax(1),").replace("logits.T", "logits.T.softmax(1)"),
         "shares in both directions"),
    loss(TARGET + BOTH.replace("logits,", "logits.softmax(1),").replace("logits.T", "logits.softmax(0).T"),
         "shares in both directions"),
    loss(TARGET + "logits = logits.softmax(dim=-1)\n" + BOTH, "cross_entropy got shares"),
    loss(TARGET + "return F.cross_entropy((logits + logits.T) / 2, labels)", "two logits are averaged"),
    loss("rows, columns = logits.softmax(dim=1).diagonal(), logits.softmax(dim=0).diagonal()\n"
         "return -(rows.log() + columns.log()).mean() / 2", "the logarithm of 0"),
    loss("rows, columns = logits.exp() / logits.exp().sum(1, keepdim=True), logits.exp() / logits.exp().sum(0)\n"
         "return -(rows.diagonal().log().mean() + columns.diagonal().log().mean()) / 2", "the logarithm of 0"),
    loss("rows, columns = logits.softmax(dim=1).diagonal(), logits.softmax(dim=0).diagonal()\n"
         "return -(rows + columns).mean() / 2", "without a logarithm"),
    loss("labels = torch.arange(len(logits), device=logits.device).float()\n" + BOTH, "whole numbers"),
    loss(TARGET + "labels = labels[:, None]\n" + BOTH, "the labels are a column"),
    loss(TARGET + BOTH.replace("return (", "return ((", 1) + ").item()", "leave out .item()"),
    loss("labels = torch.arange(len(logits))\n" + BOTH, "made on the CPU"),
    loss("labels = torch.tensor(list(range(len(logits))))\n" + BOTH, "made on the CPU"),
    loss("labels = torch.eye(len(logits))\n" + BOTH, "made on the CPU"),
    loss("labels = torch.arange(len(logits))\nlogits = logits.cpu()\n" + BOTH, "to the CPU"),
    loss(TARGET + "return nn.CrossEntropyLoss(logits, labels)", "is a class"),
    loss(TARGET + "return (nn.CrossEntropyLoss(logits, labels) + nn.CrossEntropyLoss(logits.T, labels)) / 2",
         "is a class"),
    loss(TARGET + "if logits:\n    return 0\n" + BOTH, "ambiguous", "is a class"),
    loss(TARGET + BOTH.replace("logits, labels", "labels, logits").replace("logits.T, labels", "labels, logits.T"),
         "got the labels where"),
    loss(TARGET + "return (nn.CrossEntropyLoss()(labels, logits) + nn.CrossEntropyLoss()(labels, logits.T)) / 2",
         "got the labels where"),
    loss("eye = torch.eye(len(logits), device=logits.device)\n"
         "return (F.cross_entropy(eye, logits) + F.cross_entropy(eye, logits.T)) / 2", "in the wrong order"),
    loss(TARGET + "return (F.nll_loss(logits, labels) + F.nll_loss(logits.T, labels)) / 2", "no negatives"),
    loss("return -logits.diagonal().mean()", "no negatives"),
    loss(TARGET + "return (F.cross_entropy(logits, labels, reduction='none')"
         " + F.cross_entropy(logits.T, labels, reduction='none')) / 2", "one loss for every pair"),
    loss(TARGET + BOTH.replace("(F", "-(F", 1), "the wrong way round"),
    loss(TARGET + BOTH.replace("return ", "return torch.tensor((") + ").item())", "the way back is cut"),
    loss(TARGET + BOTH.replace("logits.T,", "logits.T.detach(),"), "the gradient of"),
    loss("logits = similarity_logits(image_features, text_features.detach(), scale)\n" + TARGET + BOTH,
         "text_features"),
    loss(TARGET + BOTH + ", logits", "is no tensor"),
    loss(TARGET + BOTH.replace("return ", "loss = "), "is there a return?"),
    loss("eye = torch.eye(len(logits), device=logits.device)\nreturn ((logits - eye) ** 2).mean()", ""),
    loss("eye = torch.eye(len(logits), device=logits.device)\n"
         "return F.binary_cross_entropy_with_logits(logits, eye)", ""),
    loss("if not hasattr(clip_loss, 'labels'):\n    clip_loss.labels = torch.arange(len(logits))\n"
         "labels = clip_loss.labels\n" + BOTH, "the batch decides how many"),
    Answer("clip_loss", "def clip_loss(image_features, text_features, scale):\n"
           "    logits = similarity_logits(image_features, text_features, scale)\n"
           "    n = min(logits.shape)\n    labels = torch.arange(n, device=logits.device)\n"
           "    return (F.cross_entropy(logits[:n], labels) + F.cross_entropy(logits.T[:n], labels)) / 2\n",
           "accepts what it must refuse"),
    Answer("clip_loss", "def clip_loss(image_features, text_features, scale):\n"
           "    assert len(image_features) == len(text_features)\n"
           "    logits = similarity_logits(image_features, text_features, scale)\n"
           "    labels = torch.arange(len(logits), device=logits.device)\n"
           "    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2\n",
           "raises another error"),
    Answer("clip_loss", "def clip_loss(image_features, text_features, scale):\n"
           "    if len(image_features) > len(text_features):\n        raise ValueError('no pairs')\n"
           "    logits = similarity_logits(image_features, text_features, scale)\n"
           "    labels = torch.arange(len(logits), device=logits.device)\n"
           "    return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T[:len(logits)], labels)) / 2\n",
           "accepts what it must refuse"),
    clamp(NO_GRAD + "logit_scale.clamp_(max=math.log(100))", "the lower limit is missing"),
    clamp(NO_GRAD + "logit_scale.clamp_(MAX_LOGIT_SCALE)", ""),
    clamp(NO_GRAD + "logit_scale.clamp_(min=0)", "the upper limit is missing"),
    clamp(NO_GRAD + "logit_scale.clamp_(1, 100)", "and so are its limits"),
    clamp(NO_GRAD + "logit_scale.clamp_(1, MAX_LOGIT_SCALE)", "the lower limit is that of the scale"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, 100)", "the upper limit is that of the scale"),
    clamp(NO_GRAD + "logit_scale.clamp(0, math.log(100))", "nothing is changed"),
    clamp("return logit_scale.clamp(0, math.log(100))", "nothing is changed"),
    clamp("logit_scale = torch.clamp(logit_scale, 0, MAX_LOGIT_SCALE)", "nothing is changed"),
    clamp(NO_GRAD + "logit_scale.exp().clamp_(1, 100)", "nothing is changed"),
    clamp("logit_scale.clone().data.clamp_(0, MAX_LOGIT_SCALE)", "nothing is changed"),
    clamp("logit_scale.clamp_(0, math.log(100))", "autograd watches a parameter"),
    clamp("logit_scale.requires_grad_(False)\nlogit_scale.clamp_(0, math.log(100))", "it no longer learns"),
    clamp("torch.set_grad_enabled(False)\nlogit_scale.clamp_(0, math.log(100))", "changes a setting"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, math.log(MAX_LOGIT_SCALE))", "is ln 100 already"),
    clamp(NO_GRAD + "logit_scale.copy_(logit_scale.exp().clamp(1, 100))", "holds the scale now"),
    clamp(NO_GRAD + "if logit_scale > MAX_LOGIT_SCALE:\n        logit_scale.fill_(MAX_LOGIT_SCALE)",
          "the lower limit is missing"),
    clamp(NO_GRAD + "logit_scale.fill_(MAX_LOGIT_SCALE)", ""),
    clamp(NO_GRAD + "logit_scale.clamp_(0, math.log10(100))", ""),
    clamp(NO_GRAD + "logit_scale.clamp_(-MAX_LOGIT_SCALE, MAX_LOGIT_SCALE)", "the lower limit is missing"),
    clamp("logit_scale.data = torch.tensor(min(max(logit_scale.item(), 0.0), MAX_LOGIT_SCALE))", "to the CPU"),
    clamp("logit_scale.data = logit_scale.data.cpu().clamp(0, MAX_LOGIT_SCALE)", "to the CPU"),
    clamp("logit_scale = nn.Parameter(logit_scale.clamp(0, MAX_LOGIT_SCALE))", "nothing is changed"),
]  # fmt: skip

CORRECT = [
    logits("a, b = image_features.float()[:, None], text_features.float()[None]\n"
           "return scale * F.cosine_similarity(a, b, dim=-1)"),
    logits("a = F.normalize(image_features.float(), dim=-1)\nb = F.normalize(text_features.float(), dim=-1)\n"
           "return torch.einsum('id,td->it', a, b) * scale"),
    logits("return scale * cosine_similarity(image_features.float(), text_features.float())"),
    logits("a = image_features.to(torch.float32)\nb = text_features.to(torch.float32)\n"
           "lengths = torch.linalg.vector_norm(a, dim=1).unsqueeze(1) * torch.linalg.vector_norm(b, dim=1)\n"
           "return scale * torch.matmul(a, b.transpose(0, 1)) / lengths"),
    logits("rows = []\nfor image in image_features.float():\n"
           "    row = [(image @ text) / (image.norm() * text.norm()) for text in text_features.float()]\n"
           "    rows.append(torch.stack(row))\nreturn scale * torch.stack(rows)"),
    logits("a, b = image_features.float(), text_features.float()\n"
           "a = a / (a.norm(dim=-1, keepdim=True) + 1e-8)\nb = b / (b.norm(dim=-1, keepdim=True) + 1e-8)\n"
           "return scale * (a @ b.mT)"),
    logits("def unit(x):\n    x = x.float()\n    return x * x.pow(2).sum(-1, keepdim=True).rsqrt()\n"
           "return F.linear(unit(image_features), unit(text_features)) * scale"),
    loss(TARGET + "return 0.5 * F.cross_entropy(logits, labels) + 0.5 * F.cross_entropy(logits.T, labels)"),
    loss("rows = logits.log_softmax(dim=1).diagonal()\ncolumns = logits.log_softmax(dim=0).diagonal()\n"
         "return -(rows + columns).mean() / 2"),
    loss("labels = torch.arange(len(logits)).to(logits.device)\n"
         "return torch.tensor(0.5) * (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels))"),
    loss("criterion = nn.CrossEntropyLoss()\nlabels = torch.arange(logits.shape[0]).to(logits)\n"
         "labels = labels.long()\nreturn torch.stack([criterion(x, labels) for x in (logits, logits.t())]).mean()"),
    loss("eye = torch.eye(len(logits), device=logits.device)\n"
         "return (F.cross_entropy(logits, eye) + F.cross_entropy(logits.T, eye)) / 2"),
    loss("own = logits.diagonal()\n"
         "return ((logits.logsumexp(1) - own).mean() + (logits.logsumexp(0) - own).mean()) / 2"),
    loss("labels = torch.tensor(list(range(len(logits))), device=image_features.device)\n"
         "total = sum(F.nll_loss(x.log_softmax(-1), labels) for x in (logits, logits.T))\nreturn total.div(2)"),
    Answer("clip_loss", "def clip_loss(images, texts, logit_scale):\n"  # names of parameters are free
           "    if len(images) != len(texts):\n        raise ValueError('no pairs')\n"
           "    logits = similarity_logits(images, texts, logit_scale)\n"
           "    pair = torch.arange(len(logits), device=logits.device)\n"
           "    return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2\n"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, MAX_LOGIT_SCALE)"),
    clamp("logit_scale.data = logit_scale.data.clamp(0.0, math.log(100.0))"),
    clamp("logit_scale.data.clamp_(0, MAX_LOGIT_SCALE)"),
    clamp(NO_GRAD + "logit_scale.copy_(torch.clamp(logit_scale, min=0, max=math.log(100)))"),
    clamp(NO_GRAD + "logit_scale.exp_().clamp_(1, 100).log_()\n    return logit_scale"),
    clamp(NO_GRAD + "logit_scale.fill_(min(max(logit_scale.item(), 0), MAX_LOGIT_SCALE))"),
    clamp(NO_GRAD + "if logit_scale > MAX_LOGIT_SCALE:\n        logit_scale.fill_(MAX_LOGIT_SCALE)\n"
          "    elif logit_scale < 0:\n        logit_scale.zero_()"),
    clamp("old = logit_scale.detach()\nold.copy_(old.clamp(0, MAX_LOGIT_SCALE))"),
]  # fmt: skip
