"""Small sets of photos in the layouts of Flickr8k and RSICD, for the tests of their readers."""

import io
import json
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]


def jpeg(colour: tuple[int, int, int], size: tuple[int, int] = (10, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


FLICKR = {"1_a.jpg": "train", "2_b.jpg": "train", "3_c.jpg": "dev", "4_d.jpg": "test", "5_e.jpg": None}


@pytest.fixture
def flickr(tmp_path) -> Path:
    """The original's layout, with its known fault: captions of a photo that never was."""
    root = tmp_path / "flickr"
    (root / "Flicker8k_Dataset").mkdir(parents=True)
    lines = []
    for index, name in enumerate(FLICKR):
        (root / "Flicker8k_Dataset" / name).write_bytes(jpeg((40 * index, 0, 0)))
        lines += [f'{name}#{k}\tCaption {k} of {name} , "quoted" .\n' for k in range(5)]
    lines += [f"2258277193_586949ec62.jpg.1#{k}\tNobody sees this .\n" for k in range(5)]
    (root / "Flickr8k.token.txt").write_text("".join(lines), encoding="utf-8")
    for split in ("train", "dev", "test"):
        names = [name for name, where in FLICKR.items() if where == split]
        (root / f"Flickr_8k.{split}Images.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return root


AERIAL = {"airport_1.jpg": "train", "storagetanks_2.jpg": "val", "00001.jpg": "val", "pond_3.jpg": "test"}


@pytest.fixture
def rsicd(tmp_path) -> Path:
    """The authors' layout."""
    root = tmp_path / "rsicd"
    (root / "RSICD_images").mkdir(parents=True)
    images = []
    for index, (name, split) in enumerate(AERIAL.items()):
        (root / "RSICD_images" / name).write_bytes(jpeg((0, 40 * index, 0)))
        sentences = [{"raw": f"sentence {k} of {name} .", "tokens": [], "sentid": k} for k in range(5)]
        images.append({"filename": name, "imgid": index, "split": split, "sentences": sentences})
    (root / "dataset_rsicd.json").write_text(json.dumps({"images": images, "dataset": "rsicd"}), encoding="utf-8")
    return root


def make_folder(root: Path, table: bytes | str, files: tuple[str, ...] = ("a.png", "b.png")) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGBA", (6, 6), (200, 0, 0, 128)).save(root / file)
    (root / "captions.csv").write_bytes(table if isinstance(table, bytes) else table.encode("utf-8"))
    return root


def make_cifar(root: Path, n: int = 4, protocol: int = 2) -> Path:
    """CIFAR-100's layout, as Python 3 would write it."""
    root.mkdir()
    data = np.random.default_rng(0).integers(0, 256, (n, 3072), dtype=np.uint8)
    for name in ("train", "test"):
        content = {"data": data, "fine_labels": [1, 0] * (n // 2), "coarse_labels": [0] * n}
        (root / name).write_bytes(pickle.dumps(content, protocol))
    (root / "meta").write_bytes(pickle.dumps({"fine_label_names": ["apple", "aquarium_fish"]}, protocol))
    return root
