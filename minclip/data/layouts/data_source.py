"""What a person says of a data set: where it is, and how its columns are called where they have unusual names."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DataSource:
    """A data set with options. Every function that takes a data set's name or folder takes this, too.

    data: a name, a folder, a file of a known layout, or an object of the package `datasets`.
    image_column, caption_column, split_column: names in a table, in JSON or in Parquet; numbers, counted from 1, in a
        table without a header.
    class_names, templates: text files for class folders (layouts/class_folders.py).

        minclip.fit(DataSource("photos.tsv", image_column="file", caption_column="said"))
    """

    data: Any
    image_column: str | None = None
    caption_column: str | None = None
    split_column: str | None = None
    class_names: str | None = None
    templates: str | None = None

    @property
    def path(self) -> Path:
        return Path(self.data)

    @property
    def options(self) -> dict[str, str]:
        """The options that were given."""
        return {name: value for name in OPTIONS if (value := getattr(self, name)) is not None}

    def __str__(self) -> str:
        what = str(self.data) if isinstance(self.data, str | Path) else type(self.data).__name__
        options = ", ".join(f"{name}={value}" for name, value in self.options.items())
        return f"{what} ({options})" if options else what


FILES = ("class_names", "templates")  # options that are paths
OPTIONS = tuple(field.name for field in fields(DataSource) if field.name != "data")


def as_source(data: Any, **options: str | None) -> DataSource:
    """A DataSource of whatever names a data set. ValueError for options that are given twice."""
    given = {name: value for name, value in options.items() if value is not None}
    if not isinstance(data, DataSource):
        return DataSource(data, **given)
    return DataSource(data.data, **(data.options | given))


def to_keep(data: Any, names: Sequence[str] = ()) -> str | dict[str, str]:
    """What a run keeps to open its data again: a name, an absolute path, or that with the options, ready for JSON.

    names: of data sets, for which no folder is looked for.
    """
    source = as_source(data)
    if not isinstance(source.data, str | Path):
        return str(source)  # an object in memory
    is_name = str(source.data) in names or not source.path.exists()
    path = str(source.data) if is_name else str(source.path.resolve())
    if not source.options:
        return path
    paths = {name: str(Path(value).resolve()) for name, value in source.options.items() if name in FILES}
    return {"data": path, **source.options, **paths}


def from_kept(kept: str | dict[str, str]) -> str | DataSource:
    """What `to_keep` was given."""
    return kept if isinstance(kept, str) else DataSource(**kept)
