"""Whose weights are these? Names, configurations and folders of the three other layouts, and every way to go wrong."""

import errno
import json
import re
from functools import partial

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats import huggingface, json_files, openclip
from minclip.formats.precision import set_precision
from minclip.formats.weight_names import HUGGING_FACE, MINCLIP, OPENAI
from minclip.formats.weights_files import write_sharded, write_tensors
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer


def written(model, layout, path):
    """The model's weights under another layout's names."""
    write_tensors(path, layout.from_ours(model.state_dict()), {"format": "pt"})
    return path


def said(write, model):
    """The configuration, where the file cannot say it and would be guessed at."""
    return model.config if write == "save_openai" else None


def changed(path, **content):
    """A JSON file with some entries changed: part__entry=value goes one level down, twice two."""
    whole = json.loads(path.read_text(encoding="utf-8"))
    for name, value in content.items():
        *parts, last = name.split("__")
        place = whole
        for part in parts:
            place = place[part]
        place[last] = value
    path.write_text(json.dumps(whole), encoding="utf-8")


@pytest.fixture
def resnet(tokenizer):
    torch.manual_seed(0)
    config = CLIPConfig(16, 64, None, 8, (1, 2, 1, 1), 64, 1, 1, context_length=16, vocab_size=tokenizer.vocab_size)
    return CLIP(config).eval()


@pytest.mark.parametrize("layout", [OPENAI, HUGGING_FACE], ids=lambda layout: layout.name)
def test_names_go_there_and_back(layout, model):
    state = model.state_dict()
    theirs = layout.from_ours(state)
    back = layout.to_ours(theirs)
    assert len(theirs.keys() - state.keys()) > len(theirs) / 2
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)


def test_a_resnets_names_go_there_and_back(resnet):
    state = resnet.state_dict()
    back = OPENAI.to_ours(OPENAI.from_ours(state))
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)


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


def test_large_weights_for_hugging_face_are_several_files(model, tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface, "write_sharded", partial(write_sharded, max_bytes=100_000))
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    assert (tmp_path / "model.safetensors.index.json").is_file() and not (tmp_path / "model.safetensors").exists()
    loaded, *_ = checkpoint.load(tmp_path, device="cpu")
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in loaded.state_dict().items())


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


def test_special_tokens_which_openais_file_cannot_hold_leave_nothing(model, tmp_path):
    special = BPETokenizer([], 16, ["<mask>"])
    with pytest.raises(ValueError, match="holds no special tokens"):
        checkpoint.save_openai(model, special, tmp_path / "model.pt")
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


def test_hugging_face_has_no_resnet(resnet, tokenizer, tmp_path):
    with pytest.raises(ValueError, match=r"vision_layers=\(1, 2, 1, 1\) makes a ResNet"):
        checkpoint.save_huggingface(resnet, tokenizer, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


@pytest.mark.parametrize("change", [{"quick_gelu": False}, {"vision_head_width": 32}, {"pixel_mean": (0.5, 0.5, 0.5)}])
def test_what_openais_layout_cannot_say_is_not_written(change, model, tokenizer, tmp_path):
    other = CLIP(CLIPConfig(**{**vars(model.config), **change}))
    with pytest.raises(ValueError, match=f"{next(iter(change))}=.* cannot be written in OpenAI's layout"):
        checkpoint.save_openai(other, tokenizer, tmp_path / "model.pt")
    assert list(tmp_path.iterdir()) == []


# --- OpenCLIP's activation -----------------------------------------------------------------------------------------


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


def test_half_precision_files_become_float32(model, tmp_path):
    state = {name: tensor.half() for name, tensor in OPENAI.from_ours(model.state_dict()).items()}
    write_tensors(tmp_path / "half.safetensors", state, {})
    with pytest.warns(UserWarning, match="taken as OpenAI's"):
        loaded, *_ = checkpoint.load(tmp_path / "half.safetensors", device="cpu")
    assert {tensor.dtype for tensor in loaded.state_dict().values()} == {torch.float32}


# --- as other tools leave them -------------------------------------------------------------------------------------


def write_pt(tensors, path):
    torch.save(tensors, path)


def write_old(tensors, path):
    torch.save(tensors, path, _use_new_zipfile_serialization=False)


def write_safetensors(tensors, path):
    write_tensors(path, tensors, {})


PREFIXES = ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "model.", "net.", "model.module."]


@pytest.mark.parametrize("names", [OPENAI, MINCLIP], ids=lambda layout: layout.name)
@pytest.mark.parametrize("write", [write_pt, write_old, write_safetensors])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_weights_load_whatever_stands_before_their_names(prefix, write, names, model, tmp_path):
    write({prefix + name: t for name, t in names.from_ours(model.state_dict()).items()}, tmp_path / "weights")
    with pytest.warns(UserWarning, match="taken as OpenAI's, with QuickGELU and heads of 64"):
        loaded, *_ = checkpoint.load(tmp_path / "weights", device="cpu")
    assert loaded.config == model.config
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in loaded.state_dict().items())


