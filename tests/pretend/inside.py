"""What must hold on a GPU: run on the pretend one by test_pretend.py, for CUDA and for Apple's MPS."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

import minclip
from benchmarks.speed.workload import noise_batch
from minclip.accuracy import top_k_accuracy
from minclip.cli import main
from minclip.config import CLIPConfig, TrainConfig
from minclip.data import open_dataset
from minclip.engine import processes
from minclip.engine.augment import crop_and_resize, random_crops
from minclip.engine.batches import all_captions, load_pairs, make_batch
from minclip.engine.devices import Device, choose_device
from minclip.engine.muon import Muon
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.experiments.preparation import new_model
from minclip.retrieval import recall_at_k
from pretend.device import DEVICE, KIND, There, counted, launches, masked_attention, waits

CUDA, MPS = (pytest.mark.skipif(kind != KIND, reason=f"of {kind}") for kind in ("cuda", "mps"))
MINIATURE = CLIPConfig(16, 16, 8, 64, 2, 64, 1, 2, context_length=24, vocab_size=600)


def steps_of(config: CLIPConfig, optimizer: str, steps: int, device: Device, learning_rate: float = 1e-3):
    """A model after so many steps on noise; what is counted is of the last."""
    model = new_model(config, seed=0).to(device.device).train()
    optimizers = build_optimizers(model, optimizer, learning_rate, 0.2, 0.02)
    batch = noise_batch(config, 8, 12, 16, device)
    for _ in range(steps):
        with counted():
            train_step(model, optimizers, batch, device)
    return model


def colours(folder, pictures: int = 30):
    """A folder of one-coloured pictures with captions."""
    folder.mkdir()
    rows = ["file,caption,split"]
    for i in range(pictures):
        Image.new("RGB", (24, 20), (8 * i, 255 - 8 * i, 100)).save(folder / f"{i}.png")
        rows += [f"{i}.png,tint number {i},{('train', 'train', 'val', 'test')[i % 4]}"]
    (folder / "captions.csv").write_text("\n".join(rows), encoding="utf-8")
    return folder


@pytest.mark.parametrize(("optimizer", "most"), [("adamw", 1000), ("muon", 1100)])
def test_a_step_waits_for_nothing_and_launches_little(optimizer, most):
    steps_of(CLIPConfig.preset("small"), optimizer, 3, choose_device(KIND))
    assert not waits, waits
    one_query = {"[8, 1, 1, 16]": 1}  # the last block of texts, read at EOT alone: small whichever kernel computes it
    assert masked_attention == (one_query if KIND == "cuda" else {}), "a mask rules the fast attention kernels out"
    assert 500 < launches.total() < most, launches.most_common(12)


@pytest.mark.parametrize("name", ["ViT-B/32", "RN50"])
def test_the_real_ones_wait_for_nothing(name):
    config = replace(CLIPConfig.preset(name), image_size=32, context_length=16)
    if name.startswith("ViT"):
        config = replace(config, vision_width=64, vision_layers=2, text_width=64, text_heads=1, text_layers=2)
    steps_of(config, "adamw", 2, choose_device(KIND, torch.float32))
    assert not waits, waits


def test_muons_stack_moves_the_weights_as_matrix_by_matrix(monkeypatch):
    """Ten steps of a whole model; at AdamW's full rate its first steps would make much of a last digit."""
    device, rate = choose_device(KIND, torch.float32), 1e-4
    monkeypatch.setattr(
        "minclip.engine.muon.multiplies_bfloat16", lambda _device: None
    )  # in which both ways round coarsely
    together = steps_of(MINIATURE, "muon", 10, device, rate).state_dict()
    monkeypatch.setattr("minclip.engine.muon.Muon.step_together", Muon.step)
    one_by_one = steps_of(MINIATURE, "muon", 10, device, rate).state_dict()
    start = new_model(MINIATURE, seed=0).state_dict()
    for name, weight in one_by_one.items():
        assert (together[name] - weight).abs().max().item() <= 1e-5, name
        assert not torch.equal(weight.cpu(), start[name]), name


