"""The same weights in other people's code: OpenAI's, OpenCLIP's and Hugging Face's give our numbers and read our files.

Random weights, small models. `scale` is the spread of every weight: at 0.003 the variances that the layer norms see
are far below their epsilon, so that a wrong epsilon shows; at 0.3 the attention is peaked, so that a wrong mask does.
"""

import copy
import json
from dataclasses import asdict

import numpy as np
import pytest
import torch
from peer_packages import installed

from minclip import checkpoint
from minclip.config import CLIPConfig
from minclip.formats import huggingface, openclip
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

TOLERANCE = 3e-5  # of the largest number; float32 sums in another order
TEXTS = ["a red car", "two blue fish in the sea", "a small green tree and a dog at night", "a"]

WORDS = BPETokenizer.train(TEXTS * 3, vocab_size=560, context_length=12)
VOCABULARY = WORDS.vocab_size


@pytest.fixture
def tokenizer():
    return WORDS


def config_of(**changes):
    base = {
        "embed_dim": 24, "image_size": 32, "patch_size": 8, "vision_width": 64, "vision_layers": 2,
        "text_width": 64, "text_heads": 1, "text_layers": 2, "context_length": 12, "vocab_size": VOCABULARY,
    }  # fmt: skip
    return CLIPConfig(**{**base, **changes})


RESNET = {"vision_layers": (1, 2, 1, 1), "patch_size": None, "vision_width": 16, "image_size": 64}
WIDE_HEADS = {"vision_width": 96, "vision_head_width": 48, "vision_mlp_width": 200, "text_width": 96, "text_heads": 3}
HALF = (0.5, 0.5, 0.5)


def random_model(scale, **changes):
    """A model with weights of this spread around their usual mean, running statistics of BatchNorm included."""
    torch.manual_seed(0)
    model = CLIP(config_of(**changes)).eval()
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                one = 1.0 if "ln_" in name or "bn" in name or "downsample.1" in name else 0.0
                one = one if name.endswith(("weight", "running_var")) else 0.0
                tensor.copy_(one + scale * torch.randn_like(tensor).clamp(-2, 2))
        model.logit_scale.fill_(2.0)
    return model


def pixels_for(model):
    return torch.randn(3, 3, model.config.image_size, model.config.image_size, generator=torch.manual_seed(1))


def assert_same(ours, theirs):
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= TOLERANCE * theirs.abs().max()


MODELS = {
    "as OpenAI's": (0.05, {}),
    "variances below epsilon": (0.003, {}),
    "peaked attention": (0.3, {}),
    "exact GELU": (0.1, {"quick_gelu": False}),
    "other heads, MLP, statistics": (0.1, {**WIDE_HEADS, "pixel_mean": HALF, "pixel_std": HALF}),
    "deep and narrow": (0.1, {"vision_layers": 5, "text_layers": 4, "image_size": 24}),
}
RESNETS = {"ResNet": (0.1, RESNET), "ResNet, exact GELU": (0.1, {**RESNET, "quick_gelu": False})}


@pytest.mark.parametrize("case", MODELS)
def test_hugging_face_reads_our_folder_and_gives_our_numbers(case, tokenizer, tmp_path):
    transformers = installed("transformers")
    scale, changes = MODELS[case]
    model = random_model(scale, **changes)
    checkpoint.save_huggingface(model, tokenizer, tmp_path / "ours")
    theirs, report = transformers.CLIPModel.from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    pixels, tokens = pixels_for(model), tokenizer(TEXTS)
    with torch.no_grad():
        answer = theirs.eval()(input_ids=tokens, pixel_values=pixels)
        logits_per_image, logits_per_text = model(pixels, tokens)
        assert_same(model.encode_image(pixels), theirs.get_image_features(pixels).pooler_output)
        assert_same(model.encode_text(tokens), theirs.get_text_features(tokens).pooler_output)
    assert_same(logits_per_image, answer.logits_per_image)
    assert_same(logits_per_text, answer.logits_per_text)


