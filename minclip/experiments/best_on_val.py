"""The best weights of a fine-tuning on the val split, and its end where they become no better."""

from pathlib import Path
from typing import Any

from minclip.checkpoint import load_into, save
from minclip.evaluation.suites import SCORES, score_of
from minclip.experiments.keeper import STOP
from minclip.experiments.runs import Run
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

BEST_FILE = "best.safetensors"  # the weights of the best score on val so far


class BestOnVal:
    """Keeps the best weights of a training, and ends it where the score has stopped rising. Is a Keeper's on_log.

    patience: scores in a row without a better one, after which the training ends.
    """

    def __init__(self, run: Run, model: CLIP, tokenizer: BPETokenizer, patience: int):
        self.run, self.model, self.tokenizer, self.patience = run, model, tokenizer, patience
        self.is_gone = False

    @property
    def path(self) -> Path:
        return self.run.folder / BEST_FILE

    def entries(self) -> list[dict[str, Any]]:
        """The log's entries with scores, those before a resume included."""
        return [entry for entry in self.run.read_log() if score_of(entry) is not None]

    def scores(self) -> list[float]:
        """Of all evaluations so far."""
        return [score for entry in self.entries() if (score := score_of(entry)) is not None]

    def __call__(self, entry: dict[str, Any]) -> object:
        if score_of(entry) is None:
            return None
        scores = self.scores()  # the last one is this entry's
        if scores[-1] > max(scores[:-1], default=-1.0) or not self.path.is_file():
            save(self.model, self.tokenizer, self.path)
        since_best = len(scores) - 1 - scores.index(max(scores))
        return STOP if since_best >= self.patience else None

    def restore(self) -> None:
        """Puts the best weights into the model; `told` says where they are gone. ValueError for a damaged file."""
        self.is_gone = not self.path.is_file()
        if self.is_gone:
            return
        try:
            load_into(self.model, self.path)
        except ValueError as error:
            raise ValueError(f"{error}; or delete {self.path}, and --resume takes the last weights") from error

    def told(self) -> dict[str, Any]:
        """For the report: how many scores there were, which ones, the best one's step, and where training ended."""
        entries, scores = self.entries(), self.scores()
        return {
            "evaluations": len(entries),
            "best_step": entries[scores.index(max(scores))]["step"] if entries else None,
            "watched": [name for name in SCORES if entries and name in entries[0]],
            "all_equal": len(entries) > 1 and len(set(scores)) == 1,
            "best_is_gone": self.is_gone and bool(entries),
            "patience": self.patience,
            "ended_at_step": self.run.steps_done if self.run.ended_early else None,
        }
