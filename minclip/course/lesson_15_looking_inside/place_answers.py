"""Answers to lesson 15's exercises about places: rollout, occlusion, intersection over union."""

from minclip.course.planted_answers import Answer, answer_of, edited

ROLLOUT = """tokens = attentions.shape[-1]
same = torch.eye(tokens, dtype=attentions.dtype, device=attentions.device)
together = same
for layer in attentions.mean(dim=2):
    together = (layer + same) / 2 @ together
side = isqrt(tokens - 1)
return together[:, 0, 1:].unflatten(1, (side, side))"""
STEP = "(layer + same) / 2 @ together"
OCCLUSION_HEAD = """def occlusion_heat(model, pixels, text_features, cells=4):
    if cells < 1 or pixels.shape[-1] % cells:
        raise ValueError('cells')
"""
OCCLUSION = """texts, side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // cells
with torch.no_grad():
    whole = (unit_rows(model.encode_image(pixels)) * texts).sum(dim=-1)
    heat = whole.new_empty(len(pixels), cells, cells)
    for row, column in product(range(cells), repeat=2):
        covered = pixels.clone()
        covered[:, :, row * side : (row + 1) * side, column * side : (column + 1) * side] = 0
        left = (unit_rows(model.encode_image(covered)) * texts).sum(dim=-1)
        heat[:, row, column] = whole - left
return heat"""
IOU = """both = (masks & others).sum(dim=(1, 2))
either = (masks | others).sum(dim=(1, 2))
return both / either.clamp(min=1)"""


