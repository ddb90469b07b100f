"""Answers to the exercise clip_loss: what answers.py has for the others."""

from minclip.course.planted_answers import Answer, indented


def loss(body: str, says: str = "", silent: str = "") -> Answer:
    body = "logits = similarity_logits(image_features, text_features, scale)\n" + body.strip()
    lines = indented(body)
    head = "def clip_loss(image_features, text_features, scale):\n"
    check = "    if len(image_features) != len(text_features):\n        raise ValueError('no pairs')\n"
    return Answer("clip_loss", f"{head}{check}{lines}\n", says, silent)


BOTH = "return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2"
TARGET = "labels = torch.arange(len(logits), device=logits.device)\n"

WRONG = [
    loss(TARGET + "return F.cross_entropy(logits, labels)", "picture-to-text half alone"),
    loss(TARGET + "return F.cross_entropy(logits.T, labels)", "text-to-picture half alone"),
    loss(TARGET + "return (F.cross_entropy(logits, labels) + F.cross_entropy(logits, labels)) / 2",
         "picture-to-text half alone"),
    loss(TARGET + "return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T.T, labels)) / 2",
         "picture-to-text half alone", "text-to-picture half alone"),
    loss(TARGET + "return max(F.cross_entropy(logits, labels), F.cross_entropy(logits.T, labels))", "the larger one",
         "alone"),
    loss(TARGET + "return min(F.cross_entropy(logits, labels), F.cross_entropy(logits.T, labels))", "the smaller one",
         "alone"),
    loss(TARGET + "return F.cross_entropy(logits, labels), F.cross_entropy(logits.T, labels)", "two losses come back"),
    loss(TARGET + "return [F.cross_entropy(x, labels) for x in (logits, logits.T)]", "two losses come back"),
    loss(TARGET + "return torch.stack([F.cross_entropy(x, labels) for x in (logits, logits.T)])", "two losses"),
    loss(TARGET + "rows, columns = F.cross_entropy(logits, labels), F.cross_entropy(logits.T, labels)\n"
         "return (rows + columns) / 2, rows, columns", "it is asked alone", "two losses"),
    loss(TARGET + "return F.cross_entropy(logits.T, labels), F.cross_entropy(logits, labels)", "is no tensor",
         "it is asked alone"),
    loss(TARGET + BOTH.replace("/ 2", "/ len(logits)"), "divided by it already"),
    loss(TARGET + BOTH.replace(", labels)", ", labels, label_smoothing=0.1)"), "", "a small number"),
    loss("labels = torch.arange(len(logits) - 1, device=logits.device)\n" + BOTH, "six pairs, and five labels"),
    loss(TARGET + "return F.cross_entropy(torch.cat([logits, logits.T]), labels)", "twelve rows, and six labels"),
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
    loss("eye = torch.eye(len(logits), device=logits.device)\n"
         "return -(eye * (logits.log_softmax(1) + logits.log_softmax(0))).sum() / 2", "the sum over the batch"),
    loss("own = logits.diagonal()\nreturn -(own - (logits.exp().sum(1) - own.exp()).log()).mean()", "", "alone"),
    loss("labels = 2 * torch.eye(len(logits), device=logits.device) - 1\n"
         "return -F.logsigmoid(labels * logits).sum() / len(logits)", "", "no negatives"),
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
    *(loss(f"rows, columns = logits.softmax(dim=1).diagonal(), logits.softmax(dim=0).diagonal()\n"
           f"return -((rows + {small}).log() + (columns + {small}).log()).mean() / 2", "a small number")
      for small in ("1e-8", "1e-12", "1e-6")),
    loss("rows, columns = logits.softmax(dim=1).diagonal(), logits.softmax(dim=0).diagonal()\n"
         "return -(rows.clamp(min=1e-7).log() + columns.clamp(min=1e-7).log()).mean() / 2", "a small number"),
    loss(TARGET + "return (F.cross_entropy(logits, labels) - F.cross_entropy(logits.T, labels)) / 2", "",
         "a small number"),
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
    loss(TARGET + "labels = labels.softmax(dim=0)\n" + BOTH, "not implemented for 'Long'", "got the labels where"),
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
    *(loss(f"labels = torch.full((len(logits),), {label}, device=logits.device)\n" + BOTH,
           f"the labels are all {label}")
      for label in (1, 5)),
    loss("labels = torch.ones_like(logits)\n" + BOTH, "every text is marked as right"),
    loss("labels = torch.arange(image_features.shape[1])\n" + BOTH, "and sixteen labels"),
    loss("labels = torch.arange(logits.numel())\n" + BOTH, "and 36 labels"),
    loss("labels = torch.arange(logits)\n" + BOTH, "arange wants a number"),
    loss("labels = torch.arange(logits.shape)\n" + BOTH, "arange wants a number"),
    loss(TARGET + BOTH.replace("logits.T", "logits.T.detach()"), "only one of the two halves has a way back"),
    loss(TARGET + BOTH.replace("logits,", "logits.detach(),"), "only one of the two halves has a way back"),
    loss(TARGET + BOTH.replace("labels) +", "labels).item() +"), "only one of the two halves has a way back"),
]  # fmt: skip

CORRECT = [
    loss(TARGET + "return 0.5 * F.cross_entropy(logits, labels) + 0.5 * F.cross_entropy(logits.T, labels)"),
    loss("rows = logits.log_softmax(dim=1).diagonal()\ncolumns = logits.log_softmax(dim=0).diagonal()\n"
         "return -(rows + columns).mean() / 2"),
    loss("labels = torch.arange(len(logits)).to(logits.device)\n"
         "return torch.tensor(0.5) * (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels))"),
    loss("criterion = nn.CrossEntropyLoss()\nlabels = torch.arange(logits.shape[0]).to(logits)\n"
         "labels = labels.long()\nreturn torch.stack([criterion(x, labels) for x in (logits, logits.t())]).mean()"),
    loss("eye = torch.eye(len(logits), device=logits.device)\n"
         "return (F.cross_entropy(logits, eye) + F.cross_entropy(logits.T, eye)) / 2"),
    loss(TARGET + "return F.cross_entropy(torch.cat([logits, logits.T]), torch.cat([labels, labels]))"),
    loss("own = logits.diagonal()\n"
         "return ((logits.logsumexp(1) - own).mean() + (logits.logsumexp(0) - own).mean()) / 2"),
    loss("labels = torch.tensor(list(range(len(logits))), device=image_features.device)\n"
         "total = sum(F.nll_loss(x.log_softmax(-1), labels) for x in (logits, logits.T))\nreturn total.div(2)"),
    Answer("clip_loss", "def clip_loss(images, texts, logit_scale):\n"  # names of parameters are free
           "    if len(images) != len(texts):\n        raise ValueError('no pairs')\n"
           "    logits = similarity_logits(images, texts, logit_scale)\n"
           "    pair = torch.arange(len(logits), device=logits.device)\n"
           "    return (F.cross_entropy(logits, pair) + F.cross_entropy(logits.T, pair)) / 2\n"),
]  # fmt: skip
