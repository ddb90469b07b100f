"""Our own model files: there and back, and everything that is not one."""

import errno
import os
import pickle

import pytest
import torch
from PIL import Image

from minclip import checkpoint


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
        checkpoint.write_tensors(path, {"a": torch.zeros(1)}, {})
    else:
        path.write_bytes({"empty": b"", "text": b"no checkpoint", "pickle": pickle.dumps(Bomb())}[content])
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        checkpoint.load(path)
    assert not (tmp_path / "exploded").exists()


def test_a_missing_file_says_what_can_be_loaded(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"pass a \.safetensors file, a run folder"):
        checkpoint.load(tmp_path / "nothing")


def test_weights_that_do_not_fit_are_named(model):
    weights = dict(model.state_dict())
    weights["extra"] = weights.pop("visual.proj")
    with pytest.raises(ValueError, match=r"missing \['visual\.proj'\], surplus \['extra'\]"):
        checkpoint.load_weights(model, weights)
    weights = dict(model.state_dict())
    weights["visual.proj"] = torch.zeros(3, 3)
    with pytest.raises(ValueError, match=r"visual\.proj has shape \[3, 3\], the configuration asks for \[64, 16\]"):
        checkpoint.load_weights(model, weights)


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
