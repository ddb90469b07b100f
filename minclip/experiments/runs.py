"""A run folder: what a training run writes, and what it needs to continue after it was stopped.

  state.safetensors   model and optimisers at one step, with every setting; `--resume` continues from here
  model.safetensors   the model alone, for `minclip.load`
  log.jsonl           one line of JSON per logged step
  shards.json         of a run that streams: what its shards held (streaming.py)
  report.json ...     written at the end by report.py

Each file is replaced as a whole. A run that is killed at any moment leaves the previous file.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from minclip.checkpoint import MODEL_FILE, STATE_FILE, fill_from, model_from, model_metadata, save
from minclip.config import TrainConfig
from minclip.data.left_out import LeftOut
from minclip.data.paths import atomic_write
from minclip.engine.processes import world_size
from minclip.experiments.replaced_parts import replaced_parts
from minclip.experiments.run_places import LOG_FILE, REPORT_FILE, refuse_to_overwrite
from minclip.formats.changed_models import plain_weights, the_clip
from minclip.formats.weights_files import read_tensors, write_tensors
from minclip.formats.wrapped_weights import plain_name
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer


class Run:
    """The folder of one run: state, model and log."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.is_kept = True  # False: of a folder that is deleted at the end
        self.left_out: LeftOut = {}  # what was left out or lowered; kept with the state, for the report
        self.steps_done = 0  # of the training
        self.ended_early = False  # on_log has ended the training before its last step; kept with the state
        # how a model that had learned before goes on (finetuning.py); kept with the state
        self.finetuning: dict[str, Any] = {}

    @property
    def state_path(self) -> Path:
        return self.folder / STATE_FILE

    @property
    def log_path(self) -> Path:
        return self.folder / LOG_FILE

    def exists(self) -> bool:
        """Whether the folder holds a checkpoint."""
        return self.state_path.is_file()

    def create(self) -> None:
        """Makes the folder for a new run. ValueError where it holds what the run would replace (run_places.py)."""
        refuse_to_overwrite(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_path.unlink(missing_ok=True)
        self.remove_leftovers()

    def remove_leftovers(self) -> None:
        """Deletes the temporary files of a process that was killed while writing (see `atomic_write`)."""
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
        data: str | dict[str, Any],
        pairs: str,
        loss_module: nn.Module | None = None,
    ) -> None:
        """Writes the state after `step` steps, then the model alone.

        seconds: of training so far; data: the set as data_source.to_keep has it; pairs: the fingerprint of its
        captions; loss_module: a loss with parameters of its own.
        """
        tensors = {f"model.{name}": tensor for name, tensor in plain_weights(model).items()}
        if loss_module is not None:
            tensors |= {f"loss.{name}": tensor for name, tensor in loss_module.state_dict().items()}
        for k, optimizer in enumerate(optimizers):
            for i, values in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{k}.{i}.{name}": value for name, value in values.items()}
        state: dict[str, Any] = {"step": step, "seconds": seconds, "data": data, "pairs": pairs}
        state |= {"train_config": config.to_dict()}
        state |= {"frozen": frozen_names(model), "left_out": self.left_out}
        state |= {"parts": replaced_parts(config, the_clip(model).config)}
        state |= {"finetuning": self.finetuning, "processes": world_size(), "ended_early": self.ended_early}
        write_tensors(self.state_path, tensors, model_metadata(model, tokenizer) | {"run": json.dumps(state)})
        self.save_model(model, tokenizer)

    def save_model(self, model: CLIP, tokenizer: BPETokenizer) -> None:
        """Writes the model alone."""
        save(model, tokenizer, self.folder / MODEL_FILE)

    def load(self) -> tuple[CLIP, BPETokenizer, dict[str, Any], dict[str, Tensor]]:
        """(model, tokenizer, state, optimiser tensors) of the last checkpoint. Frozen parameters are frozen again.

        ValueError for a model that minclip cannot build: build it yourself, and pass it to `train` with resume=True.
        """
        weights, _, metadata, state, moments = self.read()
        try:
            model, tokenizer = model_from(weights, metadata)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{self.state_path} is not the state of a run: {error}") from error
        for name in state.get("frozen", ()):
            model.get_parameter(name).requires_grad_(False)
        return model, tokenizer, state, moments

    def read(self) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, str], dict[str, Any], dict[str, Tensor]]:
        """(weights, the loss's own, metadata, state, optimiser tensors) of the last checkpoint. No model is built."""
        if not self.exists():
            raise FileNotFoundError(
                f"{self.state_path} is not there: no run to resume, leave out --resume to start one"
            )
        stored = read_tensors(self.state_path)
        tensors, metadata = stored.tensors, stored.metadata
        weights, of_loss, moments = (
            {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(begins)}
            for begins, prefix in (("model.", "model."), ("loss.", "loss."), ("optimizer.", ""))
        )
        try:
            state = json.loads(metadata["run"])
        except (KeyError, ValueError) as error:
            raise ValueError(f"{self.state_path} is not the state of a run: {error}") from error
        return weights, of_loss, metadata, state, moments

    def fill(self, model: CLIP, loss_module: nn.Module | None = None) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Copies the last checkpoint's weights into a model of its architecture; returns (state, optimiser tensors).

        loss_module: the loss function, where it has weights of its own.
        ValueError for another architecture, and where other parameters are frozen than in the checkpoint.
        """
        weights, of_loss, metadata, state, moments = self.read()
        clip = the_clip(model)
        try:
            fill_from(clip, weights, metadata)
        except ValueError as error:
            raise ValueError(f"{self.state_path}: {error}") from error
        saved, frozen = state.get("frozen"), frozen_names(clip)
        if saved is not None and set(saved) != set(frozen):
            different = sorted(set(saved) - set(frozen)) or sorted(set(frozen) - set(saved))
            raise ValueError(
                f"{self.folder} was trained with {len(saved)} frozen parameters, this model has {len(frozen)} "
                f"(requires_grad=False); the first that differs is {different[0]}: freeze the same, or start a new run"
            )
        fill_loss(loss_module or nn.Identity(), of_loss, self.folder)
        return state, moments

    def is_reported(self) -> bool:
        """Whether the run has finished: its report is there."""
        return (self.folder / REPORT_FILE).is_file()

    def append(self, entry: dict[str, Any]) -> None:
        """Adds a line to the log."""
        with self.log_path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def read_log(self) -> list[dict[str, Any]]:
        """The log's entries. A last line without its end, as a kill leaves it, is left out."""
        if not self.log_path.is_file():
            return []
        *lines, _rest = self.log_path.read_text(encoding="utf-8").split("\n")
        try:
            return [json.loads(line) for line in lines]
        except ValueError as error:
            raise ValueError(
                f"{self.log_path} is no log of a run ({error}): bring it back, or delete it, and the curves begin anew"
            ) from error

    def cut_log(self, step: int) -> None:
        """Deletes what was logged after `step`. A resumed run logs it again."""
        self.remove_leftovers()
        kept = [entry for entry in self.read_log() if entry["step"] <= step]
        with atomic_write(self.log_path) as file:
            file.write("".join(json.dumps(entry) + "\n" for entry in kept).encode("utf-8"))


def frozen_names(model: CLIP) -> list[str]:
    """The names of the parameters that training does not change: requires_grad is False."""
    return [plain_name(name) for name, p in the_clip(model).named_parameters() if not p.requires_grad]


def fill_loss(loss_module: nn.Module, weights: dict[str, Tensor], folder: Path) -> None:
    """Copies a checkpoint's weights into the loss. ValueError where it has others."""
    own = {name: list(tensor.shape) for name, tensor in loss_module.state_dict().items()}
    kept = {name: list(tensor.shape) for name, tensor in weights.items()}
    if own != kept:
        raise ValueError(
            f"{folder} was trained with a loss that has the weights {kept or 'none'}, this one has {own or 'none'}: "
            f"pass the loss that the run was begun with"
        )
    loss_module.load_state_dict(weights)
