"""A folder in which commands are tried with bad input: what they may read, what is broken, and what must stay."""

import io
import os
import shutil
import zipfile
from pathlib import Path

import torch
from PIL import Image
from small_classroom import FIRST, classroom, hand_in, written

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

CAPTIONS = {"red": "a red car", "blue": "two blue fish in the sea", "green": "a small green tree", "grey": "a dog"}


def small_model() -> tuple[CLIP, BPETokenizer]:
    tokenizer = BPETokenizer.train([*CAPTIONS.values()] * 4, vocab_size=560, context_length=16)
    torch.manual_seed(0)
    sizes = {"embed_dim": 16, "image_size": 16, "patch_size": 8, "vision_width": 64, "vision_layers": 1}
    texts = {"text_width": 64, "text_heads": 1, "text_layers": 1, "context_length": 16}
    return CLIP(CLIPConfig(**sizes, **texts, vocab_size=tokenizer.vocab_size)).eval(), tokenizer


def make_places(root: Path) -> Path:
    """Fills a new folder: `here` is for the command to stand in, `home` is the user's."""
    here = root / "here"
    classroom(here / "class")
    hand_in(here / "class" / "submitted", "anna", FIRST, written(FIRST))
    for name in ("here/photos", "here/empty", "here/folder.png", "here/old", "here/handed-in", "home"):
        (root / name).mkdir(parents=True)
    model, tokenizer = small_model()
    checkpoint.save(model, tokenizer, here / "model.safetensors")
    for split in ("train", "val", "test"):
        for kind in ("cat", "dog"):
            (here / "classes" / split / kind).mkdir(parents=True)
            Image.new("RGB", (20, 16), "red").save(here / "classes" / split / kind / "1.png")
    rows = ["file,caption,split"]
    for number, (colour, caption) in enumerate(CAPTIONS.items()):
        Image.new("RGB", (20, 16), colour).save(here / "photos" / f"{colour}.png")
        rows.append(f"{colour}.png,{caption},{('train', 'train', 'val', 'test')[number]}")
    (here / "photos" / "captions.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    whole = (here / "model.safetensors").read_bytes()
    png = (here / "photos" / "red.png").read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "a")
    broken = {
        "empty.file": b"",
        "blank.txt": b" \n\n",
        "half.safetensors": whole[: len(whole) // 2],
        "half.png": png[: len(png) // 2],
        "noise.bin": bytes(range(256)) * 8,
        "latin-1.txt": "a größer {}\n".encode("latin-1"),
        "words.txt": b"these are words\nand no more\n",
        "list.json": b"[1, 2]",
        "other.zip": packed.getvalue(),
        "old.png": png,
        "old.json": b"{}",
        "old/mine.txt": b"mine",
    }
    for name, content in broken.items():
        (here / name).write_bytes(content)
    return here


State = dict[str, bytes | None]


def state(root: Path) -> State:
    """Every file's bytes below a folder; None for a folder."""
    paths = sorted(root.rglob("*"))
    return {path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else None for path in paths}


def stamps(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file and folder: quicker than `state`, for a look after every command."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)  # noqa: PTH118  (thousands of times)
            told = os.stat(path)  # noqa: PTH116
            found[path] = (0, 0) if name in folders else (told.st_size, told.st_mtime_ns)
    return found


def put_back(root: Path, before: State) -> None:
    """The folder as it was: one command's fault is not the next one's."""
    now = state(root)
    for name in sorted(now.keys() - before.keys(), reverse=True):
        path = root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for name, content in before.items():
        if now.get(name, 0) == content:
            continue
        if content is None:
            (root / name).mkdir(parents=True, exist_ok=True)
        elif isinstance(content, bytes):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
