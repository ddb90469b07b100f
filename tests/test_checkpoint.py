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
from minclip.formats.weights_files import read_tensors, write_tensors
from minclip.tokenizer import BPETokenizer


def test_a_saved_model_comes_back_with_its_tokenizer(model, tokenizer, tmp_path):
    checkpoint.save(model, tokenizer, tmp_path / "model.safetensors")
    loaded, preprocess, loaded_tokenizer = checkpoint.load(tmp_path / "model.safetensors", device="cpu")
    tokens = tokenizer(["two blue fish"])
    assert torch.equal(loaded_tokenizer(["two blue fish"]), tokens)
    assert torch.equal(loaded.encode_text(tokens), model.encode_text(tokens))
    assert loaded.config == model.config and not loaded.training
    assert preprocess(Image.new("RGB", (30, 40))).shape == (3, 16, 16)
    assert (preprocess.mean, preprocess.std) == (model.config.pixel_mean, model.config.pixel_std)


def test_a_changed_model_is_marked_in_its_file(model, tokenizer):
    model.text.ln_final = torch.nn.Identity()
    metadata = checkpoint.model_metadata(model, tokenizer)
    assert metadata["format"] == checkpoint.CHANGED and "text.ln_final" in str(json.loads(metadata["changed"]))


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
        ({"visual.proj": None}, r"lack visual\.proj\. By their shapes they have embed_dim=16, image_size=16"),
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


def test_a_compact_file_holds_nearly_the_same_model(model, tokenizer, tmp_path):
    full, small = tmp_path / "full.safetensors", tmp_path / "small.safetensors"
    checkpoint.save(model, tokenizer, full)
    checkpoint.save(model, tokenizer, small, compact=True)
    assert small.stat().st_size < 0.32 * full.stat().st_size
    loaded, _, words = checkpoint.load(small, device="cpu")
    for name, tensor in model.state_dict().items():
        if tensor.ndim < 2:
            assert torch.equal(loaded.state_dict()[name], tensor)
        else:
            rows, back = tensor.flatten(1), loaded.state_dict()[name].flatten(1)
            assert ((back - rows).abs() <= rows.abs().amax(dim=1, keepdim=True) / 253).all()
    tokens = words(["two blue fish"])
    assert torch.cosine_similarity(loaded.encode_text(tokens), model.encode_text(tokens)).item() > 0.999


def test_compact_zeros_stay_zeros_and_wrong_scales_are_refused(model, tokenizer, tmp_path):
    with torch.no_grad():
        model.visual.proj[0] = 0
    path = tmp_path / "small.safetensors"
    checkpoint.save(model, tokenizer, path, compact=True)
    assert not checkpoint.load(path, device="cpu")[0].visual.proj[0].any()
    stored = read_tensors(path)
    write_tensors(path, stored.tensors | {"visual.proj.scale": torch.ones(3)}, stored.metadata)
    with pytest.raises(ValueError, match=r"visual\.proj\.scale of shape \[3\] does not fit visual\.proj, \[64, 16\]"):
        checkpoint.load(path)


def test_one_missing_tensor_is_no_verdict_on_the_rest(model, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    for name in ("text.token_embedding.weight", "visual.embedding.conv1.weight"):
        tensors = {key: tensor for key, tensor in model.state_dict().items() if key != name}
        write_tensors(path, tensors, checkpoint.model_metadata(model, tokenizer))
        with pytest.raises(ValueError, match=rf"lack {name}$"):
            checkpoint.load(path)


def test_numbers_that_are_not_finite_are_refused(model, tokenizer, tmp_path):
    with torch.no_grad():
        model.text.ln_final.bias[3] = float("nan")
    checkpoint.save(model, tokenizer, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"text\.ln_final\.bias holds numbers that are not finite"):
        checkpoint.load(tmp_path / "model.safetensors")


def test_another_models_tokenizer_is_refused(model, tokenizer, tmp_path):
    other = BPETokenizer(tokenizer.merges[:-1], tokenizer.context_length)
    with pytest.raises(ValueError, match=r"the tokenizer has vocab_size=.* they do not belong together"):
        checkpoint.save(model, other, tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []
    metadata = checkpoint.model_metadata(model, BPETokenizer(tokenizer.merges, 99))
    write_tensors(tmp_path / "model.safetensors", model.state_dict(), metadata)
    with pytest.raises(ValueError, match="the tokenizer has context_length=99, the model 16"):
        checkpoint.load(tmp_path / "model.safetensors")


def test_what_is_asked_for_wrongly_is_said(model, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    checkpoint.save(model, tokenizer, path)
    for arguments, message in (
        ((5,), "name_or_path=5 must be a name or a path"),
        ((path, None, None, {"a": 1}), r"config=\{'a': 1\} must be a CLIPConfig or a name"),
        ((path, None, None, "ViT-B-32"), "says its configuration itself: leave out config"),
    ):
        with pytest.raises(ValueError, match=message):
            checkpoint.load(*arguments)


def test_a_relative_path_is_named_in_the_error(model, tokenizer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tensors = dict(model.state_dict()) | {"text.ln_final.bias": torch.zeros(3)}
    write_tensors("model.safetensors", tensors, checkpoint.model_metadata(model, tokenizer))
    with pytest.raises(ValueError, match=r"^model\.safetensors: text\.ln_final\.bias has shape \[3\]"):
        checkpoint.load("model.safetensors")


def test_a_folder_named_like_an_unfetched_model_is_read(model, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="RN50 is not here yet: run `minclip fetch RN50`"):
        checkpoint.load("RN50")
    checkpoint.save(model, tokenizer, "RN50/model.safetensors")
    assert checkpoint.load("RN50", device="cpu")[0].config == model.config


def test_deep_nesting_in_a_file_is_one_clear_line(model, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    for entry in ("config", "tokenizer"):
        metadata = checkpoint.model_metadata(model, tokenizer) | {entry: "[" * 50_000}
        write_tensors(path, model.state_dict(), metadata)
        with pytest.raises(ValueError, match=r"model\.safetensors: "):
            checkpoint.load(path)
