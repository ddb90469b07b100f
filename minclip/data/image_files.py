"""The pictures of a data set by file name: in a folder, or in a plain .tar that is never extracted.

No captions and no splits: those are the loaders'. A compressed tar is refused: it has no offsets to read at.
"""

import io
import tarfile
from pathlib import Path, PurePosixPath

from PIL import Image

from minclip.data.images import open_image, to_rgb


def find_images(root: Path, folders: tuple[str, ...]) -> Path:
    """The first of `folders` that is in root, else its only images*.tar; ValueError where neither is."""
    for name in folders:
        if (root / name).is_dir():
            return root / name
    tars = sorted(root.glob("images*.tar"))
    if len(tars) != 1:
        raise ValueError(
            f"{root} holds no folder {', '.join(folders)} and {len(tars)} files images*.tar: one is needed"
        )
    return tars[0]


def tar_index(path: Path) -> dict[str, tuple[int, int]]:
    """Where each picture stands in the tar: file name -> (offset, bytes)."""
    try:
        with tarfile.open(path, "r:") as tar:
            return {PurePosixPath(m.name).name: (m.offset_data, m.size) for m in tar if m.isfile()}
    except tarfile.TarError as error:
        raise ValueError(
            f"{path} is not a plain, complete .tar ({error}): fetch it again, or unpack it first"
        ) from error


class ImageFiles:
    """Pictures of a folder or tar; threads may read at the same time."""

    def __init__(self, where: Path):
        self.where = where
        self._index = None if where.is_dir() else tar_index(where)
        self.names = frozenset(self._index if self._index is not None else (file.name for file in where.iterdir()))

    def open(self, name: str) -> Image.Image:
        """The picture, mode RGB; ValueError or FileNotFoundError names the file."""
        if self._index is None:
            return to_rgb(open_image(self.where / name))
        if name not in self._index:
            raise FileNotFoundError(f"{name} is not in {self.where}")
        offset, count = self._index[name]
        with self.where.open("rb") as tar:  # opened anew: no handle is shared by threads or kept from a delete
            tar.seek(offset)
            content = tar.read(count)
        return to_rgb(open_image(io.BytesIO(content), f"{self.where}: {name}"))
