"""The packages of the extra `shards`, imported where they are needed."""

from importlib import import_module
from types import ModuleType


def module_of_extra(name: str) -> ModuleType:
    """A package of the extra `shards`; where it is not installed, a ValueError that says how to get it."""
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ValueError(f'WebDataset shards need the package {package}: pip install "minclip[shards]"') from error


def require_webdataset() -> ModuleType:
    """The package webdataset, or a ValueError that says how to get it."""
    module_of_extra("webdataset.tariterators")
    return module_of_extra("webdataset")
