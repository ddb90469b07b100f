"""Folders of pictures in the layouts that people have, each written by its public description."""

import io
import json
import unicodedata
from pathlib import Path

from PIL import Image

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220), "white": (240, 240, 240)}
NAMES = list(COLOURS)
# by the hash of their names: never change, trained models depend on it
TRAIN, VAL, TEST = "1.png", "0.png", "7.png"
ÉTÉ = {form: unicodedata.normalize(form, "été") for form in ("NFC", "NFD")}


def png(colour: str = "red", kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (12, 10), COLOURS[colour]).save(buffer, kind)
    return buffer.getvalue()


def write(root: Path, files: dict[str, object]) -> Path:
    """Files by their paths: None is a picture, a list is JSON lines, other objects are JSON."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            content = png(kind="JPEG" if path.suffix == ".jpg" else "PNG")
        elif isinstance(content, list):
            content = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in content)
        elif isinstance(content, dict):
            content = json.dumps(content, ensure_ascii=False)
        path.write_bytes(content if isinstance(content, bytes) else str(content).encode("utf-8"))
    return root


def coco(images: dict[str, list[str]]) -> dict:
    """COCO's captions of some pictures."""
    named = [{"id": 10 + i, "file_name": name, "height": 10, "width": 12} for i, name in enumerate(images)]
    said = [
        {"id": 100 * i + k, "image_id": 10 + i, "caption": text}
        for i, texts in enumerate(images.values())
        for k, text in enumerate(texts)
    ]
    return {"info": {"year": 2017}, "licenses": [], "images": named, "annotations": said}


def karpathy(images: dict[str, tuple[str, list[str]]], folder: str = "") -> dict:
    """Karpathy's JSON: name -> (split, sentences)."""
    entries = [
        {
            **({"filepath": folder} if folder else {}),
            "filename": name,
            "imgid": i,
            "split": split,
            "sentences": [
                {"raw": text, "tokens": text.split(), "imgid": i, "sentid": k} for k, text in enumerate(said)
            ],
        }
        for i, (name, (split, said)) in enumerate(images.items())
    ]
    return {"images": entries, "dataset": "coco"}


def whole_set(n: int = 40) -> dict[str, list[str]]:
    """Names of pictures, and captions of their colours."""
    return {f"{i:03d}.png": [f"a {NAMES[i % 4]} thing", f"one {NAMES[i % 4]} square"] for i in range(n)}


def pictures(root: Path, names: dict[str, list[str]], below: str = "") -> Path:
    """The pictures of `whole_set`, in their colours."""
    for name, texts in names.items():
        path = root / below / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(texts[0].split()[1]))
    return root
