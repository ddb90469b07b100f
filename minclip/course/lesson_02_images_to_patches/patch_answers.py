"""Answers to the exercise 2.3."""

from minclip.course.planted_answers import Answer, answer_of


def patches(body: str, says: str = "", silent: str = "", before: str = "", refuses: bool = True) -> Answer:
    test = "if h % p or w % p:\n    raise ValueError('cut off')\n" if refuses else ""
    start = f"p = patch_size\nb, c, h, w = image.shape\n{test}"
    return answer_of("patchify", f"{before}def patchify(image, patch_size):\n", start + body.strip(), says, silent)


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
            "return torch.stack(found, dim=1)"),
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
            "return torch.cat(found, dim=1)", silent="→"),
    patches("found = [image[:, :, y : y + p, x : x + p].flatten(1) for y in range(0, h, p) for x in range(0, w, p)]\n"
            "return torch.stack(found)", silent="column by column"),
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
]  # fmt: skip
