"""Answers to the exercise 2.1."""

from minclip.course.planted_answers import Answer, answer_of


def square(body: str, says: str = "", silent: str = "", before: str = "") -> Answer:
    return answer_of("resize_and_crop", f"{before}def resize_and_crop(image, n_px):\n", body, says, silent)


SIZE = """
w, h = image.size
size = (n_px, int(n_px * h / w)) if w <= h else (int(n_px * w / h), n_px)
"""
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
           "return image.crop((left, top, left + n_px, top + n_px)).convert('RGB')", silent="truncated"),
    square((RESIZE + CROP + RGB).replace("int(", "math.ceil("), silent="rounded", before="import math\n"),
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
]  # fmt: skip
