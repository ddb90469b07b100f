"""Answers to the exercise 3.1."""

from minclip.course.planted_answers import Answer, indented


def attend(body: str, says: str = "", silent: str = "", before: str = "") -> Answer:
    code = f"{before}def attention(query, key, value, mask=None):\n{indented(body)}"
    return Answer("attention", code, says, silent)


SCORES = "scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5\n"
ADD = "if mask is not None:\n    scores = scores + mask\n"
RAW = "raw = query @ key.transpose(-2, -1)\nmask = 0 if mask is None else mask\n"
MIX = "return scores.softmax(dim=-1) @ value"
IF_MASK = SCORES + "shares = scores.softmax(dim=-1)\nif mask is not None:\n"
WITH = SCORES + "if mask is not None:\n    scores = "

EXPS = SCORES + ADD + "e = scores.exp()\n"

MEMORY = "KEPT = {}\n\n\n"  # above the answer

WRONG = [
    attend(RAW + "return (raw + mask).softmax(dim=-1) @ value", "√head_width is missing"),
    attend(RAW + "return (raw / query.shape[-1] + mask).softmax(dim=-1) @ value", "it should be its square root"),
    attend(RAW + "return (raw * query.shape[-1] ** 0.5 + mask).softmax(dim=-1) @ value", "you multiply by √head_width"),
    attend(RAW + "return (raw + mask).softmax(dim=-1) @ value / query.shape[-1] ** 0.5",
            "√head_width divides the result"),
    attend(RAW + "width = query.shape[1] * query.shape[-1]\n"
           "return (raw / width**0.5 + mask).softmax(dim=-1) @ value", "all heads' width"),
    attend(RAW + "return (raw / query.shape[-2] ** 0.5 + mask).softmax(dim=-1) @ value", "the number of tokens"),
    attend(RAW + "return (raw / query.shape[1] ** 0.5 + mask).softmax(dim=-1) @ value", "the number of heads"),
    attend(RAW + "return (raw / value.shape[-1] ** 0.5 + mask).softmax(dim=-1) @ value", "root of value's width"),
    attend(SCORES + ADD + "return scores.softmax(dim=-2) @ value", "runs over the queries"),
    attend(SCORES + ADD + "return scores.softmax(dim=1) @ value", "runs over the heads"),
    attend("scores = key @ query.transpose(-2, -1) / query.shape[-1] ** 0.5\n"
            "" + ADD + MIX, "query and key have changed places"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1)", "they have not met value yet"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1) @ key", "value is not used"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1) @ query", "value is not used"),
    attend(SCORES + ADD + "return scores @ value", "the softmax is missing"),
    attend(SCORES + ADD + "return (scores @ value).softmax(dim=-1)", "the softmax comes after value"),
    attend(SCORES + MIX, "this mask has no effect"),
    attend(WITH + "scores * mask\n" + MIX, "you multiply the scores by the mask"),
    attend(IF_MASK + "    shares = shares + mask\nreturn shares @ value", "the mask is added to the shares"),
    attend(IF_MASK + "    shares = shares * mask\nreturn shares @ value", "you multiply the shares"),
    attend(WITH + "scores.masked_fill(mask == 0, -math.inf)\n" + MIX, "0 means allowed"),
    attend(WITH + "scores - mask\n" + MIX, "the mask is subtracted"),
    attend(WITH + "scores + mask.mT\n" + MIX, "the mask is transposed"),
    attend(WITH + "scores.masked_fill(mask == -math.inf, -math.inf)\n" + MIX, "only -inf has an effect"),
    attend(WITH + "scores.masked_fill(mask != 0, -math.inf)\n" + MIX, "every number that is not 0 forbids"),
    attend(RAW + "return ((raw + mask) / query.shape[-1] ** 0.5).softmax(dim=-1) @ value",
            "is added before the division"),
    attend(SCORES + "if mask:\n    scores = scores + mask\n" + MIX, "a mask has many numbers"),
    attend(SCORES + "scores = scores + mask\n" + MIX, "mask is None where there is none"),
    attend(SCORES.replace("query.shape[-1] ** 0.5",
            "torch.sqrt(query.shape[-1])") + ADD + MIX, "this is a plain number"),
    attend(SCORES.replace("-2, -1", "1, 2") + ADD + MIX, "the tokens in one factor"),
    attend(SCORES + ADD + "shares = scores.exp()\nreturn shares @ value / shares.sum(-1, keepdim=True)", "overflows"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1).detach() @ value", "no gradient reaches query"),
    attend("query /= query.shape[-1] ** 0.5\nscores = query @ key.transpose(-2, -1)\n" + ADD + MIX, "edits its input"),
    attend(SCORES + ADD + "scores.softmax(dim=-1) @ value", "is there a return?"),
    attend("scores = query @ key / query.shape[-1] ** 0.5\n" + ADD + MIX, "that do not fit"),
    attend(SCORES + ADD + "return scores.softmax(dim=0) @ value", "runs over the pictures"),
    attend(SCORES + ADD + "return scores", "these are the scores"),
    attend(SCORES + ADD + "scores = scores - scores.mean(-1, keepdim=True)\n" + MIX, "with a causal mask", silent="→"),
    attend("b, h, t, d = query.shape\nq, k, v = (x.view(b * h, -1, x.shape[-1]) for x in (query, key, value))\n"
           "scores = (q @ k.mT / d**0.5).view(b, h, t, -1)\n" + ADD
           + "return (scores.softmax(-1).view(b * h, t, -1) @ v).view(b, h, t, -1)", "a view moves no number"),
    attend(SCORES + "if mask is not None and mask.ndim == 2:\n    scores = scores + mask\n"
            "" + MIX, "this mask has no effect"),
    attend(SCORES + ADD + "return scores.sigmoid() @ value", "a sigmoid is no softmax"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1).softmax(dim=-1) @ value", "softmax is taken twice"),
    attend(SCORES + ADD + "return F.log_softmax(scores, dim=-1) @ value", "the logarithm of the shares"),
    attend(SCORES + ADD + "return (scores.softmax(dim=-1) @ value).squeeze()", "batch is lost"),
    attend(SCORES + ADD + "return (scores.softmax(dim=-1) @ value).squeeze(1)", "dimensions of size 1 are lost"),
    attend(SCORES + ADD + "return torch.squeeze(scores.softmax(dim=-1) @ value, dim=2)",
            "dimensions of size 1 are lost"),
    attend(SCORES + ADD + "shares = scores.softmax(dim=-1)\nreturn shares @ value, shares", "no tensor"),
    attend(SCORES.replace("query @ key", "query.detach() @ key") + ADD + MIX, "no gradient reaches query"),
    attend(SCORES + ADD + MIX.replace("value", "value.data"), "no gradient reaches value"),
    attend(SCORES.replace("-2, -1", "1, 2").replace("key.transpose(1, 2)",
            "key.T") + ADD + MIX, "the tokens in one factor"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1).transpose(-2, -1) @ value", silent="changed places"),
    attend(SCORES + ADD + "return value @ scores.softmax(dim=-1)", "that do not fit"),
    attend("scale = torch.tensor([query.shape[-1] ** 0.5])\nscores = query @ key.transpose(-2, -1) / scale\n"
            "" + ADD + MIX,
           "would fail on a GPU"),
    attend(SCORES + "if mask is not None:\n    scores = scores + torch.tensor(mask.tolist())\n"
            "" + MIX, "would fail on a GPU"),
    attend(SCORES + ADD + MIX + ".cpu()", "would fail on a GPU"),
    attend(SCORES + "key_ = query.shape\nif mask is not None:\n    KEPT[key_] = mask\n"
           "if key_ in KEPT:\n    scores = scores + KEPT[key_]\n" + MIX, silent="is not used", before=MEMORY),
    attend("if query.shape not in KEPT:\n"
            "    KEPT[query.shape] = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5\n"
           "scores = KEPT[query.shape]\n" + ADD + MIX, before=MEMORY, silent="→ √"),
    attend("torch.set_grad_enabled(False)\n" + SCORES + ADD + MIX, "changes a setting"),
    attend(SCORES + "if mask is not None:\n    scores += mask\n" + "mask = None\n" + MIX.replace("-1",
            "-1)[..., :7].clone("),
           silent="is missing"),
    attend(SCORES + "scores = scores - scores.max()\n" + ADD
           + "shares = scores.exp()\nreturn shares @ value / shares.sum(-1, keepdim=True)", silent="overflows"),
    attend("scores = torch.einsum('bhqd,bhkd->bhqk', query, key) / query.shape[-1] ** 0.5\n" + ADD
           + "return torch.einsum('bhqk,bhqd->bhkd', scores.softmax(-1), value)", silent="changed places"),
    attend("return F.scaled_dot_product_attention(query, key, value)", "this mask has no effect"),
    attend("return F.scaled_dot_product_attention(query, key, value, is_causal=mask is not None)",
            silent="is not used"),
    attend("return F.scaled_dot_product_attention(query, key, value, mask, dropout_p=0.1)", silent="√head_width"),
    attend("rows = []\nfor i in range(query.shape[2] - 1):\n    scores = (query[:, :, i, None] * key).sum(-1)\n"
           "    scores = scores / key.shape[-1] ** 0.5\n"
            "    rows.append((scores.softmax(-1)[..., None] * value).sum(2))\n"
           "return torch.stack(rows, dim=2)", "wrong shape"),
    # a sum without keepdim
    attend(EXPS + "return e / e.sum(dim=-1) @ value", "has lost its dimension", silent="overflows"),
    attend(SCORES + ADD + "scores = scores - scores.max(dim=-1).values\n" + MIX, "has lost its dimension"),
    attend(SCORES + ADD + "return (scores - torch.logsumexp(scores, dim=-1)).exp() @ value", "has lost its dimension"),
    attend(EXPS + "return e / e.sum() @ value", "of everything together"),
    attend(EXPS + "return e / e.sum(dim=(-2, -1), keepdim=True) @ value", "of all queries together"),
    attend(EXPS + "return e / e.sum(dim=-2, keepdim=True) @ value", "runs over the queries"),
    attend(EXPS + "return e / e.mean(dim=-1, keepdim=True) @ value", silent="→"),
    # another root
    attend(SCORES.replace("** 0.5", "** 1 / 2") + ADD + MIX, "** comes before /"),
    attend(SCORES.replace("** 0.5", "** (1 // 2)") + ADD + MIX, "√head_width is missing"),
    attend(SCORES.replace("** 0.5", "// 2") + ADD + MIX, silent="→"),
    attend(SCORES.replace("query.shape[-1] ** 0.5", "8") + ADD + MIX, "8 is the root of 64"),
    attend("query = query / query.shape[-1] ** 0.5\n" + SCORES + ADD + MIX, "in all you divide by head_width"),
    # another dtype
    attend("query, key, value = query.double(), key.double(), value.double()\n" + SCORES + ADD + MIX,
           "the result is float64"),
    attend(SCORES + ADD + "return scores.double().softmax(dim=-1) @ value.double()", "the result is float64"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1, dtype=torch.float32) @ value", "float32 meets float64"),
    attend(SCORES + ADD + "return scores.double().softmax(dim=-1) @ value", silent="the result is float64"),
    # masks in other forms
    attend(WITH + "scores.masked_fill(mask, float('-inf'))\n" + MIX, "and not yes and no"),
    attend(WITH + "scores.masked_fill(mask == 0, -1e9)\n" + MIX, "0 means allowed"),
    attend(WITH + "torch.where(mask == 0, scores, -1e9)\n" + MIX, "every number that is not 0 forbids"),
    attend(WITH + "scores + mask[:, None]\n" + MIX, "fits the scores as it is", silent="changed places"),
    # other mixtures
    attend(SCORES + ADD + "return scores.softmax(dim=-1) * value", "number by number"),
    attend(SCORES + ADD + "return scores.softmax(dim=-1).mean(dim=1, keepdim=True) @ value", "all heads' shares"),
    attend(SCORES + ADD + "return (scores.softmax(dim=-1) @ value).transpose(1, 2)", "tokens come before heads"),
    attend(SCORES + ADD + "return (scores.softmax(dim=-1) @ value).transpose(1, 2).flatten(2)", "stand side by side"),
    attend("query, key = F.normalize(query, dim=-1), F.normalize(key, dim=-1)\n" + SCORES + ADD + MIX,
           "brought to length 1"),
    attend("scores = F.cosine_similarity(query[..., :, None, :], key[..., None, :, :], dim=-1)\n" + ADD + MIX,
           "these scores are cosines"),
    attend("scores = torch.bmm(query, key.transpose(1, 2)) / query.shape[-1] ** 0.5\n" + ADD + MIX,
           "three dimensions alone"),
    attend("scores = -torch.cdist(query, key) / query.shape[-1] ** 0.5\n" + ADD + MIX, silent="→"),
    attend(SCORES + ADD + "return F.gumbel_softmax(scores, dim=-1) @ value", silent="→"),
    attend(WITH + "scores + mask.expand(query.shape[0], 1, -1, -1)\n" + MIX, "expand", silent="has no effect"),
    attend(WITH + "scores + (mask[:, :1] if mask.ndim == 4 else mask)\n" + MIX, "with a mask for each head",
           silent="has no effect"),
    attend(SCORES + ADD + MIX.replace("scores", "scores.clamp(-50, 50)"), "for large scores", silent="overflows"),
    attend(SCORES.replace("query.shape[-1]", "5") + ADD + MIX, "20 tokens", silent="→"),
    attend(SCORES + "if mask is not None:\n    shape = query.shape[2], key.shape[2]\n"
           "    mask = torch.full(shape, -math.inf, device=query.device).triu(1)\n    scores = scores + mask\n" + MIX,
           "with a mask for each picture", silent="has no effect"),
    *(attend(f"scores = query @ key.{turned} / query.shape[-1] ** 0.5\n" + ADD + MIX, f"{says} in one factor", silent)
      for turned, says, silent in (
          ("transpose(1, 2)", "is the tokens", "batch"), ("permute(0, 2, 1, 3)", "is the tokens", "batch"),
          ("transpose(0, 1)", "is the batch", "tokens"), ("permute(1, 0, 3, 2)", "is the batch", "tokens"),
          ("transpose(-1, -3)", "is head_width", "batch"), ("T", "is the tokens", "batch"),
      )),
    attend(SCORES + ADD + "return scores.softmax(dim=-1) @ value.transpose(1, 2)", "is the tokens", "last"),
    attend("scores = query.transpose(1, 2) @ key.mT / query.shape[-1] ** 0.5\n" + ADD + MIX, "is the tokens"),
    attend(WITH + "scores.masked_fill(mask == -torch.inf, -torch.inf)\n" + MIX, "only -inf has an effect", "no effect"),
    attend(WITH + "scores.masked_fill(mask < -100, -1e9)\n" + MIX, "only -inf has an effect", "no effect"),
    attend(SCORES + MIX, "this mask has no effect", "-inf"),
]  # fmt: skip

