"""How CLIP learns: one step, and the loop of a whole run that can stop anywhere and go on.

Batches are made in batches.py, gradients in gradients.py, files kept in runs.py. Source: CLIP paper section 2.5.
"""

import copy
import inspect
import math
import time
from contextlib import nullcontext

import torch
from torch import Tensor
from tqdm import tqdm

from minclip.batches import FEW_LENGTHS, Batch, Pairs, make_batch
from minclip.cores import keep_freed_memory, one_thread
from minclip.devices import Device, memory_explained
from minclip.gradients import Loss, backward
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.optim import build_optimizers, lr_schedule, set_learning_rate, take_steps
from minclip.processes import count, is_first
from minclip.recipes import TrainConfig
from minclip.runs import Run, restore_optimizers
from minclip.suites import Suite
from minclip.tokenizer import BPETokenizer
from minclip.zero_shot import remembering


def train_step(
    model: CLIP,
    optimizers: list[torch.optim.Optimizer],
    batch: Batch,
    device: Device,
    micro_batch: int | None = None,
    loss: Loss = clip_loss,
) -> Tensor:
    """One step of every optimiser on one batch; returns the loss before the step."""
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    value = backward(model, batch, device, micro_batch, loss)
    take_steps(optimizers, device.cores)
    model.clamp_logit_scale()
    return value


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
    _, _, progress, moments = run.load()
    if progress["pairs"] != pairs:
        raise ValueError(
            f"{progress['data']} does not hold the captions that the run in {run.folder} began with, "
            f"or other pictures of it cannot be read now: bring them back, or start a new run"
        )
    restore_optimizers(optimizers, moments)
    if is_first():
        run.cut_log(progress["step"])
    return optimizers, progress["step"], progress["seconds"]


def with_compiled_encoders(model: CLIP, device: Device) -> CLIP:
    """The same weights in a second CLIP, both of whose encoders torch.compile makes one program: for steps alone.

    The model itself stays as it was: what evaluates it takes batches of many sizes, and each would be compiled anew.
    Raises ValueError where the device's compiler is missing.
    """
    try:
        torch.compile(lambda x: x.sin())(torch.zeros(2, device=device.device))
    except RuntimeError as error:
        raise ValueError(
            f"compiled=True: torch.compile does not work on {device.device} here ({first_line(error)}): leave it out, "
            f"or install what it needs: for a CPU a C++ compiler, and PyTorch in a folder without a space in its path; "
            f"for a GPU Triton"
        ) from error
    # each length of text (batches.text_length), whole and last micro-batch, with gradients and without
    programs = 4 * math.ceil(model.config.context_length / FEW_LENGTHS)
    twin = copy.copy(model)  # shares every parameter
    limit = {"recompile_limit": programs}
    if "recompile_limit" not in inspect.signature(torch.compile).parameters:  # before PyTorch 2.12: of the process
        torch._dynamo.config.cache_size_limit = max(programs, torch._dynamo.config.cache_size_limit)
        limit = {}
    twin.encode_image = torch.compile(model.encode_image, dynamic=False)  # type: ignore[method-assign]
    twin.encode_text = torch.compile(model.encode_text, dynamic=False, **limit)  # type: ignore
    return twin


def first_line(error: Exception) -> str:
    """What an error says, in short."""
    return str(error).strip().split("\n")[0] or type(error).__name__


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
) -> float:
    """Trains the model in place and keeps log and checkpoints in the run's folder; returns the seconds of training.

    Of several processes (processes.py) the first one writes and evaluates. A ResNet's batch norm would see the rows of
    its own process only: ValueError.

    With resume=True the model must be the one of `run.load()`; the log then goes on as if nothing had happened.
    Seconds count steps only, not evaluation or checkpoints. Raises ValueError where the loss stops being a number.
    On Linux the process keeps the memory that training took, for what it does next (cores.py).
    """
    if count() > 1 and model.config.is_resnet:
        raise ValueError("a ResNet cannot be trained by several processes: its batch norm must see the whole batch")
    keep_freed_memory()
    model.to(device.device).train()  # before the optimisers: their moments go where the weights are
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
    told = {"total": config.steps, "initial": first, "unit": "step", "disable": not (progress and is_first())}
    began = time.perf_counter() - seconds
    # a ResNet's batch cannot be shared out to the cores: they share its operations
    alone = nullcontext() if model.config.is_resnet else one_thread()
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
                if not bar.disable and done == first_word(config):
                    bar.write(is_it_learning(entry["loss"], config.batch_size))
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


def is_it_learning(loss: float, batch_size: int) -> str:
    """One line for a person who wonders whether to wait.

    >>> is_it_learning(5.5, 256)
    'loss 5.50 against ln 256 = 5.55, the loss of guessing: not learning yet; if it stays, change the learning rate'
    """
    guess = math.log(batch_size)
    verdict = "it is learning" if loss < 0.9 * guess else "not learning yet; if it stays, change the learning rate"
    return f"loss {loss:.2f} against ln {batch_size} = {guess:.2f}, the loss of guessing: {verdict}"
