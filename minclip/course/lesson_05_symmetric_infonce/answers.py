"""Answers to the exercises of lesson 05."""

from minclip.course.lesson_05_symmetric_infonce import loss_answers
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


def clamp(body: str, says: str = "", silent: str = "") -> Answer:
    lines = indented(body)
    return Answer("clamp_logit_scale", f"def clamp_logit_scale(logit_scale):\n{lines}\n", says, silent)


UNIT = """
a = image_features.float()
b = text_features.float()
a, b = a / a.norm(dim=-1, keepdim=True), b / b.norm(dim=-1, keepdim=True)
"""
NO_GRAD = "with torch.no_grad():\n    "

WRONG = [
    *loss_answers.WRONG,
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
    logits(UNIT.replace(", keepdim=True", "") + "return scale * a @ b.T", "a length of its own", "one by one"),
    logits("a = image_features / image_features.norm(dim=1)[:, None]\n"
           "b = text_features / text_features.norm(dim=1)\nreturn scale * a @ b.T", "a length of its own", "by one"),
    logits("a = (image_features.T / image_features.norm(dim=1, keepdim=True)).T\n"
           "return scale * a @ F.normalize(text_features).T", "RuntimeError", "as a column"),
    logits(UNIT + "return a @ b.T", "scale is missing"),
    logits(UNIT + "return a @ b.T / scale", "divided by scale"),
    logits(UNIT + "return torch.as_tensor(scale).exp() * a @ b.T", "is used as it is"),
    logits(UNIT + "return math.exp(scale) * a @ b.T", "is used as it is"),
    logits(UNIT + "return 100 * a @ b.T", "the cosines times 100", "twice"),
    logits(UNIT + "return 1 / 0.07 * a @ b.T", "the cosines times 14.29"),
    logits(UNIT + "return 7 * a @ b.T", "the cosines times 7, and scale is 100"),
    logits(UNIT + "return (scale * a) @ (scale * b).T", "multiplied in twice", "the cosines times"),
    logits(UNIT + "return scale * a @ b.T / a.shape[-1] ** 0.5", "the cosines times 2.475"),
    logits(UNIT + "return a @ b.T * torch.clamp(torch.as_tensor(scale), max=50)", "the cosines times 50"),
    logits("a, b = image_features.float(), text_features.float()\n"
           "return scale * (a @ b.T) / a.norm(dim=-1, keepdim=True) / b.norm(dim=-1, keepdim=True)",
           "meet five rows one by one"),
    logits(UNIT + "return scale * a @ b.reshape(b.shape[1], b.shape[0])", "numbers are off", "the cosines times"),
    logits(UNIT + "return torch.bmm(a[None], b.T[None]) * scale", "wrong shape"),
    logits(UNIT + "return (scale * a @ b.T).round(decimals=2)", "numbers are off", "the cosines times"),
    logits(UNIT + "return scale - a @ b.T", "numbers are off", "the cosines times"),
    logits(UNIT + "return scale * (a @ b.T).abs()", "numbers are off", "the cosines times"),
    logits(UNIT + "return scale * (1 - a @ b.T)", "numbers are off", "the cosines times"),
    logits(UNIT + "return scale * a @ b.T, scale * b @ a.T", "they are asked alone"),
    logits(UNIT + "return scale * b @ a.T, scale * a @ b.T", "is no tensor", "asked alone"),
    logits(UNIT + "return (scale * a @ b.T).log_softmax(dim=-1)", "logarithms of shares"),
    logits(UNIT.replace(".float()", ".double()") + "return scale * a @ b.T", "in float64"),
    logits("a, b = image_features.float(), text_features.float()\na /= a.norm(dim=-1, keepdim=True)\n"
           "b /= b.norm(dim=-1, keepdim=True)\nreturn scale * a @ b.T", "changes what it was given"),
    logits("a = image_features.float() - image_features.float().mean(dim=-1, keepdim=True)\n"
           "return scale * F.normalize(a) @ F.normalize(text_features.float()).T", "numbers are off", "cosines times"),
    logits(UNIT + "return nn.Parameter(scale * a @ b.T)", "does not reach image_features"),
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
    logits(UNIT.replace("image_features.float()", "image_features.float().requires_grad_()")
           + "return scale * a @ b.T", "makes the features learn"),
    logits(UNIT + "logits = scale * a @ b.T", "is there a return?"),
    logits(UNIT + "return scale * a @ b", "columns of the first meet the rows of the second"),
    logits(UNIT + "return scale * (a @ b.T).squeeze()", "a dimension of size 1 is lost"),
    logits(UNIT + "return scale * a @ b.T, labels", "NameError"),
    logits(UNIT + "return scale * a @ b.T, scale", "they are asked alone"),
    logits("return scale * F.cosine_similarity(image_features.float(), text_features.float(), dim=-1)",
           "meet five rows one by one", "a length of its own"),
    logits(UNIT + "return scale * (a * b).sum(dim=-1)", "meet five rows one by one"),
    logits(UNIT + "out = torch.empty(len(a), len(b))\nfor i in range(len(a)):\n    for j in range(len(b)):\n"
           "        out[i, j] = scale * (a[i] * b[j]).sum()\nreturn out", "would fail on a GPU"),
    logits(UNIT + "return (scale * a @ b.T).cpu()", "moved to the CPU"),
    logits("a = image_features / (image_features.norm(dim=-1, keepdim=True) + 0.1)\n"
           "b = text_features / (text_features.norm(dim=-1, keepdim=True) + 0.1)\nreturn scale * a @ b.T", ""),
    logits("a = image_features.float() / (image_features.float().norm(dim=-1, keepdim=True) + 1e-4)\n"
           "b = F.normalize(text_features.float(), dim=-1)\nreturn scale * a @ b.T", "a hundredth of the image"),
    logits("if not hasattr(similarity_logits, 'kept'):\n"
           "    similarity_logits.kept = F.normalize(text_features.float())\n"
           "return scale * F.normalize(image_features.float()) @ similarity_logits.kept.T", ""),
    logits("return scale * torch.cdist(image_features, text_features)", ""),
    logits("return scale * cosine_similarity(image_features, text_features)", "wrong dtype"),
    clamp(NO_GRAD + "logit_scale.clamp_(max=math.log(100))", "nothing brings it up"),
    clamp(NO_GRAD + "logit_scale.clamp_(MAX_LOGIT_SCALE)", ""),
    clamp(NO_GRAD + "logit_scale.clamp_(min=0)", "nothing brings it down"),
    clamp(NO_GRAD + "logit_scale.clamp_(1, 100)", "and so are its limits"),
    clamp(NO_GRAD + "logit_scale.clamp_(1, MAX_LOGIT_SCALE)", "the lower limit is that of the scale"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, 100)", "nothing brings it down"),
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
          "nothing brings it up"),
    clamp(NO_GRAD + "logit_scale.fill_(MAX_LOGIT_SCALE)", ""),
    clamp(NO_GRAD + "logit_scale.clamp_(0, math.log10(100))", "to base 10"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, np.log10(100))", "to base 10"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, math.log2(100))", "to base 2", "nothing brings it down"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, 6)", "", "to base"),
    clamp(NO_GRAD + "logit_scale.clamp_(MAX_LOGIT_SCALE, 0)", "its lower limit is above the upper"),
    clamp(NO_GRAD + "logit_scale.clamp_(100, 1)", "all three are 1 now"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, 1)", "", "all three are"),
    clamp(NO_GRAD + "logit_scale.abs_().clamp_(max=MAX_LOGIT_SCALE)", "afterwards is wrong", "lower limit"),
    clamp("with torch.enable_grad():\n    logit_scale.clamp_(0, MAX_LOGIT_SCALE)", "autograd watches a parameter"),
    clamp(NO_GRAD + "return logit_scale.clamp_(0, MAX_LOGIT_SCALE).exp_()", "holds the scale now"),
    clamp("with torch.no_grad:\n    logit_scale.clamp_(0, MAX_LOGIT_SCALE)", "torch.no_grad is a class"),
    clamp("with torch.inference_mode:\n    logit_scale.clamp_(0, MAX_LOGIT_SCALE)", "TypeError", "no_grad is a class"),
    clamp("torch.no_grad()\nlogit_scale.clamp_(0, MAX_LOGIT_SCALE)", "autograd watches a parameter"),
    clamp("logit_scale.detach_().clamp_(0, MAX_LOGIT_SCALE)", "its requires_grad is False now", "autograd saw"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, MAX_LOGIT_SCALE)\nlogit_scale.requires_grad = False",
          "its requires_grad is False now", "autograd saw"),
    clamp(NO_GRAD + "np.clip(logit_scale.numpy(), 0, MAX_LOGIT_SCALE)", "nothing is changed"),
    clamp(NO_GRAD + "logit_scale.clamp_(math.log(1 / 0.07), MAX_LOGIT_SCALE)", "", "all three are"),
    clamp(NO_GRAD + "logit_scale[:] = logit_scale.clamp(0, MAX_LOGIT_SCALE)", "0-dim"),
    clamp(NO_GRAD + "logit_scale.clamp_(-MAX_LOGIT_SCALE, MAX_LOGIT_SCALE)", "nothing brings it up"),
    clamp("logit_scale.data = torch.tensor(min(max(logit_scale.item(), 0.0), MAX_LOGIT_SCALE))", "to the CPU"),
    clamp("logit_scale.data = logit_scale.data.cpu().clamp(0, MAX_LOGIT_SCALE)", "to the CPU"),
    clamp("with torch.inference_mode():\n    logit_scale.data = logit_scale.clamp(0, MAX_LOGIT_SCALE)",
          "it no longer learns"),
    clamp("logit_scale = nn.Parameter(logit_scale.clamp(0, MAX_LOGIT_SCALE))", "nothing is changed"),
    logits("a, b = F.normalize(image_features.float()), F.normalize(text_features)\nreturn scale * a @ b.T",
           "one of the two"),
    logits("a, b = F.normalize(image_features), F.normalize(text_features.float())\nreturn scale * a @ b.T",
           "one of the two"),
    logits("a, b = F.normalize(scale * image_features.float()), F.normalize(text_features.float())\nreturn a @ b.T",
           "a division by the length cancels it"),
    logits(UNIT + "return scale + a @ b.T", "scale is added to the cosines"),
    logits(UNIT + "return float(scale) * a @ b.T", "the way back does not reach scale", "reach the result"),
    *(clamp(NO_GRAD + f"logit_scale.clamp_(0, {limit})", "rounded too coarsely") for limit in ("4.6", "4.61")),
    clamp(NO_GRAD + "logit_scale.clamp_(0, 5)", "the upper limit is 5 here, and ln 100 is 4.60517", "coarse"),
]  # fmt: skip

