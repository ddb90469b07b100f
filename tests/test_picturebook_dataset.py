"""The picture book as a data set: pixels that match the facts, captions in the number asked for."""

import subprocess
import sys

import numpy as np
import pytest
from picturebook_examples import ROOT, book
from PIL import Image

from minclip.data.picturebook import PictureBook, World


def test_captions_of_the_first_test_picture():
    said = PictureBook("test", count=1).captions(0)
    assert said == ["a kite", "a kite, a toy", "a drawing of my kite", "my kite", "A kite, pencil drawing."]


# the data set
def test_pixels_match_the_facts_and_are_found_again(tmp_path):
    first = book(tmp_path)
    assert first.pixels.shape == (40, 16, 16, 3) and first.pixels.dtype == np.uint8
    (file,) = tmp_path.iterdir()
    before = file.stat().st_mtime_ns
    second = book(tmp_path)
    assert np.array_equal(first.pixels, second.pixels) and file.stat().st_mtime_ns == before
    assert len(second) == 40 and second.image(7).size == (16, 16) and second.image(7).mode == "RGB"
    assert np.array_equal(np.asarray(second.image(7)), second.pixels[7])
    assert isinstance(second.image(0), Image.Image)


def test_pictures_do_not_depend_on_how_many_there_are(tmp_path):
    few, many = book(tmp_path, "train", count=5), book(tmp_path, "train", count=9)
    assert np.array_equal(few.pixels, many.pixels[:5])
    assert [few.captions(i) for i in range(5)] == [many.captions(i) for i in range(5)]


def test_captions_come_in_the_number_asked_for(tmp_path):
    assert [len(book(tmp_path, captions_per_picture=n).captions(0)) for n in (1, 5, 8)] == [1, 5, 8]
    assert book(tmp_path).captions(3) == book(tmp_path).captions(3)


def test_only_training_has_noise(tmp_path):
    noisy = World(noise=1.0)
    assert book(tmp_path, "train", world=noisy).captions(0) != book(tmp_path, "train").captions(0)
    assert book(tmp_path, "val", world=noisy).captions(0) == book(tmp_path, "val").captions(0)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"split": "dev"}, "split"),
        ({"count": 0}, "count"),
        ({"captions_per_picture": 0}, "captions_per_picture"),
    ],
)
def test_wrong_arguments(given, named):
    with pytest.raises(ValueError, match=named):
        PictureBook(**given)


@pytest.mark.parametrize("size", [0, 7, 513, 100_000])
def test_wrong_sizes(tmp_path, size):
    with pytest.raises(ValueError, match=f"size={size}"):
        _ = PictureBook("val", size=size, cache=tmp_path).pixels


@pytest.mark.parametrize("index", [-1, 40])
def test_an_index_outside_the_split(tmp_path, index):
    with pytest.raises(IndexError, match="0 to 39"):
        book(tmp_path).captions(index)


def test_drawing_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys, types\n"
        "sys.modules['minclip'] = types.ModuleType('minclip')  # without its face, which may import torch\n"
        "sys.modules['minclip'].__path__ = ['minclip']\n"
        "import minclip.data.picturebook\n"
        "print({'torch', 'matplotlib'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")
