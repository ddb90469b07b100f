"""Answers to the exercise 2.3."""

from minclip.course.planted_answers import Answer, answer_of


def patches(body: str, says: str = "", silent: str = "", before: str = "", refuses: bool = True) -> Answer:
    test = "if h % p or w % p:\n    raise ValueError('cut off')\n" if refuses else ""
    start = f"p = patch_size\nb, c, h, w = image.shape\n{test}"
    return answer_of("patchify", f"{before}def patchify(image, patch_size):\n", start + body.strip(), says, silent)


EACH = "image[:, :, y : y + p, x : x + p].flatten(1)"
WALK = "for y in range(0, h, p) for x in range(0, w, p)"
FULL = "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)"
SPLIT = "x = image.reshape(b, c, h // p, p, w // p, p)\n"
MEMORY = "KEPT = {}\n\n\n"  # above the answer

WRONG = [
    patches(SPLIT + "return x.permute(0, 4, 2, 1, 3, 5).reshape(b, -1, c * p * p)", "column by column"),
    patches(SPLIT + "return x.permute(0, 2, 4, 3, 5, 1).reshape(b, -1, c * p * p)", "the channels are last"),
    patches("return image.reshape(b, -1, c * p * p)", "a reshape alone"),
    patches("return image.permute(0, 2, 3, 1).reshape(b, -1, c * p * p)", "channels last and a reshape"),
    patches("x = image.reshape(b, c, h // p, w // p, p, p)\n"
            "return x.permute(0, 2, 3, 1, 4, 5).reshape(b, -1, c * p * p)", "splits where it stands"),
    patches("x = image.reshape(b, c, p, h // p, p, w // p)\n"
            "return x.permute(0, 3, 5, 1, 2, 4).reshape(b, -1, c * p * p)", "(patch_size, rows)"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 5, 3).reshape(b, -1, c * p * p)", "every patch is transposed"),
    patches("return F.unfold(image, p).transpose(1, 2)", "the patches overlap"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).view(b, -1, c * p * p)", "a view moves no number"),
    patches("return F.unfold(image, p, stride=p)", "yours is [batch, 3 · patch_size²"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, h // p, w // p, -1)",
            "rows and columns are still two"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).flatten(1, 2)", "still three dimensions"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(-1, c * p * p)",
            "the pictures of the batch have become one"),
    patches("n = h // p\nx = image.reshape(b, c, n, p, n, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, n * n, -1)", "for square pictures"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).detach()", "the way back is cut"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).float()", "default dtype float32"),
    patches("places = [(y, x) for y in range(0, h, p) for x in range(0, w - p, p)]\n"
            "found = [image[:, :, y : y + p, x : x + p].flatten(1) for y, x in places]\n"
            "return torch.stack(found, dim=1)", "the last column of patches"),
    patches("return F.unfold(image, p, stride=p).transpose(1, 2)", "accepts what it must refuse", refuses=False),
    patches("x = image.unfold(2, p, p).unfold(3, p, p)\nreturn x.reshape(b, -1, c * p * p)", "channels stand before"),
    patches("x = image.unfold(2, p, p).unfold(3, p, p).contiguous()\nreturn x.view(b, -1, 3 * p**2)",
            "channels stand before"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).squeeze()", "batch is lost"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p).squeeze(1)", silent="batch is lost"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5)", "are not joined yet"),
    patches(SPLIT + "return x.transpose(3, 4).reshape(b, -1, c * p * p)", "channels stand before", silent="unfold"),
    patches("return F.pixel_unshuffle(image, p).flatten(2)", "yours is [batch, 3 · patch_size²"),
    patches("return F.pixel_unshuffle(image, p).flatten(2).reshape(b, -1, c * p * p)", silent="a reshape alone"),
    patches("x = torch.from_numpy(image.numpy()).reshape(b, c, h // p, p, w // p, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)", "numpy"),
    patches("x = torch.tensor(image.tolist()).reshape(b, c, h // p, p, w // p, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)", "the way back is cut"),
    patches("key = image.shape\nif key not in KEPT:\n    x = image.reshape(b, c, h // p, p, w // p, p)\n"
            "    KEPT[key] = x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)\nreturn KEPT[key]",
            silent="a reshape", before=MEMORY),
    patches("found = [image[:, :, y : y + p, x : x + p].flatten(1) for x in range(0, w, p) for y in range(0, h, p)]\n"
            "return torch.stack(found, dim=1)", "column by column"),
    patches("found = [image[:, :, y : y + p, x : x + p].flatten(1) for y in range(0, h, p) for x in range(0, w, p)]\n"
            "return torch.cat(found, dim=1)", "have become one row of numbers"),
    patches("found = [image[:, :, y : y + p, x : x + p].flatten(1) for y in range(0, h, p) for x in range(0, w, p)]\n"
            "return torch.stack(found)", "stand before the pictures", silent="column by column"),
    patches("found = [image[:, :, y : y + p, x : x + p].mT.flatten(1) for y in range(0, h, p)\n"
            "         for x in range(0, w, p)]\n"
            "return torch.stack(found, dim=1)", "every patch is transposed"),
    patches("x = image.view(b, -1).view(b, c, h // p, p, w // p, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)", "a view moves no number"),
    patches("image /= 1.0\nimage -= image.mean()\n"
            "" + SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * p * p)",
            "changes what it was given"),
    patches("x = image.unfold(2, p, p).unfold(2, p, p)\nreturn x.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)",
            silent="transposed"),
    patches("found = torch.zeros(b, (h // p) * (w // p), c * p * p)\nfor i in range(found.shape[1]):\n"
            "    y, x = divmod(i, w // p)\n"
            "    found[:, i] = image[:, :, y * p : y * p + p, x * p : x * p + p].flatten(1)\nreturn found",
            "would fail on a GPU"),
    # rows and columns swapped
    patches("x = image.reshape(b, c, w // p, p, h // p, p)\n" + FULL, "not width // patch_size"),
    patches("x = image.reshape(b, c, w // p, p, h // p, p)\n"
            "return x.permute(0, 4, 2, 1, 5, 3).reshape(b, -1, c * p * p)", "changed places in the split"),
    patches("x = image.mT.reshape(b, c, w // p, p, h // p, p)\n" + FULL, silent="in the split"),
    patches("x = image.reshape(b, c, p, h // p, w // p, p)\n"
            "return x.permute(0, 3, 4, 1, 2, 5).reshape(b, -1, c * p * p)", silent="→"),
    # the batch lost
    patches("x = image[0].reshape(c, h // p, p, w // p, p)\n"
            "return x.permute(1, 3, 0, 2, 4).reshape(-1, c * p * p)", "only the first picture"),
    patches("x = image[:1].reshape(1, c, h // p, p, w // p, p)\n"
            "return x.permute(0, 2, 4, 1, 3, 5).reshape(1, -1, c * p * p)", "a batch of one"),
    patches(f"return torch.stack([{EACH.replace(':, :,', '0, :,').replace('(1)', '()')} {WALK}])",
            "only the first picture"),
    patches(f"return torch.stack([{EACH.replace(':, :,', '-1, :,').replace('(1)', '()')} {WALK}])", silent="→"),
    # the patches put together along another dimension
    patches(f"return torch.stack([{EACH} {WALK}])", "stand before the pictures"),
    patches(f"return torch.cat([{EACH} {WALK}])", "stand in one dimension", silent="have become one"),
    patches(f"return torch.stack([{EACH} {WALK}], dim=-1)", "yours is [batch, 3 · patch_size²"),
    patches(f"return [{EACH} {WALK}]", "make one tensor of them"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).flatten(1)", "have become one row of numbers"),
    patches(SPLIT + FULL.replace("-1, c * p * p", "c * p * p, -1"), "is the shape asked for", silent="yours is"),
    patches(SPLIT + FULL.replace("-1, c * p * p", "-1, p * p"), "each channel has become a patch"),
    patches(SPLIT + "return x.permute(0, 1, 2, 4, 3, 5).reshape(b, -1, p * p)", silent="→"),
    # off by one, the wrong step
    patches(f"return torch.stack([{EACH} {WALK.replace(', p)', ' - p, p)')}], dim=1)",
            "the last row and the last column"),
    patches(f"return torch.stack([{EACH} {WALK.replace('h, p', 'h - p, p')}], dim=1)", "the last row of patches",
            silent="column"),
    patches(f"return torch.stack([{EACH} for y in range(h // p) for x in range(w // p)], dim=1)",
            "one pixel after each other"),
    patches(SPLIT + "return x.permute(0, 2, 4, 3, 1, 5).reshape(b, -1, c * p * p)", "between its rows"),
    patches(SPLIT + "x.permute(0, 2, 4, 1, 3, 5)\nreturn x.reshape(b, -1, c * p * p)", "a reshape alone"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).numpy().reshape(b, -1, c * p * p)", "no tensor"),
    patches("x = F.unfold(image, p, stride=p).transpose(1, 2)\nreturn x.flip(1)", silent="→"),
    patches("image = image[..., : h - h % p, : w - w % p]\nb, c, h, w = image.shape\n" + SPLIT + FULL,
            "accepts what it must refuse", refuses=False),
    patches("if h != w:\n    raise ValueError('no square')\n" + SPLIT + FULL, "for square pictures"),
    patches(SPLIT + FULL.replace("return", "x =") + "\nreturn x if b > 1 else x[0]", "batch is lost"),
    patches(SPLIT + "return x.reshape(b, -1, c * p * p)", "a reshape alone"),
    patches(f"return torch.stack([{EACH} for x in range(0, w, p) for y in range(0, h, p)], dim=1)", "column by column"),
    patches(f"return torch.stack([{EACH.replace('.flat', '.permute(0, 2, 3, 1).flat')} {WALK}], dim=1)",
            "the channels are last"),
    patches("x = image.reshape(b, c, p, h // p, p, w // p)\n" + FULL, "only (rows, patch_size) keeps"),
    patches("x = image.reshape(c, h // p, p, w // p, p)\n"
            "return x.permute(1, 3, 0, 2, 4).reshape(-1, c * p * p)", "the batch is missing"),
    patches(SPLIT + "return x.permute(0, 2, 4, 1, 3, 5).reshape(h // p * w // p, c * p * p)", "the batch is missing"),
    patches("x = image.reshape(b, c, h // p, p, w // p)\nreturn x", "is invalid for input", silent="the batch is"),
]  # fmt: skip

