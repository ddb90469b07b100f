"""Answers to the exercise 2.2."""

from minclip.course.planted_answers import Answer, answer_of


def numbers(body: str, says: str = "", silent: str = "", before: str = "") -> Answer:
    head = f"{before}def pixels_to_float(pixels, device=None, mean=MEAN, std=STD):\n"
    return answer_of("pixels_to_float", head, body, says, silent)


TENSOR = "x = torch.as_tensor(pixels, device=device)\n"
CHANNELS = TENSOR + "x = x.permute(0, 3, 1, 2).float()\n"
CUT = "b, h, w, c = x.shape\n"
CONSTANTS = "mean, std = (torch.tensor(v, device=x.device).view(3, 1, 1) for v in (mean, std))\n"

WRONG = [
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
    numbers(CHANNELS + "return x / 127.5 - 1", "from -1 to 1", silent="divided by 255"),
    numbers(CHANNELS.replace(".float()", ".half()") + CONSTANTS + "return (x / 255 - mean) / std", "too few digits"),
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
    numbers(CHANNELS + CONSTANTS + "x = x / 255\nreturn x - mean / std", "it needs brackets",
            silent="comes before the mean"),
    numbers(CHANNELS + "return (x / 255 - 0.5) / 0.5", "from -1 to 1", silent="for all channels"),
    numbers(CHANNELS + "return (x / 255 - 0.5) / 0.25", silent="→"),
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std).half()", "must be float32"),
    numbers(CHANNELS.replace(".float()", ".bfloat16()") + CONSTANTS + "return (x / 255 - mean) / std", "too few digits",
            silent="half"),
    numbers(CHANNELS + CONSTANTS.replace("device=x", "dtype=torch.half, device=x")
            + "return (x.half() / 255 - mean) / std", "must be float32"),
    numbers(CHANNELS + CONSTANTS + "return ((x / 255 - mean) / std).round(decimals=2)", silent="→"),
    numbers(CHANNELS + CONSTANTS + "return (x // 255 - mean) / std", "keep no fraction", silent="not subtracted"),
    numbers(TENSOR + "x = (x // 255).permute(0, 3, 1, 2).float()\n" + CONSTANTS + "return (x - mean) / std",
            "keep no fraction"),
    numbers(TENSOR + "x = (x / 255).to(torch.uint8).permute(0, 3, 1, 2).float()\n" + CONSTANTS
            + "return (x - mean) / std", "keep no fraction"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 / 255 - mean) / std", silent="→"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - mean) / std**2", "the square of std"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - mean) / std.sqrt()", silent="square of std"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 + mean) / std", "the mean is added"),
    numbers(CHANNELS + CONSTANTS + "return (mean - x / 255) / std", "the signs are turned"),
    numbers(CHANNELS + CONSTANTS + "return (x / x.max() - mean) / std", "the largest number that is there"),
    numbers(CHANNELS + CONSTANTS + "x = x / x.amax(dim=(1, 2, 3), keepdim=True)\nreturn (x - mean) / std", silent="→"),
    numbers(CHANNELS + CONSTANTS + "return (x / 255 - mean.mean()) / std.mean()", "each has its own"),
    numbers(CHANNELS + CONSTANTS + "x = x / 255 if x.max() > 1 else x\nreturn (x - mean) / std", "a dark picture may"),
    numbers(CHANNELS + CONSTANTS.replace("(3, 1, 1)", "(3, 1)") + "return (x / 255 - mean) / std", "meet the height"),
    numbers(CHANNELS + CONSTANTS.replace("(3, 1, 1)", "(1, 1, 3)") + "return (x / 255 - mean) / std",
            "run along the width"),
    numbers(CHANNELS + "return (x / 255 - mean) / std", "plain numbers in a row"),
    numbers(TENSOR.replace("device=device", "") + "x = x.permute(2, 0, 1).float()\n" + CONSTANTS
            + "return (x / 255 - mean) / std", "permute", silent="→"),
    numbers("x = torch.from_numpy(np.asarray(pixels).astype(np.float32) / 255).permute(0, 3, 1, 2)\n" + CONSTANTS
            + "return (x - mean) / std", "NumPy cannot read"),
    numbers("pixels = np.array(pixels)\n" + CHANNELS + CONSTANTS + "return (x / 255 - mean) / std", "a GPU"),
    numbers(CHANNELS.replace(".float()", ".type(torch.FloatTensor)") + CONSTANTS + "return (x / 255 - mean) / std",
            "would fail on a GPU"),
    numbers(CHANNELS + CONSTANTS + "return torch.stack([(one / 255 - mean) / std for one in x[:2]])", silent="→"),
]  # fmt: skip

CORRECT = [
    numbers(TENSOR + "r, g, b = x.float().div(255).unbind(-1)\n"
            "return torch.stack([(c - m) / s for c, m, s in zip((r, g, b), mean, std)], 1)"),
    numbers(TENSOR + "x = x.float() / 255\nx = (x - torch.tensor(mean, device=x.device))"
            " / torch.tensor(std, device=x.device)\nreturn x.permute(0, 3, 1, 2)"),
    numbers(CHANNELS + "parts = [(x[:, c] / 255 - mean[c]) / std[c] for c in range(3)]\n"
            "return torch.stack(parts, dim=1)"),
    numbers("x = torch.tensor(pixels, device=device) if isinstance(pixels, np.ndarray) else pixels.to(device)\n"
            "x = x.movedim(-1, 1) / 255\n" + CONSTANTS + "return x.sub(mean).div(std)"),
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
    numbers(TENSOR + "x = torch.moveaxis(x, 3, 1).float().mul(1 / 255)\n"
            "for c in range(3):\n    x[:, c].sub_(mean[c]).div_(std[c])\nreturn x"),
    numbers(CHANNELS + CONSTANTS + "return (x - 255 * mean) / (255 * std)"),
    numbers(CHANNELS + "m = torch.as_tensor(mean, dtype=x.dtype, device=x.device)\n"
            "s = torch.as_tensor(std, dtype=x.dtype, device=x.device)\n"
            "return (x / 255.0 - m[None, :, None, None]) / s[None, :, None, None]"),
    numbers("from minclip.preprocess import per_channel\n" + CHANNELS
            + "m = per_channel(tuple(mean), x.device).mul_(255)\n"
            "return (x - m) / per_channel(tuple(std), x.device).mul_(255)"),
]  # fmt: skip