def test_a_run_evaluates_saves_resumes_and_reports(tmp_path, capsys):
    """Through the command line, as a person does; then with the model that it left."""
    data, out = colours(tmp_path / "colours"), tmp_path / "run"
    asked = ["train", "--data", str(data), "--config", "tiny", "--device", KIND, "--samples", "40", "--batch", "5"]
    assert main([*asked, "--out", str(out)]) == 0, capsys.readouterr().err
    assert f"training on {KIND}" in capsys.readouterr().err
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["run"]["pictures_on"] == KIND and report["retrieval"]["n_images"] == 7
    assert main(["train", "--resume", "--out", str(out), "--device", KIND, "--micro-batch", "2"]) == 0
    for device in (KIND, "cpu"):
        model, picture = ["--model", str(out), "--device", device], str(data / "0.png")
        assert main(["classify", picture, "--labels", "tint number 0,tint number 9", *model]) == 0
        assert main(["search", "tint number 3", "--in", str(data), *model]) == 0
        assert main(["eval", "--data", str(data), *model]) == 0
    for kind in ("openai", "openclip", "huggingface"):
        assert main(["export", "--format", kind, "--out", str(tmp_path / kind), *model[:2], "--device", KIND]) == 0


def test_models_are_loaded_to_the_cpu_and_elsewhere_on_request():
    model, preprocess, tokenizer = minclip.load("picturebook-tiny")
    pixels, tokens = preprocess(Image.new("RGB", (40, 30), "red"))[None], tokenizer(["a red car", "two fish"])
    here = model(pixels, tokens)[0]
    for device in (KIND, DEVICE):
        model, _, _ = minclip.load("picturebook-tiny", device)
        there = model(pixels.to(device), tokens.to(device))[0]
        assert isinstance(there, There) and (there.detach().cpu() - here).abs().max() < 1e-4
        with pytest.raises(RuntimeError, match=f"same device, but found at least two devices, {KIND}:0 and cpu"):
            model.encode_text(tokens)
        with pytest.raises(TypeError, match="to numpy"):
            there.detach().numpy()


def test_scores_are_counted_where_the_features_are():
    """Apple's GPU has no float64."""
    features = torch.eye(3).to(DEVICE)
    assert recall_at_k(features, features, torch.arange(3))["text_to_image"]["R@1"] == 1
    assert top_k_accuracy(features, torch.arange(3), ks=(1,)) == {1: 1}
    if KIND == "mps":
        with pytest.raises(TypeError, match="doesn't support float64"):
            features.double()


def test_pictures_without_room_stay_on_the_cpu_and_are_sent(tmp_path, monkeypatch):
    book, device = open_dataset(colours(tmp_path / "colours"), "train", size=16), choose_device(KIND)
    tokenizer = minclip.BPETokenizer([], context_length=24)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_: (5_000, 10_000))
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 5_000)
    here = load_pairs(book, all_captions(book), tokenizer, 16, device)
    monkeypatch.undo()
    there = load_pairs(book, all_captions(book), tokenizer, 16, device)
    assert not isinstance(here.pixels, There) and isinstance(there.pixels, There)
    config = TrainConfig(samples=50, batch_size=10)
    with counted():
        found = make_batch(here, config, 0, MINIATURE, device)
    assert not (waits if KIND == "cuda" else None), waits
    expected = make_batch(there, config, 0, MINIATURE, device)
    assert isinstance(found.pixels, There)
    assert torch.equal(found.pixels.cpu(), expected.pixels.cpu())


