"""Any data set as WebDataset shards, for open_clip to train on and for minclip to read back. Their layout: shards.py.

The package `webdataset` writes the samples; the same pictures and captions give the same bytes. Beside the shards
stands sizes.json, where open_clip's training looks for the number of samples.
"""

import io
import json
import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tqdm import tqdm

from minclip.data.flickr8k import Flickr8k
from minclip.data.layouts.captioned import Captioned
from minclip.data.paths import atomic_write, explain
from minclip.data.protocol import CaptionDataset
from minclip.data.rsicd import RSICD
from minclip.data.shard_packages import require_webdataset
from minclip.data.shards import Shards
from minclip.data.splits import split_in

SIZES = "sizes.json"  # {shard: samples}
PER_SHARD = 1000  # samples, as open_clip recommends; each of its workers needs a shard of its own
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"  # how the files begin
PNG_DEPTH = 24  # the byte of a PNG that holds the bits of a channel


class Written(NamedTuple):
    """What `write_shards` did."""

    sizes: dict[str, int]  # shard -> samples
    left_out: list[str]  # a line for each picture that has no caption or cannot be read

    @property
    def pattern(self) -> str:
        """The shards in one word, as open_clip takes them: train-{000000..000099}.tar."""
        first, last = (name.removesuffix(".tar") for name in (min(self.sizes), max(self.sizes)))
        split, _, start = first.partition("-")
        return f"{first}.tar" if first == last else f"{split}-{{{start}..{last.partition('-')[2]}}}.tar"


def own_file(dataset: CaptionDataset, index: int) -> bytes | None:
    """A picture's file as it lies in the set; None where the set has none."""
    if isinstance(dataset, Shards | Captioned):
        return dataset.file(index)
    if isinstance(dataset, Flickr8k | RSICD):
        return dataset._files.read(dataset.filenames[index])
    return None


def picture_file(dataset: CaptionDataset, index: int) -> tuple[str, bytes]:
    """(suffix, bytes): the picture's own file if it is a JPEG or PNG that everyone reads alike, else a new PNG.

    Raises ValueError where it cannot be read to its end: no broken picture gets into a shard.
    """
    picture = dataset.image(index)
    own = own_file(dataset, index) or b""
    if own.startswith(JPEG):
        return "jpg", own
    if own.startswith(PNG) and own[PNG_DEPTH] <= 8:  # of 16 bits minclip keeps the whole range, others cut it
        return "png", own
    buffer = io.BytesIO()
    picture.save(buffer, "png")
    return "png", buffer.getvalue()


def sample(dataset: CaptionDataset, index: int) -> dict[str, Any]:
    """What webdataset's writer takes. Its key is the picture's number; all captions in json, one of them in txt.

    open_clip trains on one caption a picture. Which one goes round with the number: where captions are sorted, as the
    first of Flickr8k are longer than the last, the whole style is seen. ValueError where there is none.
    """
    captions = dataset.captions(index)
    if not captions:
        raise ValueError(f"picture {index} has no caption")
    suffix, file = picture_file(dataset, index)
    listed = json.dumps({"captions": captions}, ensure_ascii=False)
    text = captions[index % len(captions)]
    return {"__key__": f"{index:09d}", suffix: file, "json": listed.encode("utf-8"), "txt": text.encode("utf-8")}


def samples(dataset: CaptionDataset, left_out: list[str], progress: bool) -> Iterator[dict[str, Any]]:
    """Every sample that there can be; of the others a line in left_out."""
    title = f"writing {dataset.name}/{dataset.split}"
    for index in tqdm(range(len(dataset)), title, unit=" pictures", disable=not progress):
        try:
            made = sample(dataset, index)
        except ValueError as error:
            left_out.append(str(error))
            continue
        except OSError as error:  # the source's, not that of the folder that is written to
            raise ValueError(f"picture {index} of {dataset.name}/{dataset.split} cannot be read: {error}") from error
        yield made


def require_free(folder: Path, split: str) -> None:
    """FileExistsError where a folder holds anything but shards of other splits."""
    if folder.exists() and not folder.is_dir():
        raise FileExistsError(f"{folder} is a file: choose a folder")
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        of_another_split = path.suffix == ".tar" and split_in(path.name) not in (None, split)
        if not of_another_split and path.name != SIZES and not path.name.startswith("."):
            raise FileExistsError(f"{folder} holds {path.name} already: choose another folder, or delete what is there")


def read_sizes(folder: Path) -> dict[str, int]:
    """What stands in sizes.json; nothing where there is none."""
    path = folder / SIZES
    try:
        sizes = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): delete it") from error
    if not isinstance(sizes, dict):
        raise ValueError(f"{path} is not an object of counts: delete it")
    return sizes


def write_shards(
    dataset: CaptionDataset, folder: str | Path, per_shard: int = PER_SHARD, progress: bool = False
) -> Written:
    """Writes a split as FOLDER/SPLIT-000000.tar, SPLIT-000001.tar, ... with `per_shard` samples each, and sizes.json.

    All shards take their names when the last one is written; before that, nothing is to be seen in the folder, which
    may hold other splits. Raises FileExistsError where it holds anything else, ValueError where no picture has a
    caption or webdataset is missing, OSError for a full disk.
    """
    folder = Path(folder)
    if per_shard < 1:
        raise ValueError(f"per_shard={per_shard} must be at least 1 sample")
    require_free(folder, dataset.split)
    sizes = read_sizes(folder)
    written = Written({}, [])
    writer, waiting = require_webdataset().TarWriter, samples(dataset, written.left_out, progress)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # beside their place, so that moving them there is instant
        with TemporaryDirectory(prefix=".writing-", dir=folder) as temporary:
            for first in waiting:
                name = f"{dataset.split}-{len(written.sizes):06d}.tar"
                written.sizes[name] = 0
                with (
                    atomic_write(Path(temporary) / name) as file,
                    writer(file, user="", group="", mtime=0, encoder=False) as tar,  # nothing of here and now
                ):
                    for one in chain([first], islice(waiting, min(per_shard, sys.maxsize) - 1)):
                        tar.write(one)
                        written.sizes[name] += 1
            if not written.sizes:
                why = written.left_out[0] if written.left_out else "it is empty"
                raise ValueError(f"{dataset.name}/{dataset.split} gives no sample: {why}")
            for name in written.sizes:
                (Path(temporary) / name).replace(folder / name)
    except OSError as error:
        raise explain(error, folder / f"{dataset.split}-000000.tar") from error
    with atomic_write(folder / SIZES) as file:
        file.write((json.dumps({**sizes, **written.sizes}, indent=1, sort_keys=True) + "\n").encode("utf-8"))
    return written
