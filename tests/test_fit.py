"""minclip.fit: a training in one call, with pictures, losses, models and tasks of one's own."""

import json
import math
import re

import numpy as np
import pytest
import torch
from colour_pictures import short_finetuning
from PIL import Image
from torch import nn
from torch.nn import functional as F

import minclip
from minclip.data import InMemory
from minclip.evaluation import class_task
from minclip.experiments.fit import fit
from minclip.experiments.run_folder import RUN_FILES
from minclip.similarity import unit_rows

COLOURS = {"red": (220, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 220), "white": (240, 240, 240)}
NAMES = [name for name in COLOURS for _ in range(4)]
IMAGES = [Image.new("RGB", (40 + i, 30), COLOURS[name]) for i, name in enumerate(NAMES)]
CAPTIONS = [f"a {name} thing" for name in NAMES]
CONFIG = minclip.CLIPConfig(64, 16, 8, 64, 1, 32, 1, 1, context_length=16, vocab_size=600)
FAST = {"config": CONFIG, "samples": 32, "batch_size": 8, "device": "cpu", "log_every": 2, "optimizer": "adamw"}


def test_pictures_and_captions_become_a_model():
    told = []
    run = fit(IMAGES, CAPTIONS, on_log=told.append, **FAST)
    assert [entry["step"] for entry in run.log] == [2, 4] and told == run.log
    assert not run.model.training and run.tokenizer.vocab_size == run.model.config.vocab_size
    features = run.model.encode_image(run.preprocess(IMAGES[0])[None])
    assert features.shape == (1, CONFIG.embed_dim)
    assert run.report["run"]["left_out"]["vocab_size"]["asked"] == 600


def test_the_same_seed_gives_the_same_numbers():
    losses = [[entry["loss"] for entry in fit(IMAGES, CAPTIONS, seed=seed, **FAST).log] for seed in (0, 0, 1)]
    assert losses[0] == losses[1] != losses[2]


def test_arrays_lists_and_torch_data_sets_are_one_set():
    class Pairs(torch.utils.data.Dataset):
        def __len__(self):
            return len(IMAGES)

        def __getitem__(self, i):  # never ends with an IndexError
            return np.asarray(IMAGES[i % len(IMAGES)]), CAPTIONS[i % len(IMAGES)]

    arrays = [np.asarray(image) for image in IMAGES]
    runs = [
        fit(IMAGES, CAPTIONS, **FAST),
        fit(arrays, [[text] for text in CAPTIONS], **FAST),
        fit(Pairs(), **FAST),
        fit(list(zip(IMAGES, CAPTIONS, strict=True)), **FAST),
        fit(InMemory(IMAGES, CAPTIONS), **FAST),
    ]
    assert len({run.log[-1]["loss"] for run in runs}) == 1


