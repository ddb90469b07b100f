"""Answers to the exercises 2.1 and 2.2."""

from minclip.course.planted_answers import Answer, indented


def function(head: str, body: str) -> str:
    return f"def {head}:\n{indented(body)}\n"


def square(body: str, says: str = "", silent: str = "", before: str = "") -> Answer:
    return Answer("resize_and_crop", before + function("resize_and_crop(image, n_px)", body), says, silent)


def numbers(body: str, says: str = "", silent: str = "", before: str = "") -> Answer:
    head = "pixels_to_float(pixels, device=None, mean=MEAN, std=STD)"
    return Answer("pixels_to_float", before + function(head, body), says, silent)


SIZE = """
w, h = image.size
size = (n_px, int(n_px * h / w)) if w <= h else (int(n_px * w / h), n_px)
"""
RESIZE = SIZE + "image = image.resize(size, Image.Resampling.BICUBIC)\n"
CORNER = "left, top = round((image.width - n_px) / 2), round((image.height - n_px) / 2)\n"
CROP = CORNER + "image = image.crop((left, top, left + n_px, top + n_px))\n"
RGB = "return image.convert('RGB')"

TENSOR = "x = torch.as_tensor(pixels, device=device)\n"
CHANNELS = TENSOR + "x = x.permute(0, 3, 1, 2).float()\n"
CUT = "b, h, w, c = x.shape\n"
CONSTANTS = "mean, std = (torch.tensor(v, device=x.device).view(3, 1, 1) for v in (mean, std))\n"

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
    numbers(CHANNELS + CONSTANTS + "return (x - mean) / std", "still run from 0 to 255"),
    numbers(CHANNELS + CONSTANTS + "return (x - mean) / 255 / std", "before the division by 255"),
    numbers(TENSOR + CONSTANTS + "return ((x / 255 - mean) / std).permute(0, 3, 1, 2)", "are not there yet"),
    numbers(TENSOR + "x /= 255\n" + CONSTANTS + "return (x.permute(0, 3, 1, 2) - mean) / std",
            "uint8 holds whole numbers only"),
    numbers(CHANNELS + CONSTANTS + "return (x / 256 - mean) / std", "white is 255"),
    numbers(CHANNELS + "return x / 255", "only divided by 255"),
    numbers(CHANNELS + CONSTANTS + "return x / 255 - mean", "the division by std is missing"),
    numbers(CHANNELS + CONSTANTS + "return x / 255 / std", "the mean is not subtracted"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - std) / mean", "have changed places"),
    numbers(CHANNELS + CONSTANTS + "return x / 255 / std - mean", "it should come after"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - mean) * std", "you multiply by std"),
    numbers(CHANNELS + "return (x / 255 - torch.tensor(mean)) / torch.tensor(std)", "run along the width"),
    numbers(TENSOR + "x = x.float() / 255\nreturn (x - torch.tensor(mean)) / torch.tensor(std)",
            "the channels are still last"),
    numbers(TENSOR + "return x / 255", "mean and std are missing"),
    numbers(CHANNELS.replace("0, 3, 1, 2", "0, 3, 2, 1") + CONSTANTS + "return (x / 255 - mean) / std",
            "height and width have changed places"),
    numbers(TENSOR + "b, h, w, c = x.shape\nx = x.reshape(b, c, h, w).float()\n" + CONSTANTS
            + "return (x / 255 - mean) / std", "only cut the row of numbers anew"),
    numbers(TENSOR + "b, h, w, c = x.shape\nx = x.view(b, c, h, w).float()\n" + CONSTANTS
            + "return (x / 255 - mean) / std", "only cut the row of numbers anew"),
    numbers(TENSOR + CUT + "x = (x.float() / 255 - torch.tensor(mean)) / torch.tensor(std)\n"
            "return x.reshape(b, 3, h, w)", "only cut the row of numbers anew"),
    numbers(TENSOR + CUT + "return x.reshape(b, 3, h, w) / 255", "only cut the row of numbers anew"),
    numbers(TENSOR + CUT + "x = x.reshape(b, 3, h, w).float()\n" + CONSTANTS + "return (x - mean) / std",
            "only cut the row of numbers anew"),
    numbers(CHANNELS + "return x", "nothing is normalised"),
    numbers(CHANNELS + "x = x / 255\nd = (0, 2, 3)\nreturn (x - x.mean(d, keepdim=True)) / x.std(d, keepdim=True)",
            "the mean and std of these pixels"),
    numbers("x = pixels.permute(0, 3, 1, 2).float() / 255\n" + CONSTANTS + "return (x - mean) / std",
            "may be a NumPy array"),
    numbers(CHANNELS + "mean, std = torch.tensor(MEAN).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)\n"
            "return (x / 255 - mean) / std", "only the defaults"),
    numbers((CHANNELS + CONSTANTS).replace(", device=device", "") + "return (x / 255 - mean) / std",
            "the argument device has no effect"),
    numbers((CHANNELS + CONSTANTS).replace("device=x.device", "device=device") + "return (x / 255 - mean) / std",
            "is made on the CPU"),
    numbers(CHANNELS + CONSTANTS.replace(", device=x.device", "") + "return (x / 255 - mean) / std",
            "is made on the CPU"),
    numbers((CHANNELS + CONSTANTS).replace("device=device", "device=device or 'cpu'") + "return (x / 255 - mean) / std",
            "is made on the CPU"),
    numbers("x = np.asarray(pixels) / 255\nx = (x - np.array(mean)) / np.array(std)\n"
            "return torch.tensor(x).permute(0, 3, 1, 2)", "must be float32"),
    numbers(TENSOR + "x //= 255\nreturn x.permute(0, 3, 1, 2).float()", "changes what it was given"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - mean) / std[0]"),
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
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std).squeeze()", "batch is lost"),
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std).squeeze(0)", "batch is lost"),
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std)[0]", "wrong shape", silent="batch is lost"),
    numbers("x = torch.from_numpy(pixels).permute(0, 3, 1, 2).float()\n" + CONSTANTS + "return (x / 255 - mean) / std",
            "may be a tensor"),
    numbers("x = np.transpose(np.asarray(pixels), (0, 3, 1, 2)) / 255\nmean, std = np.array(mean), np.array(std)\n"
            "return (x - mean[:, None, None]) / std[:, None, None]", "no tensor"),
    numbers(TENSOR + "x = x.transpose(1, 3).float()\n" + CONSTANTS + "return (x / 255 - mean) / std",
            "height and width have changed places"),
    numbers(CHANNELS + "if not KEPT:\n"
            "    KEPT.extend(torch.tensor(v, device=x.device).view(3, 1, 1) for v in (mean, std))\n"
            "return (x / 255 - KEPT[0]) / KEPT[1]", "only the defaults", before="KEPT = []\n\n\n"),
    numbers(CHANNELS + "return x / 127.5 - 1", silent="divided by 255"),
    numbers(CHANNELS.replace(".float()", ".half()") + CONSTANTS + "return (x / 255 - mean) / std", silent="→"),
    numbers(CHANNELS + CONSTANTS + "x = x.flip(1)\nreturn (x / 255 - mean) / std", "red and blue"),
    numbers(CHANNELS + "mean, std = torch.tensor(mean).view(1, 3, 1, 1), torch.tensor(std).view(1, 3, 1, 1)\n"
            "return (x / 255 - mean) / std", "would fail on a GPU"),
    numbers("x = torch.as_tensor(pixels).permute(0, 3, 1, 2).float()\n" + CONSTANTS + "return (x / 255 - mean) / std",
            "the argument device has no effect"),
    numbers("torch.set_default_dtype(torch.float64)\n" + CHANNELS + CONSTANTS + "return (x / 255 - mean) / std",
            "changes a setting"),
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std).cpu()", "would fail on a GPU"),
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std).double()", "must be float32"),
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std).clamp(-1, 1)", silent="→"),
    numbers(CHANNELS + CONSTANTS + "x = x / 255\nfor c in range(2):\n    x[:, c] = (x[:, c] - mean[c]) / std[c]\n"
            "return x",
            silent="is not subtracted"),
    numbers(CHANNELS + CONSTANTS + "(x / 255 - mean) / std", "is there a return?"),
    numbers("if isinstance(pixels, np.ndarray):\n    pixels = torch.tensor(pixels, device=device)\n"
            "x = pixels.permute(0, 3, 1, 2).float()\n" + CONSTANTS + "return (x / 255 - mean) / std",
            "the argument device has no effect"),
]  # fmt: skip

