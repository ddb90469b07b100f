"""Answers to the exercise top_k_correct."""

from minclip.course.planted_answers import Answer, answer_of

HEAD = """def top_k_correct(logits, labels, k):
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or len(labels) == 0:
        raise ValueError("logits must be [n, classes] and labels [n]")
    if k < 1:
        raise ValueError("k must be at least 1")
"""


def counted(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("top_k_correct", HEAD, body, says, silent)


OWN = "right = logits.gather(1, labels[:, None])\n"
COUNTS = OWN + "ahead = (logits > right).sum(dim=1)\nlevel = (logits == right).sum(dim=1)\n"
TOPK = "best = logits.topk(min(k, logits.shape[1]), dim=1).indices\n"
LOTS = "return ((k - ahead) / level).clamp(0, 1)"

WRONG = [
    counted(COUNTS + LOTS + ".mean()", "one number for all pictures"),
    counted(COUNTS + LOTS + ".sum()", "one number for all pictures"),
    counted(COUNTS + LOTS + ".mean().item()", "is no tensor"),
    counted("return (logits.argmax(dim=1) == labels).float()", "only the highest class counts"),
    counted("best = (-logits).topk(min(k, logits.shape[1]), dim=1).indices\n"
            "return (best == labels[:, None]).any(dim=1).float()", "the k lowest"),
    counted("order = logits.argsort(dim=1)\n"
            "return (order[:, :k] == labels[:, None]).any(dim=1).float()", "the k lowest"),
    counted(COUNTS + "return (ahead <= k).float()", "one class more than k"),
    counted("order = logits.argsort(dim=1, descending=True)\n"
            "return (order[:, :k + 1] == labels[:, None]).any(dim=1).float()", "one class more than k"),
    counted("order = logits.argsort(dim=1, descending=True)\n"
            "return (order[:, :k - 1] == labels[:, None]).any(dim=1).float()", "one class fewer than k"),
    counted(COUNTS + "return 1 - ((k - ahead) / level).clamp(0, 1)", "are exchanged"),
    counted(COUNTS + "return ahead.float()", "these are places"),
    counted(COUNTS + "return (k - ahead).float()", "a count of places that are left"),
    counted(COUNTS + "return (k - ahead) / level", "a count of places that are left"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(max=1)", "never below 0"),
    counted(TOPK + "return (best == labels[:, None]).any(dim=1)", "true and false"),
    counted(TOPK + "return (best == labels[:, None]).any(dim=1).long()", "whole numbers"),
    counted(TOPK + "return (best == labels[:, None]).float()", "true or false for every place"),
    counted(TOPK + "return (best == labels[:, None]).any(dim=1).float()", "classes", "as if no level class"),
    counted("order = logits.argsort(dim=1, descending=True, stable=True)[:, :k]\n"
            "return (order == labels[:, None]).any(dim=1).float()", "stands first in the list"),
    counted(OWN + "return ((logits > right).sum(dim=1) < k).float()", "is always right"),
    counted("kth = logits.sort(dim=1, descending=True).values[:, min(k, logits.shape[1]) - 1]\n"
            "return (logits[torch.arange(len(labels)), labels] >= kth).float()", "is always right", "left to topk"),
    counted(OWN + "return ((logits >= right).sum(dim=1) <= k).float()", "is never right"),
    counted(COUNTS + "return torch.where(ahead < k, k / level, torch.zeros(())).clamp(0, 1)", "take places, too"),
    counted(COUNTS + "return torch.where(ahead < k, 1 / level, torch.zeros(()))", "one place is shared"),
    counted(COUNTS + "return torch.where(ahead + level <= k, 1.0, torch.where(ahead < k, 1 / level, 0.0))",
            "one place is shared"),
    counted(COUNTS + "return torch.where(ahead + level <= k, 1.0, torch.where(ahead < k, 0.5, 0.0))", "as a half"),
    counted(OWN + "ahead = (logits > right).sum(dim=1)\nlevel = (logits == right).sum(dim=1) - 1\n"
            "return torch.where(level == 0, (ahead < k).float(), ((k - ahead) / level).clamp(0, 1))",
            "level with itself"),
    counted(COUNTS + "return ((k - ahead).to(logits.dtype) / level).clamp(0, 1)", "the dtype of the logits"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).type_as(logits)", "the dtype of the logits"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).half()", "float16, where"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).bfloat16()", "bfloat16, where"),
    counted(COUNTS + "return ((k - ahead) / logits.shape[1]).clamp(0, 1)", "among all classes"),
    counted("hits = torch.zeros(len(labels), device=logits.device, dtype=logits.dtype)\n" + COUNTS
            + "hits += (k - ahead) / level\nreturn hits.clamp(0, 1)", "the dtype of the logits"),
    counted(COUNTS.replace("(logits == right)", "torch.isclose(logits, right)") + LOTS, "merely close"),
    counted(COUNTS.replace("(logits == right)", "((logits - right).abs() < 1e-3)") + LOTS, "merely close"),
    counted("logits = logits.round(decimals=3)\n" + COUNTS + LOTS, "merely close"),
    counted(COUNTS + "return ((k - ahead) // level).clamp(0, 1).float()", "became 0", "is counted as ahead"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).floor()", "became 0"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).int().float()", "became 0"),
    counted(COUNTS + "return ((k - ahead) >= level).float()", "became 0"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).ceil()", "became 1", "became 0"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).round()", "are rounded", "became"),
    counted(OWN + "ahead = (logits > right).sum(dim=1)\nlevel = (logits == right).sum(dim=1) - 1\n" + LOTS,
            "level with itself"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(min=0)", "above 1", "below 0"),
    counted(COUNTS + "return ((k - ahead) / level).relu()", "above 1"),
    counted(COUNTS.replace("dim=1", "dim=0") + LOTS, "over the pictures"),
    counted(OWN + "return ((logits > right).sum(0) < k).float()", "over the pictures"),
    counted(COUNTS.replace("dim=1", "dim=1, keepdim=True") + LOTS, "a dimension is left over"),
    counted(OWN + "return ((logits > right).sum(dim=1, keepdim=True) < k).float()", "a dimension is left over"),
    counted(TOPK + "return (best == labels).any(dim=1).float()", "as a column beside them"),
    counted("right = logits[labels]\nreturn ((logits > right).sum(dim=1) < k).float()", "of another picture"),
    counted("right = logits.gather(1, labels)\nreturn ((logits > right).sum(dim=1) < k).float()",
            "one row of indices"),
    counted("right = logits.gather(0, labels[None])\nreturn ((logits > right).sum(dim=1) < k).float()",
            "goes along the classes"),
    counted("right = logits[torch.arange(len(labels)), labels]\n"
            "return ((logits > right).sum(dim=1) < k).float()", "compared with each column"),
    counted("shares = logits.softmax(dim=1)\nright = shares.gather(1, labels[:, None])\n"
            "ahead, level = (shares > right).sum(1), (shares == right).sum(1)\n" + LOTS, "makes numbers equal"),
    counted("if k >= logits.shape[1]:\n    return torch.ones(len(labels))\n" + COUNTS + LOTS, "made on the CPU"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).double()", "float64, where"),
    counted(COUNTS.replace("logits > right", "logits >= right") + LOTS, "as ahead of itself"),
    counted("generator = torch.Generator().manual_seed(0)\n" + COUNTS
            + "return (torch.rand(len(labels), generator=generator) < ((k - ahead) / level).clamp(0, 1)).float()",
            "", "stands first in the list"),
    counted("best = logits.topk(k, dim=1).indices\nhits = (best == labels[:, None]).any(dim=1)\nreturn hits.float()",
            "more than there are"),
    counted(COUNTS + "return ((k - ahead) / level).clamp(0, 1).squeeze()", "a dimension of size 1 is lost"),
    counted(COUNTS + "hits = ((k - ahead) / level).clamp(0, 1)", "is there a return?"),
    counted("logits -= logits.gather(1, labels[:, None])\nahead = (logits > 0).sum(dim=1)\n"
            "level = (logits == 0).sum(dim=1)\n" + LOTS, "edits its input"),
    counted("ranks = torch.tensor([int((row > row[label]).sum()) for row, label in zip(logits, labels)])\n"
            "return (ranks < k).float()", "is always right"),
    counted("hits = []\nfor row, label in zip(logits.tolist(), labels.tolist()):\n"
            "    ahead = sum(x > row[label] for x in row)\n    level = sum(x == row[label] for x in row)\n"
            "    hits.append(min(max((k - ahead) / level, 0), 1))\nreturn hits", "is no tensor"),
    counted("hits = []\nfor row, label in zip(logits.tolist(), labels.tolist()):\n"
            "    ahead = sum(x > row[label] for x in row)\n    level = sum(x == row[label] for x in row)\n"
            "    hits.append(min(max((k - ahead) / level, 0), 1))\nreturn torch.tensor(hits)", "a list of whole"),
    counted("hits = []\nfor row, label in zip(logits.tolist(), labels.tolist()):\n"
            "    ahead = sum(x > row[label] for x in row)\n    level = sum(x == row[label] for x in row)\n"
            "    hits.append(min(max((k - ahead) / level, 0.0), 1.0))\nreturn torch.tensor(hits)", "made on the CPU"),
    Answer("top_k_correct", "def top_k_correct(logits, labels, k):\n"
           "    right = logits.gather(1, labels[:, None])\n    ahead = (logits > right).sum(dim=1)\n"
           "    level = (logits == right).sum(dim=1)\n    return ((k - ahead) / level).clamp(0, 1)\n",
           "raises another error"),
]  # fmt: skip