@pytest.mark.parametrize(
    ("images", "captions", "words"),
    [
        (IMAGES, "a red thing", "captions must be a list"),
        (IMAGES, CAPTIONS[1:], "16 images and 15 captions"),
        (IMAGES, [*CAPTIONS[1:], 7], "captions of image 15 are 7"),
        (["a.png"] * 2, ["a", "b"], "opened by PIL.Image.open"),
        ([np.zeros((4, 4, 3), np.float32)] * 2, ["a", "b"], "not uint8"),
        ([np.zeros((3, 8, 8), np.uint8)] * 2, ["a", "b"], "channels first"),
        ([np.zeros((8, 8, 2), np.uint8)] * 2, ["a", "b"], "not [height, width, 3]"),
        ([1, 2], None, "not (picture, caption)"),
        (5, None, "data is of type int"),
        ("picturebook", CAPTIONS, "brings its own captions"),
        (IMAGES, [[]] * 16, "no caption of any"),
    ],
)
def test_what_is_no_data_is_named(images, captions, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        fit(images, captions, **FAST)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"lr": 1e-3}, "lr=0.001 is no setting of fit: choose from samples"),
        ({"freeze": "audio"}, "freeze='audio' is no part of the model: choose image, text"),
        ({"freeze": "image:9"}, "the image encoder has 1 blocks, from 0 to 1"),
        ({"mix": 0.5}, "needs a model that has learned before"),
        ({"model": "picturebook-tiny"}, "leave out config"),
        ({"config": None, "model": minclip.CLIP(CONFIG)}, "give its tokenizer"),
        ({"model": lambda config: nn.Linear(2, 2)}, "made a Linear, not a minclip.CLIP"),
        ({"model": 3}, "model=3 must be a name or path, a minclip.CLIP, or a function"),
        ({"config": {"vision_width": 64}}, "config=.* must be a CLIPConfig, or the name of one: tiny"),
        ({"loss": "softmax"}, "loss='softmax' must be 'infonce' or 'siglip', or a function of"),
        ({"on_log": 3}, "on_log=3 must be a function of an entry"),
        ({"tasks": ["object"]}, "tasks holds 'object', not a task"),
        ({"tasks": [class_task("colour", IMAGES, NAMES, size=32)]}, "task 'colour' has pictures .* size=16"),
        ({"patience": 3}, "patience=3 needs a model that has learned before"),
        ({"samples": "20"}, "samples='20' must be a whole number, at least 1"),
        ({"batch_size": 8.0}, "batch_size=8.0 must be a whole number, at least 2"),
        ({"seed": None}, "seed=None must be a whole number"),
        ({"learning_rate": "1e-3"}, "learning_rate='1e-3' must be a number above 0"),
        ({"warmup": 5}, "warmup=5 must be a number from 0 to 1"),
        ({"weight_decay": -1}, "weight_decay=-1 must be a number from 0"),
        ({"mirror": "no"}, "mirror='no' must be True or False"),
        ({"stream": "no"}, "stream='no' must be True or False"),
        ({"crop_scale": 0.9}, "crop_scale=0.9 must be two shares of a picture's area"),
        ({"crop_scale": (0.9, True)}, r"crop_scale=\(0.9, True\) must be two shares"),
        ({"crop_scale": (0, 1)}, r"crop_scale=\(0, 1\) must be two shares"),
        ({"crop_scale": (0.9, 0.5)}, r"crop_scale=\(0.9, 0.5\) must be two shares"),
        ({"crop_scale": (0.9, math.nan)}, r"crop_scale=\(0.9, nan\) must be two shares"),
    ],
)
def test_what_does_not_fit_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        fit(IMAGES, CAPTIONS, **FAST | arguments)


def test_a_model_of_half_precision_learns_in_whole(capsys):
    tokenizer = minclip.BPETokenizer([], CONFIG.context_length)
    config = minclip.CLIPConfig(**{**vars(CONFIG), "vocab_size": tokenizer.vocab_size})
    model = minclip.CLIP(config).to(torch.bfloat16)
    run = fit(IMAGES, CAPTIONS, model=model, tokenizer=tokenizer, **FAST | {"config": None})
    assert run.model.logit_scale.dtype == torch.float32
    assert run.report["run"]["left_out"]["dtype"]["asked"] == "torch.bfloat16"
    assert "dtype is torch.float32 instead of torch.bfloat16" in capsys.readouterr().err


def test_a_model_keeps_the_tokenizer_it_has():
    with pytest.raises(ValueError, match="model='picturebook-tiny' brings its own tokenizer: leave out tokenizer"):
        fit(IMAGES, CAPTIONS, model="picturebook-tiny", tokenizer=minclip.BPETokenizer([]), **FAST | {"config": None})


def items(at_three):
    """A data set of (picture, caption) whose item 3 raises an error."""

    class Broken(torch.utils.data.Dataset):
        def __len__(self):
            return len(IMAGES)

        def __getitem__(self, i):
            if i == 3:
                raise at_three
            return IMAGES[i], CAPTIONS[i]

    return Broken()


def test_broken_items_are_named():
    with pytest.raises(ValueError, match="item 3 of the data set cannot be read: KeyError: 'caption'"):
        fit(items(KeyError("caption")), **FAST)
    left_out = fit(items(FileNotFoundError("c.png")), **FAST).report["run"]["left_out"]
    assert left_out["items_unreadable"]["all"] == ["item 3: c.png"]
    with pytest.raises(ValueError, match=r"data is a dictionary of 1 entries: give a list of \(picture, caption\)"):
        fit({"image": IMAGES}, **FAST)


def test_empty_captions_are_left_out_and_counted():
    left_out = fit(IMAGES, ["", [" ", "a red thing"], *CAPTIONS[2:]], **FAST).report["run"]["left_out"]
    assert left_out["captions_empty"]["count"] == 2 and left_out["pictures_without_captions"]["count"] == 1


def test_sixteen_bit_pictures_in_memory_keep_their_grey():
    grey = Image.fromarray(np.full((8, 8), 30_000, np.uint16))
    assert InMemory([grey], ["grey"]).image(0).getpixel((0, 0)) == (117, 117, 117)


def test_a_model_in_half_precision_trains_in_float32():
    model, _, tokenizer = minclip.load("picturebook-tiny", dtype=torch.float16)
    arguments = {name: value for name, value in FAST.items() if name != "config"}
    run = fit(IMAGES, CAPTIONS, model=model, tokenizer=tokenizer, **arguments)
    assert {weight.dtype for weight in run.model.parameters()} == {torch.float32}
    assert run.report["run"]["left_out"]["dtype"]["asked"] == "torch.float16"


