"""PyTorch's own files: torch.save's zip, its older form, and TorchScript archives. Tensors come out, nothing runs.

A pickle inside says where each tensor lies; then the numbers are read of those tensors that are wanted: an optimizer's
stay on the disk. Sources: torch/serialization.py, torch/csrc/jit/serialization (PyTorch).
"""

import mmap
import re
import struct
import zipfile
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from minclip.formats.pickled_tensors import SAVE_ANEW, load_tensors, most_bytes, printable, refuse_calls, storage_of
from minclip.formats.pickles import Call, read_pickle
from minclip.formats.wrapped_weights import weights_of

Found = tuple[dict[str, Tensor], str]  # tensors, and the kind of file
MAGIC = 0x1950A86A20F9469CFC6C  # opens the older form
CHUNK = 1 << 18  # bytes read at a time: they stay in the cache while their checksum is taken
# what zipfile raises for damaged archives
BAD_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, LookupError, OverflowError)
# a class in TorchScript's own Python, as torch.jit.save writes it
SCRIPT_MODULE = re.compile(
    r"^class (\w+)\(Module\):\n  __parameters__ = \[(.*)\]\n(?:  __buffers__ = \[(.*)\]\n)?", re.MULTILINE
)
QUOTED = re.compile(r'"(\w{1,100})"')
MOST_MODULES, LONGEST_NAME = 100_000, 1_000  # far beyond any CLIP: a module that holds itself has no end


def read_zip(path: Path) -> Found:
    """Tensors of a zip that torch.save or torch.jit.save wrote. Raises ValueError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return read_archive(archive, path.stat().st_size)
    except BAD_ZIP as error:
        raise ValueError(f"the zip archive is damaged or cut off ({error!s:.200}): fetch it again") from error


def read_archive(archive: zipfile.ZipFile, file_size: int) -> Found:
    """The layout of both: NAME/data.pkl, NAME/data/KEY for each storage; TorchScript has NAME/code/, too."""
    members = archive.infolist()
    pickles = [m for m in members if m.filename.count("/") == 1 and m.filename.endswith("/data.pkl")]
    if len(pickles) != 1:
        shown = ", ".join(printable(m.filename) for m in members[:3]) or "nothing"
        raise ValueError(f"this zip holds {shown}, and no data.pkl of PyTorch: unpack it and pass the weights file")
    if sum(m.file_size for m in members) > most_bytes(file_size):
        raise ValueError(f"the zip claims to unpack to more than {most_bytes(file_size):,} bytes: refused")
    top = pickles[0].filename.removesuffix("data.pkl")
    if top + "byteorder" in archive.NameToInfo and archive.read(top + "byteorder") != b"little":
        raise ValueError(f"its numbers do not have the small end first: {SAVE_ANEW}")
    pickle = read_pickle(BytesIO(archive.read(pickles[0])))
    refuse_calls(pickle)

    def read_storage(key: str) -> Tensor:
        member = archive.getinfo(f"{top}data/{key}")
        content = torch.empty(member.file_size, dtype=torch.uint8)
        view, position = content.numpy().data, 0
        with archive.open(member) as file:
            while chunk := file.read(CHUNK):  # in pieces, so that no storage is held twice; zipfile checks its sum
                view[position : position + len(chunk)] = chunk
                position += len(chunk)
        return content[:position]

    if isinstance(pickle.root, Call) and pickle.root.function.startswith("__torch__."):
        entries, kind = script_entries(pickle.root, archive, top), "torchscript"
    else:
        entries, kind = dict_entries(pickle.root)
    return load_tensors(entries, read_storage, file_size), kind


def read_legacy(path: Path) -> Found:
    """Tensors of a file that torch.save wrote before PyTorch 1.6: five pickles, then one storage after the other."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        magic = read_pickle(content)
        refuse_calls(magic)
        if magic.root != MAGIC:
            raise ValueError(f"this is a pickle, but not one of torch.save: {SAVE_ANEW}")
        _protocol, system = read_pickle(content), read_pickle(content).root
        if not isinstance(system, dict) or system.get("little_endian") is not True:
            raise ValueError(f"its numbers do not have the small end first: {SAVE_ANEW}")
        pickle = read_pickle(content)
        refuse_calls(pickle)
        entries, kind = dict_entries(pickle.root)
        item_sizes = {key: dtype.itemsize for key, dtype, _ in map(storage_of, pickle.outside)}
        places = legacy_storages(content, item_sizes)

        def read_storage(key: str) -> Tensor:
            start, size = places[key]
            numbers = torch.empty(size, dtype=torch.uint8)
            file.seek(start)
            return numbers[: file.readinto(numbers.numpy().data)]  # straight into place: no storage is held twice

        return load_tensors(entries, read_storage, len(content)), kind


