"""The claim about weights between two models: fine-tuned on photos, asked photos and other styles."""

import copy
import random
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.after_training.few_shot import right
from benchmarks.after_training.result import Answers, ShippedClaim
from benchmarks.after_training.shots import DRAWS, MODEL, TEST_EACH, TEST_SEED, classifier, shipped
from minclip.adapters import mixed
from minclip.data.picturebook import tasks
from minclip.data.picturebook.cache import cached_pixels
from minclip.data.picturebook.sampling import KINDS, TRAIN_STYLES, sample_picture
from minclip.model import CLIP
from minclip.preprocess import pixels_to_float
from minclip.similarity import unit_rows
from minclip.zero_shot import encode_pixels

PHOTOS, VAL_PHOTOS = 4_004, 520  # of 52 classes
TRAIN_SEED, VAL_SEED = 40, 50  # of the photos; a draw is added
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
RATES, EPOCHS, BATCH = (1e-4, 3e-4), 3, 128
ASKED = ("photos", "other styles of training", "styles never seen")


def photos(seed: int, count: int) -> tuple[np.ndarray, Tensor]:
    """Pixels, uint8 [count, size, size, 3], and classes of photos."""

    def picture_at(index: int):
        rng = random.Random(f"{seed}/photos to learn from/{index}")
        return sample_picture(rng, layout="one", clear=True, kind=KINDS[index % len(KINDS)], style="photo")

    size = shipped()[0].config.image_size
    pixels = cached_pixels("photos", f"photos/{seed}", picture_at, count, size, None, 1, False)
    return pixels, torch.arange(count) % len(KINDS)


@lru_cache(maxsize=len(RATES))
def fine_tuned(draw: int, rate: float) -> CLIP:
    """The image encoder learns the classes of photos; the zero-shot classifier stays the last layer."""
    model = copy.deepcopy(shipped()[0]).train()
    pixels, labels = photos(TRAIN_SEED + draw, PHOTOS)
    steps = EPOCHS * -(-PHOTOS // BATCH)
    optimizer = torch.optim.AdamW(model.visual.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)
    generator, columns, scale = torch.Generator().manual_seed(draw), classifier(), model.logit_scale.exp().item()
    for _ in range(EPOCHS):
        for rows in torch.randperm(PHOTOS, generator=generator).split(BATCH):
            batch = pixels_to_float(pixels[rows.numpy()], torch.device("cpu"), *normalisation(model))
            loss = F.cross_entropy(scale * unit_rows(model.encode_image(batch)) @ columns, labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def normalisation(model: CLIP) -> tuple:
    return model.config.pixel_mean, model.config.pixel_std


@lru_cache(maxsize=1)
def best_rate() -> float:
    """That of RATES which names most validation photos right, with draw 0; other draws take it, too."""
    pixels, labels = photos(VAL_SEED, VAL_PHOTOS)
    return max(RATES, key=lambda rate: named(fine_tuned(0, rate), pixels, labels).mean())


def named(model: CLIP, pixels: np.ndarray, labels: Tensor) -> np.ndarray:
    """Which pictures get their own class."""
    return right(encode_pixels(model, pixels) @ classifier(), labels)


def mixing_answers(draws: Sequence[int]) -> Answers:
    before, answers = shipped()[0], Answers()
    size = before.config.image_size
    made = tasks(size, seed=TEST_SEED, per_class=TEST_EACH, names=["object", "object_held_out_style"], progress=False)
    seen, unseen = made.values()
    photo = np.arange(len(seen.labels)) // len(KINDS) % len(TRAIN_STYLES) == TRAIN_STYLES.index("photo")
    for draw in draws:
        after = fine_tuned(draw, best_rate())
        for share in SHARES:
            cells = [(words(share), series) for series in ASKED]
            if share == 0 and draw != draws[0]:  # before is the same in all draws
                for cell in cells:
                    answers[cell].append(answers[cell][0])
                continue
            model = mixed(before, after, share)
            of_seen = named(model, seen.pixels, torch.as_tensor(seen.labels))
            of_unseen = named(model, unseen.pixels, torch.as_tensor(unseen.labels))
            for cell, found in zip(cells, (of_seen[photo], of_seen[~photo], of_unseen), strict=True):
                answers.setdefault(cell, []).append(found)
            print(f"draw {draw}, {words(share)}", flush=True)
    return answers


def words(share: float) -> str:
    """
    >>> words(0.5)
    'share 0.5'
    """
    return f"share {share:g}"


def weight_mixing() -> ShippedClaim:
    before, half, after = map(words, (0.0, 0.5, 1.0))
    tuned, others, unseen = ASKED
    return ShippedClaim(
        name="weight_mixing",
        title="Weights between before and after",
        said="The mean of the weights before and after a fine-tuning is better than both on pictures unlike those of "
        "the fine-tuning, and as good as after on pictures like them.",
        source="Wortsman et al. 2021 (WiSE-FT), sections 3 and 4, figure 1",
        measured=f"The image encoder is fine-tuned on {PHOTOS:,} labelled photos, with the zero-shot classifier as its "
        f"last layer; the learning rate is chosen on other photos. Share 0 is before, share 1 after. A draw has other "
        f"photos. Asked are photos, the ten other styles of training, and the two that training never saw.",
        model=MODEL,
        draws=DRAWS,
        answers=mixing_answers,
        findings=(
            ("On other styles, half of each beats after.", (half, others), (after, others)),
            ("On other styles, half of each beats before.", (half, others), (before, others)),
            ("On styles never seen, half of each beats after.", (half, unseen), (after, unseen)),
            ("On styles never seen, half of each beats before.", (half, unseen), (before, unseen)),
            ("On photos, after beats half of each.", (after, tuned), (half, tuned)),
            ("On photos, after beats before.", (after, tuned), (before, tuned)),
            ("On other styles, before beats after.", (before, others), (after, others)),
        ),
    )
