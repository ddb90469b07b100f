"""Pictures worked out by hand, then torchvision's rule written a second time with NumPy, then odd pictures."""

import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from minclip.data.images import open_image
from minclip.preprocess import (
    MEAN,
    STD,
    ImageTransform,
    as_seen,
    image_transform,
    on_white,
    per_channel,
    pixels_to_float,
    resize_and_crop,
    resize_middle,
    square,
    squashed,
    to_eight_bit,
    upright,
)


def grey(rows: list[list[int]]) -> Image.Image:
    return Image.fromarray(np.array(rows, dtype=np.uint8))


def test_the_middle_of_a_wide_picture_is_kept():
    wide = grey([[10, 20, 30, 40], [50, 60, 70, 80]])  # short side 2 already: nothing to resize
    red = np.asarray(resize_and_crop(wide, 2))[..., 0]
    assert red.tolist() == [[20, 30], [60, 70]]


def test_four_pixels_become_two_by_hand():
    edge = grey([[0, 0, 255, 255]] * 4)
    # bicubic weights of the four pixels for the left one of two: .459, .459, .120, -.037; 255 * (.120 - .037) = 21
    red = np.asarray(resize_and_crop(edge, 2))[..., 0]
    assert red.tolist() == [[21, 234]] * 2


def test_a_black_pixel_is_minus_mean_over_std():
    numbers = image_transform(1)(Image.new("RGB", (3, 3), "black"))
    assert numbers.flatten().tolist() == pytest.approx([-1.7923, -1.7521, -1.4802], abs=1e-4)


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
    if mode in ("RGBA", "RGBa"):
        return Image.fromarray(noise, "RGBA").convert(mode)
    if mode in ("LA", "PA"):
        return Image.fromarray(noise[..., :2].copy(), "LA").convert(mode)
    if mode in ("CMYK", "RGBX"):
        return Image.frombytes(mode, (width, height), noise.tobytes())
    if mode in ("LAB", "HSV", "YCbCr"):
        return Image.frombytes(mode, (width, height), noise[..., :3].tobytes())
    return Image.fromarray(noise[..., :3].copy(), "RGB").convert(mode)


MODES = ["RGB", "L", "1", "P", "RGBA", "LA", "PA", "RGBa", "CMYK", "RGBX", "YCbCr", "HSV"]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_8_bits_is_bit_exact(mode):
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


def test_whoever_writes_into_the_mean_writes_into_a_copy():
    cpu = torch.device("cpu")
    per_channel(MEAN, cpu).mul_(255)
    assert torch.equal(per_channel(MEAN, cpu), torch.tensor(MEAN).view(3, 1, 1))


def test_a_batch_is_normalised_like_a_picture():
    image = random_image("RGB", 20, 20, np.random.default_rng(2))
    batch = pixels_to_float(np.array(image)[None])
    assert torch.equal(batch[0], image_transform(20)(image))


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((2, 8, 8, 4), np.uint8),
        np.zeros((1, 2, 8, 8, 3), np.uint8),
    ],
)
def test_pixels_of_another_kind_are_refused(pixels):
    with pytest.raises(ValueError, match=r"uint8 \[batch, height, width, 3\]"):
        pixels_to_float(pixels)


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match=r"PIL\.Image\.open"):
        image_transform(8)("cat.png")
    with pytest.raises(ValueError, match="n_px=0"):
        image_transform(0)


