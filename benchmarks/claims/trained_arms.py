"""From an arm and a seed to its answers, trained at most once: everything is kept in the out folder.

A run that is killed goes on from its last checkpoint (a supervised net from its start). Each arm × seed has a folder
with done.json, which says what it is, the trained weights, and the answers to every measure that it was asked. Whoever
changes a measure deletes its answers (arms/*/MEASURE-*.npz); what is trained stays.
"""

import json
import time
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from benchmarks.claims import supervised
from benchmarks.claims.definition import Number
from benchmarks.claims.training_arms import Arm, Data, Learned, Setting
from minclip.checkpoint import MODEL_FILE, load, save
from minclip.config import CLIPConfig
from minclip.data.paths import atomic_write
from minclip.engine.batches import Pairs, all_captions, load_pairs
from minclip.engine.devices import Device
from minclip.experiments.keeper import Keeper
from minclip.experiments.loop import train
from minclip.experiments.preparation import new_model
from minclip.experiments.runs import Run
from minclip.formats.weights_files import read_tensors, write_tensors
from minclip.tokenizer import BPETokenizer

DONE = "done.json"


@lru_cache(maxsize=1)  # seeds of an arm follow each other; more would not fit into memory
def pairs_of(data: Data, model: CLIPConfig, device: Device) -> tuple[BPETokenizer, Pairs]:
    """The tokenizer of an arm's captions, and its training set in memory."""
    dataset = data.open(model.image_size)
    captions = all_captions(dataset)
    texts = (text for of_one_picture in captions for text in of_one_picture)
    tokenizer = BPETokenizer.train(texts, model.vocab_size, model.context_length)
    return tokenizer, load_pairs(dataset, captions, tokenizer, model.image_size, device)


def train_clip(arm: Arm, seed: int, folder: Path, device: Device) -> tuple[float, str | None]:
    """Trains in the folder; returns the seconds, and why it stopped early if it did."""
    run, config = Run(folder), replace(arm.config, seed=seed)
    tokenizer, pairs = pairs_of(arm.data, arm.model, device)
    resume = run.exists()
    new = partial(new_model, replace(arm.model, vocab_size=tokenizer.vocab_size), seed)
    model = run.load()[0] if resume else new()
    arm.change(model)
    loss = arm.loss() if isinstance(arm.loss, type) else arm.loss
    try:
        keeper = Keeper(run, tokenizer, resume=resume, show_progress=False)
        return train(model, pairs, config, device, keeper, loss), None
    except ValueError as error:
        if not str(error).startswith("the loss is"):
            raise
        if not (folder / MODEL_FILE).is_file():  # a night of runs must not end here
            save(new(), tokenizer, folder / MODEL_FILE)
            return 0.0, f"{error}; as there is none yet, its start is asked"
        return 0.0, str(error)


def train_arm(arm: Arm, seed: int, setting: Setting) -> None:
    """Leaves the trained arm in its folder; done.json comes last."""
    folder = arm.folder(setting.out, seed)
    stopped = None
    if arm.label is None:
        seconds, stopped = train_clip(arm, seed, folder, setting.device)
    else:
        began = time.perf_counter()
        net = supervised.train_net(arm, seed, setting.device)
        seconds = time.perf_counter() - began
        write_tensors(folder / MODEL_FILE, net.state_dict(), {})
    done = {"seed": seed, "seconds": round(seconds, 2), "stopped": stopped, **arm.description()}
    with atomic_write(folder / DONE) as file:
        file.write(json.dumps(done, indent=1).encode("utf-8"))
    Run(folder).state_path.unlink(missing_ok=True)  # three times the size of the model, and no longer needed


def is_done(arm: Arm, seed: int, out: Path) -> bool:
    return (arm.folder(out, seed) / DONE).is_file()


def done(arm: Arm, seed: int, out: Path) -> dict:
    """What was written down of a finished run."""
    return json.loads((arm.folder(out, seed) / DONE).read_text(encoding="utf-8"))


def learned(arm: Arm, seed: int, setting: Setting) -> Learned:
    """The arm, trained now or before."""
    if not is_done(arm, seed, setting.out):
        train_arm(arm, seed, setting)
    weights = arm.folder(setting.out, seed) / MODEL_FILE
    if arm.label is None:
        model, _, tokenizer = load(weights, device=str(setting.device.device))
        arm.change(model)
    else:
        model, tokenizer = supervised.Net(arm), None
        model.load_state_dict(read_tensors(weights).tensors)
        model.to(setting.device.device).eval()
    return Learned(arm, seed, model, tokenizer, setting.per_class)


def answers(number: Number, seed: int, setting: Setting) -> np.ndarray:
    """Which questions a run answers right: bool [pictures]. Asked now, or read from its folder."""
    folder = number.arm.folder(setting.out, seed)
    path = folder / f"{number.measure.__name__}-{setting.per_class}.npz"
    if not path.is_file():
        found = number.measure(learned(number.arm, seed, setting))
        with atomic_write(path) as file:
            np.savez_compressed(file, **found)
    with np.load(path) as kept:
        return kept[number.key]
