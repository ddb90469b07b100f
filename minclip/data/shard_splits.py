"""Which .tar files of a folder are shards, and the split that each of them holds."""

from pathlib import Path

from minclip.data.image_files import picture_names
from minclip.data.left_out import LeftOut, note
from minclip.data.splits import split_in


def shard_files(root: Path) -> list[Path]:
    """The shards of a folder in the order of their names; not what a Mac adds to them (._train-000000.tar)."""
    return sorted(path for path in root.glob("*.tar") if not path.name.startswith(".") and path.is_file())


def note_beside(root: Path) -> LeftOut:
    """Pictures, compressed tars and folders named .tar that stand beside the shards of a folder, counted."""
    shards = {path.name for path in shard_files(root)}
    names = sorted(path.name for path in root.iterdir() if not path.name.startswith(".") and path.name not in shards)
    notes: LeftOut = {}
    if beside := picture_names(names) + [name for name in names if ".tar" in name.lower()]:
        note(notes, "files_beside_shards", "files beside the shards are not read", beside[0], len(beside))
    return notes


def is_shards(root: Path) -> bool:
    """Are there shards in this folder?"""
    return bool(shard_files(root))


def find_shards(root: Path, split: str) -> tuple[list[Path], bool]:
    """(shards, whether they hold this split alone): where no name tells a split, all shards hold all three."""
    found = shard_files(root)
    splits = [split_in(path.name) for path in found]
    if not any(splits):
        return found, False
    if None in splits:
        unnamed = found[splits.index(None)].name
        raise ValueError(f"{root}: {unnamed} tells no split and others do: name it train-, val- or test-{unnamed}")
    if split not in splits:
        raise ValueError(
            f"{root} holds no shard of the {split} split, only of {', '.join(sorted(map(str, set(splits))))}: "
            f"write it there (minclip data shards --split {split}), or name some of its shards {split}-..."
        )
    return [path for path, named in zip(found, splits, strict=True) if named == split], True
