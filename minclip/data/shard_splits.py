"""Which .tar files of a folder are shards, and the split that each of them holds."""

from pathlib import Path

from minclip.data.splits import split_in


def shard_files(root: Path) -> list[Path]:
    """The shards of a folder in the order of their names; not what a Mac adds to them (._train-000000.tar)."""
    return sorted(path for path in root.glob("*.tar") if not path.name.startswith(".") and path.is_file())


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
