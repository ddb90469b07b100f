"""Whose weights are these? Names, configurations and folders of the three other layouts, and every way to go wrong."""

import json

import pytest
import torch

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats import huggingface, openclip
from minclip.formats.files import write_tensors
from minclip.formats.names import HUGGING_FACE, OPENAI
from minclip.model import CLIP


def written(model, layout, path):
    """The model's weights under another layout's names."""
    write_tensors(path, layout.from_ours(model.state_dict()), {"format": "pt"})
    return path


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
    loaded, _, words = checkpoint.load(path, device="cpu")
    assert loaded.config == model.config
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in loaded.state_dict().items())
    assert torch.equal(words(["two blue fish"]), tokenizer(["two blue fish"]))


@pytest.mark.parametrize("write", ["save_openai", "save_openclip"])
def test_a_resnet_comes_back(write, resnet, tokenizer, tmp_path):
    path = tmp_path / "model.pt" if write == "save_openai" else tmp_path / "folder"
    getattr(checkpoint, write)(resnet, tokenizer, path)
    loaded, *_ = checkpoint.load(path, device="cpu")
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


def test_lone_openclip_weights_ask_for_their_activation(model, tmp_path):
    path = written(model, OPENAI, tmp_path / "open_clip_model.safetensors")
    with pytest.raises(ValueError, match=r"Put open_clip_config\.json beside them, or pass its name"):
        checkpoint.load(path, device="cpu")
    other = CLIPConfig(**{**vars(model.config), "quick_gelu": False})
    assert checkpoint.load(path, device="cpu", config=other)[0].config == other
    with pytest.raises(ValueError, match=r"the configuration says embed_dim=512, the weights have 16"):
        checkpoint.load(path, device="cpu", config="ViT-B-32")


def test_half_precision_files_become_float32(model, tmp_path):
    state = {name: tensor.half() for name, tensor in OPENAI.from_ours(model.state_dict()).items()}
    write_tensors(tmp_path / "half.safetensors", state, {})
    loaded, *_ = checkpoint.load(tmp_path / "half.safetensors", device="cpu")
    assert {tensor.dtype for tensor in loaded.state_dict().values()} == {torch.float32}


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
        ({"preprocess_cfg__mean": [0.5]}, "pixel_mean=.* must be three numbers"),
    ],
)
def test_an_openclip_configuration_of_another_model_is_refused_by_name(entry, message, model, tokenizer, tmp_path):
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
        ({"vision_config__num_attention_heads": 0}, "by zero"),
        ({"vision_config__hidden_size": 10**9}, "vision_width=1000000000 must be a whole number from 1"),
        ({"text_config": 3}, "text_config must be an object, found 3"),
        ({"projection_dim": 17}, "says embed_dim=17, the weights have 16"),
    ],
)
def test_a_hugging_face_configuration_of_another_model_is_refused_by_name(entry, message, model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    changed(tmp_path / huggingface.CONFIG_FILE, **entry)
    with pytest.raises(ValueError, match=message) as caught:
        checkpoint.load(tmp_path, device="cpu")
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_old_hugging_face_configurations_are_read(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    path = tmp_path / huggingface.CONFIG_FILE
    content = json.loads(path.read_text(encoding="utf-8"))
    content["text_config_dict"], content["text_config"] = content.pop("text_config"), {"hidden_size": 99}
    content["text_config_dict"]["eos_token_id"] = 2  # wrong in files from before July 2023, and passed over there
    path.write_text(json.dumps(content), encoding="utf-8")
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


def test_hugging_face_weights_without_a_configuration_are_not_guessed_at(model, tmp_path):
    path = written(model, HUGGING_FACE, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"config\.json is not there: it says which activation"):
        checkpoint.load(path, device="cpu")


@pytest.mark.parametrize("content", ["{", "[1]", "\xff", "[" * 100_000])
def test_a_broken_configuration_is_one_clear_line(content, model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    (tmp_path / huggingface.CONFIG_FILE).write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"config\.json is not JSON"):
        checkpoint.load(tmp_path, device="cpu")


@pytest.mark.parametrize("layout", [OPENAI, HUGGING_FACE], ids=lambda layout: layout.name)
def test_missing_surplus_and_misshapen_tensors_are_named_as_in_the_file(layout, model, tmp_path):
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
    with pytest.raises(ValueError, match=r"no CLIP's weights that minclip knows: they begin encoder\.weight"):
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


def test_the_same_weights_twice_in_one_layout_are_no_question(model, tokenizer, tmp_path):
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    torch.save(HUGGING_FACE.from_ours(model.state_dict()), tmp_path / "pytorch_model.bin")
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config
    (tmp_path / "model.safetensors").unlink()
    assert checkpoint.load(tmp_path, device="cpu")[0].config == model.config


def test_a_model_without_its_vocabulary_works_until_it_is_asked_to_read(model, tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path / "nothing"))
    path = tmp_path / "lonely.pt"
    torch.save(checkpoint.to_openai_state_dict(model), path)
    loaded, _, tokenizer = checkpoint.load(path, device="cpu")
    tokens = torch.randint(0, 500, (2, 16))
    assert torch.equal(loaded.encode_text(tokens), model.encode_text(tokens))
    for use in (lambda: tokenizer(["a red car"]), lambda: tokenizer.encode("a"), lambda: tokenizer.vocab_size):
        with pytest.raises(ValueError, match=r"came without its tokenizer: .*minclip fetch"):
            use()


def test_openais_vocabulary_is_found_beside_a_model_of_its_size(shared, tmp_path):
    config = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, vocab_size=49408)
    merges = shared / "parity" / "bpe_simple_vocab_16e6.txt.gz"
    (tmp_path / merges.name).write_bytes(merges.read_bytes())
    torch.save(checkpoint.to_openai_state_dict(CLIP(config)), tmp_path / "ViT-tiny.pt")
    _, _, tokenizer = checkpoint.load(tmp_path / "ViT-tiny.pt", device="cpu")
    assert tokenizer(["a photo of a cat"])[0, :7].tolist() == [49406, 320, 1125, 539, 320, 2368, 49407]
