"""What "like this, but ..." finds: composed queries over pictures that differ in one fact, with five kinds of facts.

    python -m minclip.course.lesson_10_retrieval.composed       (half an hour: trains nine small CLIPs, writes KEPT)

The gallery shows every thing with every value of a fact, as "snow" of a scene. A query is another drawing of a thing
with one value, and asks for another value; it should find the same thing with that one. Lesson 10 measures the shipped
models itself, and draws what this script kept of the small ones.
"""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from minclip.checkpoint import load
from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs, train_small
from minclip.data.paths import atomic_write
from minclip.data.picturebook import Picture, Thing, render
from minclip.data.picturebook.sampling import CENTRES, KINDS, QUARTERS
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.retrieval import composed_query, search
from minclip.zero_shot import Tokenizer, encode_pixels, encode_texts

KEPT = Path(__file__).with_name("composed.json")
RATES, SEEDS = (3e-4, 1e-3, 3e-3), (0, 1, 2)
PICTURES, STEPS, BATCH, WARMUP = 20_000, 1500, 128, 100
GALLERY_SEED, QUERY_SEED = 1_000, 9_000  # of drawings: the same thing, drawn another time
THINGS = tuple(  # without those that are part of a scene, or share their name with another thing
    kind for kind in KINDS if kind not in ("mouse", "bat", "computer mouse", "baseball bat", "cloud", "star", "moon")
)
FACTS = {  # a kind of fact -> its values, and how a sentence says them
    "scene": {"field": "in a field", "snow": "in the snow", "desert": "in the desert", "sea": "by the sea"},
    "colour": {"red": "red", "blue": "blue", "green": "green", "yellow": "yellow"},
    "style": {
        "photo": "a photo",
        "cartoon": "a cartoon",
        "grey": "black and white",
        "watercolour": "a watercolor painting",
    },
    "count": {1: "one", 2: "two", 3: "three", 4: "four"},
    "relation": {"left": "to the left of", "right": "to the right of", "above": "above", "below": "below"},
}


class Found(NamedTuple):
    """Shares of the queries. The nearest picture shows ..."""

    both: float  # the same thing, with the value that was asked for
    thing: float  # the same thing
    value: float  # the value that was asked for


def drawn(fact: str, kind: str, value: Any, seed: int) -> Picture:
    """A thing with that value of a fact; all else is the same in every picture."""
    if fact == "relation":
        other = THINGS[(THINGS.index(kind) + 7) % len(THINGS)]
        here, there = (
            Thing(*one, *place, 0.22)
            for one, place in zip(((kind, "red"), (other, "blue")), CENTRES[value], strict=True)
        )
        return Picture((here, there), "plain", "photo", "two", seed, value)
    if fact == "count" and value > 1:
        things = tuple(Thing(kind, "red", x, y, 0.2) for x, y in QUARTERS[:value])
        return Picture(things, "plain", "photo", "many", seed)
    how = {"colour": "red", "scene": "field" if fact == "style" else "plain", "style": "photo"} | {fact: value}
    return Picture((Thing(kind, how["colour"], 0.5, 0.5, 0.3),), how["scene"], how["style"], "one", seed)


def encoded(model: CLIP, fact: str, seed: int) -> Tensor:
    """Every thing with every value, thing after thing: float32 [things · values, embed_dim]."""
    size, every = model.config.image_size, product(THINGS, FACTS[fact])
    return encode_pixels(model, np.stack([render(drawn(fact, *one, seed + i), size) for i, one in enumerate(every)]))


def composed_recall(
    model: CLIP,
    tokenizer: Tokenizer,
    fact: str,
    weight: float = 1.0,
    compose: Callable[[Tensor, Tensor, Tensor, float], Tensor] = composed_query,
) -> Found:
    """Every thing with every value as a query, changed to each of the other values, among all pictures."""
    values = len(FACTS[fact])
    gallery, pictures = encoded(model, fact, GALLERY_SEED), encoded(model, fact, QUERY_SEED)
    texts = encode_texts(model, tokenizer, list(FACTS[fact].values()))  # [values, embed_dim]
    asked = [(i, i % values, to) for i in range(len(pictures)) for to in range(values) if to != i % values]
    start, old, new = torch.tensor(asked).T
    _, places = search(compose(pictures[start], texts[new], texts[old], weight), gallery, 1)
    nearest = places[:, 0]
    thing, value = nearest // values == start // values, nearest % values == new
    return Found(*(round(part.float().mean().item(), 4) for part in (thing & value, thing, value)))


def main() -> None:
    lines: list[dict[str, Any]] = []

    def measure(model: CLIP, tokenizer: Tokenizer, **name: Any) -> None:
        for fact, weight in product(FACTS, (0.5, 1.0, 2.0)):
            found = composed_recall(model, tokenizer, fact, weight)
            lines.append({**name, "fact": fact, "weight": weight, **found._asdict()})
        print([line for line in lines[-15:] if line["weight"] == 1.0], flush=True)

    for shipped in ("picturebook-tiny", "picturebook-small"):
        model, _, tokenizer = load(shipped, "cpu")
        measure(model, tokenizer, shipped=shipped)
    _, _, tokenizer = load("picturebook-tiny", "cpu")
    seen = pairs("train", PICTURES)
    length = seen[1].shape[1]

    def short(texts: list[str], truncate: bool = False) -> Tensor:
        return tokenizer(texts, truncate=truncate)[:, :length]

    for rate, seed in product(RATES, SEEDS):
        model, _ = train_small(clip_loss, *seen, steps=STEPS, batch=BATCH, rate=rate, seed=seed, warmup=WARMUP)
        measure(model, short, rate=rate, seed=seed)
    with atomic_write(KEPT) as file:
        file.write((json.dumps(lines, indent=None).replace("}, ", "},\n ") + "\n").encode("utf-8"))


if __name__ == "__main__":
    main()
