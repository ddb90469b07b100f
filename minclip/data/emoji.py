"""Emoji in several drawing styles, with their names and keywords: one thing drawn by different hands.

A folder with emoji.json ({"emoji": [{"key", "name", "keywords", "images": {style: path in the tar}}]}) and the
pictures in images-64.tar, which is never extracted. Not fetched here. To hold a style out, open the others for
training and it alone for testing.
"""

import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

from minclip.data.images import open_image
from minclip.data.tar_members import tar_members
from minclip.preprocess import on_white

TABLE, TAR = "emoji.json", "images-64.tar"
FIELDS = ("key", "name", "keywords")
STYLES = ("noto", "emojitwo", "fluent3d", "fluentflat")  # the last two are one design, in relief and flat


def read_table(root: Path) -> list[dict[str, Any]]:
    """The emoji of the table. FileNotFoundError where there is none, ValueError where it is not one."""
    path = root / TABLE
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: pass the folder that holds {TABLE} and {TAR}")
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["emoji"]
        return [{name: entry[name] for name in FIELDS} | {"images": {**entry["images"]}} for entry in entries]
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not JSON in UTF-8, or it is cut off: {error}") from error
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} does not hold emoji with key, name, keywords and images ({error!r})") from error


def tar_index(path: Path) -> dict[str, tuple[int, int]]:
    """Where each picture stands in the tar: its path in there -> (offset, bytes)."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: pass the folder that holds {TABLE} and {TAR}")
    members = tar_members(path, "fetch it again")
    return {member.name: (member.offset_data, member.size) for member in members if member.isfile()}


class Emoji:
    """Every drawing of some styles; a `CaptionDataset`. Ordered by style, then as in the table.

    `keys[i]` says which emoji picture i shows, `styles[i]` in which style.
    Raises ValueError where a style is unknown or a picture is missing.
    """

    name = "emoji"

    def __init__(self, root: str | Path, styles: tuple[str, ...] = STYLES):
        if not isinstance(styles, tuple | list) or not styles or any(style not in STYLES for style in styles):
            raise ValueError(f"styles={styles!r:.80} must be one or more of {', '.join(STYLES)}")
        root, self.split = Path(root), "+".join(styles)
        rows = [(entry, style) for style in styles for entry in read_table(root) if style in entry["images"]]
        self.keys = [entry["key"] for entry, _ in rows]
        self.styles = [style for _, style in rows]
        self._names = [entry["name"] for entry, _ in rows]
        self._keywords = [entry["keywords"] for entry, _ in rows]
        self._files = [entry["images"][style] for entry, style in rows]
        self._tar = root / TAR
        self._index = tar_index(self._tar)
        missing = [file for file in self._files if file not in self._index]
        if missing:
            raise ValueError(
                f"{self._tar} lacks {len(missing)} of {len(rows)} pictures, first {missing[0]}: fetch it again"
            )

    def __len__(self) -> int:
        return len(self.keys)

    def image(self, index: int) -> Image.Image:
        file = self._files[index]
        offset, count = self._index[file]
        with self._tar.open("rb") as tar:  # opened anew: no handle is shared by threads
            tar.seek(offset)
            content = tar.read(count)
        return on_white(open_image(io.BytesIO(content), f"{self._tar}: {file}"))

    def captions(self, index: int) -> list[str]:
        """The name, and the name with its keywords."""
        name, keywords = self._names[index], self._keywords[index]
        return [name, f"{name}: {', '.join(keywords)}"] if keywords else [name]