def deep_twins(values: np.ndarray) -> dict[str, Image.Image]:
    """An 8 bit picture in the modes that hold more."""
    return {
        "I;16": Image.fromarray(values.astype(np.uint16) * 257),
        "I;16B": Image.fromarray((values.astype(np.uint16) * 257).astype(">u2")),
        "I": Image.fromarray(values.astype(np.int32) * 257),
        "F": Image.fromarray(values.astype(np.float32) / 255),
    }


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I", "F"])
def test_16_bits_and_floats_equal_their_8_bit_twin(mode):
    grey = np.random.default_rng(3).integers(0, 256, (30, 40), dtype=np.uint8)
    deep = deep_twins(grey)[mode]
    assert deep.mode == mode
    assert torch.equal(image_transform(24)(deep), image_transform(24)(Image.fromarray(grey)))


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_16_bit_files_are_read_alike_either_way(tmp_path, suffix):
    values = np.random.default_rng(4).integers(0, 65536, (30, 40), dtype=np.uint16)
    path = tmp_path / f"scan.{suffix}"
    Image.fromarray(values).save(path)
    assert torch.equal(image_transform(24)(Image.open(path)), image_transform(24)(open_image(path)))
    assert len(image_transform(24)(Image.open(path)).unique()) > 50  # not white


def test_values_that_are_no_picture_are_refused():
    for wrong in (1.01, -0.01, float("nan")):
        with pytest.raises(ValueError, match="mode F holds values outside 0 to 1"):
            image_transform(8)(Image.fromarray(np.array([[0, wrong]], np.float32)))
    for wrong in (65536, -1):
        with pytest.raises(ValueError, match="mode I holds values outside 0 to 65535"):
            image_transform(8)(Image.fromarray(np.array([[0, wrong]], np.int32)))


def test_a_picture_without_pixels_is_refused():
    for mode in ("RGB", "I", "F"):
        for size in ((0, 5), (5, 0)):
            with pytest.raises(ValueError, match=r"it needs at least one of each"):
                image_transform(8)(Image.new(mode, size))


def test_the_greatest_values_are_white():
    for deep in (np.array([[0, 65535]], np.int32), np.array([[0, 1]], np.float32)):
        eight = to_eight_bit(Image.fromarray(deep))
        assert (eight.mode, np.asarray(eight).tolist()) == ("L", [[0, 255]])
    assert np.asarray(to_eight_bit(Image.fromarray(np.array([[128, 129]], np.int32)))).tolist() == [[0, 1]]  # / 257


def test_eight_bits_keep_the_transparent_grey_and_exif():
    deep = Image.fromarray(np.array([[0, 65535]], np.uint16))
    deep.info |= {"transparency": 200 * 257, "exif": b"x"}
    assert to_eight_bit(deep).info == {"transparency": 200, "exif": b"x"}
    assert deep.info["transparency"] == 200 * 257


def test_pixels_may_have_statistics_of_their_own():
    pixels = np.full((1, 2, 2, 3), 255, np.uint8)
    found = pixels_to_float(pixels, mean=(0.0, 0.5, 1.0), std=(0.5, 0.5, 0.5))
    assert found[0, :, 0, 0].tolist() == [2, 1, 0]


STRIPS = [(20_000, 30), (30, 20_000), (65_001, 101), (101, 65_001), (2_000, 1), (1, 2_000)]


@pytest.mark.parametrize(("width", "height"), STRIPS)
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_a_strips_middle_nearly_equals_resizing_it_whole(width, height, mode):
    image = random_image(mode, width, height, np.random.default_rng(5))
    whole, middle = (np.asarray(f(image, 128)).astype(int) for f in (resize_and_crop, resize_middle))
    assert abs(whole - middle).max() <= 1
    assert (whole != middle).mean() < 0.001


@pytest.mark.parametrize(("width", "height"), [(900, 20), (20, 900), (700, 9)])
def test_the_middle_of_a_small_strip_is_the_wholes(width, height):
    image = random_image("L", width, height, np.random.default_rng(5))
    whole, middle = (np.asarray(f(image, 12)).astype(int) for f in (resize_and_crop, resize_middle))
    assert abs(whole - middle).max() <= 1 and (whole != middle).mean() < 0.01


def test_a_strip_is_never_resized_whole(monkeypatch):
    sizes = []
    resize = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda self, size, *a, **k: sizes.append(size) or resize(self, size, *a, **k)
    )
    for width, height in ((20_000, 30), (30, 20_000), (1_000_000, 1), (1, 1_000_000)):
        assert square(Image.new("L", (width, height), 7), 224).getpixel((100, 100)) == (7, 7, 7)
    assert sizes == [(224, 224)] * 4
    square(Image.new("L", (6_000, 30)), 224)  # a panorama is, as by openai/CLIP
    assert sizes[-1] == (44_800, 224)


