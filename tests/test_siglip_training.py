"""Training with the sigmoid loss: by its name in fit and in the command, resumed, and of a SigLIP with its own bias."""

import json
import math

import pytest
import torch
from PIL import Image

import minclip
from minclip.cli import main
from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.losses import named_loss
from minclip.engine.twins import Twins, twins_lines
from minclip.experiments.report import twins_text
from minclip.formats.siglip_model import SigLIP, SigLIPConfig
from minclip.formats.weights_files import read_tensors
from minclip.loss import clip_loss
from minclip.siglip import SigLIPLoss, prior_bias, siglip_loss

SMALL = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, context_length=16, vocab_size=600)
SIGLIP = SigLIPConfig(64, 16, 8, 64, 1, 64, 1, 1, context_length=16, vocab_size=600)
IMAGES = [Image.new("RGB", (16, 16), (20 * i, 255 - 20 * i, 90)) for i in range(12)]
CAPTIONS = [f"picture {word} of twelve" for word in "abcdefghijkl"]
SHORT = {"samples": 80, "batch_size": 8, "optimizer": "adamw", "learning_rate": 1e-2, "device": "cpu", "log_every": 1}


def test_fit_learns_with_the_sigmoid_loss(tmp_path):
    run = minclip.fit(IMAGES, CAPTIONS, config=SMALL, loss="siglip", out=tmp_path / "run", **SHORT)
    assert run.report["run"]["recipe"]["loss"] == "siglip"
    assert run.log[-1]["loss"] < run.log[0]["loss"]
    bias = read_tensors(tmp_path / "run" / "state.safetensors").tensors["loss.logit_bias"].item()
    assert bias != prior_bias(8) and bias == pytest.approx(prior_bias(8), abs=0.5)


def test_the_same_as_with_the_loss_by_hand():
    by_name = minclip.fit(IMAGES, CAPTIONS, config=SMALL, loss="siglip", **SHORT)
    by_hand = minclip.fit(IMAGES, CAPTIONS, config=SMALL, loss=SigLIPLoss(prior_bias(8)), **SHORT)
    for name, tensor in by_name.model.state_dict().items():
        assert torch.equal(tensor, by_hand.model.state_dict()[name]), name


def test_a_siglip_trains_its_own_bias():
    run = minclip.fit(IMAGES, CAPTIONS, config=SIGLIP, loss="siglip", **SHORT)
    assert isinstance(run.model, SigLIP) and run.model.logit_bias.item() != -10
    assert run.log[-1]["loss"] < run.log[0]["loss"]
    loss = named_loss(run.model, TrainConfig(loss="siglip"))
    features = torch.randn(4, 64, generator=torch.manual_seed(0)), torch.randn(4, 64, generator=torch.manual_seed(1))
    assert loss(*features, 10.0) == siglip_loss(*features, 10.0, run.model.logit_bias)


def test_a_resumed_run_goes_on_with_its_bias(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    lines = ["file,caption"]
    for i, (image, caption) in enumerate(zip(IMAGES, CAPTIONS, strict=True)):
        image.save(folder / f"{i}.png")
        lines.append(f"{i}.png,{caption}")
    (folder / "captions.csv").write_text("\n".join(lines), encoding="utf-8")
    whole = [
        "train",
        "--data",
        str(folder),
        "--image-size",
        "16",
        "--loss",
        "siglip",
        "--batch",
        "4",
        "--device",
        "cpu",
    ]
    assert main([*whole, "--samples", "16", "--out", str(tmp_path / "run")]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["recipe"]["loss"] == "siglip"
    assert main(["train", "--out", str(tmp_path / "run"), "--resume", "--device", "cpu"]) == 0
    assert main(["train", "--out", str(tmp_path / "run"), "--resume", "--loss", "siglip"]) != 0  # keeps its settings


def test_the_name_decides_the_loss():
    clip, siglip = minclip.CLIP(SMALL), SigLIP(SIGLIP)
    assert named_loss(clip, TrainConfig()) is clip_loss and named_loss(siglip, TrainConfig()) is clip_loss
    loss = named_loss(clip, TrainConfig(loss="siglip", batch_size=64))
    assert loss.logit_bias.item() == pytest.approx(-math.log(63))


@pytest.mark.parametrize("loss", ["softmax", "SigLIP", "", 3])
def test_other_names_are_refused(loss):
    with pytest.raises(ValueError, match=r"loss=.* must be 'infonce' or 'siglip', or a function"):
        minclip.fit(IMAGES, CAPTIONS, loss=loss)
    with pytest.raises(ValueError, match=r"loss=.* is not known: choose one of infonce, siglip"):
        TrainConfig(loss=loss)


def test_the_sigmoid_has_no_floor():
    twins = Twins(0.0, 0.5, 0.35, 4, 0, 2)
    assert "cannot fall below 0.35" in twins_lines(twins, ["a"])[0]
    assert "cannot fall below" not in twins_lines(twins, ["a"], "siglip")[0]
    told = twins.to_dict()
    assert "could not fall below" in twins_text(told, 4) and "could not fall" not in twins_text(told, 4, "siglip")
