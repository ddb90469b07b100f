"""A run folder: what a training run leaves behind, and what it needs to go on after being stopped.

  state.safetensors   model and optimisers at one step, with every setting: `--resume` goes on from here
  model.safetensors   the model alone, for `minclip.load`
  log.jsonl           one line of JSON per logged step
  report.json ...     written at the end by report.py

Each file is replaced as a whole, so that a run killed at any moment leaves the previous one.
"""

import json
from pathlib import Path

import torch

from minclip.checkpoint import MODEL_FILE, STATE_FILE, model_from, model_metadata, save
from minclip.data.paths import atomic_write
from minclip.formats.files import read_tensors, write_tensors
from minclip.left_out import LeftOut
from minclip.model import CLIP
from minclip.recipes import TrainConfig
from minclip.tokenizer import BPETokenizer

LOG_FILE = "log.jsonl"


class Run:
    """The folder of one run: state, model and log."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.left_out: LeftOut = {}  # what the run's report says of it; kept with the state

    @property
    def state_path(self) -> Path:
        return self.folder / STATE_FILE

    @property
    def log_path(self) -> Path:
        return self.folder / LOG_FILE

    def exists(self) -> bool:
        """Whether a run has left a checkpoint here."""
        return self.state_path.is_file()

    def refuse_to_overwrite(self) -> None:
        """ValueError where a run, or a model of whatever origin, is in the folder already."""
        if self.exists():
            raise ValueError(f"{self.folder} holds a run already: pass --resume to go on with it, or another --out")
        if (self.folder / MODEL_FILE).exists():
            raise ValueError(f"{self.folder} holds a {MODEL_FILE}, which a run would replace: pass another --out")

    def create(self) -> None:
        """Makes the folder for a new run; ValueError where one is in it already."""
        self.refuse_to_overwrite()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path.unlink(missing_ok=True)
        self.remove_leftovers()

    def remove_leftovers(self) -> None:
        """Deletes the temporary files of a process that was killed while it wrote (see `atomic_write`)."""
        for path in self.folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)

    def save(
        self,
        model: CLIP,
        tokenizer: BPETokenizer,
        optimizers: list[torch.optim.Optimizer],
        config: TrainConfig,
        step: int,
        seconds: float,
        data: str,
        pairs: str,
    ) -> None:
        """Writes the state after `step` steps, then the model alone.

        data: the set's name or path; pairs: the fingerprint of what was read from it.
        """
        tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
        for k, optimizer in enumerate(optimizers):
            for i, values in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{k}.{i}.{name}": value for name, value in values.items()}
        progress = {"step": step, "seconds": seconds, "data": data, "pairs": pairs, "train_config": config.to_dict()}
        progress["left_out"] = self.left_out
        write_tensors(self.state_path, tensors, model_metadata(model, tokenizer) | {"run": json.dumps(progress)})
        self.save_model(model, tokenizer)

    def save_model(self, model: CLIP, tokenizer: BPETokenizer) -> None:
        """Writes the model alone."""
        save(model, tokenizer, self.folder / MODEL_FILE)

    def load(self) -> tuple[CLIP, BPETokenizer, dict, dict[str, torch.Tensor]]:
        """(model, tokenizer, progress, optimiser tensors) of the last checkpoint."""
        if not self.exists():
            raise FileNotFoundError(
                f"{self.state_path} is not there: no run to resume, leave out --resume to start one"
            )
        stored = read_tensors(self.state_path)
        tensors, metadata = stored.tensors, stored.metadata
        weights = {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
        try:
            progress = json.loads(metadata["run"])
            model, tokenizer = model_from(weights, metadata)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{self.state_path} is not the state of a run: {error}") from error
        return model, tokenizer, progress, {n: t for n, t in tensors.items() if n.startswith("optimizer.")}

    def append(self, entry: dict) -> None:
        """Adds a line to the log."""
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def read_log(self) -> list[dict]:
        """The log's entries; a last line that was cut off by a kill is left out."""
        if not self.log_path.is_file():
            return []
        *lines, _rest = self.log_path.read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines]

    def cut_log(self, step: int) -> None:
        """Forgets what was logged after `step`: a resumed run writes it again."""
        self.remove_leftovers()
        kept = [entry for entry in self.read_log() if entry["step"] <= step]
        with atomic_write(self.log_path) as file:
            file.write("".join(json.dumps(entry) + "\n" for entry in kept).encode("utf-8"))


def restore_optimizers(optimizers: list[torch.optim.Optimizer], tensors: dict[str, torch.Tensor]) -> None:
    """Puts saved moments back: names are optimizer.<which>.<parameter>.<moment>. ValueError for another number."""
    kept = {int(name.split(".")[1]) for name in tensors}
    if kept != set(range(len(optimizers))):
        raise ValueError(
            f"the checkpoint holds moments of {len(kept)} optimisers, not of {len(optimizers)}: it was begun with "
            f"another optimizer or another version of minclip; finish it there, or start a new run"
        )
    for k, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            _, which, parameter, moment = name.split(".")
            if int(which) == k:
                state.setdefault(int(parameter), {})[moment] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
