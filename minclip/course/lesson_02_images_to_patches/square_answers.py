"""Answers to the exercise 2.1."""

from minclip.course.planted_answers import Answer, answer_of


def square(body: str, says: str = "", silent: str = "", before: str = "") -> Answer:
    return answer_of("resize_and_crop", f"{before}def resize_and_crop(image, n_px):\n", body, says, silent)


SIZE = """
w, h = image.size
size = (n_px, int(n_px * h / w)) if w <= h else (int(n_px * w / h), n_px)
"""
TWO = "w, h = image.size\n"
RESIZE = SIZE + "image = image.resize(size, Image.Resampling.BICUBIC)\n"
CORNER = "left, top = round((image.width - n_px) / 2), round((image.height - n_px) / 2)\n"
CROP = CORNER + "image = image.crop((left, top, left + n_px, top + n_px))\n"
RGB = "return image.convert('RGB')"

MEMORY = "KEPT = {}\n\n\n"  # above the answer

WRONG = [
    square(SIZE.replace("<=", ">=") + "image = image.resize(size, Image.Resampling.BICUBIC)\n" + CROP + RGB,
           "the long side has n_px pixels here"),
    square(RESIZE + "image = image.crop((0, 0, n_px, n_px))\n" + RGB, "the square is not in the middle"),
    square("return image.resize((n_px, n_px), Image.Resampling.BICUBIC).convert('RGB')", "stretched to a square"),
    square(CROP + RGB, "nothing is resized"),
    square("n = n_px\nn_px = min(image.size)\n" + CROP + "return image.resize((n, n)).convert('RGB')",
           "you crop before you resize"),
    square("return ImageOps.fit(image, (n_px, n_px), Image.Resampling.BICUBIC).convert('RGB')",
           "ImageOps.fit crops before it resizes"),
    square("image = image.convert('RGB')\n" + RESIZE + CROP + "return image", "you convert before you resize"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "BILINEAR"), "the filter is bilinear"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "NEAREST"), "the filter is nearest"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "LANCZOS"), "the filter is Lanczos"),
    square(RESIZE.replace("int(", "round(") + CROP + RGB, "the long side is rounded"),
    square(RESIZE + CROP.replace("round(", "int(") + RGB, "the crop's corner is truncated"),
    square("factor = n_px / min(image.size)\nsize = [int(factor * side) for side in image.size]\n"
           "image = image.resize(size)\n" + CROP + RGB, "multiply first"),
    square(RESIZE + RGB, "the long side is still there"),
    square(RESIZE + CORNER + "return image.crop((left, top, n_px, n_px)).convert('RGB')",
            "the right and the lower edge"),
    square("image = image.copy()\nimage.thumbnail((n_px, n_px))\nreturn image.convert('RGB')",
           "the long side has n_px pixels: the short one should"),
    square("image.thumbnail((n_px, n_px))\n" + CROP + RGB, "changes what it was given"),
    square(RESIZE + CROP + "return image", "the result must be RGB"),
    square(RESIZE + CROP, "is there a return?"),
    square(RESIZE + CROP + "return torch.from_numpy(np.array(image))", "the result is no picture"),
    square("h, w = image.size\nsize = (n_px, int(n_px * h / w)) if w <= h else (int(n_px * w / h), n_px)\n"
           "image = image.resize(size)\n" + CROP + RGB, "width and height have changed places"),
    square(RESIZE + CROP.replace("round(", "-1 + round(") + RGB),
    square("h, w = image.shape[:2]\n" + RESIZE + CROP + RGB, "a PIL picture has no shape"),
    square(RESIZE.replace("int(", "(") + CROP + RGB, "whole numbers"),
    square(RESIZE + "left, top = (image.width - n_px) // 2, (image.height - n_px) // 2\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", "the crop's corner is truncated"),
    square(RESIZE + "left, top = int((image.width - n_px) / 2 + 0.5), int((image.height - n_px) / 2 + 0.5)\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", "rounded up at a half"),
    square((RESIZE + CROP + RGB).replace("int(", "math.ceil("), "the long side is rounded up", before="import math\n"),
    square(RESIZE + CROP.replace("left, top =", "top, left =") + RGB, "left and top have changed places"),
    square(RESIZE + CROP.replace("left + n_px", "left + n_px - 1") + RGB, silent="→"),
    square("if min(image.size) > n_px:\n    " + RESIZE.strip().replace("\n", "\n    ") + "\n" + CROP + RGB,
           silent="stretched"),
    square("key = image.size, n_px\nif key not in KEPT:\n    " + (RESIZE + CROP).strip().replace("\n", "\n    ")
           + "\n    KEPT[key] = image.convert('RGB')\nreturn KEPT[key]", "another picture", before=MEMORY),
    square(RESIZE + CROP + "image = np.array(image)\nreturn Image.fromarray(image).convert('RGB')", silent="bilinear"),
    square("image = image.convert('RGBA')\n" + RESIZE + CROP + RGB, "you convert before you resize"),
    square("image.putpixel((0, 0), image.getpixel((0, 0)) and 0)\n" + RESIZE + CROP + RGB, "changes what it was given"),
    square("x = torch.from_numpy(np.array(image.convert('RGB'))).permute(2, 0, 1)[None].float()\n" + SIZE
           + "x = F.interpolate(x, size[::-1], mode='bicubic', antialias=True)\n"
           "x = x.round().clamp(0, 255).byte()[0].permute(1, 2, 0).numpy()\n"
           "image = Image.fromarray(x)\n" + CROP + RGB, silent="bilinear"),
    square("return ImageOps.pad(image, (n_px, n_px)).convert('RGB')", silent="stretched"),
    square("side = max(image.size)\npaper = Image.new('RGB', (side, side))\npaper.paste(image.convert('RGB'))\n"
           "return paper.resize((n_px, n_px))", silent="stretched"),
    square(RESIZE.replace("BICUBIC", "BICUBIC, reducing_gap=1.0") + CROP + RGB, silent="bilinear"),
    square("if image.size == (n_px, n_px):\n    return image\n" + RESIZE + CROP + RGB, "the result must be RGB"),
    square(RESIZE + CROP + "return image, n_px", "the result is no picture"),
    square("image = image.resize((n_px, n_px * image.height // image.width))\n" + CROP + RGB, silent="rounded"),
    # width and height swapped, the ratio upside down
    square(SIZE.replace("w, h = image.size", "h, w = image.size") + "image = image.resize(size)\n" + CROP + RGB,
           "width and height have changed places"),
    square(SIZE + "image = image.resize((size[1], size[0]), Image.Resampling.BICUBIC)\n"
           "left, top = round((size[0] - n_px) / 2), round((size[1] - n_px) / 2)\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')",
           "width and height have changed places"),
    square(SIZE.replace("h / w", "w_h").replace("w / h", "h / w").replace("w_h", "w / h")
           + "image = image.resize(size, Image.Resampling.BICUBIC)\n" + CROP + RGB, "becomes the shorter one",
           silent="changed places"),
    # the crop first
    square("w, h = image.size\ns = min(w, h)\nleft, top = (w - s) // 2, (h - s) // 2\n"
           "image = image.crop((left, top, left + s, top + s))\n"
           "return image.resize((n_px, n_px), Image.Resampling.BICUBIC).convert('RGB')", "you crop before you resize"),
    square("w, h = image.size\ns = min(w, h)\nleft, top = (w - s) / 2, (h - s) / 2\n"
           "image = image.crop((left, top, left + s, top + s))\n"
           "return image.resize((n_px, n_px), Image.BICUBIC).convert('RGB')", "you crop before you resize"),
    square("w, h = image.size\ns = min(w, h)\nimage = image.crop((0, 0, s, s))\n"
           "return image.resize((n_px, n_px), Image.BICUBIC).convert('RGB')", silent="→"),
    # the result of resize not assigned
    square(SIZE + "image.resize(size, Image.Resampling.BICUBIC)\n" + CROP + RGB, "gives a new picture"),
    square(SIZE + "image.resize(size, Image.Resampling.BICUBIC)\n"
           "left, top = round((size[0] - n_px) / 2), round((size[1] - n_px) / 2)\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", "gives a new picture",
           silent="before the resize"),
    square("w, h = image.size\nleft, top = (w - n_px) // 2, (h - n_px) // 2\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", "nothing is resized"),
    # other roundings of the crop
    square(RESIZE + CROP.replace("round(", "math.ceil(") + RGB, "rounded up at a half", before="import math\n"),
    square(RESIZE + "left, top = (image.width - n_px + 1) // 2, (image.height - n_px + 1) // 2\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", "rounded up at a half"),
    square(RESIZE + "x, y, r = image.width // 2, image.height // 2, n_px // 2\n"
           "return image.crop((x - r, y - r, x - r + n_px, y - r + n_px)).convert('RGB')", "two halves are truncated",
           silent="corner is truncated"),
    square(RESIZE + CROP.replace("(image.width - n_px)", "image.width - n_px")
           .replace("(image.height - n_px)", "image.height - n_px") + RGB, "only n_px is halved"),
    square(RESIZE + "left, top = round((w - n_px) / 2), round((h - n_px) / 2)\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", "before the resize",
           silent="nothing is resized"),
    square(RESIZE + "left = round((size[0] - n_px) / 2)\n"
           "return image.crop((left, 0, left + n_px, n_px)).convert('RGB')", "and tall ones are not"),
    square(RESIZE + "left, top = image.width - n_px, image.height - n_px\n"
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", "not in the middle"),
    square(RESIZE + "a = np.array(image.convert('RGB'))\n"
           "t, l = round((a.shape[0] - n_px) / 2), round((a.shape[1] - n_px) / 2)\n"
           "return Image.fromarray(a[l : l + n_px, t : t + n_px])", "rows of an array come first"),
    # other libraries' ways
    square("image = ImageOps.cover(image, (n_px, n_px), Image.Resampling.BICUBIC)\n" + CROP + RGB,
           "is rounded: truncate"),
    square("image = ImageOps.contain(image, (n_px, n_px), Image.Resampling.BICUBIC)\n" + RGB, "the short one should"),
    square("ground = Image.new('RGB', image.size, (255, 255, 255))\nrgba = image.convert('RGBA')\n"
           "ground.paste(rgba, mask=rgba.split()[3])\nimage = ground\n" + RESIZE + CROP + RGB, "laid on white",
           silent="convert before"),
    square(RESIZE + CROP + "if image.mode in ('RGBA', 'LA'):\n    image = image.convert('RGBA')\n"
           "    ground = Image.new('RGBA', image.size, 'white')\n    ground.alpha_composite(image)\n"
           "    image = ground\n"
           + RGB, silent="convert before"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "HAMMING"), "the filter is Hamming"),
    square((RESIZE + CROP + RGB).replace("BICUBIC", "BOX"), "the filter is box"),
    square("w, h = image.size\nif w > h:\n    size = (int(n_px * w / h), n_px)\nif h > w:\n"
           "    size = (n_px, int(n_px * h / w))\n"
           "image = image.resize(size, Image.Resampling.BICUBIC)\n" + CROP + RGB, "'size' where", silent="→"),
    square("if min(image.size) < n_px:\n    return image.resize((n_px, n_px), Image.BICUBIC).convert('RGB')\n"
           + RESIZE + CROP + RGB, silent="stretched"),
    square("image = image.convert('RGB') if image.mode == 'P' else image\n" + RESIZE + CROP + RGB,
           "you convert before you resize"),
    square(TWO + "image = image.resize((int(n_px * w / h), n_px))\n" + CROP + RGB, "the rule for wide pictures"),
    square(TWO + "image = image.resize((n_px, int(n_px * h / w)))\n" + CROP + RGB, "the rule for tall pictures"),
    square(TWO + "image = image.resize((int(n_px * max(w, h) / min(w, h)), n_px))\n" + CROP + RGB, "to a wide one"),
    square(TWO + "long = n_px * max(w, h) // min(w, h)\nimage = image.resize((long, n_px))\n" + CROP + RGB,
           "to a wide one", "the rule for"),
    square(TWO + "image = image.resize((n_px, int(n_px * max(w, h) / min(w, h))))\n" + CROP + RGB, "to a tall one"),
]  # fmt: skip