CORRECT = [
    *loss_answers.CORRECT,
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
    logits("a, b = (x.float() / x.float().square().sum(dim=1, keepdim=True).sqrt()\n"
           "        for x in (image_features, text_features))\nreturn (b @ a.T * scale).T"),
    logits("b = text_features.float()\n"
           "return scale * torch.stack([F.cosine_similarity(row[None], b) for row in image_features.float()])"),
    logits("def unit(x):\n    x = x.float()\n    return x * x.pow(2).sum(-1, keepdim=True).rsqrt()\n"
           "return F.linear(unit(image_features), unit(text_features)) * scale"),
    clamp(NO_GRAD + "logit_scale.clamp_(0, MAX_LOGIT_SCALE)"),
    clamp("logit_scale.data = logit_scale.data.clamp(0.0, math.log(100.0))"),
    clamp("logit_scale.data.clamp_(0, MAX_LOGIT_SCALE)"),
    clamp(NO_GRAD + "logit_scale.copy_(torch.clamp(logit_scale, min=0, max=math.log(100)))"),
    clamp(NO_GRAD + "torch.clamp(logit_scale, 0, MAX_LOGIT_SCALE, out=logit_scale)"),
    clamp("@torch.no_grad()\ndef clamped():\n    logit_scale.clamp_(0, MAX_LOGIT_SCALE)\nclamped()"),
    clamp(NO_GRAD + "logit_scale.clamp_min_(0).clamp_max_(math.log(100))"),
    clamp(NO_GRAD + "logit_scale.exp_().clamp_(1, 100).log_()\n    return logit_scale"),
    clamp(NO_GRAD + "logit_scale.fill_(min(max(logit_scale.item(), 0), MAX_LOGIT_SCALE))"),
    clamp(NO_GRAD + "if logit_scale > MAX_LOGIT_SCALE:\n        logit_scale.fill_(MAX_LOGIT_SCALE)\n"
          "    elif logit_scale < 0:\n        logit_scale.zero_()"),
    clamp("old = logit_scale.detach()\nold.copy_(old.clamp(0, MAX_LOGIT_SCALE))"),
]  # fmt: skip
