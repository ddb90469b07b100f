"""Models in the layouts of OpenAI, OpenCLIP and Hugging Face: written, and read again."""

import errno
import itertools
import json
import re

import pytest
import torch
from layout_examples import changed
from safetensors.torch import load_file

from minclip import checkpoint
from minclip.bpe import bytes_to_unicode
from minclip.config import CLIPConfig
from minclip.data.tokenizer_file import OPENAI_MERGES
from minclip.formats import huggingface
from minclip.formats.precision import set_precision
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer


def said(write, model):
    """The configuration, where the file cannot say it and would be guessed at."""
    return model.config if write == "save_openai" else None


@pytest.mark.parametrize("write", ["save_openai", "save_openclip", "save_huggingface"])
def test_every_layout_comes_back_with_its_words(write, model, tokenizer, tmp_path):
    path = tmp_path / "model.pt" if write == "save_openai" else tmp_path / "folder"
    getattr(checkpoint, write)(model, tokenizer, path)
    loaded, _, words = checkpoint.load(path, device="cpu", config=said(write, model))
    assert loaded.config == model.config
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in loaded.state_dict().items())
    assert torch.equal(words(["two blue fish"]), tokenizer(["two blue fish"]))


@pytest.mark.parametrize("write", ["save_openai", "save_openclip", "save_huggingface"])
def test_a_model_in_half_precision_is_written_in_float32(write, model, tokenizer, tmp_path):
    set_precision(model, torch.bfloat16)
    path = tmp_path / "model.pt" if write == "save_openai" else tmp_path / "folder"
    getattr(checkpoint, write)(model, tokenizer, path)
    names = {"save_openclip": "open_clip_model.safetensors", "save_huggingface": "model.safetensors"}
    tensors = torch.load(path, weights_only=True) if write == "save_openai" else load_file(path / names[write])
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    assert model.visual.proj.dtype == torch.bfloat16
    loaded, *_ = checkpoint.load(path, device="cpu", config=said(write, model))
    assert torch.equal(loaded.visual.proj, model.visual.proj.float())


def test_counters_of_a_resnet_stay_whole_numbers(resnet, tokenizer, tmp_path):
    checkpoint.save_openclip(resnet, tokenizer, tmp_path)
    tensors = load_file(tmp_path / "open_clip_model.safetensors")
    assert tensors["visual.bn1.num_batches_tracked"].dtype == torch.int64


