"""OpenCLIP's layout: its configuration, its activation, and the models that it refuses."""

import json

import pytest
from layout_examples import LONG, changed, written

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats import openclip
from minclip.formats.weight_names import OPENAI


def test_vit_b_32_by_its_name():
    config = openclip.named("ViT-B-32")
    assert (config.embed_dim, config.vision_width, config.patch_size, config.text_heads) == (512, 768, 32, 8)
    assert not config.quick_gelu and openclip.named("ViT-B-32-quickgelu").quick_gelu


def test_openclips_activation_is_in_its_configuration_or_its_name(model, tokenizer, tmp_path):
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    for quick in (True, False):
        changed(tmp_path / openclip.CONFIG_FILE, model_cfg__quick_gelu=quick)
        assert checkpoint.load(tmp_path, device="cpu")[0].config.quick_gelu is quick
    assert openclip.named("ViT-B-32-quickgelu") == CLIPConfig.preset("ViT-B/32")
    assert not openclip.named("ViT-B-32").quick_gelu
    with pytest.raises(ValueError, match="'ViT-Z' is not an OpenCLIP model that minclip knows"):
        openclip.named("ViT-Z")


def test_openclips_default_activation_is_the_exact_gelu(model, tokenizer, tmp_path):
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    path = tmp_path / openclip.CONFIG_FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["model_cfg"].pop("quick_gelu") is True
    path.write_text(json.dumps(content), encoding="utf-8")
    assert checkpoint.load(tmp_path, device="cpu")[0].config.quick_gelu is False


def test_what_openclips_configuration_leaves_out_has_its_defaults(tmp_path):
    path = tmp_path / openclip.CONFIG_FILE
    path.write_text(json.dumps({"embed_dim": 512, "vision_cfg": {}, "text_cfg": {}}), encoding="utf-8")
    assert openclip.read_config(path) == CLIPConfig(512, 224, 16, 768, 12, 512, 8, 12, quick_gelu=False)
    changes = {"vision_cfg": {"layers": [3, 4, 6, 3], "width": 64}, "text_cfg": {"heads": 4}}
    path.write_text(json.dumps({"embed_dim": 1024, **changes}), encoding="utf-8")
    assert openclip.read_config(path) == CLIPConfig(1024, 224, None, 64, (3, 4, 6, 3), 512, 4, 12, quick_gelu=False)


def test_defaults_that_are_written_out_are_no_other_architecture(model, tokenizer, tmp_path):
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    block = {"final_ln_after_pool": False, "act_kwargs": None, "norm_kwargs": None, "block_type": None}
    block |= {"qk_norm": False, "scale_heads": False, "scale_fc": False}
    written_out = {f"model_cfg__{part}__{name}": block[name] for part in ("vision_cfg", "text_cfg") for name in block}
    changed(tmp_path / openclip.CONFIG_FILE, **written_out, model_cfg__init_logit_bias=None)
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


def test_a_ratio_of_widths_survives_rounding(tmp_path):
    width, hidden = 88, 98
    assert int(hidden / width * width) == 97  # as open_clip computes it
    config = CLIPConfig(16, 16, 8, width, 1, 64, 1, 1, vision_mlp_width=hidden)
    path = tmp_path / openclip.CONFIG_FILE
    path.write_text(json.dumps(openclip.config_content(config, own_words=False)), encoding="utf-8")
    assert openclip.read_config(path).vision_mlp_width == hidden


@pytest.mark.parametrize("size", [16, [16, 16]])
def test_openclips_pictures_may_say_their_size(size, model, tokenizer, tmp_path):
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    changed(tmp_path / openclip.CONFIG_FILE, preprocess_cfg__size=size)
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