CORRECT = [
    attend("return F.scaled_dot_product_attention(query, key, value, mask)"),
    attend("d = torch.sqrt(torch.tensor(query.shape[-1]))\nscores = torch.einsum('bhqd,bhtd->bhqt', query, key) / d\n"
           + ADD + "return torch.einsum('bhqt,bhtd->bhqd', torch.softmax(scores, -1), value)"),
    attend("rows = []\nfor i in range(query.shape[2]):\n"
           "    scores = (query[:, :, i, None] * key).sum(dim=-1) / math.sqrt(key.size(-1))\n"
           "    if mask is not None:\n        scores = scores + mask[..., i, :]\n"
           "    rows.append((scores.softmax(dim=-1)[..., None] * value).sum(dim=2))\nreturn torch.stack(rows, dim=2)"),
    attend("scores = torch.matmul(query, key.permute(0, 1, 3, 2)) * key.shape[-1] ** -0.5\n" + ADD
           + "scores = scores - scores.amax(dim=-1, keepdim=True)\nshares = torch.exp(scores)\n"
           "return shares / shares.sum(dim=-1, keepdim=True) @ value"),
    attend("pictures = []\nfor b in range(len(query)):\n    heads = []\n    for h in range(query.shape[1]):\n"
           "        scores = query[b, h] @ key[b, h].T / math.sqrt(query.shape[-1])\n        if mask is not None:\n"
           "            every = mask.expand(len(query), query.shape[1], *scores.shape)\n"
           "            scores = scores + every[b, h]\n        heads.append(torch.softmax(scores, -1) @ value[b, h])\n"
           "    pictures.append(torch.stack(heads))\nreturn torch.stack(pictures)"),
    attend("mask = torch.zeros(()) if mask is None else mask\nroot = torch.tensor(query.shape[-1]).sqrt()\n"
           "return ((query @ key.mT / root) + mask).softmax(-1) @ value"),
    attend("import numpy as np\nscores = query @ key.transpose(-1, -2) / np.sqrt(query.shape[-1])\n" + ADD + MIX),
    attend("scale = query.shape[-1] ** 0.25\nscores = (query / scale) @ (key / scale).transpose(-2, -1)\n"
           "if mask is not None:\n    scores += mask\n" + MIX),
    attend(SCORES + ADD + "return (scores - scores.logsumexp(-1, keepdim=True)).exp() @ value"),
    attend(SCORES + ADD + "e = (scores - scores.max(dim=-1, keepdim=True).values).exp()\n"
           "return (e @ value) / e.sum(dim=-1, keepdim=True)"),
]  # fmt: skip