class Sigmoid(nn.Module):
    """SigLIP's loss: a bias of its own is learned."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(-10.0))

    def forward(self, image_features, text_features, scale):
        logits = scale * unit_rows(image_features) @ unit_rows(text_features).T + self.bias
        signs = 2 * torch.eye(len(logits), device=logits.device) - 1
        return -F.logsigmoid(signs * logits).sum(dim=1).mean()


@pytest.mark.parametrize("micro_batch", [None, 3])
def test_a_loss_with_parameters_learns(micro_batch):
    loss = Sigmoid()
    fit(IMAGES, CAPTIONS, loss=loss, micro_batch=micro_batch, **FAST)
    assert loss.bias.item() != -10.0


def test_a_losss_parameters_are_kept_and_go_on(tmp_path):
    from minclip.engine.batches import all_captions, load_pairs
    from minclip.engine.devices import choose_device
    from minclip.experiments.keeper import Keeper
    from minclip.experiments.loop import train
    from minclip.experiments.runs import Run

    loss, device = Sigmoid(), choose_device("cpu")
    run = fit(IMAGES, CAPTIONS, loss=loss, out=tmp_path / "run", **FAST)
    kept = Run(tmp_path / "run")
    data = InMemory(IMAGES, CAPTIONS)
    pairs = load_pairs(data, all_captions(data), run.tokenizer, 16, device)
    model, _, state, _ = kept.load()
    config = minclip.config.TrainConfig.from_dict(state["train_config"])
    with pytest.raises(ValueError, match="was trained with a loss that has the weights"):
        train(model, pairs, config, device, Keeper(kept, run.tokenizer, resume=True, show_progress=False))
    fresh = Sigmoid()
    train(model, pairs, config, device, Keeper(kept, run.tokenizer, resume=True, show_progress=False), fresh)
    assert fresh.bias.item() == loss.bias.item()


def test_a_changed_tower_trains_and_its_file_says_so(tmp_path):
    class Mean(nn.Module):
        def __init__(self, width, embed_dim):
            super().__init__()
            self.out = nn.Linear(width, embed_dim)

        def forward(self, pixels):
            return self.out(pixels.mean(dim=(2, 3)))

    class Mine(minclip.CLIP):
        def __init__(self, config):
            super().__init__(config)
            self.visual = Mean(3, config.embed_dim)

    run = fit(IMAGES, CAPTIONS, model=Mine, out=tmp_path / "run", **FAST)
    with pytest.raises(ValueError, match="load_into"):
        minclip.load(tmp_path / "run")
    model, _, _ = minclip.checkpoint.load_into(Mine(run.model.config), tmp_path / "run")
    pixels = run.preprocess(IMAGES[0])[None]
    assert torch.equal(model.encode_image(pixels), run.model.encode_image(pixels))


def test_a_frozen_encoder_stays_what_it_is(monkeypatch):
    short_finetuning(monkeypatch)
    before = minclip.load("picturebook-tiny")[0].state_dict()
    arguments = {name: value for name, value in FAST.items() if name != "config"}
    run = fit(IMAGES, CAPTIONS, model="picturebook-tiny", freeze="image", **arguments)
    after = run.model.state_dict()
    assert all(torch.equal(after[name], before[name]) for name in before if name.startswith("visual."))
    assert not torch.equal(after["text.token_embedding.weight"], before["text.token_embedding.weight"])


def test_a_task_is_watched_and_measured():
    task = class_task("colour", IMAGES, NAMES, size=16, templates=["a {} thing"])
    run = fit(IMAGES, CAPTIONS, tasks=[task], evaluate_every=2, **FAST)
    assert all({"loss", "zero_shot"} <= entry.keys() for entry in run.log)
    assert run.report["tasks"]["colour"]["n"] == len(IMAGES)


def test_a_run_is_kept_and_only_overwritten_when_asked(tmp_path):
    out = tmp_path / "run"
    run = fit(IMAGES, CAPTIONS, out=out, **FAST)
    model, _, _ = minclip.load(out)
    assert torch.equal(model.logit_scale, run.model.logit_scale)
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["samples"] == 32 and {path.name for path in out.iterdir()} <= set(RUN_FILES)
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="overwrite=True"):
        fit(IMAGES, CAPTIONS, out=out, **FAST)
    fit(IMAGES, CAPTIONS, out=out, overwrite=True, **FAST)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"
