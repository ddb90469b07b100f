"""A whole run: the loop that can stop anywhere and go on, watched and kept in a folder.

The page is training.py, whose loop does the same without files. Steps are taken in engine/step.py.
"""

import math
import time
from contextlib import nullcontext

import torch
from tqdm import tqdm

from minclip.config import TrainConfig
from minclip.engine.batches import Pairs, make_batch
from minclip.engine.compiled import with_compiled_encoders
from minclip.engine.cores import keep_freed_memory, one_thread
from minclip.engine.devices import Device, memory_explained
from minclip.engine.gradients import sees_whole_batch
from minclip.engine.optimizers import build_optimizers
from minclip.engine.plain import Loss
from minclip.engine.processes import is_first, world_size
from minclip.engine.step import train_step
from minclip.engine.twins import Twins, count_twins
from minclip.evaluation.suites import Suite, remembering
from minclip.experiments.runs import Run, restore_optimizers
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.optim import lr_schedule, set_learning_rate
from minclip.tokenizer import BPETokenizer


def start(
    run: Run, model: CLIP, config: TrainConfig, pairs: str, resume: bool
) -> tuple[list[torch.optim.Optimizer], int, float]:
    """(optimisers, first step, seconds trained so far): from nothing, or where the run's checkpoint stands.

    pairs: fingerprint of the training set; ValueError where it is not the one that the run began with.
    """
    optimizers = build_optimizers(
        model, config.optimizer, config.learning_rate, config.weight_decay, config.muon_learning_rate
    )
    if not resume:
        if is_first():
            run.create()
        return optimizers, 0, 0.0
    progress, moments = run.fill(model)
    if progress["pairs"] != pairs:
        raise ValueError(
            f"{progress['data']} does not hold the captions that the run in {run.folder} began with, "
            f"or other pictures of it cannot be read now: bring them back, or start a new run"
        )
    restore_optimizers(optimizers, moments)
    if is_first():
        run.cut_log(progress["step"])
    return optimizers, progress["step"], progress["seconds"]


def keep_frozen(model: CLIP) -> None:
    """Puts every module whose parameters are all frozen into eval mode: its running statistics would move otherwise."""
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()


def train(
    run: Run,
    model: CLIP,
    tokenizer: BPETokenizer,
    pairs: Pairs,
    config: TrainConfig,
    device: Device,
    monitor: Suite | None = None,
    data: str = "",
    resume: bool = False,
    progress: bool = True,
    loss: Loss = clip_loss,
    twins: Twins | None = None,
) -> float:
    """Trains the model in place and keeps log and checkpoints in the run's folder; returns the seconds of training.

    Of several processes (processes.py) the first one writes and evaluates. A ResNet's batch norm would see the rows of
    its own process only: ValueError. What is frozen (requires_grad=False) stays bit for bit what it is.

    With resume=True the run's weights are put into the model, which must have its architecture and the same frozen
    parameters (else ValueError); the log then goes on as if nothing had happened.
    Seconds count steps only, not evaluation or checkpoints. Raises ValueError where the loss stops being a number.
    twins: `count_twins` of this training, where they are counted already.
    On Linux the process keeps the memory that training took, for what it does next (cores.py).
    """
    keep_freed_memory()
    model.to(device.device).train()  # before the optimisers: their moments go where the weights are
    keep_frozen(model)
    if world_size() > 1 and sees_whole_batch(model):
        raise ValueError(
            "a model with batch norm, such as a ResNet, cannot be trained by several processes: its batch norm must "
            "see the whole batch"
        )
    stepping = with_compiled_encoders(model, device) if config.compiled else model
    fingerprint = pairs.fingerprint()
    optimizers, first, seconds = start(run, model, config, fingerprint, resume)
    watching = remembering(tokenizer)  # a watched evaluation reads the same texts every time

    def watch(done: int) -> None:
        if monitor is not None and is_first():
            run.append({"step": done, "samples": done * config.batch_size, **monitor.scores(model, watching)})

    if resume and is_first():
        run.save_model(model, tokenizer)  # a run that was killed between state and model left an older one
        if is_due(first, config.evaluate_every, config) and not any(
            entry["step"] == first and "loss" not in entry for entry in run.read_log()
        ):
            watch(first)  # it was killed between checkpoint and evaluation
    warmup = round(config.warmup * config.steps)
    at_once = min(config.micro_batch or config.batch_size, config.batch_size)
    judged = progress and is_first() and loss is clip_loss  # guessing has another loss with other losses
    floor = (twins or count_twins(pairs, config)).loss_floor if judged else 0.0
    told = {"total": config.steps, "initial": first, "unit": "step", "disable": not (progress and is_first())}
    began = time.perf_counter() - seconds
    # a batch that batch norm must see whole cannot be shared out to the cores: they share its operations
    alone = nullcontext() if sees_whole_batch(model) else one_thread()
    with alone, memory_explained(device, at_once), tqdm(**told) as bar:
        for step in range(first, config.steps):
            set_learning_rate(optimizers, lr_schedule(step, config.steps, warmup))
            batch = make_batch(pairs, config, step, model.config, device)
            value = train_step(stepping, optimizers, batch, device, config.micro_batch, loss)
            bar.update()
            done = step + 1
            rhythms = (config.log_every, config.evaluate_every, config.save_every)
            logs, evaluates, saves = (is_due(done, steps, config) for steps in rhythms)
            if logs or evaluates or saves:
                device.wait()  # here alone: in between a GPU is told the next steps before it has done the last
            if logs:
                entry = log_entry(done, config, float(value), optimizers, model, time.perf_counter() - began)
                if is_first():
                    run.append(entry)
                bar.set_postfix(loss=f"{entry['loss']:.3f}")
                if judged and done == first_word(config):
                    bar.write(is_it_learning(entry["loss"], config.batch_size, floor))
            seconds = time.perf_counter() - began
            if is_first() and (saves or (evaluates and not run.exists())):  # first: an evaluation may fail
                run.save(model, tokenizer, optimizers, config, done, seconds, data, fingerprint)
            if evaluates:
                watch(done)
            began = time.perf_counter() - seconds
    model.eval()
    return seconds