CORRECT = [
    square("def grow(side):\n    return int(n_px * side / min(image.size))\n"
           "resized = image.resize(tuple(map(grow, image.size)), Image.BICUBIC)\na = np.array(resized.convert('RGB'))\n"
           "t, l = round((a.shape[0] - n_px) / 2), round((a.shape[1] - n_px) / 2)\n"
           "return Image.fromarray(a[t : t + n_px, l : l + n_px].copy())"),
    numbers(TENSOR + "r, g, b = x.float().div(255).unbind(-1)\n"
            "return torch.stack([(c - m) / s for c, m, s in zip((r, g, b), mean, std)], 1)"),
    square("w, h = image.size\ns = min(w, h)\nimage = image.resize((n_px * w // s, n_px * h // s))\n" + CROP + RGB),
    square(RESIZE + "image = image.convert('RGB')\n" + CORNER
           + "return Image.fromarray(np.array(image)[top : top + n_px, left : left + n_px])"),
    numbers(TENSOR + "x = x.float() / 255\nx = (x - torch.tensor(mean, device=x.device))"
            " / torch.tensor(std, device=x.device)\nreturn x.permute(0, 3, 1, 2)"),
    numbers(CHANNELS + "parts = [(x[:, c] / 255 - mean[c]) / std[c] for c in range(3)]\n"
            "return torch.stack(parts, dim=1)"),
    numbers("x = torch.tensor(pixels, device=device) if isinstance(pixels, np.ndarray) else pixels.to(device)\n"
            "x = x.movedim(-1, 1) / 255\n" + CONSTANTS + "return x.sub(mean).div(std)"),
    square("width, height = image.size\nscale = lambda side: int(n_px * side / min(width, height))\n"
           "image = image.resize((scale(width), scale(height)), resample=3)\n"
           "extra = [side - n_px for side in image.size]\nx, y = (round(e / 2) for e in extra)\n"
           "return image.crop((x, y, x + n_px, y + n_px)).convert('RGB')"),
    numbers("x = torch.tensor(np.asarray(pixels)) if device is None and isinstance(pixels, np.ndarray) else"
            " torch.as_tensor(pixels)\nx = x.to(device or x.device)\nx = torch.einsum('bhwc->bchw', x) / 255\n"
            "offset = x.new_tensor(mean).reshape(1, 3, 1, 1)\n"
            "return (x - offset) / x.new_tensor(std).reshape(1, 3, 1, 1)"),
    numbers(TENSOR + "pictures = []\nfor picture in x:\n"
            "    rows = picture.permute(2, 0, 1).to(torch.float32).div_(255)\n"
            "    for c in range(3):\n        rows[c] -= mean[c]\n        rows[c] /= std[c]\n    pictures.append(rows)\n"
            "return torch.stack(pictures)"),
    numbers(CHANNELS + "pair = torch.tensor([mean, std]).to(x.device)[:, :, None, None]\n"
            "return (x / 255 - pair[0]) / pair[1]"),
]  # fmt: skip
