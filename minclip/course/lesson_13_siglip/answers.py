"""Answers to the exercises of lesson 13."""

from minclip.course.planted_answers import Answer, answer_of, edited, indented

SETUP = """
import math
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.loss import clip_loss, similarity_logits
from minclip.transformer import MLP, LayerNorm, MultiHeadAttention, attention
"""
LOSS_HEAD = """def siglip_loss(image_features, text_features, scale, bias):
    if len(image_features) != len(text_features):
        raise ValueError('no pairs')
"""
LOGITS = "logits = similarity_logits(image_features, text_features, scale) + bias\n"
SIGNS = "signs = 2 * torch.eye(len(logits), device=logits.device) - 1\n"
END = "return -F.logsigmoid(signs * logits).sum() / len(logits)"


def loss(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("siglip_loss", LOSS_HEAD, body, says, silent)


def prior(body: str, says: str = "", silent: str = "") -> Answer:
    head = "def prior_bias(batch_size):\n    if batch_size < 2:\n        raise ValueError('too small')\n"
    return answer_of("prior_bias", head, body, says, silent)


POOL = """class MAPHead(nn.Module):
    def __init__(self, width, heads, mlp_width):
        super().__init__()
        self.probe = nn.Parameter(width**-0.5 * torch.randn(1, 1, width))
        self.attn = MultiHeadAttention(width, heads)
        self.ln = LayerNorm(width)
        self.mlp = MLP(width, mlp_width, quick_gelu=False)

    def forward(self, x):
"""
ASK = """probe = self.probe.expand(len(x), 1, -1)
query, _, _ = self.attn.split(probe)
_, key, value = self.attn.split(x)
x = self.attn.merge(attention(query, key, value)).squeeze(1)
"""
LAST = "return x + self.mlp(self.ln(x))"


def pool(body: str, says: str = "", silent: str = "") -> Answer:
    return Answer("MAPHead", f"{POOL}{indented(body, 8)}\n", says, silent)


def asked(old: str, new: str, says: str, silent: str = "") -> Answer:
    return pool(edited(ASK + LAST, old, new), says, silent)


WRONG = [
    loss(LOGITS + SIGNS + "return -F.logsigmoid(signs * logits).mean()", "the mean over all pairs"),
    loss(LOGITS + "return F.binary_cross_entropy_with_logits(logits, torch.eye(len(logits)))", "mean over all pairs"),
    loss(LOGITS + SIGNS + "return -F.logsigmoid(signs * logits).sum()", "the sum over the batch"),
    loss(LOGITS + SIGNS + "return F.logsigmoid(signs * logits).sum() / len(logits)", "the sign is turned round"),
    loss(LOGITS + SIGNS + "return -F.logsigmoid(signs * logits).sum(dim=1)", "a loss for each picture"),
    loss(LOGITS + SIGNS + "return -F.logsigmoid(signs * logits)", "a loss for each pair"),
    loss(LOGITS + "return -F.logsigmoid(logits.diagonal()).mean()", "the right pairs alone"),
    loss(LOGITS + "return -F.logsigmoid(logits).sum() / len(logits)", "all signs are 1"),
    loss(LOGITS + "return -F.logsigmoid(-logits).sum() / len(logits)", "counts as a wrong one"),
    loss(LOGITS + SIGNS + "return -F.logsigmoid(-signs * logits).sum() / len(logits)", "the signs are turned round"),
    loss(LOGITS + "signs = torch.eye(len(logits), device=logits.device)\n" + END, "the signs are 1 and 0"),
    loss(edited(LOGITS, " + bias", "") + SIGNS + END, "bias is missing"),
    loss(edited(LOGITS, " + bias", " - bias") + SIGNS + END, "bias is subtracted"),
    loss(edited(LOGITS, ", scale)", ", 1.0)") + SIGNS + END, "scale is missing"),
    loss("logits = scale * (similarity_logits(image_features, text_features, 1.0) + bias)\n" + SIGNS + END,
         "scale multiplies the bias"),
    loss(edited(LOGITS, ", scale)", ", torch.as_tensor(scale).exp())") + SIGNS + END, "is used as it is"),
    loss(edited(LOGITS, ", scale)", ", 1 / scale)") + SIGNS + END, "divided by scale"),
    loss("logits = scale * image_features @ text_features.T + bias\n" + SIGNS + END, "dot products"),
    loss("logits = similarity_logits(image_features, text_features, scale)\n"
         "logits = logits + bias * torch.eye(len(logits))\n" + SIGNS + END, "the right pairs alone"),
    loss(LOGITS + SIGNS + "return -torch.sigmoid(signs * logits).sum() / len(logits)", "these are probabilities"),
    loss(LOGITS + SIGNS + "return -(signs * logits).log_softmax(dim=-1).sum() / len(logits)", "compete"),
    loss("return clip_loss(image_features, text_features, scale)", "CLIP's loss"),
    loss(LOGITS + SIGNS + "return -(signs * F.logsigmoid(logits)).sum() / len(logits)", "σ(-x), not -σ(x)"),
    loss(LOGITS + SIGNS + "return -F.logsigmoid(signs * logits.sigmoid()).sum() / len(logits)", "taken twice"),
    loss(LOGITS + SIGNS + END + " / 2", "divided by 2 once more"),
    loss(LOGITS + SIGNS + END + " * len(logits) / (len(logits) - 1)", "divide by the number of pictures"),
    loss(LOGITS + SIGNS + "return -torch.sigmoid(signs * logits).log().sum() / len(logits)", "is 0 by rounding"),
    loss(LOGITS + SIGNS + "return -(1 / (1 + (-signs * logits).exp())).log().sum() / len(logits)", "logarithm of 0"),
    loss(LOGITS + edited(SIGNS, ", device=logits.device", "") + END, "GPU"),
    loss(LOGITS + SIGNS + "return float(-F.logsigmoid(signs * logits).sum() / len(logits))", "carries no gradient"),
    loss(LOGITS + SIGNS + "return (-F.logsigmoid(signs * logits).sum() / len(logits)).detach()", "the way back is cut"),
    loss(edited(LOGITS, "scale) + bias", "float(scale)) + float(bias)") + SIGNS + END, "does not reach scale"),
    loss(edited(LOGITS, " + bias", " + bias.detach() if isinstance(bias, Tensor) else bias") + SIGNS + END,
         "", "bias is missing"),
    loss(LOGITS + "signs = 2 * torch.eye(6, device=logits.device) - 1\n" + END, "the batch decides"),
    loss(LOGITS + SIGNS + "loss = -F.logsigmoid(signs * logits).sum() / len(logits)", "is there a return?"),
    loss(LOGITS + SIGNS + "return -F.logsigmoid(signs * logits).sum() / image_features.shape[1]", ""),
    loss(edited(LOGITS, " + bias", "") + SIGNS + edited(END, "signs * logits", "signs * logits + bias"),
         "bias was added after the signs", "turned round, 1"),
    loss(LOGITS + SIGNS + "return -(torch.sigmoid(signs * logits) + 1e-8).log().sum() / len(logits)", "away from 0"),
    loss(LOGITS + SIGNS + "return -(torch.sigmoid(signs * logits) + 1e-5).log().sum() / len(logits)", "away from 0"),
    loss(LOGITS + SIGNS + "return -torch.sigmoid(signs * logits).clamp(1e-7).log().sum() / len(logits)", "away from 0"),
    loss(LOGITS + SIGNS + "p = torch.sigmoid(signs * logits).clamp(1e-6, 1 - 1e-6)\n"
         "return -p.log().sum() / len(logits)", "away from 0"),
    loss(LOGITS + SIGNS + "return (1 + (-signs * logits).exp()).log().sum() / len(logits)", "exp(200) is infinite"),
    loss(LOGITS + "eye = torch.eye(len(logits), device=logits.device)\n"
         "return F.binary_cross_entropy(logits.sigmoid(), eye, reduction='sum') / len(logits)", "away from 0"),
    loss(edited(LOGITS, " + bias", "") + SIGNS + edited(END, "signs * logits", "logits + signs * bias"),
         "turn the bias alone round"),
    loss(LOGITS + SIGNS + "return F.softplus(signs * logits).sum() / len(logits)", "or softplus misses its minus"),
    loss("a = image_features / image_features.norm(dim=-1, keepdim=True)\n"
         "logits = scale * a @ text_features.T + bias\n" + SIGNS + END, "only one of the two"),
    loss("logits = scale * image_features @ F.normalize(text_features, dim=-1).T + bias\n" + SIGNS + END,
         "only one of the two"),
    loss("a, b = F.normalize(image_features, dim=0), F.normalize(text_features, dim=0)\n"
         "logits = scale * a @ b.T + bias\n" + SIGNS + END, "the columns have the length 1"),
    loss("a, b = F.normalize(image_features, dim=-1), F.normalize(text_features, dim=-1)\n"
         "logits = scale * a @ b.T + bias\n" + edited(SIGNS, ", device", ", dtype=logits.dtype, device") + END,
         "computed in float32"),
    loss(LOGITS + "signs = torch.eye(len(logits), device=logits.device) - 1\n" + END, "the signs are 0 and -1"),
    loss(LOGITS + "off = ~torch.eye(len(logits), dtype=torch.bool, device=logits.device)\n"
         "return -F.logsigmoid(-logits[off]).sum() / len(logits)", "the wrong pairs alone"),
    loss(LOGITS + "off = ~torch.eye(len(logits), dtype=torch.bool, device=logits.device)\n"
         "return -F.logsigmoid(-logits[off]).mean()", "the wrong pairs alone"),
    loss(LOGITS + "off = ~torch.eye(len(logits), dtype=torch.bool, device=logits.device)\n"
         "return -F.logsigmoid(logits.diagonal()).mean() - F.logsigmoid(-logits[off]).mean()", "have a mean each"),
    prior("return math.log(batch_size - 1)", "turned round"),
    prior("return -math.log(batch_size)", "this is ln p"),
    prior("return math.log(batch_size)", "the loss of guessing"),
    prior("return 1 / batch_size", "this is p itself"),
    prior("return 1 / (batch_size - 1)", "their logarithm is asked"),
    prior("return math.log(1 - 1 / batch_size)", "this is ln(1 - p)"),
    prior("return -math.log10(batch_size - 1)", "to base 10"),
    prior("return -math.log2(batch_size - 1)", "to base 2"),
    prior("return -math.log(batch_size**2 - 1)", "batch_size²"),
    prior("return -math.log(batch_size + 1)", "one is added"),
    prior("return -10.0", "which fits batches of 22,027 alone"),
    prior("return batch_size - 1", "the odds of a wrong pair"),
    prior("return 1 / (1 + math.exp(-1 / batch_size))", "its inverse is asked"),
    prior("return torch.tensor(-math.log(batch_size - 1))", "not a tensor"),
    prior("return torch.log(batch_size)", "torch.log wants a tensor"),
    prior("bias = -math.log(batch_size - 1)", "is there a return?"),
    prior("return round(-math.log(batch_size - 1), 1)", "was rounded"),
    prior("return round(-math.log(batch_size - 1), 3)", "was rounded"),
    prior("return -int(math.log(batch_size - 1))", "was rounded"),
    prior("return max(-math.log(batch_size - 1), -10.0)", ""),
    prior("p = 1 / batch_size\nreturn math.log(p) / (1 - p)", "of the quotient"),
    prior("p = 1 / batch_size\nreturn math.log(p) / math.log(1 - p)", "not a quotient of two"),
    prior("p = 1 // batch_size\nreturn math.log(p / (1 - p))", "came out as 0 or less", "batch of two"),
    prior("p = 1 / batch_size\nreturn math.log(p / 1 - p)", "came out as 0 or less", "batch of two"),
    prior("return -math.log(batch_size - 2)", "asked for a batch of two"),
    asked("query, _, _ = self.attn.split(probe)\n_, key, value = self.attn.split(x)",
          "query, key, value = self.attn.split(x)", "a vector for each token", "missing"),
    pool("return x.mean(dim=1)", "the mean of the tokens"),
    pool("x = x.mean(dim=1)\n" + LAST, "the mean of the tokens"),
    pool("x = self.attn(x)\nreturn (x + self.mlp(self.ln(x))).mean(dim=1)", "every token asked"),
    pool("x = self.attn(x).mean(dim=1)\n" + LAST, "every token asked"),
    pool("x = self.attn(x)[:, 0]\n" + LAST, "as a CLS would"),
    pool("x = x[:, 0]\n" + LAST, "as if it were CLS"),
    asked("_, key, value = self.attn.split(x)", "_, key, value = self.attn.split(probe)", "the probe asked itself"),
    pool("probe = self.probe.expand(len(x), 1, -1)\nx = self.attn(torch.cat([probe, x], dim=1))[:, 0]\n" + LAST,
         "it also answers"),
    asked("query, _, _ = self.attn.split(probe)\n_, key, value = self.attn.split(x)",
          "query, _, _ = self.attn.split(x)\n_, key, value = self.attn.split(probe)", "the tokens asked the probe"),
    pool("probe = self.probe.expand(len(x), 1, -1)\nquery = self.attn.split(x)[0]\n"
         "_, key, value = self.attn.split(probe)\nx = self.attn.merge(attention(query, key, value))[:, 0]\n" + LAST,
         "the tokens asked the probe"),
    asked("self.attn.split(x)", "self.attn.split(self.ln(x))", "the tokens were normed before"),
    asked("self.attn.split(probe)", "self.attn.split(self.ln(probe))", "the probe was normed before"),
    pool(edited(edited(ASK, "split(x)", "split(self.ln(x))"), "split(probe)", "split(self.ln(probe))") + LAST,
         "probe and tokens were normed"),
    asked("attention(query,", "attention(query / query.shape[-1] ** 0.5,", "divided twice"),
    asked("attention(query, key, value)", "(query @ key.mT).softmax(dim=-1) @ value", "were not divided"),
    asked("attention(query, key, value)", "(query @ key.mT / x.shape[-1] ** 0.5).softmax(dim=-1) @ value",
          "the root of width"),
    asked("self.probe.expand", "torch.randn_like(self.probe).expand", "random numbers were drawn"),
    asked("probe = self.probe.expand(len(x), 1, -1)", "probe = torch.randn(len(x), 1, x.shape[-1])",
          "random numbers were drawn"),
    pool(ASK + "return probe.squeeze(1) + self.mlp(self.ln(x))", "was added to the probe"),
    pool(ASK + "return x + self.ln(self.mlp(x))", "behind the MLP"),
    pool(ASK + "return 2 * x + self.mlp(self.ln(x))", "was added twice"),
    pool(edited(ASK, "x = self", "z = self") + "return x.mean(dim=1) + self.mlp(self.ln(z))", "not what attention"),
    pool(ASK + "x = x + self.mlp(self.ln(x))\n" + LAST, "the MLP was used twice"),
    pool(ASK + "return x + self.mlp(self.mlp(self.ln(x)))", "the MLP was used twice"),
    asked("attention(query, key, value)", "attention(query, value, key)", "keys and values are swapped"),
    asked("_, key, value = self", "_, value, key = self", "keys and values are swapped"),
    asked("self.attn.merge(attention(query, key, value))", "attention(query, key, value).transpose(1, 2).flatten(2)",
          "were not mixed"),
    pool(ASK + "return x", "the MLP is missing"),
    pool(ASK + "return self.mlp(self.ln(x))", "the sum is missing"),
    pool(ASK + "return x + self.mlp(x)", "the norm is missing"),
    pool(ASK + "x = self.ln(x)\nreturn x + self.mlp(x)", "the norm stands before the sum"),
    pool(ASK + "return self.ln(x + self.mlp(x))", "the norm comes last"),
    asked("x = self.attn.merge(attention(query, key, value)).squeeze(1)",
          "x = (probe + self.attn.merge(attention(query, key, value))).squeeze(1)", "no sum around the attention"),
    asked(".squeeze(1)", "", "a dimension too many"),
    asked(".squeeze(1)", ".squeeze()", "batch of one"),
    pool(ASK + "return (x + self.mlp(self.ln(x))).mean(dim=0)", "one vector for the whole batch"),
    pool("x = self.attn(x)\n" + LAST, "a vector for each token"),
    pool("x = self.attn(self.probe, x, x)\n" + LAST, "every token asks"),
    pool(ASK + "x + self.mlp(self.ln(x))", "is there a return?"),
    asked("query, _, _ = self.attn.split(probe)",
          "query = probe.unflatten(-1, (self.attn.heads, -1)).transpose(1, 2)", "like a token"),
    asked("self.probe.expand(len(x), 1, -1)", "self.probe.detach().expand(len(x), 1, -1)", "does not reach probe"),
]  # fmt: skip

CORRECT = [
    loss(LOGITS + "eye = torch.eye(len(logits), device=logits.device)\n"
         "return F.binary_cross_entropy_with_logits(logits, eye, reduction='sum') / len(logits)"),
    loss(LOGITS + "signs = -torch.ones_like(logits)\nsigns.fill_diagonal_(1.0)\n"
         "return F.softplus(-signs * logits).sum(dim=1).mean()"),
    loss("a, b = F.normalize(image_features.float(), dim=-1), F.normalize(text_features.float(), dim=-1)\n"
         "logits = scale * torch.einsum('id,jd->ij', a, b) + bias\n"
         "right, wrong = F.logsigmoid(logits.diagonal()), F.logsigmoid(-logits)\n"
         "return -(right.sum() + wrong.sum() - wrong.diagonal().sum()) / len(logits)"),
    loss(LOGITS + "total = 0\nfor i in range(len(logits)):\n    for j in range(len(logits)):\n"
         "        total = total - F.logsigmoid(logits[i, j] if i == j else -logits[i, j])\nreturn total / len(logits)"),
    prior("return -math.log(batch_size - 1)"),
    prior("p = 1 / batch_size\nreturn math.log(p / (1 - p))"),
    prior("p = 1 / batch_size\nreturn math.log(p) - math.log(1 - p)"),
    prior("return math.log(1 / (batch_size - 1))"),
    prior("return float(np.log(1 / batch_size) - np.log1p(-1 / batch_size))"),
    pool(ASK + "x = x + self.mlp(self.ln(x))\nreturn x"),
    pool("batch = x.shape[0]\nquery = self.attn.split(self.probe.repeat(batch, 1, 1))[0]\n"
         "parts = self.attn.split(x)\nx = self.attn.merge(attention(query, parts[1], parts[2]))\n"
         "x = x + self.mlp(self.ln(x))\nreturn x[:, 0]"),
    pool("weight, bias = self.attn.in_proj_weight, self.attn.in_proj_bias\n"
         "width, heads = x.shape[-1], self.attn.heads\n"
         "query = F.linear(self.probe, weight[:width], bias[:width]).expand(len(x), 1, -1)\n"
         "key, value = F.linear(x, weight[width:], bias[width:]).chunk(2, dim=-1)\n"
         "query, key, value = (z.unflatten(-1, (heads, -1)).transpose(1, 2) for z in (query, key, value))\n"
         "scores = query @ key.transpose(-2, -1) / (width // heads) ** 0.5\n"
         "found = (scores.softmax(dim=-1) @ value).transpose(1, 2).flatten(2)\n"
         "x = self.attn.out_proj(found)[:, 0]\n" + LAST),
]  # fmt: skip
