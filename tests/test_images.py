"""Opening pictures that people have, and whole data sets as one array."""

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minclip.data import images
from minclip.data.images import Readable, load_pixels, open_image, to_rgb
from minclip.preprocess import resize_and_crop


def picture(size: tuple[int, int] = (20, 14), mode: str = "RGB", seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


class InMemory:
    """A data set of pictures that are there already."""

    name, split = "memory", "train"

    def __init__(self, pictures: list[Image.Image]):
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def image(self, index: int) -> Image.Image:
        return self.pictures[index]

    def captions(self, index: int) -> list[str]:
        return []


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "LA", "RGBA", "1"])
def test_png_keeps_its_mode_and_pixels(tmp_path, mode):
    original = picture(mode=mode)
    original.save(tmp_path / "a.png")
    opened = open_image(tmp_path / "a.png")
    assert opened.mode == mode
    assert opened.convert("RGBA").tobytes() == original.convert("RGBA").tobytes()


def test_cmyk_is_kept(tmp_path):
    picture(mode="CMYK").save(tmp_path / "a.jpg")
    assert open_image(tmp_path / "a.jpg").mode == "CMYK"


def test_opens_a_file_object_and_a_string(tmp_path):
    picture().save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as file:
        assert open_image(file).tobytes() == open_image(str(tmp_path / "a.png")).tobytes() == picture().tobytes()


def test_sixteen_bits_keep_their_whole_range(tmp_path):
    values = np.array([[0, 1000, 32896, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    opened = open_image(tmp_path / "deep.png")
    assert opened.mode == "L"
    assert np.asarray(opened).tolist() == [[0, 4, 128, 255]]


def test_thirty_two_bits_count_as_sixteen_or_are_refused(tmp_path):
    Image.fromarray(np.array([[0, 65535]], dtype=np.int32)).save(tmp_path / "ok.tif")
    assert np.asarray(open_image(tmp_path / "ok.tif")).tolist() == [[0, 255]]
    Image.fromarray(np.array([[0, 65536]], dtype=np.int32)).save(tmp_path / "deep.tif")
    with pytest.raises(ValueError, match=r"deep\.tif .*mode I holds values outside 0 to 65535"):
        open_image(tmp_path / "deep.tif")


def test_floats_from_zero_to_one(tmp_path):
    Image.fromarray(np.array([[0, 0.5, 1]], dtype=np.float32)).save(tmp_path / "float.tif")
    assert np.asarray(open_image(tmp_path / "float.tif")).tolist() == [[0, 128, 255]]
    Image.fromarray(np.array([[np.nan]], dtype=np.float32)).save(tmp_path / "nan.tif")
    with pytest.raises(ValueError, match=r"nan\.tif"):
        open_image(tmp_path / "nan.tif")


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_first_frame_of_an_animation(tmp_path, suffix):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:], lossless=True)
    red, _, blue = open_image(tmp_path / f"a.{suffix}").convert("RGB").getpixel((4, 4))
    assert red > 250 and blue < 5


def test_exif_orientation_is_not_applied(tmp_path):
    lying = picture((30, 10))
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me by 90°"
    lying.save(tmp_path / "phone.png", exif=exif)
    assert open_image(tmp_path / "phone.png").size == (30, 10)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.png"):
        open_image(tmp_path / "nowhere.png")


def test_folder_is_not_a_picture(tmp_path):
    with pytest.raises(ValueError, match="is a folder"):
        open_image(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (b"hello, I am text", "not a picture"), (b"\x89PNG\r\n\x1a\n", "not a picture")],
)
def test_faulty_file_is_one_clear_error(tmp_path, content, reason):
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(ValueError, match=rf"bad\.png .*{reason}") as caught:
        open_image(tmp_path / "bad.png")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tif", "bmp"])
def test_truncated_file_names_itself(tmp_path, suffix):
    picture((64, 64)).save(tmp_path / f"cut.{suffix}")
    content = (tmp_path / f"cut.{suffix}").read_bytes()
    (tmp_path / f"cut.{suffix}").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=rf"cut\.{suffix}"):
        open_image(tmp_path / f"cut.{suffix}")


@pytest.mark.filterwarnings("error")  # Pillow's remarks on damaged metadata are not shown
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tif"])
def test_damaged_files_never_raise_anything_else(suffix):
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    picture((24, 24)).save(buffer, "JPEG" if suffix == "jpg" else "TIFF" if suffix == "tif" else suffix)
    refused = 0
    for _ in range(100):
        content = bytearray(buffer.getvalue())
        for position in rng.integers(0, len(content), 8):
            content[position] = rng.integers(0, 256)
        try:
            open_image(io.BytesIO(bytes(content)), "damaged").load()
        except ValueError as error:
            assert str(error).startswith("damaged ")
            refused += 1
    assert refused > 0