def legacy_storages(content: mmap.mmap, item_sizes: dict[str, int]) -> dict[str, tuple[int, int]]:
    """key -> (position, bytes), from the list of keys on which `content` stands: each is its length and its numbers."""
    keys = read_pickle(content).root
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or set(keys) != item_sizes.keys():
        raise ValueError("its list of storages does not fit its tensors: the file is damaged, fetch it again")
    places = {}
    for key in keys:
        elements = int.from_bytes(content.read(8), "little", signed=True)
        places[key] = content.tell(), elements * item_sizes[key]
        if elements < 0 or sum(places[key]) > len(content):
            raise ValueError(f"it ends at {len(content):,} bytes, within its tensors: fetch it again")
        content.seek(sum(places[key]))
    return places


def dict_entries(root: Any) -> tuple[dict[str, Any], str]:
    """(name -> note, kind) of a dict of tensors, or of a training checkpoint that holds one (wrapped_weights.py).

    Names lose what DistributedDataParallel ("module.") and torch.compile ("_orig_mod.") put into them.
    """
    if not isinstance(root, dict):
        kind = root.function if isinstance(root, Call) else type(root).__name__
        raise ValueError(f"it holds no dict of tensors, but something of type {printable(kind)}: {SAVE_ANEW}")
    entries, kind = weights_of(root)
    if not entries:
        raise ValueError(f"its dict of tensors is empty: {SAVE_ANEW}")
    if nameless := [name for name in entries if not isinstance(name, str)]:
        raise ValueError(f"a tensor is named {nameless[0]!r:.80}, which is no text: {SAVE_ANEW}")
    entries = {name.replace("_orig_mod.", ""): note for name, note in entries.items()}
    if all(name.startswith("module.") for name in entries):
        entries = {name.removeprefix("module."): note for name, note in entries.items()}
    return entries, kind


def script_entries(root: Call, archive: zipfile.ZipFile, top: str) -> dict[str, Any]:
    """name -> note of a TorchScript module, in the order of torch.jit.load(...).state_dict().

    Which attributes are parameters and buffers is listed in the archive's code, which is searched and not run.
    """

    @cache
    def classes(file: str) -> dict[str, tuple[list[str], list[str]]]:
        code = archive.read(file).decode("utf-8")
        return {name: (QUOTED.findall(p), QUOTED.findall(b)) for name, p, b in SCRIPT_MODULE.findall(code)}

    def lists(note: Any) -> tuple[list[str], list[str]] | None:
        """(parameters, buffers); None where it is no module."""
        if not isinstance(note, Call) or not note.function.startswith("__torch__."):
            return None
        file, _, name = note.function.rpartition(".")
        return classes(f"{top}code/{file.replace('.', '/')}.py").get(name)

    found: dict[str, Any] = {}
    waiting, walked = [("", root)], 0
    while waiting:
        prefix, module = waiting.pop()
        walked += 1
        if len(prefix) > LONGEST_NAME or walked + len(waiting) + len(found) > MOST_MODULES:
            raise ValueError("its modules have no end: one holds itself, refused")
        attributes = module.state if isinstance(module.state, dict) else {}
        for names in lists(module) or ():
            found |= {prefix + n: a for n, a in attributes.items() if n in names and isinstance(a, Call)}
        children = [(f"{prefix}{name}.", note) for name, note in attributes.items() if lists(note)]
        waiting += reversed(children)
    if not found:
        raise ValueError(
            "its code lists no parameters: torch.jit.freeze may have folded them into it; take the archive before that"
        )
    return found
