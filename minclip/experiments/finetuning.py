"""Fine-tuning: a model that has learned before goes on to learn a data set, and is compared with what it was.

    minclip train --data my-photos/ --init picturebook-small --mix auto

Kept are the weights of the best score on the val split. Both models, before and after, are measured on the same test
pictures, and on a task that was not trained for: what was forgotten. `--mix` takes weights between the two (mixing.py).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from minclip.checkpoint import load, load_into, resized, save
from minclip.data.left_out import LeftOut, note
from minclip.data.progress import with_progress
from minclip.data.protocol import ClassTask
from minclip.evaluation.evaluate import evaluate, evaluate_task
from minclip.evaluation.suites import Suite, remembering
from minclip.experiments.keeper import STOP
from minclip.experiments.mixing import mixed
from minclip.experiments.runs import Run
from minclip.formats.resizing import new_positions, with_length
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

BEST_FILE = "best.safetensors"  # the weights of the best score on val so far
SHARES = [i / 10 for i in range(11)]  # of the way from before to after, tried by mix="auto"
KEPT_SHARE = 0.97  # of the score on what was not trained for, that mix="auto" keeps on val: on test, 95 % then stay
PATIENCE = 5  # evaluations without a better score, after which training ends
PER_CLASS = {"val": 4, "test": 20}  # pictures a class of the task that was not trained for


@dataclass(frozen=True)
class FineTuning:
    """What a fine-tuning is asked to do; kept with the run, so that it can be resumed."""

    init: str  # name or path of the model that goes on to learn
    freeze: tuple[str, ...] = ()
    mix: float | str | None = None  # share of the way from before to after; "auto": chosen on val; None: after itself
    image_size: int | None = None  # of the pictures that it learns from, where that is not the model's own
    context_length: int | None = None  # of the texts

    def __post_init__(self) -> None:
        if self.mix is None or self.mix == "auto":
            return
        if isinstance(self.mix, str) or not 0 <= self.mix <= 1:
            raise ValueError(f"mix={self.mix!r} must be 'auto', or from 0 (the model before) to 1 (the model after)")

    @staticmethod
    def from_dict(content: dict) -> "FineTuning":
        known = {field.name for field in fields(FineTuning)}  # another version of minclip may keep others
        content = {name: value for name, value in content.items() if name in known}
        return FineTuning(**content | {"freeze": tuple(content["freeze"])})

    def to_dict(self) -> dict:
        return asdict(self)

    def model_before(
        self, device: str | torch.device = "cpu", left_out: LeftOut | None = None
    ) -> tuple[CLIP, BPETokenizer]:
        """The model that goes on to learn, at the sizes that are asked for, and its tokenizer.

        left_out: is told how many positions are new.
        """
        model, _, tokenizer = load(self.init, device)
        before = resized(model, self.image_size, self.context_length)
        count, what = new_positions(model.config, before.config)
        if count and left_out is not None:
            note(left_out, "text_positions_new", what, count=count)
        return before, with_length(tokenizer, before.config.context_length)


class BestOnVal:
    """Keeps the best weights of a training, and ends it where the score has stopped rising. Is a Keeper's on_log."""

    def __init__(self, run: Run, model: CLIP, tokenizer: BPETokenizer):
        self.run, self.model, self.tokenizer = run, model, tokenizer

    @property
    def path(self) -> Path:
        return self.run.folder / BEST_FILE

    def scores(self) -> list[float]:
        """Of all evaluations so far, those before a resume included."""
        return [score for entry in self.run.read_log() if (score := score_of(entry)) is not None]

    def __call__(self, entry: dict) -> object:
        if score_of(entry) is None:
            return None
        scores = self.scores()  # the last one is this entry's
        if scores[-1] > max(scores[:-1], default=-1.0) or not self.path.is_file():
            save(self.model, self.tokenizer, self.path)
        since_best = len(scores) - 1 - scores.index(max(scores))
        return STOP if since_best >= PATIENCE else None

    def restore(self) -> None:
        """Puts the best weights into the model."""
        if self.path.is_file():
            load_into(self.model, self.path)


def score_of(entry: dict) -> float | None:
    """The mean of the scores in an entry of the log; None where there are none."""
    scores = [entry[name] for name in ("zero_shot", "R@10") if name in entry]
    return sum(scores) / len(scores) if scores else None


def not_trained_for(size: int, split: str) -> ClassTask:
    """The picture book's things: a task that other data do not teach."""
    from minclip.data.picturebook import tasks

    seed = {"val": 1, "test": 0}[split]
    task = tasks(size, seed=seed, per_class=PER_CLASS[split], names=["object"], progress=False)["object"]
    assert isinstance(task, ClassTask)
    return task


