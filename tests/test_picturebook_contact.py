"""Contact sheets: a grid of small pictures, with labels that have room."""

from pathlib import Path

import numpy as np
import pytest

from minclip.data.picturebook.contact import classes_by_styles, contact_sheet


def test_a_contact_sheet_is_a_grid():
    tiles = [np.full((4, 6, 3), 40 * i, np.uint8) for i in range(5)]
    sheet = np.asarray(contact_sheet(tiles, columns=3))
    assert sheet.shape == (2 * 4 + 2, 3 * 6 + 2 * 2, 3)
    assert np.array_equal(sheet[:4, 8:14], tiles[1]) and np.array_equal(sheet[6:, :6], tiles[3])
    assert (sheet[6:, 16:] == 255).all()  # the sixth place is empty


def test_labels_make_room_for_themselves():
    tiles = [np.zeros((10, 10, 3), np.uint8)] * 4
    bare = contact_sheet(tiles, 2)
    labelled = contact_sheet(tiles, 2, row_labels=("cat", "dog"), column_labels=("a", "b"))
    assert labelled.width > bare.width and labelled.height > bare.height


@pytest.mark.parametrize(
    ("tiles", "options", "said"),
    [
        ([], {"columns": 2}, "0 pictures"),
        ([np.zeros((2, 2, 3), np.uint8)], {"columns": 0}, "0 columns"),
        ([np.zeros((2, 2, 3), np.uint8), np.zeros((3, 3, 3), np.uint8)], {"columns": 2}, "one shape"),
        ([np.zeros((2, 2, 3), np.uint8)], {"columns": 1, "row_labels": ("a", "b")}, "row_labels has 2"),
    ],
)
def test_sheets_that_cannot_be_laid_out_are_named(tiles, options, said):
    with pytest.raises(ValueError, match=said):
        contact_sheet(tiles, **options)


def test_the_sheet_shows_every_class_in_every_style():
    sheet = classes_by_styles(size=16)
    assert sheet.height >= 52 * 16 and sheet.width >= 13 * 16
    assert sheet.height > sheet.width
    card = Path(__file__).parents[1] / "datasets" / "picturebook" / "README.md"
    assert "classes down, styles across" in card.read_text(encoding="utf-8")
