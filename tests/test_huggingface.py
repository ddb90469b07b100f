"""Hugging Face's layout: its configuration in every version, and the models that it refuses."""

import json
from functools import partial

import pytest
import torch
from layout_examples import LONG, changed, written
from PIL import Image

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats import huggingface, json_files
from minclip.formats.weight_names import HUGGING_FACE
from minclip.formats.weights_files import write_sharded, write_tensors


def test_their_configuration_of_a_small_model(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    written = json.loads((tmp_path / huggingface.CONFIG_FILE).read_text(encoding="utf-8"))
    assert (written["model_type"], written["projection_dim"]) == ("clip", 16)
    vision = written["vision_config"]
    assert (vision["hidden_size"], vision["patch_size"], vision["hidden_act"]) == (64, 8, "quick_gelu")
    assert huggingface.read_config(tmp_path / huggingface.CONFIG_FILE) == model.config


def test_large_weights_for_hugging_face_are_several_files(model, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface, "write_sharded", partial(write_sharded, max_bytes=100_000))
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    assert (tmp_path / "model.safetensors.index.json").is_file() and not (tmp_path / "model.safetensors").exists()
    loaded, *_ = checkpoint.load(tmp_path, device="cpu")
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in loaded.state_dict().items())


def test_hugging_face_has_no_resnet(resnet, tokenizer, tmp_path):
    with pytest.raises(ValueError, match=r"vision_layers=\(1, 2, 1, 1\) makes a ResNet"):
        checkpoint.save_huggingface(resnet, tokenizer, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


@pytest.mark.parametrize("size", [{"size": 16, "crop_size": 16}, {"size": {"shortest_edge": 16}}, {}])
@pytest.mark.parametrize("file", ["preprocessor_config.json", "processor_config.json"])
def test_hugging_faces_pictures_have_the_statistics_that_it_says(file, size, model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    statistics = {"image_mean": [0.5, 0.5, 0.25], "image_std": [0.5, 0.25, 0.5], "rescale_factor": 1 / 255, **size}
    content = statistics if file == "preprocessor_config.json" else {"image_processor": statistics}
    (tmp_path / file).write_text(json.dumps(content), encoding="utf-8")
    loaded, preprocess, _ = checkpoint.load(tmp_path, device="cpu")
    assert (loaded.config.pixel_mean, loaded.config.pixel_std) == ((0.5, 0.5, 0.25), (0.5, 0.25, 0.5))
    white = preprocess(Image.new("RGB", (16, 16), "white"))
    assert torch.equal(white[:, 0, 0], torch.tensor([1.0, 2.0, 1.5]))
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


@pytest.mark.parametrize("value", LONG, ids=["text", "list", "dict", "deep"])
@pytest.mark.parametrize(
    "entry", ["model_type", "projection_dim", "vision_config__hidden_size", "text_config__hidden_act"]
)
def test_an_error_shows_the_beginning_of_long_values(entry, value, model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    changed(tmp_path / huggingface.CONFIG_FILE, **{entry: value})
    with pytest.raises(ValueError, match=entry.split("__")[-1]) as caught:
        checkpoint.load(tmp_path, device="cpu")
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)


def test_a_value_nested_too_deep_is_shown():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert json_files.shown(deep) == "a list without end"


def test_what_hugging_faces_configuration_leaves_out_has_its_defaults(tmp_path):
    path = tmp_path / huggingface.CONFIG_FILE
    path.write_text(json.dumps({"model_type": "clip"}), encoding="utf-8")
    assert huggingface.read_config(path) == CLIPConfig.preset("ViT-B/32")
    path.write_text(
        json.dumps({"model_type": "clip", "vision_config": {"hidden_size": 960}, "text_config": {"hidden_size": 64}}),
        encoding="utf-8",
    )
    config = huggingface.read_config(path)
    assert (config.vision_heads, config.vision_mlp_width, config.text_heads) == (12, 3072, 8)


def test_an_old_part_replaces_the_new_one_whole(tmp_path):
    path = tmp_path / huggingface.CONFIG_FILE
    new, old = {"hidden_act": "gelu", "hidden_size": 64}, {"num_hidden_layers": 3}
    content = {"model_type": "clip", "text_config": new, "text_config_dict": old, "vision_config_dict": None}
    path.write_text(json.dumps(content), encoding="utf-8")
    config = huggingface.read_config(path)
    assert (config.text_width, config.text_layers, config.quick_gelu) == (512, 3, True)


def test_old_hugging_face_configurations_are_read(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    path = tmp_path / huggingface.CONFIG_FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    content["text_config_dict"], content["text_config"] = content.pop("text_config"), {"hidden_size": 99}
    content["text_config_dict"]["eos_token_id"] = 2  # wrong in files from before July 2023, and passed over there
    path.write_text(json.dumps(content), encoding="utf-8")
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


def test_hugging_face_weights_need_their_configuration(model, tmp_path):
    path = written(model, HUGGING_FACE, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"config\.json is not beside it, and says which activation"):
        checkpoint.load(path, device="cpu")


@pytest.mark.parametrize("content", ["{", "[1]", "\xff", "[" * 100_000])
def test_a_broken_configuration_is_one_clear_line(content, model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    (tmp_path / huggingface.CONFIG_FILE).write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"config\.json is not JSON"):
        checkpoint.load(tmp_path, device="cpu")


@pytest.mark.parametrize("part", ["k_proj.weight", "v_proj.bias"])
def test_a_third_of_hugging_faces_attention_is_missed(part, model, tmp_path):
    good = HUGGING_FACE.from_ours(model.state_dict())
    name = f"text_model.encoder.layers.0.self_attn.{part}"
    path = tmp_path / "weights.safetensors"
    for tensors, message in (
        ({key: tensor for key, tensor in good.items() if key != name}, f"lack {name}"),
        ({**good, name: torch.zeros(2)}, "must have one shape"),
    ):
        write_tensors(path, tensors, {})
        with pytest.raises(ValueError, match=message):
            checkpoint.load(path, device="cpu", config=model.config)
