"""What "like this, but ..." finds: composed queries over pictures that differ in one fact, with five kinds of facts.

    python -m minclip.course.lesson_10_retrieval.composed       (ten minutes on a quiet core: writes KEPT)

The gallery shows every thing with every value of a fact, as "snow" of a scene. A query is another drawing of a thing
with one value, and asks for another value; it should find the same thing with that one. Measured are both shipped
models, and nine that were trained on from the tiny one, with other pictures, at three rates: are the shares a chance of
its last steps? Lesson 10 draws what is kept here.
"""

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from minclip.checkpoint import load
from minclip.course.lesson_05_symmetric_infonce.small_clip import pairs
from minclip.data.paths import atomic_write
from minclip.data.picturebook import Picture, Thing, render
from minclip.data.picturebook.grammar import plural
from minclip.data.picturebook.sampling import CENTRES, KINDS, QUARTERS
from minclip.engine.cores import one_thread
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.optim import adamw, lr_schedule, set_learning_rate
from minclip.retrieval import composed_query, search
from minclip.zero_shot import Tokenizer, encode_pixels, encode_texts

KEPT = Path(__file__).with_name("composed.json")
RATES, SEEDS, WEIGHTS = (1e-4, 3e-4, 1e-3), (0, 1, 2), (0.5, 1.0, 2.0)
PICTURES, STEPS, BATCH, WARMUP = 20_000, 150, 128, 15
GALLERY_SEED, QUERY_SEED = 1_000, 9_000  # of drawings: the same thing, drawn another time
THINGS = tuple(  # without those that are part of a scene, or share their name with another thing
    kind for kind in KINDS if kind not in ("mouse", "bat", "computer mouse", "baseball bat", "cloud", "star", "moon")
)
FACTS: dict[str, dict[Any, str]] = {  # a kind of fact -> its values, and how a sentence says them
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
NAMED = ("count", "relation")


class Found(NamedTuple):
    """Shares of the queries. The nearest picture shows ..."""

    both: float  # the same thing, with the value that was asked for
    thing: float  # the same thing
    value: float  # the value that was asked for


def drawn(fact: str, kind: str, value: Any, seed: int) -> Picture:
    """A thing with that value of a fact; all else is the same in every picture."""
    if fact == "relation":
        other = beside(kind)
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


def beside(kind: str) -> str:
    """The thing that stands in a relation to it."""
    return THINGS[(THINGS.index(kind) + 7) % len(THINGS)]


def encoded(model: CLIP, fact: str, seed: int) -> Tensor:
    """Every thing with every value, thing after thing: float32 [things · values, embed_dim]."""
    size, every = model.config.image_size, product(THINGS, FACTS[fact])
    pixels = np.stack([render(drawn(fact, *one, seed + i), size) for i, one in enumerate(every)])
    return encode_pixels(model, pixels).cpu()


def sentences(fact: str, named: bool) -> list[list[str]]:
    """What says each value, [1, values]; named: with the thing, [things, values], for a count and a relation."""
    values = FACTS[fact].values()
    if not named:
        return [list(values)]
    if fact == "count":
        return [[f"one {kind}", *(f"{number} {plural(kind)}" for number in list(values)[1:])] for kind in THINGS]
    return [[f"a {kind} {words} a {beside(kind)}" for words in values] for kind in THINGS]


def encoded_sentences(model: CLIP, tokenizer: Tokenizer, fact: str, named: bool) -> Tensor:
    """float32 [1 or things, values, embed_dim]."""
    texts = sentences(fact, named)
    features = encode_texts(model, tokenizer, [text for row in texts for text in row])
    return features.cpu().view(len(texts), -1, features.shape[1])


def composed_recall(
    model: CLIP, tokenizer: Tokenizer, fact: str, weights: Sequence[float] = (1.0,), named: bool = False
) -> list[Found]:
    """Every thing with every value as a query, changed to each of the other values, among all pictures; per weight."""
    values = len(FACTS[fact])
    gallery, pictures = encoded(model, fact, GALLERY_SEED), encoded(model, fact, QUERY_SEED)
    texts = encoded_sentences(model, tokenizer, fact, named).expand(len(THINGS), -1, -1)
    asked = [(i, i // values, i % values, to) for i in range(len(pictures)) for to in range(values) if to != i % values]
    start, kind, old, new = torch.tensor(asked).T
    results = []
    for weight in weights:
        query = composed_query(pictures[start], texts[kind, new], texts[kind, old], weight)
        nearest = search(query, gallery, 1)[1][:, 0]
        thing, value = nearest // values == kind, nearest % values == new
        results.append(Found(*(round(part.float().mean().item(), 4) for part in (thing & value, thing, value))))
    return results


def sentence_recall(model: CLIP, tokenizer: Tokenizer, fact: str) -> float:
    """The share of plain sentences, with the thing, that find their picture first: does the model know the fact?"""
    texts = encoded_sentences(model, tokenizer, fact, named=True).flatten(0, 1)  # [things · values, embed_dim]
    nearest = search(texts, encoded(model, fact, GALLERY_SEED), 1)[1][:, 0]
    return round((nearest == torch.arange(len(texts))).float().mean().item(), 4)


def trained_on(pixels: Tensor, tokens: Tensor, rate: float, seed: int) -> tuple[CLIP, Tokenizer]:
    """picturebook-tiny after STEPS more."""
    model, _, tokenizer = load("picturebook-tiny", "cpu")
    optimizer = adamw(model, rate, weight_decay=0.2)
    order = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(seed))
    with one_thread():
        for step in range(STEPS):
            set_learning_rate([optimizer], lr_schedule(step, STEPS, WARMUP))
            rows = order[step * BATCH : (step + 1) * BATCH]
            features = model.encode_image(pixels[rows]), model.encode_text(tokens[rows])
            optimizer.zero_grad()
            clip_loss(*features, model.logit_scale.exp()).backward()
            optimizer.step()
            model.clamp_logit_scale()
    return model, tokenizer


def main() -> None:
    lines: list[dict[str, Any]] = []

    def measure(model: CLIP, tokenizer: Tokenizer, **name: Any) -> None:
        for fact in FACTS:
            for weight, found in zip(WEIGHTS, composed_recall(model, tokenizer, fact, WEIGHTS), strict=True):
                lines.append({**name, "fact": fact, "weight": weight, **found._asdict()})
        for fact in NAMED:
            (found,) = composed_recall(model, tokenizer, fact, named=True)
            plain = sentence_recall(model, tokenizer, fact)
            lines.append({**name, "fact": f"{fact}, named", "weight": 1.0, **found._asdict(), "sentence": plain})
        print(name, {line["fact"]: line["both"] for line in lines[-17:] if line["weight"] == 1.0}, flush=True)
        with atomic_write(KEPT) as file:
            file.write((json.dumps(lines).replace("}, ", "},\n ") + "\n").encode("utf-8"))

    for shipped in ("picturebook-tiny", "picturebook-small"):
        model, _, tokenizer = load(shipped, "cpu")
        measure(model, tokenizer, shipped=shipped)
    seen = pairs("train", PICTURES)
    for seed, rate in product(SEEDS, RATES):
        measure(*trained_on(*seen, rate, seed), rate=rate, seed=seed)


if __name__ == "__main__":
    main()
