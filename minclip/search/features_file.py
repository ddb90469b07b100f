"""A file of features: safetensors, with a name, a size and a time for every row, written and read row by row.

    features   float32 [n, embed_dim], as encode_image gives them, not normalised
    stamps     int64 [n, 2], size and time of each picture's file
    metadata   names (a JSON list, one for each row), faults (pictures that are not in it, and why), model (a hash)

The rows stay on the disk: only names and stamps are in memory. Source of the layout: the safetensors format.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minclip.data.paths import atomic_write
from minclip.search.index_file import Entry, Stamp

FORMAT = "minclip-features-1"
LONGEST_HEADER = 100_000_000  # bytes: what safetensors reads
AT_ONCE = 1 << 22  # bytes of rows in memory


class FeaturesFile:
    """Opened for reading. ValueError, with what is wrong, for a file that is damaged or of another kind."""

    def __init__(self, path: Path):
        self.path = path
        try:
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                if length == 0:
                    raise ValueError("it is empty")
                header = json.loads(file.read(length)) if length <= LONGEST_HEADER else {}
            told = header.get("__metadata__", {})
            if told.get("format") != FORMAT:
                raise ValueError(f"it is no {FORMAT}")
            self.model, self.model_name = str(told["model"]), str(told.get("model_name", ""))
            self.names = [str(name) for name in json.loads(told["names"])]
            self.faults = {
                str(name): Entry(Stamp(int(size), int(time)), None, str(why))
                for name, (size, time, why) in json.loads(told["faults"]).items()
            }
            (rows, self.embed_dim), (begin, end) = header["features"]["shape"], header["features"]["data_offsets"]
            self.begin = 8 + length + begin
            of_stamps = 8 + length + header["stamps"]["data_offsets"][0]
            if rows != len(self.names) or end - begin != 4 * rows * self.embed_dim:
                raise ValueError(f"{rows} rows and {len(self.names)} names")
            if path.stat().st_size != 8 + length + max(end, header["stamps"]["data_offsets"][1]):
                raise ValueError("it is cut off")
            with path.open("rb") as file:
                file.seek(of_stamps)
                self.stamps = np.frombuffer(file.read(16 * rows), "<i8").reshape(rows, 2)  # size and time
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            raise ValueError(f"{path} is no file of features ({' '.join(str(error).split()):.100})") from error

    def rows(self, start: int, stop: int) -> Iterator[bytes]:
        """The rows from start to stop, in pieces."""
        left = 4 * self.embed_dim * (stop - start)
        with self.path.open("rb") as file:
            file.seek(self.begin + 4 * self.embed_dim * start)
            while left > 0:
                piece = file.read(min(left, AT_ONCE))
                if not piece:
                    raise ValueError(f"{self.path} is cut off: delete it")
                left -= len(piece)
                yield piece

    def array(self) -> np.ndarray:
        """All rows, float32 [n, embed_dim], in memory."""
        content = b"".join(self.rows(0, len(self.names)))
        return np.frombuffer(bytearray(content), "<f4").reshape(len(self.names), self.embed_dim)


@dataclass(frozen=True)
class About:
    """What a file says beside its rows."""

    model: str  # the hash of the model and of how pictures are read
    model_name: str = ""  # as a person calls it; for reading, not for comparing


def header_of(about: About, names: Sequence[str], faults: Mapping[str, Entry], embed_dim: int) -> bytes:
    """The beginning of a file. ValueError where the names take more room than a header may have."""
    told = {"format": FORMAT, "model": about.model, "model_name": about.model_name, "normalized": "false"}
    told["names"] = json.dumps(list(names))
    told["faults"] = json.dumps({name: (*entry.stamp, entry.fault) for name, entry in faults.items()})
    n = len(names)
    tensors: dict[str, Any] = {
        "stamps": {"dtype": "I64", "shape": [n, 2], "data_offsets": [0, 16 * n]},
        "features": {"dtype": "F32", "shape": [n, embed_dim], "data_offsets": [16 * n, 16 * n + 4 * n * embed_dim]},
    }
    content = json.dumps({"__metadata__": told, **tensors}).encode()
    content += b" " * (-len(content) % 8)
    if len(content) > LONGEST_HEADER:
        raise ValueError(f"the {n:,} names take {len(content) / 1e6:.0f} MB and a file has room for 100: embed parts")
    return len(content).to_bytes(8, "little") + content


def write_features(
    path: Path,
    about: About,
    names: Sequence[str],
    stamps: Sequence[Stamp] | np.ndarray,
    faults: Mapping[str, Entry],
    embed_dim: int,
    rows: Iterable[bytes],
) -> None:
    """Writes a file, whole or not at all. rows: the bytes of all rows, in pieces, in the order of the names."""
    header = header_of(about, names, faults, embed_dim)
    with atomic_write(path) as file:
        file.write(header)
        file.write(np.array(stamps, dtype="<i8").reshape(-1, 2).tobytes())
        written = 0
        for piece in rows:
            written += file.write(piece)
        if written != 4 * embed_dim * len(names):
            raise ValueError(f"{path}: {written:,} bytes of rows for {len(names):,} names")