@pytest.mark.parametrize("key", ["model_state_dict", "model", "state_dict_ema", "module"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_training_checkpoints_load_under_any_usual_key(key, prefix, model, tmp_path):
    tensors = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    noted = {"epoch": 3, "optimizer": {"state": {}}, "hyper_parameters": {"folder": tmp_path, "lr": 0.1}}
    torch.save(noted | {key: tensors}, tmp_path / "last.ckpt")
    with pytest.warns(UserWarning, match="taken as OpenAI's"):
        loaded, *_ = checkpoint.load(tmp_path / "last.ckpt", device="cpu")
    assert torch.equal(loaded.visual.proj, model.visual.proj)


def test_encoders_wrapped_one_by_one_and_an_average_load(model, tmp_path):
    averaged = torch.optim.swa_utils.AveragedModel(model)
    averaged.module.visual = torch.nn.DataParallel(averaged.module.visual)
    averaged.module.text = torch.compile(averaged.module.text)
    torch.save(averaged.state_dict(), tmp_path / "average.pt")
    loaded, *_ = checkpoint.load(tmp_path / "average.pt", device="cpu", config=model.config)
    assert torch.equal(loaded.visual.proj, model.visual.proj) and torch.equal(loaded.logit_scale, model.logit_scale)


def test_tensors_beside_the_clip_are_named(model, tmp_path):
    tensors = {f"net.{name}": tensor for name, tensor in model.state_dict().items()}
    torch.save({"state_dict": tensors | {"accuracy.total": torch.tensor(3)}}, tmp_path / "last.ckpt")
    with pytest.warns(UserWarning, match=r"1 tensors beside net\. are left out: accuracy\.total"):
        loaded, *_ = checkpoint.load(tmp_path / "last.ckpt", device="cpu", config=model.config)
    assert torch.equal(loaded.visual.proj, model.visual.proj)


def test_of_two_sets_of_weights_one_is_named(model, tmp_path):
    average = {name: tensor + 1 for name, tensor in model.state_dict().items()}
    torch.save({"state_dict": model.state_dict(), "state_dict_ema": average}, tmp_path / "last.pth.tar")
    with pytest.warns(UserWarning, match="under 'state_dict', which were read, and 'state_dict_ema'"):
        loaded, *_ = checkpoint.load(tmp_path / "last.pth.tar", device="cpu", config=model.config)
    assert torch.equal(loaded.visual.proj, model.visual.proj)
    both = {f"{which}.{name}": t for which in ("student", "teacher") for name, t in model.state_dict().items()}
    torch.save(both, tmp_path / "both.pt")
    with pytest.raises(ValueError, match=r"holds several CLIPs, under student\., teacher\.: save the state_dict"):
        checkpoint.load(tmp_path / "both.pt", device="cpu", config=model.config)


@pytest.mark.parametrize("ending", [".pt", ".pth", ".bin", ".safetensors"])
def test_only_a_guess_warns_in_every_container(ending, model, tmp_path, recwarn):
    path, tensors = tmp_path / f"weights{ending}", OPENAI.from_ours(model.state_dict())
    write = write_safetensors if ending == ".safetensors" else write_pt
    sizes = {name: torch.tensor(1) for name in ("input_resolution", "context_length", "vocab_size")}
    write(tensors | sizes, path)  # only OpenAI's own archives hold these
    checkpoint.load(path, device="cpu")
    write(tensors, path)
    checkpoint.load(path, device="cpu", config=model.config)
    config = openclip.config_content(model.config, own_words=True)
    (tmp_path / openclip.CONFIG_FILE).write_text(json.dumps(config), encoding="utf-8")
    checkpoint.load(path, device="cpu")
    assert not [warning for warning in recwarn if warning.category is UserWarning]
    (tmp_path / openclip.CONFIG_FILE).unlink()
    with pytest.warns(UserWarning, match=r'pass its name, config="ViT-B-32" .*, or config=CLIPConfig'):
        checkpoint.load(path, device="cpu")


# --- what is no model, or another one ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"model_cfg__init_logit_bias": -10}, "init_logit_bias makes this a SigLIP, which minclip cannot load yet"),
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


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"model_type": "siglip"}, "model_type is 'siglip', which minclip cannot load yet"),
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


LONG = ["x" * 1_000_000, ["x" * 10] * 100_000, {"a\nb" * 250_000: 1}, json.loads("[" * 900 + "]" * 900)]


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


