"""Files of other libraries, by checkpoint.py alone: written like one of them, read into a model that is there."""

import copy
import warnings

import pytest
import torch
from torch import nn

from minclip import checkpoint
from minclip.checkpoint import load, load_into, save, save_huggingface, save_like, save_openai, save_openclip
from minclip.formats.weights_files import read_tensors

WRITERS = {
    "openai": (save_openai, "theirs.pt"),
    "openclip": (save_openclip, "theirs"),
    "hf": (save_huggingface, "theirs"),
}
pytestmark = pytest.mark.filterwarnings("ignore:.*says no configuration")
everywhere = pytest.mark.parametrize("layout", WRITERS)


@pytest.fixture
def other(model):
    """Of the same architecture, with other weights."""
    found = copy.deepcopy(model)
    for weights in found.parameters():
        nn.init.normal_(weights, std=0.02)
    return found.eval()


def written(layout, model, tokenizer, folder, **options):
    write, name = WRITERS[layout]
    write(model, tokenizer, folder / name, **options)
    return folder / name


def same(one, other):
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@everywhere
def test_a_model_is_written_like_anothers_file(layout, model, other, tokenizer, tmp_path):
    like = written(layout, model, tokenizer, tmp_path)
    out = tmp_path / f"ours{like.suffix}"
    save_like(other, tokenizer, out, like)
    loaded, _, words = load(out, device="cpu")
    assert same(loaded, other) and words == tokenizer
    before, after = read_tensors(checkpoint.find(like)).tensors, read_tensors(checkpoint.find(out)).tensors
    assert {name: t.dtype for name, t in before.items()} == {name: t.dtype for name, t in after.items()}


@everywhere
def test_anothers_file_fills_a_model_that_is_there(layout, model, other, tokenizer, tmp_path):
    path = written(layout, other, tokenizer, tmp_path)
    model.train()
    filled, preprocess, words = load_into(model, path)
    assert filled is model and not model.training and same(model, other)
    assert words == tokenizer and preprocess == model.config.image_transform


@everywhere
def test_other_shapes_are_named_and_change_nothing(layout, model, tokenizer, tmp_path):
    path, before = written(layout, model, tokenizer, tmp_path), copy.deepcopy(model)
    model.visual.proj = nn.Parameter(torch.zeros(64, 7))
    before.visual.proj = nn.Parameter(torch.zeros(64, 7))
    with pytest.raises(ValueError, match=str(path.name)):
        load_into(model, path)
    assert same(model, before)


def test_our_own_file_fills_a_changed_model(model, other, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    other.text.ln_final = model.text.ln_final = nn.Identity()
    save(other, tokenizer, path)
    filled, _, words = load_into(model, path)
    assert same(filled, other) and words == tokenizer
    with pytest.raises(ValueError, match=r"model.safetensors.*text\.ln_final.*cannot build it: build it yourself"):
        load(path, device="cpu")


@pytest.mark.parametrize("changed", ["the file", "the model to fill"])
def test_two_architectures_are_told_apart_in_words(changed, model, other, tokenizer, tmp_path):
    (other if changed == "the file" else model).text.ln_final = nn.Identity()
    path = tmp_path / "model.safetensors"
    save(other, tokenizer, path)
    plain = "the model to fill" if changed == "the file" else "the file"
    with pytest.raises(ValueError, match=rf"in {changed}, .*text\.ln_final.*; in {plain} that is as minclip builds it"):
        load_into(model, path)


@pytest.mark.parametrize("compact", [False, True])
def test_a_compact_file_says_so_and_fills(compact, model, other, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    save(other, tokenizer, path, compact=compact)
    assert read_tensors(path).metadata["format"] == checkpoint.FORMAT
    assert read_tensors(path).metadata.get("packed") == ("int8" if compact else None)
    filled = load_into(model, path)[0]
    assert same(filled, load(path, device="cpu")[0]) and same(filled, other) is not compact


def test_other_sizes_are_warned_of_where_load_is_called(model, tokenizer, tmp_path):
    path = tmp_path / "model.safetensors"
    save(model, tokenizer, path)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        longer, _, words = load(path, device="cpu", context_length=20)
    assert str(told[0].message).startswith(f"{path}: 4 ")
    assert longer.config.context_length == words.context_length == 20
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        load(path, device="cpu", image_size=17)


def test_the_device_is_the_cpu_where_none_is_named(model, tokenizer, tmp_path, monkeypatch):
    asked = []
    choose = checkpoint.choose_device
    monkeypatch.setattr(checkpoint, "choose_device", lambda device: asked.append(device) or choose("cpu"))
    save(model, tokenizer, tmp_path / "model.safetensors")
    load(tmp_path / "model.safetensors"), load(tmp_path / "model.safetensors", device="mps")
    assert asked == ["cpu", "mps"]


def test_half_precision_stays_half_when_written_alike(model, other, tokenizer, tmp_path):
    like = written("hf", model, tokenizer, tmp_path, dtype=torch.float16)
    save_like(other, tokenizer, tmp_path / "ours", like)
    dtypes = {tensor.dtype for tensor in read_tensors(checkpoint.find(tmp_path / "ours")).tensors.values()}
    assert dtypes == {torch.float16}