def is_due(done: int, every: int, config: TrainConfig) -> bool:
    """Whether something that is done every so many steps is due after `done` of them, or at the run's end."""
    return done > 0 and (done == config.steps or done % every == 0)


def log_entry(
    done: int,
    config: TrainConfig,
    loss: float,
    optimizers: list[torch.optim.Optimizer],
    model: CLIP,
    seconds: float,
) -> dict:
    """One line of the log. Raises ValueError where the loss is no number: the last checkpoint is still good."""
    if not math.isfinite(loss):
        raise ValueError(
            f"the loss is {loss} at step {done}: lower learning_rate={config.learning_rate} and start again; "
            f"the run's last checkpoint is kept"
        )
    return {
        "step": done,
        "samples": done * config.batch_size,
        "loss": loss,
        "lr": optimizers[0].param_groups[0]["lr"],
        "logit_scale": model.logit_scale.item(),
        "seconds": round(seconds, 3),
    }


def first_word(config: TrainConfig) -> int:
    """The step after which a run says whether it learns: a tenth of it, at a step that is logged anyway."""
    return max(1, config.steps // (10 * config.log_every)) * config.log_every


def is_it_learning(loss: float, batch_size: int, floor: float = 0.0) -> str:
    """One line for a person who wonders whether to wait: is a tenth of the way down done?

    floor: the least loss that the captions allow (twins.py); above 0 where a batch holds some of them twice.

    >>> is_it_learning(5.5, 256)
    'loss 5.50 against ln 256 = 5.55, the loss of guessing: not learning yet; if it stays, change the learning rate'
    >>> is_it_learning(5.1, 256, floor=4.16)
    'loss 5.10 between ln 256 = 5.55 (guessing) and 4.16 (the least with captions that repeat): it is learning'
    """
    guess = math.log(batch_size)
    learning = loss < guess - 0.1 * (guess - floor)
    verdict = "it is learning" if learning else "not learning yet; if it stays, change the learning rate"
    if guess - floor < 0.01:
        verdict = "nothing can be learned from captions that are all the same"
    if floor < 0.005:  # 0.00 in print
        return f"loss {loss:.2f} against ln {batch_size} = {guess:.2f}, the loss of guessing: {verdict}"
    return (
        f"loss {loss:.2f} between ln {batch_size} = {guess:.2f} (guessing) and {floor:.2f} "
        f"(the least with captions that repeat): {verdict}"
    )
