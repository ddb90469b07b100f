"""Around the loop (loop.py): the log, the checkpoints, the evaluations and the progress bar of a run.

Of several processes the first one writes files and evaluates.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from minclip.config import TrainConfig
from minclip.data.left_out import LeftOut, note_setting, say
from minclip.engine.batches import Pairs
from minclip.engine.devices import Device
from minclip.engine.processes import agree, is_first, world_size
from minclip.engine.stream import Stream
from minclip.engine.twins import Twins
from minclip.evaluation.suites import Suite, remembering
from minclip.experiments.finite import check_loss, check_weights
from minclip.experiments.kept_moments import restore_optimizers
from minclip.experiments.learning_check import check_step, is_it_learning
from minclip.experiments.runs import Run
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

STOP = object()  # what on_log returns to end a training early


@dataclass(frozen=True)
class Keeper:
    """Where a run is kept, and what is evaluated and shown while it trains."""

    run: Run
    tokenizer: BPETokenizer
    kept_data: str | dict[str, Any] = ""  # with which a resumed run opens its data again (data_source.to_keep)
    monitor: Suite | None = None  # evaluated every config.evaluate_every steps
    resume: bool = False  # go on from the run's last checkpoint, whose weights are put into the model
    show_progress: bool = True
    twins: Twins | None = None  # where they are counted, the progress bar says early whether the model learns
    # is told what is logged at a step: loss, scores, both; may STOP
    on_log: Callable[[dict[str, Any]], object] | None = None

    @contextmanager
    def record(
        self,
        model: CLIP,
        optimizers: list[torch.optim.Optimizer],
        pairs: Pairs | Stream,
        config: TrainConfig,
        device: Device,
        loss_module: nn.Module,
    ) -> Iterator["Record"]:
        """The record of a training, which begins at step 0, or where the run's last checkpoint stands.

        loss_module: the loss function, where it has parameters of its own.

        ValueError where the folder holds a run that is not to be resumed, or one of another model or training set.
        """
        done, seconds = self.restore(model, optimizers, pairs, loss_module) if self.resume else (0, 0.0)
        self.run.steps_done = done
        if not self.resume and is_first():
            self.run.create()
        shown = self.show_progress and is_first()
        record = Record(self, model, optimizers, config, device, pairs.fingerprint(), done, seconds, loss_module)
        if self.resume and is_first():
            record.finish_last_step()
        with tqdm(total=config.steps, initial=done, unit="step", disable=not shown) as record.bar:
            record.resume_clock()
            yield record

    def restore(
        self, model: CLIP, optimizers: list[torch.optim.Optimizer], pairs: Pairs | Stream, loss_module: nn.Module
    ) -> tuple[int, float]:
        """Puts the last checkpoint into model, loss and optimisers; returns (its step, the seconds trained so far)."""
        state, moments = self.run.fill(model, loss_module)
        if state["pairs"] != pairs.fingerprint():
            raise ValueError(
                f"{state['data']} does not hold the captions that the run in {self.run.folder} began with, "
                f"or other pictures of it cannot be read now: bring them back, or start a new run"
            )
        restore_optimizers(optimizers, moments)
        self.run.ended_early = state.get("ended_early", False)
        if is_first():
            self.run.cut_log(state["step"])
            # every process holds the whole of a small set
            if isinstance(pairs, Stream) and not pairs.is_small(state["train_config"]["batch_size"]):
                self.say_other_parts(state.get("processes", world_size()))
        return state["step"], state["seconds"]

    def say_other_parts(self, before: int) -> None:
        """Says that a stream is cut into other parts than before, where other processes go on with it."""
        why = "to the end of this epoch some samples of the stream are seen twice, and others are not"
        changed: LeftOut = {}
        note_setting(changed, "processes", before, world_size(), why)
        say(changed)
        self.run.left_out |= changed


class Record:
    """What a training has done so far. The loop tells it every step: `after_step`."""

    bar: tqdm

    def __init__(
        self,
        keeper: Keeper,
        model: CLIP,
        optimizers: list[torch.optim.Optimizer],
        config: TrainConfig,
        device: Device,
        fingerprint: str,
        steps_done: int,
        seconds: float,
        loss_module: nn.Module,
    ):
        self.keeper, self.run = keeper, keeper.run
        self.model, self.optimizers, self.config, self.device = model, optimizers, config, device
        self.fingerprint = fingerprint  # of the training set
        self.loss_module = loss_module
        self.steps_done = steps_done
        self.seconds = seconds  # of steps alone: evaluations and checkpoints do not count
        self.same_texts = remembering(keeper.tokenizer)  # every evaluation reads the same ones

    def resume_clock(self) -> None:
        """Counts the seconds from here on, until `stop_clock`."""
        self.began = time.perf_counter() - self.seconds

    def stop_clock(self) -> None:
        """Counts no seconds until `resume_clock`."""
        self.seconds = time.perf_counter() - self.began

    def after_step(self, loss: Tensor) -> bool:
        """Logs, saves and evaluates, where that is due after this step; returns whether training ends here.

        A GPU is waited for at those steps alone. At the others it is told the next step before it has done the last.
        Raises ValueError where the loss, or a weight that would be saved, is not a number.
        """
        self.steps_done += 1
        self.run.steps_done = self.steps_done
        self.bar.update()
        logs, evaluates, saves = (
            is_due(self.steps_done, every, self.config)
            for every in (self.config.log_every, self.config.evaluate_every, self.config.save_every)
        )
        if not (logs or evaluates or saves):
            return False
        self.device.wait()
        self.stop_clock()
        number = loss.item()
        check_loss(number, self.steps_done, self.run, self.config)
        if evaluates or saves:
            check_weights(self.model, number, self.steps_done, self.run, self.config)
        entry = self.log(number) if logs else {}
        if is_first() and (saves or (evaluates and not self.run.exists())):  # first: an evaluation may fail
            self.save()
        if evaluates:
            entry |= self.evaluate()
        ends = False
        if entry and self.keeper.on_log is not None and is_first():
            ends = self.keeper.on_log(entry) is STOP
        if ends := agree(ends):
            self.run.ended_early = self.steps_done < self.config.steps
            if is_first():
                self.save()
        else:
            self.resume_clock()
        return ends

    def stop(self, loss: Tensor) -> None:
        """Writes a checkpoint after the last step, and raises KeyboardInterrupt that says so."""
        self.stop_clock()
        number = loss.item()
        check_loss(number, self.steps_done, self.run, self.config)
        check_weights(self.model, number, self.steps_done, self.run, self.config)
        if is_first():
            self.save()
        raise KeyboardInterrupt(f"step {self.steps_done:,} of {self.config.steps:,} is kept in {self.run.folder}")

    @property
    def next_step(self) -> int:
        """The number of the first step that is still to be done; of a training that ended early, there is none."""
        return self.config.steps if self.run.ended_early else self.steps_done

    def log(self, loss: float) -> dict[str, Any]:
        """Adds the step to the log and shows its loss; returns the entry."""
        entry = {
            "step": self.steps_done,
            "samples": self.steps_done * self.config.batch_size,
            "loss": loss,
            "lr": self.optimizers[0].param_groups[0]["lr"],
            "logit_scale": self.model.logit_scale.item(),
            "seconds": round(self.seconds, 3),
        }
        if is_first():
            self.run.append(entry)
        self.bar.set_postfix(loss=f"{loss:.3f}")
        twins = self.keeper.twins
        if (
            twins
            and self.config.loss == "infonce"
            and not self.bar.disable
            and self.steps_done == check_step(self.config)
        ):
            self.bar.write(is_it_learning(loss, self.config.batch_size, twins.loss_floor))
        return entry

    def save(self) -> None:
        """Writes a checkpoint."""
        self.run.save(
            self.model,
            self.keeper.tokenizer,
            self.optimizers,
            self.config,
            self.steps_done,
            self.seconds,
            self.keeper.kept_data,
            self.fingerprint,
            self.loss_module,
        )

    def evaluate(self) -> dict[str, Any]:
        """Adds the scores of the watched evaluation to the log; returns the entry, empty where nothing is watched."""
        scores = self.keeper.monitor.scores(self.model, self.same_texts) if self.keeper.monitor and is_first() else {}
        if not scores:
            return {}
        entry = {"step": self.steps_done, "samples": self.steps_done * self.config.batch_size, **scores}
        self.run.append(entry)
        return entry

    def finish_last_step(self) -> None:
        """Does what a run that was killed after its last checkpoint left undone: the model's file, the evaluation.

        The model of a run with a report stays: a fine-tuning has put the best weights, or a mixture, into it.
        """
        if not self.run.is_reported():
            self.run.save_model(self.model, self.keeper.tokenizer)
        if is_due(self.steps_done, self.config.evaluate_every, self.config) and not any(
            entry["step"] == self.steps_done and "loss" not in entry for entry in self.run.read_log()
        ):
            self.evaluate()


def is_due(done: int, every: int, config: TrainConfig) -> bool:
    """Whether something that is done every so many steps is due after `done` of them, or at the run's end."""
    return done > 0 and (done == config.steps or done % every == 0)