@pytest.mark.parametrize("layout", [OPENAI, HUGGING_FACE], ids=lambda layout: layout.name)
def test_wrong_tensors_are_named_as_in_the_file(layout, model, tmp_path):
    path = tmp_path / "weights.safetensors"
    good = layout.from_ours(model.state_dict())
    names = list(good)
    some = [name for name in names if "layers.0." in name or "resblocks.0." in name][-1]
    config = model.config
    cases = [
        ({name: tensor for name, tensor in good.items() if name != some}, f"lack {some}"),
        ({**good, "extra.weight": torch.zeros(3)}, "hold also extra.weight"),
        ({**good, some: torch.zeros(3, 5)}, rf"{some} has shape \[3, 5\], expected \["),
        ({**good, some: good[some].to(torch.int8)}, f"{some} holds torch.int8, expected torch.float32"),
        ({**good, "logit_bias": torch.zeros(1)}, "this is a SigLIP, which minclip cannot load yet"),
    ]
    for tensors, message in cases:
        write_tensors(path, tensors, {})
        with pytest.raises(ValueError, match=message) as caught:
            checkpoint.load(path, device="cpu", config=config)
        assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    assert "By their shapes they are of CLIPConfig(embed_dim=16" in str(caught.value) or "SigLIP" in str(caught.value)


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


def test_weights_of_a_well_known_size_are_recognised():
    with torch.device("meta"):
        state = checkpoint.to_openai_state_dict(CLIP(CLIPConfig.preset("RN50")))
    del state["visual.layer1.0.bn1.weight"]
    with pytest.raises(ValueError, match=r"lack visual\.layer1\.0\.bn1\.weight\. Their sizes are those of RN50"):
        checkpoint.from_openai_state_dict(state)


def test_weights_of_something_else_are_refused(tmp_path):
    write_tensors(tmp_path / "other.safetensors", {"encoder.weight": torch.zeros(1)}, {})
    with pytest.raises(
        ValueError, match=r"no CLIP's weights that minclip knows: they begin encoder\.weight\. Looked for token_"
    ):
        checkpoint.load(tmp_path / "other.safetensors", device="cpu")


# --- folders -------------------------------------------------------------------------------------------------------


def test_a_folder_with_two_models_asks_which(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    with pytest.raises(ValueError, match=r"several models: model\.safetensors, open_clip_model\.safetensors\. Pass"):
        checkpoint.load(tmp_path, device="cpu")
    assert checkpoint.load(tmp_path / "open_clip_model.safetensors", device="cpu")[0].config == model.config


def test_two_nameless_files_ask_too_and_none_says_so(model, tokenizer, tmp_path):
    with pytest.raises(FileNotFoundError, match="no model in the folder"):
        checkpoint.load(tmp_path, device="cpu")
    checkpoint.save(model, tokenizer, tmp_path / "a.safetensors")
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config
    checkpoint.save(model, tokenizer, tmp_path / "b.safetensors")
    with pytest.raises(ValueError, match=r"several models: a\.safetensors, b\.safetensors"):
        checkpoint.load(tmp_path, device="cpu")


def test_the_same_weights_twice_are_no_question(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    torch.save(HUGGING_FACE.from_ours(model.state_dict()), tmp_path / "pytorch_model.bin")
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config
    (tmp_path / "model.safetensors").unlink()
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


def test_a_model_without_its_vocabulary_encodes_images(model, tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path / "nothing"))
    path = tmp_path / "lonely.pt"
    torch.save(checkpoint.to_openai_state_dict(model), path)
    loaded, _, tokenizer = checkpoint.load(path, device="cpu", config=model.config)
    tokens = torch.randint(0, 500, (2, 16))
    assert torch.equal(loaded.encode_text(tokens), model.encode_text(tokens))
    for use in (lambda: tokenizer(["a red car"]), lambda: tokenizer.encode("a"), lambda: tokenizer.vocab_size):
        with pytest.raises(ValueError, match=r"came without its tokenizer: there is none beside .*lonely\.pt"):
            use()


def test_openais_vocabulary_is_found_beside_its_model(shared, tmp_path):
    config = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, vocab_size=49408)
    merges = shared / "parity" / "bpe_simple_vocab_16e6.txt.gz"
    (tmp_path / merges.name).write_bytes(merges.read_bytes())
    torch.save(checkpoint.to_openai_state_dict(CLIP(config)), tmp_path / "ViT-tiny.pt")
    _, _, tokenizer = checkpoint.load(tmp_path / "ViT-tiny.pt", device="cpu", config=config)
    assert tokenizer(["a photo of a cat"])[0, :7].tolist() == [49406, 320, 1125, 539, 320, 2368, 49407]