@pytest.mark.parametrize("write", ["save_openai", "save_openclip", "save_huggingface"])
def test_a_file_in_a_folders_place_is_refused(write, model, tokenizer, tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    path, message = (
        (tmp_path / "folder", "folder is a folder: pass a file, such as .*model.pt")
        if write == "save_openai"
        else (tmp_path / "file", "file is a file: pass a folder")
    )
    with pytest.raises(ValueError, match=message):
        getattr(checkpoint, write)(model, tokenizer, path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


def test_merges_too_many_for_openais_file_leave_nothing(model, tmp_path):
    pairs = itertools.product(bytes_to_unicode().values(), repeat=2)
    many = BPETokenizer(list(itertools.islice(pairs, OPENAI_MERGES + 1)), 16)
    with pytest.raises(ValueError, match="48,895 merges are too many"):
        checkpoint.save_openai(model, many, tmp_path / "model.pt")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_error_names_the_file(model, tokenizer, tmp_path):
    name = "m" * 250  # is allowed, the longer name that it has until it is whole is not
    with pytest.raises(OSError, match=f"{name} was not written: ") as caught:
        checkpoint.save_openai(model, tokenizer, tmp_path / name)
    assert caught.value.errno in (errno.ENAMETOOLONG, errno.ENOENT, errno.EINVAL)
    assert ".tmp" not in str(caught.value)
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="a is a folder, and was to be a file"):
        tokenizer.save(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("write", ["save_openai", "save_openclip", "save_huggingface"])
def test_another_models_tokenizer_is_not_written(write, model, tokenizer, tmp_path):
    other = BPETokenizer(tokenizer.merges[:-1], tokenizer.context_length)
    with pytest.raises(ValueError, match="they do not belong together"):
        getattr(checkpoint, write)(model, other, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", ["save_openai", "save_openclip"])
def test_a_resnet_comes_back(write, resnet, tokenizer, tmp_path):
    path = tmp_path / "model.pt" if write == "save_openai" else tmp_path / "folder"
    getattr(checkpoint, write)(resnet, tokenizer, path)
    loaded, *_ = checkpoint.load(path, device="cpu", config=said(write, resnet))
    assert loaded.config == resnet.config
    pixels = torch.randn(2, 3, 64, 64)
    assert torch.equal(loaded.encode_image(pixels), resnet.encode_image(pixels))


@pytest.mark.parametrize("change", [{"quick_gelu": False}, {"vision_head_width": 32}, {"pixel_mean": (0.5, 0.5, 0.5)}])
def test_what_openais_layout_cannot_say_is_not_written(change, model, tokenizer, tmp_path):
    other = CLIP(CLIPConfig(**{**vars(model.config), **change}))
    with pytest.raises(ValueError, match=f"{next(iter(change))}=.* cannot be written in OpenAI's layout"):
        checkpoint.save_openai(other, tokenizer, tmp_path / "model.pt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"model_type": "siglip"}, "model_type is 'siglip'; minclip loads \"clip\", a CLIPModel, and"),
        ({"model_type": "bert"}, "model_type is 'bert'; minclip loads \"clip\""),
        ({"vision_config__hidden_act": "relu"}, "hidden_act='relu'"),
        ({"text_config__layer_norm_eps": 1e-12}, "layer_norm_eps=1e-12"),
        ({"text_config__eos_token_id": 7}, "eos_token_id=7 is not the largest of 5.. ids"),
        ({"text_config__eos_token_id": {}}, r"eos_token_id=\{\} is not the largest"),
        ({"text_config__vocab_size": "x"}, r"text_config\.vocab_size='x' must be a whole number"),
        ({"text_config__vocab_size": [5]}, r"text_config\.vocab_size=\[5\] must be a whole number"),
        ({"text_config__vocab_size": {}}, r"text_config\.vocab_size=\{\} must be a whole number"),
        ({"vision_config__hidden_act": ["gelu"]}, r"hidden_act=\['gelu'\]"),
        ({"vision_config__hidden_act": {"a": 1}}, r"hidden_act=\{'a': 1\}"),
        (
            {"vision_config__num_attention_heads": 0},
            r"num_attention_heads=0 must be a whole number from 1 to 1,000,000",
        ),
        ({"vision_config__num_attention_heads": 3}, "hidden_size=64 must be a multiple of num_attention_heads=3"),
        ({"text_config__num_attention_heads": 7}, "hidden_size=64 must be a multiple of num_attention_heads=7"),
        ({"vision_config__hidden_size": "64"}, r"vision_config\.hidden_size='64' must be a whole number"),
        ({"vision_config__hidden_size": 10**9}, r"vision_config\.hidden_size=1000000000 must be a whole number from 1"),
        ({"projection_dim": None}, "projection_dim=None must be a whole number"),
        ({"text_config": 3}, "text_config must be an object, found 3"),
        ({"projection_dim": 17}, "says embed_dim=17, the weights have 16"),
    ],
)
def test_hugging_face_refuses_another_models_configuration(entry, message, model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    changed(tmp_path / huggingface.CONFIG_FILE, **entry)
    with pytest.raises(ValueError, match=message) as caught:
        checkpoint.load(tmp_path, device="cpu")
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", [
    {"size": 17}, {"size": {"shortest_edge": 17}}, {"size": {"height": 16, "width": 16}}, {"size": [16]},
    {"crop_size": 17}, {"crop_size": {"height": 16, "width": 17}}, {"crop_size": None}, {"do_resize": False},
    {"do_center_crop": False}, {"do_rescale": False}, {"do_normalize": False}, {"do_normalize": None}, {"resample": 2},
    {"rescale_factor": 1 / 127.5}, {"default_to_square": True}, {"image_mean": None}, {"image_mean": "abc"},
    {"image_std": [0.5]}, {"image_std": [0, 1, 1]},
])  # fmt: skip
@pytest.mark.parametrize("file", ["preprocessor_config.json", "processor_config.json"])
def test_another_preprocessing_is_refused_by_file_and_entry(file, entry, model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    content = entry if file == "preprocessor_config.json" else {"image_processor": entry}
    (tmp_path / file).write_text(json.dumps(content), encoding="utf-8")
    ((name, value),) = entry.items()
    with pytest.raises(ValueError, match=re.escape(f"{tmp_path / file}: {name}={value!r}")) as caught:
        checkpoint.load(tmp_path, device="cpu")
    assert "\n" not in str(caught.value)
