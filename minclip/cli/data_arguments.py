"""The data set that a command reads: --data, and how its columns and classes are called."""

import argparse
from typing import Any

from minclip.cli.values import name_or_path

COLUMN_ARGUMENTS = {
    "--image-column": "image_column",
    "--caption-column": "caption_column",
    "--split-column": "split_column",
}
CLASS_ARGUMENTS = {"--class-names": "class_names", "--templates": "templates"}


def add_column_arguments(parser: argparse._ActionsContainer) -> None:
    """--image-column, --caption-column, --split-column."""
    for option, name in COLUMN_ARGUMENTS.items():
        what = name.replace("_", " ")
        where = "in a table, JSON or Parquet, or its number in a table without a header"
        parser.add_argument(option, metavar="NAME", help=f"name of the {what} {where}")


def add_class_arguments(parser: argparse.ArgumentParser) -> None:
    """--class-names, --templates."""
    names = "text file: a class name on each line; for class folders also FOLDER: NAME (default: class_names.txt there)"
    parser.add_argument("--class-names", "--labels-file", type=name_or_path, metavar="FILE", help=names)
    sentences = 'text file: a sentence on each line, such as "a photo of a {}." (default: templates.txt there, or ours)'
    parser.add_argument("--templates", type=name_or_path, metavar="FILE", help=sentences)


def data_of(arguments: argparse.Namespace) -> Any:
    """What --data names: a DataSource with the options that were given, or the name alone where none was."""
    from minclip.data.layouts.data_source import as_source

    options = (COLUMN_ARGUMENTS | CLASS_ARGUMENTS).values()
    source = as_source(arguments.data, **{name: getattr(arguments, name, None) for name in options})
    return source if source.options else arguments.data
