"""From the name of a data set to a finished run: data, tokenizer, model, training, evaluation, report.

Nothing is computed here; this file says in which order the others are called.
"""

from pathlib import Path

import torch

from minclip.batches import load_pairs
from minclip.data import open_dataset
from minclip.data.protocol import CaptionDataset
from minclip.devices import Device, choose_device
from minclip.model import CLIP, CLIPConfig
from minclip.recipes import TrainConfig
from minclip.report import write_report
from minclip.runs import Run
from minclip.suites import evaluation_suite, watched_suite
from minclip.tokenizer import BPETokenizer
from minclip.training import train


def train_tokenizer(dataset: CaptionDataset, vocab_size: int, context_length: int) -> BPETokenizer:
    """Learns the merges from the captions of a split."""
    texts = (text for i in range(len(dataset)) for text in dataset.captions(i))
    return BPETokenizer.train(texts, vocab_size, context_length)


def new_model(config: CLIPConfig, seed: int) -> CLIP:
    """A model with fresh weights: the same ones for the same seed, whatever was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CLIP(config)


def run_training(
    data: str,
    preset: CLIPConfig,
    config: TrainConfig,
    out: str | Path,
    device: Device | None = None,
    resume: bool = False,
    progress: bool = True,
) -> dict:
    """Trains on a data set's train split, evaluates on its test split, leaves everything in `out`.

    `preset` gives the model's dimensions; its vocabulary is a limit that a small text may not fill. With resume=True
    every setting comes from the run itself. Returns the report.
    """
    run, device = Run(out), device or choose_device()
    if resume:
        model, tokenizer, done, _ = run.load()
        data, config = done["data"], TrainConfig.from_dict(done["train_config"])
        dataset = open_dataset(data, "train", size=config.stored_size or model.config.image_size)
    else:
        run.refuse_to_overwrite()
        dataset = open_dataset(data, "train", size=config.stored_size or preset.image_size)
        tokenizer = train_tokenizer(dataset, preset.vocab_size, preset.context_length)
        model = new_model(CLIPConfig(**{**vars(preset), "vocab_size": tokenizer.vocab_size}), config.seed)
    size = model.config.image_size
    pairs = load_pairs(dataset, tokenizer, config.stored_size or size, device, progress)
    watched = watched_suite(data, size)
    seconds = train(run, model, tokenizer, pairs, config, device, watched, data, resume, progress)
    return write_report(run, model, tokenizer, evaluation_suite(data, size), config, device, data, seconds)