def rollout(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("attention_rollout", "def attention_rollout(attentions):\n", body, says, silent)


def rolled(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return rollout(edited(ROLLOUT, old, new), says, silent)


def occlusion(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("occlusion_heat", OCCLUSION_HEAD, edited(OCCLUSION, old, new), says, silent)


def iou(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("mask_iou", "def mask_iou(masks, others):\n", body, says, silent)


def counted(last: str, says: str = "", silent: str = "") -> Answer:
    return iou(edited(IOU, "both / either.clamp(min=1)", last), says, silent)


WRONG_PLACES = [
    rolled(STEP, "layer @ together", "the residual is missing"),
    rolled(STEP, "(layer + same) @ together", "without the half"),
    rolled(STEP, "(layer + same / 2) @ together", "the residual was halved"),
    rolled(STEP, "(layer / 2 + same) @ together", "the attention was halved"),
    rolled(STEP, "(layer @ together + same) / 2", "around the product"),
    rolled(STEP, "layer @ together + same", "around the product"),
    rolled("isqrt(tokens - 1)", "4", "the grid does not fit"),
    rolled("together[:, 0, 1:].unflatten(1, (side, side))", "together[:, 0, 1:].reshape(-1, 4, 4)", "does not fit"),
    rolled("together[:, 0, 1:].unflatten", "together[:, 0, 1:].squeeze().unflatten", "batch has one item"),
    rolled(STEP, "together @ ((layer + same) / 2)", "the product is turned round"),
    rolled("attentions.mean(dim=2):", "attentions.mean(dim=2).flip(0):", "the product is turned round"),
    rolled(STEP, "(layer + same) / 2", "the last layer alone"),
    rolled("for layer in attentions.mean(dim=2):", "for layer in attentions.mean(dim=2)[:1]:", "the first layer alone"),
    rolled("for layer in attentions.mean(dim=2):", "for layer in attentions.mean(dim=2)[:-1]:",
            "the last layer is left out"),
    rolled("for layer in attentions.mean(dim=2):", "for layer in attentions.mean(dim=2)[1:]:",
            "the first layer is left out"),
    rollout("heat = attentions.mean(dim=(0, 2))[:, 0, 1:]\nside = isqrt(heat.shape[1])\n"
            "return heat.unflatten(1, (side, side))", "the layers were averaged"),
    rolled("attentions.mean(dim=2):", "attentions.amax(dim=2):", "the largest head"),
    rolled("attentions.mean(dim=2):", "attentions[:, :, 0]:", "the first head alone"),
    rolled("attentions.mean(dim=2):", "attentions.sum(dim=2):", "the heads were added"),
    rolled("attentions.mean(dim=2):", "attentions.mean(dim=1):", "the mean over the batch"),
    rolled(STEP, "(layer + same) / 2 * together", "number by number"),
    rolled("together[:, 0, 1:]", "together[:, 1:, 0]", "the column of CLS"),
    rolled("together[:, 0, 1:]", "together.mean(dim=1)[:, 1:]", "every token's row was averaged"),
    rolled("together[:, 0, 1:]", "together[:, -1, 1:]", "the last token's row"),
    rolled("together[:, 0, 1:]", "together[:, 0, :-1]", "CLS's own share stands first"),
    rolled("together[:, 0, 1:]", "together[:, 0]", "CLS is no patch"),
    rolled("(side, side))", "(side, side)).mT", "rows and columns are swapped"),
    rolled(".unflatten(1, (side, side))", "", "the grid is missing"),
    rolled("return together[:, 0, 1:]", "heat = together[:, 0, 1:]\nreturn (heat / heat.sum(dim=1, keepdim=True))",
           "made to sum to 1"),
    rollout(edited(ROLLOUT, "return together[:, 0, 1:].unflatten(1, (side, side))", "return together"),
            "all tokens' shares"),
    rolled(", device=attentions.device", "", "GPU"),
    rolled("torch.eye(tokens, dtype=attentions.dtype, device", "torch.eye(tokens, device", "another dtype"),
    rolled("(side, side))", "(side, side)).squeeze()", "batch has one item"),
    rolled("return together", "heat = together", "is there a return?"),
    occlusion("whole - left", "left", "this is what is left"),
    occlusion("whole - left", "left - whole", "the sign is turned round"),
    occlusion("whole - left", "(whole - left).abs()", "the size of the change"),
    occlusion("whole - left", "(whole - left).relu()", "below 0 was cut off"),
    occlusion("whole - left", "(whole - left) / whole", "divided by the cosine"),
    occlusion("    for row, column in product(range(cells), repeat=2):\n        covered = pixels.clone()",
              "    covered = pixels.clone()\n    for row, column in product(range(cells), repeat=2):",
                      "cells stay covered"),
    occlusion("covered = pixels.clone()", "covered = pixels", "changes what it was given"),
    occlusion("] = 0\n", "] = 1\n", "covered with 1"),
    occlusion("] = 0\n", "] = 0.5\n", "covered with 0.5"),
    occlusion("] = 0\n", "] = pixels.mean()\n", "covered with its own mean"),
    occlusion("left = (unit_rows(model.encode_image(covered)) * texts).sum(dim=-1)",
              "left = (model.encode_image(covered) * texts).sum(dim=-1)", "only one of the two cosines"),
    occlusion("unit_texts(text_features, len(pixels))", "text_features", "the texts need it, too"),
    occlusion("unit_texts(text_features, len(pixels))", "unit_rows(text_features[:1])", "every picture got the first"),
    occlusion("unit_texts(text_features, len(pixels))", "unit_rows(text_features)", "must be refused"),
    occlusion("with torch.no_grad():", "if True:", "a gradient is kept of every pass"),
    occlusion("whole - left", "(unit_rows(model.encode_image(pixels)) * texts).sum(dim=-1) - left",
              "encoded again for every cell"),
    occlusion("side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // cells",
              "side = unit_texts(text_features, len(pixels)), cells", "is not the number of cells"),
    occlusion("side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // cells",
              "side = unit_texts(text_features, len(pixels)), 8", "the same side, whatever"),
    occlusion("side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // cells",
              "side = unit_texts(text_features, len(pixels)), 4", "the same side, whatever"),
    occlusion("] = 0\n", "] = -1\n", "covered with black"),
    occlusion("] = 0\n", "] = pixels.min()\n", "covered with black"),
    occlusion("] = 0\n", "] = pixels.max()\n", "the brightest colour"),
    occlusion("covered[:, :, row", "covered[:, 0, row", "one colour channel alone"),
    occlusion("covered[:, :, row * side : (row + 1) * side, column * side : (column + 1) * side]",
              "covered[:, :, row * side : (row + 1) * side]", "a stripe was covered"),
    occlusion("covered[:, :, row * side : (row + 1) * side, column * side : (column + 1) * side]",
              "covered[..., column * side : (column + 1) * side]", "a stripe was covered"),
    occlusion("covered[:, :, row", "covered[:, row", "that of the colours"),
    occlusion("row * side : (row + 1) * side, column * side : (column + 1) * side",
              "column * side : (column + 1) * side, row * side : (row + 1) * side", "rows and columns are swapped"),
    occlusion("return heat", "return heat.flatten(1)", "the grid is missing"),
    occlusion("side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // cells",
              "side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // 4", "always counts as 4"),
    occlusion("return heat", "return heat.mean(dim=0)", "were averaged"),
    occlusion("return heat", "low, high = heat.amin(dim=(1, 2), keepdim=True), heat.amax(dim=(1, 2), keepdim=True)\n"
              "return (heat - low) / (high - low)", "stretched"),
    occlusion("covered = pixels.clone()\n", "covered = torch.zeros_like(pixels)\n", "the whole picture was covered"),
    occlusion("return heat", "return heat.squeeze()", "batch has one item"),
    occlusion("return heat", "heat", "is there a return?"),
    answer_of("occlusion_heat", "def occlusion_heat(model, pixels, text_features, cells=4):\n", OCCLUSION, ""),
    counted("2 * both / (masks.sum(dim=(1, 2)) + others.sum(dim=(1, 2))).clamp(min=1)", "the Dice coefficient"),
    counted("both / masks.sum(dim=(1, 2)).clamp(min=1)", "the first mask"),
    counted("both / others.sum(dim=(1, 2)).clamp(min=1)", "the second mask"),
    counted("both / (masks.sum(dim=(1, 2)) + others.sum(dim=(1, 2))).clamp(min=1)", "both sizes were added"),
    iou("return (masks & others).sum(dim=(1, 2)) / (masks ^ others).sum(dim=(1, 2)).clamp(min=1)", "in one mask alone"),
    counted("both / (either + 1)", "1 was added"),
    counted("(both + 1) / (either + 1)", "1 was added"),
    counted("either / both.clamp(min=1)", "the quotient is turned round"),
    counted("both", "the intersection's size"),
    counted("both / either", "0 was divided by 0"),
    counted("both // either.clamp(min=1)", "cuts off"),
    iou("return (masks & others).float().mean(dim=(1, 2))", "the share of all pixels"),
    iou("return (masks == others).float().mean(dim=(1, 2))", "the two agree"),
    iou("return (masks & others).sum() / (masks | others).sum()", "counted together"),
    counted("(both / either.clamp(min=1)).mean()", "the mean over the pictures"),
    iou("both = (masks & others).sum(dim=2)\nreturn both / (masks | others).sum(dim=2).clamp(min=1)", "by itself"),
    iou("return (masks and others).sum(dim=(1, 2))", "`and`"),
    counted("torch.where(either == 0, 1.0, both / either.clamp(min=1))", "they found nothing"),
    iou(edited(IOU, "return both", "iou = both"), "is there a return?"),
    counted("(both / either.clamp(min=1)).squeeze()", "batch has one item"),
    counted("[float(b / e) for b, e in zip(both, either.clamp(min=1))]", "no tensor"),
]  # fmt: skip

CORRECT_PLACES = [
    rollout(ROLLOUT),
    rollout("layers = attentions.mean(dim=2)\nsame = torch.eye(layers.shape[-1]).to(layers)\n"
            "together = 0.5 * layers[0] + 0.5 * same\nfor layer in layers[1:]:\n"
            "    together = torch.bmm(0.5 * layer + 0.5 * same, together)\n"
            "heat = together[:, 0, 1:]\nside = int(heat.shape[1] ** 0.5)\nreturn heat.reshape(-1, side, side)"),
    rollout("layers, batch, heads, tokens, _ = attentions.shape\n"
            "row = torch.zeros(batch, 1, tokens, dtype=attentions.dtype, device=attentions.device)\nrow[:, :, 0] = 1\n"
            "for i in reversed(range(layers)):\n    row = 0.5 * row + 0.5 * row @ attentions[i].mean(dim=1)\n"
            "side = isqrt(tokens - 1)\nreturn row[:, 0, 1:].reshape(batch, side, side)"),
    occlusion("return heat", "return heat"),
    answer_of("occlusion_heat", OCCLUSION_HEAD,
              "side, texts = pixels.shape[-1] // cells, unit_texts(text_features, len(pixels))\n\ndef score(x):\n"
              "    return torch.cosine_similarity(model.encode_image(x).float(), texts.float(), dim=-1)\n\n"
              "with torch.no_grad():\n    before = score(pixels)\n    rows = []\n    for i in range(cells):\n"
              "        row = []\n        for j in range(cells):\n            x = pixels.clone()\n"
              "            x[..., i * side:(i + 1) * side, j * side:(j + 1) * side] = 0.0\n"
              "            row.append(before - score(x))\n        rows.append(torch.stack(row, dim=-1))\n"
              "    return torch.stack(rows, dim=1)"),
    answer_of("occlusion_heat", OCCLUSION_HEAD,
              "if text_features.shape[0] not in (1, len(pixels)):\n    raise ValueError('texts')\n"
              "size = pixels.shape[-1]\nside = size // cells\ntexts = F.normalize(text_features, dim=-1)\n"
              "with torch.no_grad():\n    def score(x):\n"
              "        return (F.normalize(model.encode_image(x), dim=-1) * texts).sum(-1)\n"
              "    heat = torch.zeros(len(pixels), cells, cells, device=pixels.device)\n"
              "    whole = score(pixels)\n    for i in range(cells * cells):\n"
              "        keep = torch.ones(size, size, device=pixels.device)\n        r, c = divmod(i, cells)\n"
              "        keep[r * side:(r + 1) * side, c * side:(c + 1) * side] = 0\n"
              "        heat[:, r, c] = whole - score(pixels * keep)\nreturn heat"),
    answer_of("occlusion_heat", OCCLUSION_HEAD,
              "texts, side = unit_texts(text_features, len(pixels)), pixels.shape[-1] // cells\n"
              "pictures = [pixels]\nfor row in range(cells):\n    for column in range(cells):\n"
              "        covered = pixels.clone()\n"
              "        covered[:, :, row * side:, :][:, :, :side, column * side:][..., :side] = 0\n"
              "        pictures.append(covered)\n"
              "with torch.no_grad():\n    features = unit_rows(model.encode_image(torch.cat(pictures)))\n"
              "scores = (features.unflatten(0, (-1, len(pixels))) * texts).sum(dim=-1)\n"
              "return (scores[0] - scores[1:]).T.reshape(len(pixels), cells, cells)"),
    iou(IOU),
    iou("a, b = masks.flatten(1).float(), others.flatten(1).float()\nboth = (a * b).sum(dim=1)\n"
        "either = a.sum(dim=1) + b.sum(dim=1) - both\nreturn both / either.clamp(min=1)"),
    iou("both = torch.logical_and(masks, others).sum((-2, -1)).float()\n"
        "either = torch.logical_or(masks, others).sum((-2, -1)).float()\n"
        "return torch.where(either > 0, both / either, torch.zeros_like(both))"),
]  # fmt: skip
