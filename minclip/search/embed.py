"""The features of all pictures in a folder: in memory, or streamed into a file that grows as large as it must.

    found = minclip.embed("photos/", model, preprocess)
    found.features, found.names     float32 [n, embed_dim], and n paths from the folder on

What is encoded goes into small files beside the file that it will become. A run that is stopped or killed goes on from
them. A finished file is brought up to date: new and changed pictures alone are encoded.
"""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from minclip.data.image_files import find_pictures
from minclip.data.images import quiet
from minclip.model import CLIP
from minclip.preprocess import as_seen
from minclip.search.encoding import encode_files, stamp_of
from minclip.search.facts import Facts
from minclip.search.features_file import About, FeaturesFile, header_of
from minclip.search.index_file import model_hash
from minclip.search.kept_features import KEEP_EVERY, KeptFeatures, alone, parts_of
from minclip.search.kept_place import Skip
from minclip.zero_shot import Preprocess


@dataclass(frozen=True)
class Features:
    """Pictures as numbers. features: float32 [n, embed_dim] on the CPU, not normalised; names: one for each row."""

    features: Tensor
    names: list[str]  # paths from the folder on, with / on every system
    left_out: list[str]  # what was left out, in words

    def __len__(self) -> int:
        return len(self.names)


def embed(
    folder: str | Path,
    model: CLIP,
    preprocess: Preprocess,
    *,
    out: str | Path | None = None,
    as_viewed: bool = False,
    batch_size: int = 64,
    progress: bool = False,
) -> Features:
    """model.encode_image(preprocess(picture)) of every picture in a folder and the folders in it, sorted by name.

    out: the file to keep them in; it is brought up to date where it is there already. None keeps nothing on the disk.
    as_viewed: pictures upright by their EXIF orientation, and transparent ones on white, as a search reads them.
        By default they are read as openai/CLIP reads them.
    Pictures that cannot be read are left out and named in `left_out`.
    Raises ValueError where the folder holds no picture, or `out` holds something else.
    """
    with tempfile.TemporaryDirectory(prefix="minclip-embed-") as temporary:
        file = Path(out) if out is not None else Path(temporary) / "features.safetensors"
        facts = embed_folder(
            folder, model, preprocess, file, as_viewed=as_viewed, batch_size=batch_size, progress=progress
        )
        return read_features(file, facts.lines())


def read_features(path: str | Path, left_out: Sequence[str] = ()) -> Features:
    """A file that `minclip embed` has written, in memory. ValueError where it is no such file."""
    file = FeaturesFile(Path(path))
    return Features(torch.from_numpy(file.array()), file.names, list(left_out))


def embed_folder(
    folder: str | Path,
    model: CLIP,
    preprocess: Preprocess,
    out: str | Path,
    *,
    model_name: str = "",
    as_viewed: bool = False,
    batch_size: int = 64,
    keep_every: int = KEEP_EVERY,
    progress: bool = False,
) -> Facts:
    """Writes the features of a folder's pictures into a file; memory does not grow with them. See `embed`.

    keep_every: pictures after which a part is written. Raises KeyboardInterrupt that says what is kept.
    """
    folder, out = Path(folder), Path(out)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder: give one with pictures in it")
    if out.is_dir():
        raise IsADirectoryError(f"{out} is a folder: give the name of a file, such as {out / 'features.safetensors'}")
    if out.suffix.lower() not in ("", ".safetensors"):
        raise ValueError(f"{out} is written as safetensors: call it {out.with_suffix('.safetensors')}")
    about = About(model_hash(model, preprocess) + (" as viewed" if as_viewed else ""), model_name)
    facts, skip = Facts(), Skip(folder, [])
    with alone(parts_of(out)) as place:
        known = KeptFeatures(out, place, about, facts)  # refuses before an hour of work
        names, new = names_in(folder, skip, known, facts)
        known.refuse_another_folder(names, folder)
        header_of(about, names, {}, 0)

        def read(image: Image.Image) -> Tensor:
            return preprocess(as_seen(image) if as_viewed else image)

        shown = tqdm(
            total=len(names), initial=len(names) - len(new), desc="embedding", unit=" pictures", disable=not progress
        )
        try:
            with quiet(), shown, closing(encode_files(folder, new, model, read, batch_size, shown)) as found:
                known.add(found, keep_every)
            known.finish(names, folder)
        except KeyboardInterrupt:
            kept = len(names) - len(new) + known.added
            raise KeyboardInterrupt(
                f"{kept:,} of {len(names):,} pictures are kept in {place}; the same command goes on"
            ) from None
    return facts


def names_in(folder: Path, skip: Skip, known: KeptFeatures, facts: Facts) -> tuple[list[str], list[str]]:
    """(all pictures of a folder, those that are new or changed), as paths from the folder on, sorted.

    Of a picture its name alone stays in memory.
    """
    pictures, facts.skipped = find_pictures(folder, skip)
    facts.hidden, facts.excluded = skip.hidden, skip.excluded
    names: list[str] = []
    new: list[str] = []
    pictures.reverse()
    while pictures:  # what has its name need not stay
        path = pictures.pop()
        if stamp := stamp_of(path):
            name = path.relative_to(folder).as_posix()
            names.append(name)
            if known.stamp(name) != stamp:
                new.append(name)
            else:
                facts.known += name in known.rows
    facts.gone = len(known.rows) - sum(name in known.rows for name in names)
    return sorted(names), new
