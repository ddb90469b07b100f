"""Fine-tuning: a model that has learned before goes on to learn a data set, and is compared with what it was.

    minclip train --data my-photos/ --init picturebook-small --mix auto

Kept are the weights of the best score on the val split. Both models, before and after, are measured on the same test
pictures, and on a task that was not trained for: what was forgotten. `--mix` takes weights between the two
(adapters.py).
"""

import hashlib
import warnings
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch

from minclip.adapters import mixed
from minclip.checkpoint import STATE_FILE, load, resized
from minclip.data import pretrained
from minclip.data.left_out import LeftOut, note
from minclip.data.progress import with_progress
from minclip.data.protocol import ClassTask
from minclip.evaluation.evaluate import evaluate, evaluate_task
from minclip.evaluation.suites import Suite, remembering, score_of
from minclip.experiments.best_on_val import BestOnVal
from minclip.experiments.finetuning_words import scores
from minclip.experiments.run_places import REPORT_FILE
from minclip.experiments.runs import Run
from minclip.formats.changed_models import plain_weights
from minclip.formats.hub import is_hub_name
from minclip.formats.resizing import is_whole, new_positions, with_length
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

SHARES = [i / 10 for i in range(11)]  # of the way from before to after, tried by mix="auto"
KEEP = 0.97  # of the score on what was not trained for, that mix="auto" keeps on val: on test, 95 % then stay
PATIENCE = 5  # scores without a better one, after which training ends
PER_CLASS = {"val": 4, "test": 20}  # pictures a class of the task that was not trained for


@dataclass(frozen=True)
class FineTuning:
    """What a fine-tuning is asked to do; kept with the run, so that it can be resumed."""

    init: str  # name or path of the model that goes on to learn
    freeze: tuple[str, ...] = ()
    mix: float | str | None = None  # share of the way from before to after; "auto": chosen on val; None: after itself
    image_size: int | None = None  # of the pictures that it learns from, where that is not the model's own
    context_length: int | None = None  # of the texts
    patience: int | None = None  # scores on val without a better one, after which training ends; None: PATIENCE
    keep: float | None = None  # of the score on what was not trained for, that mix="auto" keeps; None: KEEP
    path: str = ""  # where `init` lies, if it is no name: a run may be resumed from another folder

    def __post_init__(self) -> None:
        if self.mix not in (None, "auto") and not is_share(self.mix):
            raise ValueError(f"mix={self.mix!r} must be 'auto', or from 0 (the model before) to 1 (the model after)")
        if self.patience is not None and not (is_whole(self.patience) and self.patience >= 1):
            raise ValueError(f"patience={self.patience!r} must be a whole number of scores, at least 1")
        if self.keep is not None and not is_share(self.keep):
            raise ValueError(f"keep={self.keep!r} must be from 0 (all may be forgotten) to 1 (nothing may)")
        if self.keep is not None and self.mix != "auto":
            raise ValueError(f"keep={self.keep!r} is for mix='auto', which chooses a share by it: mix is {self.mix!r}")

    @staticmethod
    def from_dict(content: dict[str, Any]) -> "FineTuning":
        known = {field.name for field in fields(FineTuning)}  # another version of minclip may keep others
        content = {name: value for name, value in content.items() if name in known}
        return FineTuning(**content | {"freeze": tuple(content["freeze"])})

    def to_dict(self) -> dict[str, Any]:
        is_name = self.init in pretrained.shipped() or is_hub_name(self.init)
        found = "" if is_name or not Path(self.init).exists() else str(Path(self.init).resolve())
        return asdict(self) | {"path": self.path or found}

    def begun_from(self, before: CLIP) -> dict[str, Any]:
        """to_dict, and a fingerprint of the model: what a run keeps. To be asked before the training changes it."""
        return self.to_dict() | {"before": fingerprint(before)}

    def model_before(
        self, device: str | torch.device = "cpu", left_out: LeftOut | None = None
    ) -> tuple[CLIP, BPETokenizer]:
        """The model that goes on to learn, at the sizes that are asked for, and its tokenizer.

        left_out: is told how many positions are new.
        """
        place = self.path if Path(self.path or self.init).exists() else ""
        model, _, tokenizer = load(place or self.init, device)
        before = resized(model, self.image_size, self.context_length)
        count, what = new_positions(model.config, before.config)
        if left_out is not None:
            if count:
                note(left_out, "text_positions_new", what, count=count)
            if (Path(self.init) / STATE_FILE).is_file() and not (Path(self.init) / REPORT_FILE).is_file():
                what = "run that the model comes from is not finished: its last checkpoint is taken"
                note(left_out, "init_unfinished", what, self.init)
        return before, with_length(tokenizer, before.config.context_length)

    def model_again(self, device: str | torch.device, kept: dict[str, Any]) -> CLIP:
        """The model before, once more. kept: what `begun_from` gave, or an earlier version of minclip.

        FileNotFoundError where it is gone, ValueError where it is another one by now.
        """
        with warnings.catch_warnings():  # it was said when the training began
            warnings.simplefilter("ignore")
            before, _ = self.model_before(device)
        if kept.get("before", "") not in ("", fingerprint(before)):
            raise ValueError(
                f"{self.path or self.init} holds other weights than when this fine-tuning began, and before and after "
                f"cannot be compared or mixed: bring the former file back, or begin a new run"
            )
        return before


def is_share(number: object) -> bool:
    """Whether it is a number from 0 to 1."""
    return isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number <= 1


def fingerprint(model: CLIP) -> str:
    """Tells whether two models have the same weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(plain_weights(model).items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


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
    before: CLIP, after: CLIP, tokenizer: BPETokenizer, watched: Suite, kept: ClassTask, keep: float = KEEP
) -> tuple[float, list[dict[str, Any]]]:
    """(share, curve): the share with the best score on val, of those that keep so much of the other task's score.

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
    least = keep * curve[0]["not_trained_for"]
    able = [point for point in curve if point["not_trained_for"] >= least]
    best = max(able, key=lambda point: (point["val"], point["share"]))
    return best["share"], curve


def refuse_unwatched(asked: FineTuning, watched: Suite) -> None:
    """ValueError where a share is to be chosen, and there is nothing to choose it by."""
    if asked.mix == "auto" and not watched.is_scored:
        raise ValueError(
            "mix='auto' chooses the share on a val split, and these data have none: give a folder or a data set with "
            "splits, or tasks=[...] to choose by, or a number as mix"
        )


def finish(
    asked: FineTuning,
    run: Run,
    model: CLIP,
    tokenizer: BPETokenizer,
    watched: Suite,
    final: Suite,
    best: BestOnVal,
    steps: int,
) -> dict[str, Any]:
    """Puts the weights that are to stay into the model, and returns what the report says of before and after.

    steps: that the training was to have.
    """
    best.restore()
    before = asked.model_again(model.logit_scale.device, run.finetuning)
    size = model.config.image_size
    on = "the tasks that also measure it" if watched is final else "the val split"
    told: dict[str, Any] = asked.to_dict() | best.told() | {"steps": steps, "watched_on": on}
    share = asked.mix
    after = mixed(before, model, 1.0)
    if share == "auto":
        kept = not_trained_for(size, "val")
        told["keep"] = KEEP if asked.keep is None else asked.keep
        share, told["curve"] = chosen_share(before, after, tokenizer, watched, kept, told["keep"])
    models = {"before": before, "after": after}
    if share is not None:
        told["share"] = float(share)
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
