"""The picture's way into the model, against torchvision's rule written a second time, with NumPy."""

import numpy as np
import pytest
import torch
from PIL import Image

from minclip.preprocess import MEAN, STD, image_transform, pixels_to_float


def original_rule(image: Image.Image, n: int) -> np.ndarray:
    """Resize(n, bicubic), CenterCrop(n), convert("RGB"), ToTensor, Normalize, as torchvision defines them."""
    w, h = image.size
    short, long = (w, h) if w <= h else (h, w)
    new_long = int(n * long / short)
    new_w, new_h = (n, new_long) if w <= h else (new_long, n)
    if (w, h) != (new_w, new_h):
        image = image.resize((new_w, new_h), Image.Resampling.BICUBIC)
    top, left = round((new_h - n) / 2.0), round((new_w - n) / 2.0)
    image = image.crop((left, top, left + n, top + n)).convert("RGB")
    x = np.array(image).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
    mean, std = (np.array(value, dtype=np.float32)[:, None, None] for value in (MEAN, STD))
    return (x - mean) / std


def random_image(mode: str, width: int, height: int, rng: np.random.Generator) -> Image.Image:
    noise = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65536, (height, width), dtype=np.uint16))
    if mode == "I":
        return Image.fromarray(rng.integers(0, 70_000, (height, width), dtype=np.int32))
    if mode == "F":
        return Image.fromarray(rng.random((height, width), dtype=np.float32) * 300)
    if mode in ("RGBA", "RGBa"):
        return Image.fromarray(noise, "RGBA").convert(mode)
    if mode in ("LA", "PA"):
        return Image.fromarray(noise[..., :2].copy(), "LA").convert(mode)
    if mode in ("CMYK", "RGBX"):
        return Image.frombytes(mode, (width, height), noise.tobytes())
    if mode in ("LAB", "HSV", "YCbCr"):
        return Image.frombytes(mode, (width, height), noise[..., :3].tobytes())
    return Image.fromarray(noise[..., :3].copy(), "RGB").convert(mode)


MODES = ["RGB", "L", "1", "P", "RGBA", "LA", "PA", "RGBa", "CMYK", "RGBX", "YCbCr", "HSV", "I", "F", "I;16"]


@pytest.mark.parametrize("mode", MODES)
def test_every_pil_mode_is_bit_exact(mode):
    rng = np.random.default_rng(0)
    for _ in range(12):
        width, height = (int(side) for side in rng.integers(1, 90, 2))
        n = int(rng.integers(1, 64))
        image = random_image(mode, width, height, rng)
        found = image_transform(n)(image)
        assert found.shape == (3, n, n) and found.dtype == torch.float32
        assert np.array_equal(found.numpy(), original_rule(image, n)), (mode, width, height, n)


def test_resizing_comes_before_the_conversion_to_rgb():
    image = random_image("RGBA", 50, 40, np.random.default_rng(1))
    other_order = image_transform(24)(image.convert("RGB"))
    assert (image_transform(24)(image) - other_order).abs().max() > 0.1


def test_a_batch_of_pixels_is_normalised_as_a_picture_is():
    image = random_image("RGB", 20, 20, np.random.default_rng(2))
    batch = pixels_to_float(np.array(image)[None])
    assert torch.equal(batch[0], image_transform(20)(image))


@pytest.mark.parametrize("pixels", [np.zeros((2, 8, 8, 3), np.float32), np.zeros((8, 8, 3), np.uint8)])
def test_pixels_of_another_kind_are_refused(pixels):
    with pytest.raises(ValueError, match=r"uint8 \[batch, height, width, 3\]"):
        pixels_to_float(pixels)


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match=r"PIL\.Image\.open"):
        image_transform(8)("cat.png")
    with pytest.raises(ValueError, match="n_px=0"):
        image_transform(0)