def test_lone_openclip_weights_ask_for_their_activation(model, tmp_path):
    path = written(model, OPENAI, tmp_path / "open_clip_model.safetensors")
    with pytest.raises(ValueError, match=r"Put their open_clip_config\.json beside them .* or pass the model's name"):
        checkpoint.load(path, device="cpu")
    other = CLIPConfig(**{**vars(model.config), "quick_gelu": False})
    assert checkpoint.load(path, device="cpu", config=other)[0].config == other
    with pytest.raises(ValueError, match=r"the configuration says embed_dim=512, the weights have 16"):
        checkpoint.load(path, device="cpu", config="ViT-B-32")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"model_cfg__init_logit_bias": -10}, "init_logit_bias beside CLIP's own encoders"),
        ({"model_cfg__vision_cfg__timm_model_name": "convnext_base"}, "timm_model_name='convnext_base' is not of CLIP"),
        ({"model_cfg__text_cfg__hf_model_name": "roberta-base"}, "hf_model_name='roberta-base' is not of CLIP"),
        ({"model_cfg__vision_cfg__surprise": 1}, r"vision_cfg\.surprise=1 is not of CLIP's architecture"),
        ({"preprocess_cfg__resize_mode": "squash"}, "resize_mode='squash' is not of CLIP"),
        ({"model_cfg__embed_dim": 10**12}, "embed_dim=1000000000000 must be a whole number from 1 to 1,000,000"),
        ({"model_cfg__embed_dim": "16"}, "embed_dim='16' must be a whole number"),
        ({"model_cfg__vision_cfg__layers": 900_000}, "says vision_layers=900000, the weights have 1"),
        ({"model_cfg__text_cfg__heads": 7}, "width=64 must be a multiple of heads=7"),
        ({"model_cfg__vision_cfg": []}, r"vision_cfg must be an object, found \[\]"),
        ({"model_cfg__vision_cfg__layers": [1, 2]}, r"vision_cfg\.layers=\[1, 2\] must be a whole number"),
        ({"model_cfg__vision_cfg__layers": [1, 2, 3, "4"]}, r"vision_cfg\.layers='4' must be a whole number"),
        ({"model_cfg__vision_cfg__head_width": None}, r"vision_cfg\.head_width=None must be a whole number"),
        ({"model_cfg__vision_cfg__mlp_ratio": "4"}, r"vision_cfg\.mlp_ratio='4' must be a number that gives a width"),
        ({"model_cfg__vision_cfg__mlp_ratio": 1e9}, r"vision_cfg\.mlp_ratio=1000000000\.0 must be a number"),
        ({"model_cfg__quick_gelu": "no"}, r"model_cfg\.quick_gelu='no' must be true or false"),
        ({"model_cfg__text_cfg__tokenizer_kwargs": {"clean": "canonicalize"}}, "tokenizer_kwargs=.* is not of CLIP"),
        ({"model_cfg__text_cfg__qk_norm": True}, r"text_cfg\.qk_norm=True is not of CLIP's architecture \(False\)"),
        ({"model_cfg__text_cfg__a\nb": 1}, r"text_cfg\['a\\nb'\]=1 is not of CLIP's"),
        ({"preprocess_cfg__mean": [0.5]}, r"preprocess_cfg\.mean=\[0\.5\] must be three numbers"),
        ({"preprocess_cfg__std": [1, 1, 0]}, r"std=\[1, 1, 0\] must be three numbers, one per channel, each above 0"),
        ({"preprocess_cfg__size": 17}, r"preprocess_cfg\.size=17, but vision_cfg\.image_size=16"),
        ({"preprocess_cfg__size": [16, 32]}, r"preprocess_cfg\.size=\[16, 32\], but vision_cfg\.image_size=16"),
    ],
)
def test_openclip_refuses_another_models_configuration(entry, message, model, tokenizer, tmp_path):
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    changed(tmp_path / openclip.CONFIG_FILE, **entry)
    with pytest.raises(ValueError, match=message) as caught:
        checkpoint.load(tmp_path, device="cpu")
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("value", LONG, ids=["text", "list", "dict", "deep"])
@pytest.mark.parametrize(
    "entry", ["model_cfg__embed_dim", "model_cfg__text_cfg", "model_cfg__vision_cfg__surprise", "preprocess_cfg__mean"]
)
def test_openclips_errors_show_the_beginning_too(entry, value, model, tokenizer, tmp_path):
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    changed(tmp_path / openclip.CONFIG_FILE, **{entry: value})
    with pytest.raises(ValueError, match="_cfg") as caught:
        checkpoint.load(tmp_path, device="cpu")
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)
