"""The claim about a shift of style in real drawings: emoji, trained on three designs and tested on a fourth."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.claims.definition import Claim, Finding, Number, table
from benchmarks.claims.questions import Answers
from benchmarks.claims.training_arms import Learned, Setting
from minclip.data.emoji import STYLES, TABLE, Emoji
from minclip.data.images import load_pixels
from minclip.engine.recall import match_ranks
from minclip.zero_shot import encode_pixels, encode_texts

FOURTH = "emojitwo"  # a design of its own; the two fluent ones are one design, in relief and flat
THREE = tuple(style for style in STYLES if style != FOURTH)


@dataclass(frozen=True)
class Drawings:
    """What an arm sees of the emoji."""

    styles: tuple[str, ...]
    other_half: bool = False  # the fourth style's drawings of the emoji that are not asked about, too
    root: Path = field(default=Path("emoji-64"), repr=False)  # where they lie does not matter

    def open(self, size: int) -> "Chosen":
        emoji = Emoji(self.root, (*self.styles, FOURTH))
        seen = [
            i
            for i, (key, style) in enumerate(zip(emoji.keys, emoji.styles, strict=True))
            if style != FOURTH or (self.other_half and not is_asked(key))
        ]
        return Chosen(emoji, seen)


class Chosen:
    """Some of the emoji; a `CaptionDataset`."""

    name = "emoji"

    def __init__(self, emoji: Emoji, indices: list[int]):
        self.split, self._emoji, self._indices = emoji.split, emoji, indices

    def __len__(self) -> int:
        return len(self._indices)

    def image(self, index: int) -> Image.Image:
        return self._emoji.image(self._indices[index])

    def captions(self, index: int) -> list[str]:
        return self._emoji.captions(self._indices[index])


def is_asked(key: str) -> bool:
    """Half of the emoji, by a hash of their code points."""
    return hashlib.sha256(key.encode("utf-8")).digest()[0] % 2 == 0


def emoji(setting: Setting) -> Claim:
    if not (setting.emoji / TABLE).is_file():
        raise FileNotFoundError(f"{setting.emoji} holds no {TABLE}: pass --emoji FOLDER, or leave this claim out")
    base = setting.base
    three, with_fourth, one = (
        replace(base, data=Drawings(*what, root=setting.emoji)) for what in ((THREE,), (THREE, True), (THREE[:1],))
    )
    arms = {"three designs": three, "three, and the fourth of other emoji": with_fourth, "one design": one}
    asked = {name: f"emoji/{name}" for name in ("name → drawing R@1", "name → drawing R@10", "drawing → name R@1")}
    first = "emoji/name → drawing R@1"
    return Claim(
        name="emoji",
        title="A shift of style in real drawings",
        said="CLIP keeps what it knows where the style changes; the variety of its data does it.",
        source="Radford et al. 2021 (CLIP), section 3.3; Fang et al. 2022",
        measured=f"Emoji with their Unicode names, trained on {', '.join(THREE)} and asked about {FOURTH}: to "
        "find a name's drawing among those of all emoji that every design has, and a drawing's name among all of their "
        "names. Half of these emoji are asked about; the second arm has seen the fourth design of the other half. `One "
        "design` is noto.",
        rows=table(arms, asked, fourth_design),
        findings=(
            Finding(
                "A design that was never seen costs.", *(Number(a, first, fourth_design) for a in (with_fourth, three))
            ),
            Finding("Three designs beat one.", *(Number(a, first, fourth_design) for a in (three, one))),
        ),
    )


@lru_cache(maxsize=1)
def gallery(root: Path, size: int) -> tuple[np.ndarray, list[str], np.ndarray]:
    """(pixels, names, whether it is asked about) of the fourth design of all emoji that every design has."""
    every = Emoji(root)
    in_all = [key for key, styles in Counter(every.keys).items() if styles == len(STYLES)]
    fourth = Emoji(root, (FOURTH,))
    place = {key: i for i, key in enumerate(fourth.keys)}
    chosen = [place[key] for key in in_all]
    names = [fourth.captions(i)[0] for i in chosen]
    return load_pixels(fourth, size)[chosen], names, np.array([is_asked(key) for key in in_all])


def fourth_design(learned: Learned) -> Answers:
    """Is it found among all, asked about half?"""
    pixels, names, asked = gallery(learned.arm.data.root, learned.arm.model.image_size)
    pictures = encode_pixels(learned.model, pixels)
    texts = encode_texts(learned.model, learned.tokenizer, names, truncate=True)
    to_name, to_drawing = match_ranks(pictures, texts, torch.arange(len(names)))
    return {
        "emoji/name → drawing R@1": to_drawing.hit(1).numpy()[asked],
        "emoji/name → drawing R@10": to_drawing.hit(10).numpy()[asked],
        "emoji/drawing → name R@1": to_name.hit(1).numpy()[asked],
    }