@pytest.mark.parametrize("case", MODELS)
@pytest.mark.parametrize("shard", ["1GB", "100KB"])
def test_hugging_faces_folder_is_read_whole_or_sharded(case, shard, tokenizer, tmp_path):
    transformers = installed("transformers")
    model = random_model(*MODELS[case][:1], **MODELS[case][1])
    content = huggingface.config_content(model.config)
    theirs = transformers.CLIPModel(transformers.CLIPConfig(**content)).eval()
    theirs.save_pretrained(tmp_path, max_shard_size=shard)
    assert (tmp_path / "model.safetensors.index.json").is_file() == (shard == "100KB")
    loaded, _, words = checkpoint.load(tmp_path, device="cpu")
    with pytest.raises(ValueError, match="came without its tokenizer"):
        words("a red car")
    pixels, tokens = pixels_for(model), tokenizer(TEXTS)
    with torch.no_grad():
        assert_same(loaded.encode_image(pixels), theirs.get_image_features(pixels).pooler_output)
        assert_same(loaded.encode_text(tokens), theirs.get_text_features(tokens).pooler_output)
        assert_same(loaded.logit_scale.exp(), theirs.logit_scale.exp())


CONFIGURATIONS = {
    "nothing": {},
    "widths": {"text_config": {"hidden_size": 128}, "vision_config": {"hidden_size": 96}},
    "an old part": {
        "text_config": {"hidden_act": "gelu", "hidden_size": 64},
        "text_config_dict": {"num_hidden_layers": 3},
    },
    "nulls": {"text_config": None, "vision_config_dict": None},
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_what_hugging_faces_configuration_leaves_out_has_its_defaults(case, tmp_path):
    transformers = installed("transformers")
    theirs = transformers.CLIPConfig(**copy.deepcopy(CONFIGURATIONS[case]))
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model_type": "clip", **CONFIGURATIONS[case]}), encoding="utf-8")
    ours = huggingface.config_content(huggingface.read_config(path))
    assert ours["projection_dim"] == theirs.projection_dim
    for part in ("text_config", "vision_config"):
        decides = {"hidden_size", "num_hidden_layers", "num_attention_heads", "hidden_act", "layer_norm_eps"}
        decides |= {"max_position_embeddings", "vocab_size", "eos_token_id"} if part == "text_config" else set()
        decides |= {"image_size", "patch_size", "intermediate_size"} if part == "vision_config" else set()
        assert decides <= ours[part].keys()
        assert {name: ours[part][name] for name in decides} == {n: getattr(getattr(theirs, part), n) for n in decides}


@pytest.mark.parametrize("whole", [True, False])
def test_we_prepare_pictures_as_hugging_faces_saved_processor_says(whole, tokenizer, tmp_path):
    transformers = installed("transformers")
    model = random_model(0.05, pixel_mean=HALF, pixel_std=(0.25, 0.5, 0.5))
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    kind = transformers.CLIPProcessor if whole else transformers.CLIPImageProcessor
    kind.from_pretrained(tmp_path).save_pretrained(tmp_path / "again")
    mean, std = huggingface.read_preparation(tmp_path / "again", model.config.image_size)
    assert (mean, std) == (HALF, (0.25, 0.5, 0.5))


def test_hugging_faces_processor_prepares_as_we_do(tokenizer, tmp_path):
    transformers = installed("transformers")
    from PIL import Image

    model = random_model(0.05)
    checkpoint.save_huggingface(model, tokenizer, tmp_path)
    _, preprocess, words = checkpoint.load(tmp_path, device="cpu")
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 57, 3), dtype=np.uint8))
    prepare = transformers.CLIPImageProcessor.from_pretrained(tmp_path)
    theirs = prepare(image, return_tensors="pt")["pixel_values"][0]
    ours = preprocess(image)
    # theirs resizes in another library where torchvision is there: a grey level or two here and there
    assert ours.shape == theirs.shape and (ours - theirs).abs().mean() < 0.01
    tokens = transformers.CLIPTokenizer.from_pretrained(tmp_path)(TEXTS, padding=True)["input_ids"]
    ends = words(TEXTS).argmax(dim=-1) + 1
    assert [row[:end] for row, end in zip(tokens, ends, strict=True)] == [
        row[:end].tolist() for row, end in zip(words(TEXTS), ends, strict=True)
    ]