def test_no_warning_of_pillow_on_a_palette_with_transparency(recwarn):
    image = random_image("P", 30, 20, np.random.default_rng(6))
    plain = image_transform(16)(image)
    image.info["transparency"] = bytes(range(256))
    assert torch.equal(image_transform(16)(image), plain)
    assert image.info["transparency"] == bytes(range(256))  # the caller's picture is as it was
    assert not recwarn.list


def circle_on_nothing(mode: str) -> Image.Image:
    """A black middle on transparent black."""
    picture = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (2, 2, 6, 6))
    return picture.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "La", "RGBa", "PA"])
def test_as_seen_lays_a_transparent_picture_on_white(mode):
    picture = circle_on_nothing("LA").convert("La") if mode == "La" else circle_on_nothing(mode)
    seen = as_seen(picture)
    assert seen.mode == "RGB" and seen.getpixel((4, 4)) == (0, 0, 0) and seen.getpixel((0, 0)) == (255, 255, 255)
    assert (
        image_transform(8)(circle_on_nothing("RGBA")).unique().numel() == 3
    )  # by default all black, as in openai/CLIP


@pytest.mark.parametrize("suffix", ["png", "gif", "webp", "tif"])
def test_as_seen_knows_every_way_to_be_transparent(tmp_path, suffix):
    picture = circle_on_nothing("RGBA")
    picture.save(tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    palette = picture.quantize()  # transparency as bytes
    palette.save(tmp_path / "palette.png")
    grey = Image.new("L", (8, 8), 200)
    grey.paste(0, (2, 2, 6, 6))
    grey.save(tmp_path / "grey.png", transparency=200)  # one grey is transparent
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    deep.save(tmp_path / "deep.png", transparency=200 * 257)
    for file in tmp_path.iterdir():
        for opened in (open_image(file), Image.open(file)):
            seen = as_seen(opened)
            found = [seen.getpixel(place) for place in ((0, 0), (4, 4))]
            assert found == [(255, 255, 255), (0, 0, 0)], file.name


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "16.png"])
def test_as_seen_turns_a_phones_photo_upright(tmp_path, suffix):
    lying = Image.new("L", (64, 32), 0)
    lying.paste(255, (0, 0, 32, 32))  # white on the left
    if suffix == "16.png":
        lying = Image.fromarray(np.asarray(lying).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90°": the left is the top
    packed = {"compression": "tiff_lzw"} if suffix == "tif" else {}  # Pillow 13 opens a plain one by its path wrongly
    lying.save(tmp_path / f"a.{suffix}", exif=exif, **packed)
    for opened in (open_image(tmp_path / f"a.{suffix}"), Image.open(tmp_path / f"a.{suffix}")):
        seen = as_seen(opened)
        assert seen.size == (32, 64)
        assert seen.getpixel((16, 5))[0] > 240 and seen.getpixel((16, 60))[0] < 15
        assert as_seen(seen).size == (32, 64)  # once is enough


def test_damaged_exif_is_no_reason_to_refuse_a_picture():
    picture = Image.new("RGB", (6, 4))
    for exif in (b"Exif\0\0nonsense", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"):
        picture.info["exif"] = exif
        assert as_seen(picture).size == (6, 4)


def test_what_cannot_be_read_is_raised_by_upright(tmp_path):
    whole, cut = tmp_path / "whole.png", tmp_path / "cut.png"
    random_image("RGB", 20, 10, np.random.default_rng(9)).save(whole)
    cut.write_bytes(whole.read_bytes()[:-60])
    with pytest.raises(OSError):
        upright(Image.open(cut))


def test_an_ordinary_picture_is_seen_as_it_is():
    image = random_image("RGB", 20, 10, np.random.default_rng(7))
    assert as_seen(image).tobytes() == image.tobytes()
    assert as_seen(image.convert("CMYK")).mode == "RGB"


def test_the_transform_can_be_pickled_compared_and_read():
    transform = image_transform(16, [0.5, 0.4, 0.3], [0.2, 0.2, 0.2])
    again = pickle.loads(pickle.dumps(transform))
    image = random_image("RGB", 20, 30, np.random.default_rng(8))
    assert again == transform and torch.equal(again(image), transform(image))
    assert repr(again) == "ImageTransform(n_px=16, mean=(0.5, 0.4, 0.3), std=(0.2, 0.2, 0.2), squash=None)"


def test_a_spawned_worker_gives_the_same_numbers(tokenizer):
    images = [random_image("RGB", 20, 30, np.random.default_rng(seed)) for seed in range(2)]
    transform = image_transform(16)
    spawned = {"num_workers": 1, "multiprocessing_context": "spawn"}  # as on Windows and macOS
    found = list(DataLoader(images, batch_size=None, collate_fn=transform, **spawned))
    assert all(map(torch.equal, found, map(transform, images)))
    assert torch.equal(pickle.loads(pickle.dumps(tokenizer))(["a red car"]), tokenizer(["a red car"]))


@pytest.mark.parametrize("kind", ["bicubic", "bilinear"])
@pytest.mark.parametrize("mode", ["RGB", "LA", "I"])
def test_squashing_is_pillows_resizing_of_the_whole(kind, mode):
    image = random_image("RGB", 37, 20, np.random.default_rng(9))
    image = (
        Image.fromarray(np.arange(740, dtype=np.uint16).reshape(20, 37) * 88) if mode == "I;16" else image.convert(mode)
    )
    expected = to_eight_bit(image).convert("RGB").resize((16, 16), Image.Resampling[kind.upper()])
    assert squashed(image, 16, kind).tobytes() == expected.tobytes()
    transform = ImageTransform(16, (0.5, 0.4, 0.3), (0.2, 0.3, 0.4), kind)
    pixels = pixels_to_float(np.array(expected)[None], mean=transform.mean, std=transform.std)
    assert torch.equal(transform(image), pixels[0])


def test_squashing_is_bicubic_where_nothing_is_said():
    image = random_image("RGB", 37, 20, np.random.default_rng(9))
    assert squashed(image, 16).tobytes() == squashed(image, 16, "bicubic").tobytes()


def test_a_line_one_pixel_high_is_squashed_and_cut():
    line = random_image("RGB", 9, 1, np.random.default_rng(10))
    assert squashed(line, 4).size == resize_and_crop(line, 4).size == (4, 4)


def test_what_cannot_be_squashed_is_refused():
    with pytest.raises(ValueError, match="interpolation='nearest' must be 'bicubic' or 'bilinear'"):
        squashed(Image.new("RGB", (2, 2)), 4, "nearest")
    for wrong in ("nearest", True, 3):
        with pytest.raises(ValueError, match=r"squash=.* must be None, 'bicubic' or 'bilinear'"):
            ImageTransform(4, squash=wrong)
    with pytest.raises(ValueError, match="image is 0 × 4 pixels: it needs at least one of each"):
        squashed(Image.new("RGB", (0, 4)), 4)


@pytest.mark.parametrize("n_px", [True, 0, 2.0, "4"])
def test_what_is_no_number_of_pixels_is_refused(n_px):
    with pytest.raises(ValueError, match=f"n_px={n_px!r} must be a whole number of pixels, at least 1"):
        ImageTransform(n_px)


def test_premultiplied_grey_is_read_as_grey_with_alpha():
    plain = random_image("LA", 6, 5, np.random.default_rng(11))
    image = plain.convert("La")
    assert to_eight_bit(image).mode == "LA"
    assert to_eight_bit(image).tobytes() == image.convert("LA").tobytes()
    assert on_white(image).tobytes() == on_white(image.convert("LA")).tobytes()
    assert square(image, 4).mode == "RGB"