CORRECT = [
    counted("right = logits[torch.arange(len(logits)), labels].unsqueeze(1)\n"
            "ahead, level = (logits > right).sum(1), logits.eq(right).sum(1)\n"
            "return torch.clamp((k - ahead) / level, min=0.0, max=1.0)"),
    counted(COUNTS + "chance = (k - ahead).float() / level\nchance[chance < 0] = 0\nchance[chance > 1] = 1\n"
            "return chance"),
    counted("hits = torch.zeros(len(labels), device=logits.device)\n"
            "for i in range(len(labels)):\n    own = logits[i, labels[i]]\n"
            "    ahead, level = (logits[i] > own).sum(), (logits[i] == own).sum()\n"
            "    hits[i] = torch.clamp((k - ahead) / level, 0, 1)\nreturn hits"),
    counted("ordered = logits.sort(dim=1, descending=True).values[:, :k]\n"
            + OWN + "taken = (ordered == right).sum(dim=1)\nreturn taken / (logits == right).sum(dim=1)"),
    counted("one_hot = F.one_hot(labels, logits.shape[1]).bool()\n"
            "right = logits.masked_fill(~one_hot, float('-inf')).amax(dim=1, keepdim=True)\n"
            "not_worse, ahead = (logits >= right).sum(dim=1), (logits > right).sum(dim=1)\n"
            "places = torch.minimum((k - ahead).clamp(min=0), not_worse - ahead)\n"
            "return (places / (not_worse - ahead)).to(torch.float32)"),
]  # fmt: skip