@pytest.mark.parametrize("case", [*MODELS, *RESNETS])
def test_openclip_reads_our_folder_and_gives_our_numbers(case, tokenizer, tmp_path):
    open_clip = installed("open_clip")
    scale, changes = {**MODELS, **RESNETS}[case]
    model = random_model(scale, **changes)
    checkpoint.save_openclip(model, tokenizer, tmp_path)
    theirs, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{tmp_path}")
    pixels, tokens = pixels_for(model), tokenizer(TEXTS)
    with torch.no_grad():
        assert_same(model.encode_image(pixels), theirs.eval().encode_image(pixels))
        assert_same(model.encode_text(tokens), theirs.encode_text(tokens))
    assert list(preprocess.transforms[-1].mean) == list(model.config.pixel_mean)
    back, _, words = checkpoint.load(tmp_path, device="cpu")
    assert back.config.quick_gelu == model.config.quick_gelu
    assert torch.equal(back.encode_image(pixels), model.encode_image(pixels))
    assert torch.equal(words(TEXTS), tokens)


def test_openclip_reads_texts_with_our_vocabulary(tokenizer, tmp_path):
    open_clip = installed("open_clip")
    installed("transformers")
    checkpoint.save_openclip(random_model(0.05), tokenizer, tmp_path)
    theirs = open_clip.get_tokenizer(f"local-dir:{tmp_path}")(TEXTS)
    ours = tokenizer(TEXTS)
    for row, other in zip(ours, theirs, strict=True):  # what stands after EOT differs, and never matters
        end = row.argmax() + 1
        assert torch.equal(row[:end], other[:end])
        assert other.argmax() + 1 == end


@pytest.mark.parametrize("case", [*MODELS, *RESNETS])
@pytest.mark.parametrize("form", ["safetensors", "bin", "training checkpoint"])
def test_we_read_openclips_files(case, form, tokenizer, tmp_path):
    open_clip = installed("open_clip")
    scale, changes = {**MODELS, **RESNETS}[case]
    model = random_model(scale, **changes)
    content = openclip.config_content(model.config, own_words=False)
    theirs = open_clip.model.CLIP(**copy.deepcopy(content["model_cfg"])).eval()
    (tmp_path / "open_clip_config.json").write_text(json.dumps(content), encoding="utf-8")
    state = theirs.state_dict()
    if form == "safetensors":
        from safetensors.torch import save_file

        path = tmp_path / "open_clip_model.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)
    else:
        path = tmp_path / "open_clip_pytorch_model.bin"
        wrapped = {"epoch": 3, "name": "a run", "state_dict": {f"module.{name}": t for name, t in state.items()}}
        torch.save(state if form == "bin" else wrapped, path)
    loaded, *_ = checkpoint.load(tmp_path, device="cpu")
    pixels, tokens = pixels_for(model), tokenizer(TEXTS)
    with torch.no_grad():
        assert_same(loaded.encode_image(pixels), theirs.encode_image(pixels))
        assert_same(loaded.encode_text(tokens), theirs.encode_text(tokens))


