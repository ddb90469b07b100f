"""The file of an index: the features of each picture, with the size and time of its file, under the hash of a model.

One safetensors file, written whole or not at all. Whoever kills a process leaves the older file or the newer one.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from filelock import FileLock
from torch import Tensor, nn

from minclip.data.paths import require_file_name
from minclip.formats.weights_files import read_tensors, write_tensors

FORMAT = "minclip-index-1"


class Stamp(NamedTuple):
    """By this a changed file is told: another size, or another time of its last change."""

    size: int  # bytes
    time: int  # nanoseconds since 1970


@dataclass(frozen=True)
class Entry:
    """What is known of a picture file."""

    stamp: Stamp
    features: Tensor | None = None  # float32 [embed_dim] of length 1; None where there is a fault
    fault: str = ""  # why it cannot be searched: UNREADABLE or NO_DIRECTION


UNREADABLE = "could not be read"
NO_DIRECTION = "has features that are all zero or not finite"


class OtherModel(ValueError):
    """The file is a good index, and another model's."""


def model_hash(model: nn.Module, preprocess: Any) -> str:
    """A text that differs where the features would: by the weights, the configuration, or the preprocessing."""
    if not isinstance(model, nn.Module):
        raise ValueError(f"model must be a minclip.CLIP, found {type(model).__name__}: minclip.load gives one")
    how = repr(preprocess) if hasattr(preprocess, "__dataclass_fields__") else getattr(preprocess, "__qualname__", "")
    digest = hashlib.sha256(f"{FORMAT} {how} {getattr(model, 'config', type(model).__name__)}".encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy())
    return digest.hexdigest()


def read_index(path: Path, of_model: str) -> dict[str, Entry]:
    """What an index file knows, by the pictures' names; {} where there is no file.

    Raises OtherModel for the index of another model, ValueError for a file that is damaged or no index at all.
    """
    if not path.exists():
        return {}
    stored = read_tensors(path)
    told = stored.metadata
    if told.get("format") != FORMAT:
        raise ValueError(f"{path} is no {FORMAT}: its format is {told.get('format')!r:.40}")
    if told.get("model") != of_model:
        raise OtherModel(f"{path} is the index of another model: give another file, or delete this one")
    try:
        names, faults = json.loads(told["names"]), json.loads(told["faults"])
        features, stamps = stored.tensors["features"], stored.tensors["stamps"]
        if features.dtype != torch.float32 or features.ndim != 2 or not features.isfinite().all():
            raise ValueError(f"its features are {features.dtype} {list(features.shape)}, or not finite")
        entries = {
            str(name): Entry(Stamp(*stamp), row)
            for name, stamp, row in zip(names, stamps.tolist(), features, strict=True)
        }
        return entries | {
            str(name): Entry(Stamp(int(s), int(t)), None, str(why)) for name, (s, t, why) in faults.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is a damaged index ({' '.join(str(error).split()):.100})") from error


def refuse_foreign(path: Path) -> None:
    """Before hours of encoding: the error of a place where no file can be, and ValueError for a file of somebody else.

    An index that is damaged is replaced. A picture, or a model, whose name was given by mistake is not.
    """
    require_file_name(path)
    if path.is_file() and path.stat().st_size and FORMAT.encode() not in path.read_bytes():
        raise ValueError(f"{path} is there already and no index, it would be replaced: choose another file")


def write_index(
    path: Path, of_model: str, entries: Mapping[str, Entry], still_there: Callable[[str], bool] | None = None
) -> None:
    """Writes the index, whole or not at all.

    What another process has written meanwhile is not lost: its entries for other files are taken over, as far as
    still_there says that the file exists.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f"{path.name}.lock")):
        for left in path.parent.glob(f".{path.name}.*.tmp"):  # of a process that was killed: only one writes at a time
            with suppress(OSError):
                left.unlink()
        others: dict[str, Entry] = {}
        with suppress(ValueError):  # damaged, or another model's: it is replaced
            others = read_index(path, of_model)
        kept = {n: e for n, e in others.items() if n not in entries and still_there is not None and still_there(n)}
        write_entries(path, of_model, kept | dict(entries))


def write_entries(path: Path, of_model: str, entries: Mapping[str, Entry]) -> None:
    found = {name: entry.features for name, entry in sorted(entries.items()) if entry.features is not None}
    faults = {name: (*entry.stamp, entry.fault) for name, entry in sorted(entries.items()) if entry.features is None}
    stamps = torch.tensor([entries[name].stamp for name in found], dtype=torch.int64).view(-1, 2)
    features = torch.stack(list(found.values())) if found else torch.zeros(0, 1)
    told = {"format": FORMAT, "model": of_model, "names": json.dumps(list(found)), "faults": json.dumps(faults)}
    write_tensors(path, {"features": features, "stamps": stamps}, told)
