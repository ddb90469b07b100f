"""Twins: rows of a batch with the same picture, or the same caption, as another row. Each is the other's negative.

A batch with twins asks the model to tell apart what is the same. This file counts how often that happens in a run.
It draws rows as batches.py does, from seed and step alone, so a resumed run counts what an unbroken one does. All of it
is on the CPU.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from minclip.config import TrainConfig
from minclip.engine.batches import Pairs, draw_rows, first_equal_row

COUNTED = 250  # steps: of longer runs as many are counted, evenly spread
WORTH_SAYING, WORTH_MENDING = 0.01, 0.1  # shares of rows


@dataclass(frozen=True)
class Twins:
    """Shares of a batch's rows that have a twin in the same batch, means over the steps of a run."""

    pictures: float  # the same picture: drawn twice, or two files with the same pixels
    captions: float  # the same tokens
    loss_floor: float  # no model's mean `clip_loss` is lower: captions that are the same share one hit
    steps: int  # how many were counted
    commonest: int  # row of Pairs.tokens with the caption that is there most often
    times: int  # how often it is there

    def to_dict(self) -> dict[str, float]:
        """The part of it that a report keeps."""
        return {
            "pictures": round(self.pictures, 4),
            "captions": round(self.captions, 4),
            "loss_floor": round(self.loss_floor, 4),
            "steps_counted": self.steps,
        }


def count_twins(pairs: Pairs, config: TrainConfig) -> Twins:
    """Counts the twins of a whole run, or of COUNTED of its steps where it has more."""
    counted = min(config.steps, COUNTED)
    text = first_equal_row(pairs.tokens)  # int64 [captions], equal for equal captions
    picture = torch.arange(len(pairs)) if pairs.same is None else pairs.same
    pictures, captions, floor = 0.0, 0.0, 0.0
    for i in range(counted):
        indices, _, rows, _ = draw_rows(pairs, config, i * config.steps // counted)
        alike = times_in_batch(text[rows])
        pictures += (times_in_batch(picture[indices]) > 1).double().mean().item()
        captions += (alike > 1).double().mean().item()
        floor += lowest_loss(alike)
    often = text.bincount()
    common = int(often.argmax())
    return Twins(pictures / counted, captions / counted, floor / counted, counted, common, int(often[common]))


def times_in_batch(values: Tensor) -> Tensor:
    """How often the value of each row is there: int64 [rows].

    >>> times_in_batch(torch.tensor([7, 3, 7]))
    tensor([2, 1, 2])
    """
    _, place, count = values.unique(return_inverse=True, return_counts=True)
    often: Tensor = count[place]
    return often


def lowest_loss(alike: Tensor) -> float:
    """The least `clip_loss` of a batch, however good the model. alike: int64 [rows], rows with the row's caption.

    Equal captions have equal features. Of m equal ones a picture gives its own a probability of 1 / m at most. And all
    m spread one probability over their m pictures: at best 1 / m for each. Both cross entropies are then ln m.

    >>> round(lowest_loss(torch.tensor([2, 2, 1, 1])), 3)  # half of the rows, ln 2
    0.347
    """
    return alike.double().log().mean().item()


def twins_lines(twins: Twins, texts: Sequence[str], loss: str = "infonce") -> list[str]:
    """One line on captions that repeat within a batch and one on pictures that do, where that is worth saying.

    texts: the captions, in the order of Pairs.tokens. loss: TrainConfig's; the floor is that of `clip_loss`.
    """
    lines = []
    floor = f", so the mean loss cannot fall below {twins.loss_floor:.2f}" if loss == "infonce" else ""
    if twins.captions >= WORTH_SAYING:
        advice = " Use captions that say more, or a smaller --batch." if twins.captions >= WORTH_MENDING else ""
        lines.append(
            f"{100 * twins.captions:.1f} % of a batch's captions occur in it more than once (the most frequent is "
            f"{texts[twins.commonest]!r}, {twins.times:,} of {len(texts):,}). Copies are wrong answers for each "
            f"other{floor}.{advice}"
        )
    if twins.pictures >= WORTH_SAYING:
        lines.append(
            f"{100 * twins.pictures:.1f} % of a batch's pictures occur in it more than once. Copies are wrong answers "
            f"for each other's captions. Leave out copies of a file, or use a smaller --batch."
        )
    return lines