def test_crops_are_the_cpus():
    """Apple's GPU had no padding with the border for long; crops turned and mirrored reach it."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand(8, 3, 20, 24, generator=generator)
    crops = random_crops(8, (0.9, 1.0), generator, mirror=True, turn=True)
    expected = crop_and_resize(pixels, crops, 16)
    assert (crop_and_resize(pixels.to(DEVICE), crops.to(DEVICE), 16).cpu() - expected).abs().max() < 1e-5
    if KIND == "mps":
        with pytest.raises(RuntimeError, match="Unsupported Border"):
            torch.nn.functional.grid_sample(
                pixels.to(DEVICE), torch.zeros(8, 4, 4, 2).to(DEVICE), padding_mode="border"
            )


@pytest.mark.parametrize("rows", [2, 3])
def test_nobody_asks_how_many_rows_the_others_have(rows, monkeypatch):
    """Four processes; the second of them here. Every question was a wait, ten of them a step."""
    monkeypatch.setattr(processes, "world_size", lambda: 4)
    monkeypatch.setattr(processes, "rank", lambda: 1)
    monkeypatch.setattr(torch.distributed, "all_gather", lambda parts, own: [part.copy_(own) for part in parts])
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda flat: None)
    model, device = new_model(MINIATURE, 0).to(DEVICE), choose_device(KIND)
    batch = noise_batch(MINIATURE, rows, 12, 16, device)._replace(batch_size=4 * rows + (rows == 2))
    optimizers = build_optimizers(model, "muon", 1e-3, 0.2, 0.02)
    with counted():
        train_step(model, optimizers, batch, device)
    assert not waits, waits


def test_what_a_figure_draws_may_be_there():
    from minclip.figures.plotting import plot_predictions, plot_similarity

    pictures, numbers = [np.zeros((8, 8, 3), np.uint8)] * 2, torch.eye(2).to(DEVICE).requires_grad_()
    plot_similarity(pictures, ["a", "b"], numbers)
    plot_predictions(pictures, numbers, ["a", "b"], [0, 1])


def test_a_model_is_resized_there():
    model = new_model(MINIATURE, 0).to(DEVICE)
    larger = minclip.checkpoint.resized(model, image_size=24, context_length=30)
    assert {weight.device.type for weight in larger.parameters()} == {KIND}
    assert larger.encode_image(torch.zeros(1, 3, 24, 24).to(DEVICE)).shape == (1, 16)
    here = minclip.checkpoint.resized(new_model(MINIATURE, 0), image_size=24).visual.embedding.positional_embedding
    assert torch.equal(larger.visual.embedding.positional_embedding.cpu(), here)


@MPS
def test_apples_gpu_trains_in_float32():
    device = choose_device()
    assert device.device.type == "mps" and device.autocast is None and "float32" in device.reason
    steps_of(MINIATURE, "muon", 2, device)
    with pytest.raises(RuntimeError, match="not supported on this mps device"):
        steps_of(MINIATURE, "adamw", 1, choose_device("mps", torch.bfloat16))


@CUDA
def test_a_t4_trains_in_float32(monkeypatch):
    """Turing holds bfloat16 and has no units for it."""
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda *_: SimpleNamespace(major=7))
    device = choose_device()
    assert device.autocast is None and "float32" in device.reason
    steps_of(MINIATURE, "muon", 2, device)
    assert not waits


@CUDA
def test_a_gpu_trains_in_bfloat16_on_texts_of_few_lengths(tmp_path):
    device = choose_device()
    assert device.autocast == torch.bfloat16
    book, tokenizer = open_dataset(colours(tmp_path / "colours"), "train"), minclip.BPETokenizer([], context_length=24)
    pairs = load_pairs(book, all_captions(book), tokenizer, 16, device)
    config = TrainConfig(samples=50, batch_size=3)
    lengths = {make_batch(pairs, config, step, MINIATURE, device).tokens.shape[1] for step in range(10)}
    assert lengths == {16}
    on_the_cpu = choose_device("cpu")
    pairs = load_pairs(book, all_captions(book), tokenizer, 16, on_the_cpu)
    exact = {make_batch(pairs, config, step, MINIATURE, on_the_cpu).tokens.shape[1] for step in range(10)}
    assert exact <= {13, 14}, "a CPU reads not a token more than it must"