def test_openclips_defaults_are_ours_left_out_or_written_out(tmp_path):
    open_clip = installed("open_clip")
    vision, text = (asdict(part()) for part in (open_clip.model.CLIPVisionCfg, open_clip.model.CLIPTextCfg))
    pictures = asdict(open_clip.transform.PreprocessCfg())
    model = {"embed_dim": 512, "vision_cfg": vision, "text_cfg": text}
    contents = [{"model_cfg": model, "preprocess_cfg": pictures}, {"embed_dim": 512, "vision_cfg": {}, "text_cfg": {}}]
    configs = []
    for content in contents:
        (tmp_path / "config.json").write_text(json.dumps(content), encoding="utf-8")
        configs.append(openclip.read_config(tmp_path / "config.json"))
    assert configs[0] == configs[1]
    assert (configs[0].patch_size, configs[0].text_heads, configs[0].quick_gelu) == (16, 8, False)


def test_openclips_names_are_its_configurations():
    open_clip = installed("open_clip")
    for name, config in openclip.MODELS.items():
        for full in (name, name + openclip.QUICK_GELU):
            theirs = open_clip.get_model_config(full)
            if theirs is None:  # not every model has a twin with QuickGELU
                continue
            with torch.device("meta"):
                ours = CLIP(openclip.named(full))
                peer = open_clip.model.CLIP(**theirs)
            shapes = {name: tensor.shape for name, tensor in checkpoint.to_openai_state_dict(ours).items()}
            assert shapes == {name: tensor.shape for name, tensor in peer.state_dict().items()}, full
            assert openclip.named(full).quick_gelu == theirs.get("quick_gelu", False), full
            if not config.is_resnet:
                assert peer.visual.transformer.resblocks[0].attn.num_heads == config.vision_heads, full


@pytest.mark.parametrize("case", ["as OpenAI's", "variances below epsilon", "peaked attention", "ResNet"])
def test_openais_code_reads_our_file(case, tokenizer, tmp_path):
    installed("pkg_resources")  # openai/CLIP needs this part of an older setuptools
    clip = installed("clip.clip")
    scale, changes = {**MODELS, **RESNETS}[case]
    model = random_model(scale, **changes)
    checkpoint.save_openai(model, tokenizer, tmp_path / "model.pt")
    theirs, _ = clip.load(str(tmp_path / "model.pt"), device="cpu")
    pixels, tokens = pixels_for(model), tokenizer(TEXTS)
    with torch.no_grad():
        # their loader has rounded the large matrices to half precision on the way
        assert torch.cosine_similarity(model.encode_image(pixels), theirs.encode_image(pixels)).min() > 0.999
        theirs.load_state_dict(checkpoint.to_openai_state_dict(model))
        assert_same(model.encode_image(pixels), theirs.encode_image(pixels))
        assert_same(model.encode_text(tokens), theirs.encode_text(tokens))
    loaded, _, words = checkpoint.load(tmp_path / "model.pt", device="cpu", config=model.config)
    assert torch.equal(loaded.encode_text(tokens), model.encode_text(tokens))
    assert torch.equal(words(TEXTS), tokens)


@pytest.mark.parametrize("name", ["ViT", "ResNet"])
def test_we_start_training_where_openai_starts(name):
    """The spread of every freshly made weight is that of the original's (CLIP paper; initialize_parameters)."""
    installed("pkg_resources")
    installed("clip.clip")
    from clip.model import CLIP as OpenAICLIP

    changes = {"vision_width": 128, "text_width": 128, "text_heads": 2, "embed_dim": 64}
    config = config_of(**(changes if name == "ViT" else {**changes, **RESNET, "vision_width": 32}))
    torch.manual_seed(0)
    layers = config.vision_layers if name == "ViT" else list(config.vision_layers)
    vision = (config.image_size, layers, config.vision_width, config.patch_size)
    theirs = OpenAICLIP(64, *vision, 12, VOCABULARY, 128, 2, config.text_layers).state_dict()
    ours = checkpoint.to_openai_state_dict(CLIP(config))
    assert ours.keys() == theirs.keys()
    for key, tensor in ours.items():
        expected = theirs[key].float()
        if tensor.numel() < 1000:
            assert (tensor.float().mean() - expected.mean()).abs() < 0.1, key
        else:
            assert tensor.std().item() == pytest.approx(expected.std().item(), rel=0.15, abs=1e-6), key
