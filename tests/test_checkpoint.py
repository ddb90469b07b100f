"""Our own model files: there and back, and everything that is not one."""

import errno
import json
import os
import pickle
from dataclasses import asdict

import pytest
import torch
from PIL import Image

from minclip import checkpoint
from minclip.formats.files import write_tensors


def test_a_saved_model_comes_back_with_its_tokenizer(model, tokenizer, tmp_path):
    checkpoint.save(model, tokenizer, tmp_path / "model.safetensors")
    loaded, preprocess, loaded_tokenizer = checkpoint.load(tmp_path / "model.safetensors", device="cpu")
    tokens = tokenizer(["two blue fish"])
    assert torch.equal(loaded_tokenizer(["two blue fish"]), tokens)
    assert torch.equal(loaded.encode_text(tokens), model.encode_text(tokens))
    assert loaded.config == model.config and not loaded.training
    assert preprocess(Image.new("RGB", (30, 40))).shape == (3, 16, 16)


def test_a_run_folder_is_enough(model, tokenizer, tmp_path):
    checkpoint.save(model, tokenizer, tmp_path / checkpoint.MODEL_FILE)
    loaded, preprocess, _ = checkpoint.load(tmp_path, device="cpu", dtype=torch.bfloat16)
    pixels = preprocess(Image.new("RGB", (40, 20), (200, 30, 30)))[None]
    assert pixels.shape == (1, 3, 16, 16)
    tokens = tokenizer(["a red car"])
    for low, full in (
        (loaded.encode_image(pixels), model.encode_image(pixels)),
        (loaded.encode_text(tokens), model.encode_text(tokens)),
    ):
        assert low.dtype == torch.bfloat16
        assert torch.cosine_similarity(low.float(), full).item() > 0.99


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


@pytest.mark.parametrize("content", ["empty", "text", "pickle", "cut off", "other safetensors"])
def test_what_is_no_checkpoint_is_refused_and_never_unpickled(content, model, tokenizer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.safetensors"
    checkpoint.save(model, tokenizer, path)
    if content == "cut off":
        path.write_bytes(path.read_bytes()[:-10])
    elif content == "other safetensors":
        write_tensors(path, {"a": torch.zeros(1)}, {})
    else:
        path.write_bytes({"empty": b"", "text": b"no checkpoint", "pickle": pickle.dumps(Bomb())}[content])
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        checkpoint.load(path)
    assert not (tmp_path / "exploded").exists()


def test_a_missing_file_says_what_can_be_loaded(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"pass a weights file, a folder with one, a run folder"):
        checkpoint.load(tmp_path / "nothing")


def test_weights_that_do_not_fit_are_named(model, tokenizer, tmp_path):
    path, metadata = tmp_path / "model.safetensors", checkpoint.model_metadata(model, tokenizer)
    proj = model.visual.proj.detach()
    for change, message in (
        ({"visual.proj": None}, r"lack visual\.layer1\.0\.conv1\.weight"),  # what no visual.proj has is a ResNet
        ({"text.ln_final.bias": None, "extra": proj}, r"lack text\.ln_final\.bias and hold also extra"),
        ({"visual.proj": proj[:3, :3]}, r"visual\.proj has shape \[3, 3\], expected \[64, 16\]"),
    ):
        tensors = {name: t for name, t in (dict(model.state_dict()) | change).items() if t is not None}
        write_tensors(path, tensors, metadata)
        with pytest.raises(ValueError, match=message) as caught:
            checkpoint.load(path)
        assert str(caught.value).startswith(str(path))


def test_a_configuration_of_absurd_sizes_costs_nothing(model, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    for change, message in (
        ({"vision_layers": 900_000}, "says vision_layers=900000, the weights have 1"),
        ({"vision_width": 10**12}, "vision_width=1000000000000 must be a whole number from 1 to 1,000,000"),
    ):
        metadata = checkpoint.model_metadata(model, tokenizer)
        metadata["config"] = json.dumps(asdict(model.config) | change)
        write_tensors(path, model.state_dict(), metadata)
        with pytest.raises(ValueError, match=message):
            checkpoint.load(path)


def test_a_full_disk_leaves_the_previous_file(model, tokenizer, tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    checkpoint.save(model, tokenizer, path)
    before = path.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="is full"):
        checkpoint.save(model, tokenizer, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path], "a half-written file was left"
