"""Tables without a header: which column holds the picture and which ones its captions is told by what is in them.

    results_20130124.token    1000092795.jpg#0	Two young guys in a garden .      Flickr30k's
    train.tsv                 photos/1.jpg	a cat on a sofa

The first row names a picture file, which no header does. Or options give the columns' numbers, counted from 1.
"""

import re
from collections.abc import Sequence

from minclip.data.image_files import picture_names
from minclip.data.layouts.columns import Columns
from minclip.data.layouts.data_source import DataSource
from minclip.data.splits import SPLIT_WORDS

LOOKED_AT = 20  # rows
CAPTION_NUMBER = re.compile(r"#\d+$")  # 1000092795.jpg#0


def picture_in(cell: str) -> str:
    """The picture's name in a cell, without the number of the caption; "" where there is none.

    >>> picture_in("1000092795.jpg#0"), picture_in("a cat")
    ('1000092795.jpg', '')
    """
    name = CAPTION_NUMBER.sub("", cell.strip())
    return name if picture_names([name.replace("\\", "/").rpartition("/")[2]]) else ""


def columns_by_content(rows: Sequence[Sequence[str]], source: DataSource) -> Columns | None:
    """The columns of a table without a header; None where it has one, or the rows do not tell.

    The picture is in the first column that names one in the first row. Captions have several words in one of the rows:
    single words are labels. A cell such as "train" is a split.

    >>> columns_by_content([["7", "a.jpg", "a cat", "train"]], DataSource("a.tsv"))
    Columns(image=1, captions=(2,), split=3)
    """
    first, *_ = rows or [[]]
    asked = source.image_column, source.caption_column, source.split_column
    if any(asked):
        return columns_by_number(asked, len(first))
    image = next((i for i, cell in enumerate(first) if picture_in(cell)), None)
    if image is None:
        return None
    others = [i for i in range(len(first)) if i != image and (" " in first[i].strip() or not picture_in(first[i]))]
    split = next((i for i in others if first[i].strip().lower() in SPLIT_WORDS), None)
    texts = {i: [row[i] for row in rows[:LOOKED_AT] if i < len(row)] for i in others if i != split}
    said = tuple(i for i, cells in texts.items() if any(len(cell.split()) > 1 for cell in cells))
    return Columns(image, said, split) if said else None


def columns_by_number(asked: Sequence[str | None], cells: int) -> Columns | None:
    """The columns that options give as numbers, counted from 1; None where they do not, or a row has fewer cells."""
    if not all(number is None or (number.isascii() and number.isdigit()) for number in asked):
        return None
    image, caption, split = (None if number is None else int(number) - 1 for number in asked)
    if image is None or caption is None or not all(0 <= place < cells for place in (image, caption, split or 0)):
        return None
    return Columns(image, (caption,), split)


def how_read(columns: Columns) -> str:
    """What was taken for what, for a line.

    >>> how_read(Columns(0, (1, 2), None))
    'without a header: column 1 is the picture, 2 and 3 are captions'
    """
    numbers = [str(place + 1) for place in columns.captions]
    said = f"{' and '.join(numbers)} {'is the caption' if len(numbers) == 1 else 'are captions'}"
    split = "" if columns.split is None else f", {columns.split + 1} is the split"
    return f"without a header: column {columns.image + 1} is the picture, {said}{split}"