def told_before_and_after(size: int) -> list[ClassTask]:
    """The tasks that are measured beside those of the data."""
    return [not_trained_for(size, "test")]


def chosen_share(
    before: CLIP, after: CLIP, tokenizer: BPETokenizer, watched: Suite, kept: ClassTask
) -> tuple[float, list[dict]]:
    """(share, curve): the share with the best score on val, of those that keep KEPT_SHARE of the other task's.

    The share 0, the model before, keeps all of it.
    """
    tokenizer_once: Any = remembering(tokenizer)
    curve: list[dict[str, float]] = []
    for share in with_progress(SHARES, "choosing the mix", "shares"):
        model = mixed(before, after, share)
        curve.append(
            {
                "share": share,
                "val": score_of(watched.scores(model, tokenizer_once)) or 0.0,
                "not_trained_for": evaluate_task(model, tokenizer_once, kept).accuracy,
            }
        )
    least = KEPT_SHARE * curve[0]["not_trained_for"]
    able = [point for point in curve if point["not_trained_for"] >= least]
    best = max(able, key=lambda point: (point["val"], point["share"]))
    return best["share"], curve


def finish(
    asked: FineTuning, run: Run, model: CLIP, tokenizer: BPETokenizer, watched: Suite, final: Suite, best: BestOnVal
) -> dict:
    """Puts the weights that are to stay into the model, and returns what the report says of before and after."""
    best.restore()
    before, _ = asked.model_before(model.logit_scale.device)
    size = model.config.image_size
    told: dict[str, Any] = asked.to_dict() | {"evaluations": len(best.scores())}
    share = asked.mix
    after = mixed(before, model, 1.0)
    if share == "auto":
        share, told["curve"] = chosen_share(before, after, tokenizer, watched, not_trained_for(size, "val"))
    models = {"before": before, "after": after}
    if share is not None:
        told["share"] = share
        models["mixed"] = mixed(before, after, float(share))
        model.load_state_dict(models["mixed"].state_dict())
    run.save_model(model, tokenizer)
    told["scores"] = {
        name: scores(evaluate(one, tokenizer, [*final.tasks.values()], final.retrieval)) for name, one in models.items()
    }
    other = not_trained_for(size, "test")
    if list(getattr(final.tasks.get(other.name), "class_names", ())) == list(other.class_names):
        return told  # the data are the picture book: it was trained for
    for name, one in models.items():
        found = scores(evaluate(one, tokenizer, [other]))[other.name]
        told["scores"][name][f"picturebook {other.name}, not trained for"] = found
    return told


def scores(report: dict) -> dict[str, list[float]]:
    """name -> [score, low, high], of tasks and of recall at 1 and 10."""
    found = {name: [task["accuracy"], task["low"], task["high"]] for name, task in report["tasks"].items()}
    retrieval = report.get("retrieval", {})
    for direction in ("image_to_text", "text_to_image") if retrieval else ():
        for recall in ("R@1", "R@10"):
            name = f"{direction.replace('_to_', ' → ')} {recall}"
            found[name] = [retrieval[direction][recall], *retrieval["intervals"][direction][recall]]
    return found


def comparison_table(told: dict) -> str:
    """Before, after and mixed side by side, in percent with 95 % intervals."""
    models = list(told["scores"])
    rows = [["", *models]]
    for name in told["scores"]["before"]:
        cells = (told["scores"][one][name] for one in models)
        rows.append([name, *(f"{100 * s:.1f} ({100 * low:.1f} to {100 * high:.1f})" for s, low, high in cells)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def in_words(told: dict) -> Sequence[str]:
    """Lines for the report."""
    frozen = f", {' and '.join(told['freeze'])} frozen" if told["freeze"] else ""
    lines = [
        f"Fine-tuned from {told['init']}{frozen}. Kept are the weights of the best of {told['evaluations']} scores on "
        f"the val split."
    ]
    side, length = told.get("image_size"), told.get("context_length")
    if side is not None or length is not None:
        pictures = [] if side is None else [f"pictures of {side} × {side} pixels"]
        texts = [] if length is None else [f"texts of up to {length} tokens"]
        lines.append(f'It reads {" and ".join(pictures + texts)}. "before" is the same model with resized positions.')
    if "share" in told:
        how = "chosen on the val split" if "curve" in told else "as asked"
        lines.append(f"The model is a mixture: {told['share']:g} of the way from before to after, {how}.")
    return lines
