"""Your own pictures: a folder with a table captions.csv, one row per caption.

The table is UTF-8 with the header `file,caption`, and `split` where you want to decide it yourself:

    file,caption
    dogs/rex.jpg,a brown dog on a beach
    dogs/rex.jpg,"rex, wet and happy"

Every layout that holds captions has the same form: layouts/.
"""

from pathlib import Path

from minclip.data.layouts.captioned import Captioned
from minclip.data.layouts.data_source import DataSource, as_source
from minclip.data.layouts.named_pictures import NamedPictures
from minclip.data.layouts.table import TABLE, entries_of, title_of
from minclip.data.left_out import LeftOut


class Folder(Captioned):
    """One split of a folder with captions.csv; a `CaptionDataset`.

    options: those of DataSource, for columns under other names.
    Without a split column a tenth of the pictures is val, a tenth test, chosen by their names.
    Raises ValueError that names the line of a fault of the table, or a split without pictures.
    """

    def __init__(self, root: str | Path, split: str = "train", **options: str):
        table = Path(root) / TABLE
        if not table.is_file():
            raise ValueError(f"{root} holds no {TABLE}: a table with the columns file,caption")
        left_out: LeftOut = {}
        source = as_source(root, **options)
        entries = entries_of([table], Path(root), source, left_out, {})
        title = title_of([table], Path(root), source)
        super().__init__("folder", title, NamedPictures(Path(root)), entries, split, left_out, folders_tell=True)


def folder_of(source: DataSource) -> Path:
    """The folder of the table, where the path is the table itself."""
    return source.path.parent if source.path.is_file() and source.path.name == TABLE else source.path


def is_here(source: DataSource) -> bool:
    """Is there a table of that name?"""
    return (folder_of(source) / TABLE).is_file()


def open_split(source: DataSource, split: str) -> Folder:
    return Folder(folder_of(source), split, **source.options)
