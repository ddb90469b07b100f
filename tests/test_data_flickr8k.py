"""Flickr8k: its original layout, Kaggle's table, photos in a .tar."""

import csv
import shutil

import numpy as np
import pytest
from photo_sets import FLICKR, write_tar

from minclip.data import open_dataset
from minclip.data.flickr8k import Flickr8k
from minclip.data.images import load_pixels
from minclip.evaluation.suites import evaluation_suite


def test_flickr8k_reads_the_original_layout(flickr):
    dataset = Flickr8k(flickr, "train")
    assert (dataset.name, dataset.split, len(dataset)) == ("flickr8k", "train", 2)
    assert dataset.filenames == ["1_a.jpg", "2_b.jpg"]
    assert dataset.captions(1)[3] == 'Caption 3 of 2_b.jpg , "quoted" .'
    assert dataset.image(1).mode == "RGB" and dataset.image(1).size == (10, 8)
    assert abs(dataset.image(1).getpixel((5, 4))[0] - 40) < 4
    assert dataset.without_image == 1


def test_flickr8k_understands_dev_as_val(flickr):
    assert Flickr8k(flickr, "dev").filenames == Flickr8k(flickr, "val").filenames == ["3_c.jpg"]
    assert Flickr8k(flickr, "dev").split == "val"
    with pytest.raises(ValueError, match="split='all' is not known: choose of train, val, test"):
        Flickr8k(flickr, "all")


def test_flickr8k_reads_kaggles_table_and_lists_in_text(flickr):
    expected = [Flickr8k(flickr, "train").captions(i) for i in range(2)]
    (flickr / "Flickr8k.token.txt").unlink()
    (flickr / "Flicker8k_Dataset").rename(flickr / "Images")
    with (flickr / "captions.txt").open("w", encoding="utf-8", newline="") as file:
        rows = [[name, f'Caption {k} of {name} , "quoted" .'] for name in FLICKR for k in range(5)]
        csv.writer(file).writerows([["image", "caption"], *rows])
    (flickr / "text").mkdir()
    for path in flickr.glob("Flickr_8k.*"):
        path.rename(flickr / "text" / path.name)
    dataset = Flickr8k(flickr, "train")
    assert [dataset.captions(i) for i in range(2)] == expected
    assert dataset.without_image == 0


def test_flickr8k_reads_a_tar_without_unpacking_it(flickr):
    expected = load_pixels(Flickr8k(flickr, "train"), 6)
    photos = {f"images/{p.name}": p.read_bytes() for p in sorted((flickr / "Flicker8k_Dataset").iterdir())}
    write_tar(flickr / "images-8.tar", photos)
    shutil.rmtree(flickr / "Flicker8k_Dataset")
    assert np.array_equal(load_pixels(Flickr8k(flickr, "train"), 6), expected)


def test_flickr8k_is_measured_without_an_unreadable_photo(flickr):
    test = [name for name, split in FLICKR.items() if split == "test"]
    lists = flickr / "Flickr_8k.testImages.txt"
    lists.write_text("\n".join(["1_a.jpg", *test]), encoding="utf-8")
    (flickr / "Flicker8k_Dataset" / "1_a.jpg").write_bytes(b"")
    suite = evaluation_suite(flickr, 8)
    pixels, texts, image_of_text = suite.retrieval
    assert len(pixels) == len(test) and texts[0].endswith(f'{test[0]} , "quoted" .') and image_of_text[0] == 0
    unreadable = [f"{flickr / 'Flicker8k_Dataset' / '1_a.jpg'} is empty (0 bytes)"]
    assert suite.left_out["pictures_unreadable"]["all"] == unreadable


def test_flickr8k_names_a_missing_photo(flickr):
    (flickr / "Flicker8k_Dataset" / "2_b.jpg").unlink()
    with pytest.raises(ValueError, match=r"1 of the 2 pictures in .*trainImages\.txt .*2_b\.jpg"):
        Flickr8k(flickr, "train")


def test_flickr8k_names_a_missing_list(flickr):
    (flickr / "Flickr_8k.devImages.txt").unlink()
    with pytest.raises(ValueError, match=r"lacks Flickr_8k\.devImages\.txt.*Flickr8k_text\.zip"):
        Flickr8k(flickr, "val")


def test_flickr8k_names_a_list_that_is_not_utf8(flickr):
    (flickr / "Flickr_8k.devImages.txt").write_bytes(b"3_c\xfc.jpg\n")
    with pytest.raises(ValueError, match=r"Flickr_8k\.devImages\.txt cannot be read as text"):
        Flickr8k(flickr, "val")


def test_a_row_without_a_caption_cell_names_its_place(flickr):
    (flickr / "Flickr8k.token.txt").unlink()
    (flickr / "captions.txt").write_text("image,caption\n1_a.jpg,fine\n2_b.jpg\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"captions\.txt row 3 has 1 cells"):
        Flickr8k(flickr, "train")


@pytest.mark.parametrize("fault", ["cut", "compressed", "text"])
def test_a_faulty_tar_is_one_clear_error(flickr, fault):
    photos = {f"images/{p.name}": p.read_bytes() for p in sorted((flickr / "Flicker8k_Dataset").iterdir())}
    shutil.rmtree(flickr / "Flicker8k_Dataset")
    tar = flickr / "images-8.tar"
    write_tar(tar, photos, "w:gz" if fault == "compressed" else "w")
    if fault == "cut":
        content = tar.read_bytes()
        tar.write_bytes(content[: content.rindex(b"\xff\xd9")])  # in the middle of the last photo
    if fault == "text":
        tar.write_bytes(b"not found")
    with pytest.raises(ValueError, match=r"images-8\.tar is not a plain, complete \.tar"):
        Flickr8k(flickr, "train")


def test_flickr8k_real_counts(shared):
    folder = shared / "data" / "flickr8k-96"
    for split, count in (("train", 6000), ("val", 1000), ("test", 1000)):
        dataset = open_dataset(folder, split)
        assert (dataset.name, len(dataset)) == ("flickr8k", count)
        assert all(len(dataset.captions(i)) == 5 for i in range(count))
        assert dataset.without_image == 1
    assert dataset.image(0).size == (96, 96)
    assert dataset.filenames[0] == "3385593926_d3e9c21170.jpg"
    assert dataset.captions(0)[0] == "The dogs are in the snow in front of a fence ."