def test_decompression_bomb_is_refused_by_its_header(tmp_path, monkeypatch):
    Image.new("1", (20_000, 10_000)).save(tmp_path / "bomb.png")  # 200 megapixels in 25 kB
    with pytest.raises(ValueError, match=r"bomb\.png .*(pixels|limit)"):
        open_image(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # whoever switches Pillow's check off keeps ours
    with pytest.raises(ValueError, match=f"limit of {images.MAX_PIXELS:,}"):
        open_image(tmp_path / "bomb.png")


@pytest.mark.filterwarnings("error")
def test_a_large_picture_below_the_limit_is_silent(tmp_path):
    Image.new("1", (10_000, 9_000)).save(tmp_path / "large.png")  # Pillow warns from 89 megapixels on
    assert open_image(tmp_path / "large.png").size == (10_000, 9_000)


def test_to_rgb_drops_transparency():
    assert to_rgb(Image.new("RGBA", (1, 1), (10, 20, 30, 0))).getpixel((0, 0)) == (10, 20, 30)


@pytest.mark.filterwarnings("error")
def test_to_rgb_of_a_palette_with_transparency_is_silent():
    palette = picture().quantize()
    expected = palette.convert("RGB").tobytes()
    palette.info["transparency"] = bytes(range(256))
    assert to_rgb(palette).tobytes() == expected


def test_load_pixels_resizes_as_preprocessing_does():
    pictures = [picture((20, 14), seed=0), picture((9, 31), seed=1), picture((12, 12), "L", seed=2)]
    pixels = load_pixels(InMemory(pictures), 12)
    assert pixels.dtype == np.uint8 and pixels.shape == (3, 12, 12, 3)
    for found, original in zip(pixels, pictures, strict=True):
        assert np.array_equal(found, np.asarray(resize_and_crop(original, 12)))


def test_load_pixels_keeps_the_order_with_many_threads():
    pictures = [Image.new("RGB", (4, 4), (index, 0, 0)) for index in range(200)]
    assert load_pixels(InMemory(pictures), 4)[:, 0, 0, 0].tolist() == list(range(200))


def test_load_pixels_takes_a_ready_array_that_fits():
    dataset = InMemory([picture((8, 8))])
    dataset.pixels = np.zeros((1, 8, 8, 3), dtype=np.uint8)
    assert load_pixels(dataset, 8) is dataset.pixels
    assert load_pixels(dataset, 4).shape == (1, 4, 4, 3) and load_pixels(dataset, 4).any()


class Broken(InMemory):
    """Pictures 1 and 3 cannot be read."""

    labels = (10, 11, 12, 13, 14)

    def image(self, index: int) -> Image.Image:
        if index in (1, 3):
            raise (ValueError if index == 1 else PermissionError)(f"{index}.png is cut off")
        return super().image(index)

    def captions(self, index: int) -> list[str]:
        return [f"picture {index}"]


def test_load_pixels_names_every_picture_that_cannot_be_read():
    message = r"2 of 5 pictures of memory/train cannot be read: 1\.png is cut off; 3\.png is cut off"
    with pytest.raises(ValueError, match=message):
        load_pixels(Broken([picture()] * 5), 4)


def test_readable_goes_on_without_pictures_that_cannot_be_read():
    pictures = [picture((8, 8), seed=seed) for seed in range(5)]
    readable = Readable(Broken(pictures), 8)
    assert readable.unreadable == {1: "1.png is cut off", 3: "3.png is cut off"}
    assert readable.left_out == ["1.png is cut off", "3.png is cut off"]
    assert readable.kept == [0, 2, 4] and readable.labels == [10, 12, 14] and len(readable) == 3
    for place, index in enumerate(readable.kept):
        assert readable.image(place).tobytes() == pictures[index].tobytes() == readable.pixels[place].tobytes()
        assert readable.captions(place) == [f"picture {index}"]
    assert load_pixels(readable, 8) is readable.pixels


def test_a_split_without_readable_pictures_is_an_error():
    class Gone(InMemory):
        def image(self, index: int) -> Image.Image:
            raise FileNotFoundError(f"{index}.png is not there")

    with pytest.raises(ValueError, match=r"none of the 5 pictures of memory/train can be read: 0\.png .* and 2 more"):
        Readable(Gone([picture()] * 5), 8)


def test_a_data_sets_own_mistake_is_raised():
    class Mistaken(InMemory):
        def image(self, index: int) -> Image.Image:
            raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        Readable(Mistaken([picture()]), 8)


def test_load_pixels_uses_a_bounded_number_of_threads():
    seen = set()

    class Watched(InMemory):
        def image(self, index: int) -> Image.Image:
            seen.add(threading.get_ident())
            return super().image(index)

    load_pixels(Watched([picture()] * 300), 4)
    assert 1 <= len(seen) <= images.MAX_THREADS


def test_load_pixels_refuses_a_size_below_one(tmp_path: Path):
    with pytest.raises(ValueError, match="size=0"):
        load_pixels(InMemory([picture()]), 0)