CORRECT = [
    square("def grow(side):\n    return int(n_px * side / min(image.size))\n"
           "resized = image.resize(tuple(map(grow, image.size)), Image.BICUBIC)\na = np.array(resized.convert('RGB'))\n"
           "t, l = round((a.shape[0] - n_px) / 2), round((a.shape[1] - n_px) / 2)\n"
           "return Image.fromarray(a[t : t + n_px, l : l + n_px].copy())"),
    square("w, h = image.size\ns = min(w, h)\nimage = image.resize((n_px * w // s, n_px * h // s))\n" + CROP + RGB),
    square(RESIZE + "image = image.convert('RGB')\n" + CORNER
           + "return Image.fromarray(np.array(image)[top : top + n_px, left : left + n_px])"),
    square("width, height = image.size\nscale = lambda side: int(n_px * side / min(width, height))\n"
           "image = image.resize((scale(width), scale(height)), resample=3)\n"
           "extra = [side - n_px for side in image.size]\nx, y = (round(e / 2) for e in extra)\n"
           "return image.crop((x, y, x + n_px, y + n_px)).convert('RGB')"),
    square("short, long = sorted(image.size)\nlong = int(n_px * long / short)\n"
           "size = (n_px, long) if image.width <= image.height else (long, n_px)\n"
           "image = image.resize(size, Image.Resampling.BICUBIC)\n" + CROP + RGB),
    square("w, h = image.size\nif w <= h:\n"
           "    image = image.resize((n_px, int(n_px * h / w)), Image.Resampling.BICUBIC)\n"
           "    off = round((image.height - n_px) / 2)\n    image = image.crop((0, off, n_px, off + n_px))\n"
           "else:\n    image = image.resize((int(n_px * w / h), n_px), Image.Resampling.BICUBIC)\n"
           "    off = round((image.width - n_px) / 2)\n    image = image.crop((off, 0, off + n_px, n_px))\n" + RGB),
    square(RESIZE + "l, t = (int(np.rint((side - n_px) / 2)) for side in image.size)\n"
           "return image.crop((l, t, l + n_px, t + n_px)).convert('RGB')"),
]  # fmt: skip