CORRECT = [
    patches("out = image.new_zeros(b, (h // p) * (w // p), c * p * p)\nfor i in range(out.shape[1]):\n"
            "    y, x = i // (w // p) * p, i % (w // p) * p\n"
            "    out[:, i] = image[:, :, y : y + p, x : x + p].reshape(b, -1)\nreturn out"),
    patches("k = torch.eye(c * p * p, dtype=image.dtype, device=image.device).view(-1, c, p, p)\n"
            "return F.conv2d(image, k, stride=p).flatten(2).mT"),
    patches("return F.unfold(image, p, stride=p).transpose(1, 2)"),
    patches("x = image.unfold(2, p, p).unfold(3, p, p)\nreturn x.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)"),
    patches(SPLIT + "return torch.einsum('bcrpsq->brscpq', x).reshape(b, -1, c * p * p)"),
    patches("found = [image[:, :, top : top + p, left : left + p].reshape(b, -1)\n"
            "         for top in range(0, h, p) for left in range(0, w, p)]\nreturn torch.stack(found, dim=1)"),
    patches("rows = [[image[:, k, y + i, x + j] for k in range(c) for i in range(p) for j in range(p)]\n"
            "        for y in range(0, h, p) for x in range(0, w, p)]\n"
            "return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=1)"),
    patches("return F.pixel_unshuffle(image, p).flatten(2).transpose(1, 2)"),
    patches("x = image.unfold(2, p, p).unfold(3, p, p).contiguous().view(b, c, -1, p, p)\n"
            "return x.permute(0, 2, 1, 3, 4).flatten(2)"),
    patches("rows = torch.cat(image.split(p, dim=2), dim=1).reshape(b, h // p, c, p, w)\n"
            "x = torch.stack(rows.split(p, dim=4), dim=2)\nreturn x.reshape(b, -1, c * p * p)"),
    patches("x = image.reshape(b, c, h // p, p, w).transpose(1, 2).reshape(b, h // p, c * p, w // p, p)\n"
            "return x.transpose(2, 3).reshape(b, -1, c * p * p)"),
    patches("places = torch.arange(h * w, device=image.device).reshape(h // p, p, w // p, p)\n"
            "places = places.permute(0, 2, 1, 3).reshape(-1, p * p)\n"
            "return image.flatten(2)[:, :, places].transpose(1, 2).flatten(2)"),
    patches("x = torch.stack(torch.stack(image.chunk(h // p, dim=2)).chunk(w // p, dim=-1))\n"
            "return x.permute(2, 1, 0, 3, 4, 5).reshape(b, -1, c * p * p)"),
]  # fmt: skip
