"""SigLIP's files: OpenCLIP's and Hugging Face's models with random weights give their own numbers here.

Small models, made in siglip_examples.py. At 0.003 variances are far below the norms' epsilon, at 0.3 attention is
peaked.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from layout_examples import changed
from peer_packages import installed
from PIL import Image
from siglip_examples import LENGTH, SCALES, TEXTS, VOCABULARY, arguments, hugging_faces, openclips, write_tokenizer

import minclip
from minclip import checkpoint
from minclip.engine.batches import text_length
from minclip.formats import siglip_configs
from minclip.formats.siglip_model import SigLIP, SigLIPConfig
from minclip.formats.siglip_names import HUGGING_FACE_SIGLIP, OPENCLIP_SIGLIP
from minclip.formats.siglip_tokenizer import SigLIPTokenizer, canonical

TOLERANCE = 3e-5  # of the largest number; float32 sums in another order
SMALL = SigLIPConfig(48, 32, 8, 48, 2, 32, 2, 2, context_length=LENGTH, vocab_size=VOCABULARY, vision_head_width=16)


def assert_same(ours, theirs):
    assert ours.shape == theirs.shape
    assert (ours - theirs).abs().max() <= TOLERANCE * theirs.abs().max()


def questions():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 3, 32, 32, generator=generator), torch.randint(VOCABULARY, (4, LENGTH), generator=generator)


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("act", ["gelu_pytorch_tanh", "gelu"])
def test_hugging_faces_siglip_gives_its_numbers(scale, act, tmp_path):
    theirs = hugging_faces(tmp_path, scale, hidden_act=act)
    ours, _, words = minclip.load(tmp_path)
    pixels, tokens = questions()
    with torch.no_grad():
        answer = theirs(input_ids=tokens, pixel_values=pixels)
        assert_same(ours.encode_image(pixels), theirs.get_image_features(pixels).pooler_output)
        assert_same(ours.encode_text(tokens), theirs.get_text_features(tokens).pooler_output)
        logits_per_image, logits_per_text = ours(pixels, tokens)
    assert_same(logits_per_image, answer.logits_per_image)
    assert_same(logits_per_text, answer.logits_per_text)
    with pytest.raises(ValueError, match=r"came without its tokenizer: there is no tokenizer\.json"):
        words("a red car")


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@pytest.mark.parametrize("tanh", [False, True])
def test_openclips_siglip_gives_its_numbers(scale, tanh, tmp_path, monkeypatch):
    theirs = openclips(tmp_path, monkeypatch, scale, tanh)
    ours, _, _ = minclip.load(tmp_path)
    pixels, tokens = questions()
    with torch.no_grad():
        assert_same(ours.encode_image(pixels), theirs.encode_image(pixels))
        assert_same(ours.encode_text(tokens), theirs.encode_text(tokens))
        assert_same(ours(pixels, tokens)[0], theirs.get_logits(pixels, tokens)[0])


def test_openclips_configurations_are_ours(tmp_path):
    open_clip = installed("open_clip")
    names = [name for name in open_clip.list_models() if "SigLIP" in name]
    assert len(names) > 20
    for name in names:
        content = open_clip.get_model_config(name)
        if content["text_cfg"].get("proj_type") == "none":  # ViT-SO400M-16-SigLIP-i18n-256 alone
            with pytest.raises(ValueError, match="proj_type='none' is not of"):
                siglip_configs.read_openclip(written(tmp_path, content))
            continue
        with torch.device("meta"):
            peer = open_clip.model.CustomTextCLIP(**arguments(content)).state_dict()
        config = siglip_configs.read_openclip(written(tmp_path, content))
        with torch.device("meta"):
            ours = OPENCLIP_SIGLIP.from_ours(SigLIP(config).state_dict())
        assert {key: tensor.shape for key, tensor in ours.items()} == {key: t.shape for key, t in peer.items()}, name


def written(folder, content):
    path = folder / "a_config.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_hugging_faces_defaults_are_ours(tmp_path):
    transformers = installed("transformers")
    path = written(tmp_path, {"model_type": "siglip"})
    config, theirs = siglip_configs.read_hugging_face(path), transformers.SiglipConfig()
    assert (config.vocab_size, config.context_length) == (32000, theirs.text_config.max_position_embeddings)
    assert (config.vision_width, config.vision_layers) == (768, theirs.vision_config.num_hidden_layers)
    assert (config.image_size, config.patch_size, config.vision_heads, config.text_heads) == (224, 16, 12, 12)
    assert config.text_activation == config.vision_activation == "gelu_tanh"


@pytest.mark.parametrize("layout", [OPENCLIP_SIGLIP, HUGGING_FACE_SIGLIP], ids=["OpenCLIP", "Hugging Face"])
def test_names_there_and_back_are_the_same_weights(layout):
    torch.manual_seed(0)
    weights = SigLIP(SMALL).state_dict()
    back = layout.to_ours(layout.from_ours(weights))
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in weights.items())


def test_a_siglip_is_saved_and_loaded_with_its_tokenizer(tmp_path, monkeypatch):
    openclips(tmp_path / "theirs", monkeypatch)
    write_tokenizer(tmp_path / "theirs")
    model, _, words = minclip.load(tmp_path / "theirs")
    minclip.save(model, words, tmp_path / "ours.safetensors")
    back, preprocess, same = minclip.load(tmp_path / "ours.safetensors")
    pixels, _ = questions()
    assert isinstance(back, SigLIP) and back.config == model.config and same == words
    assert torch.equal(back(pixels, same("a red car"))[0], model(pixels, words("a red car"))[0])
    assert preprocess == model.config.image_transform


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_close(dtype, tmp_path):
    hugging_faces(tmp_path)
    pixels, tokens = questions()
    whole, half = minclip.load(tmp_path)[0], minclip.load(tmp_path, dtype=dtype)[0]
    assert half.encode_image(pixels).dtype == dtype
    for name, given in (("encode_image", pixels), ("encode_text", tokens)):
        first, second = getattr(whole, name)(given), getattr(half, name)(given).float()
        assert torch.cosine_similarity(first, second).min() > 0.99


# --- pictures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [(57, 40), (20, 33), (32, 32)])
def test_pictures_are_squashed_as_openclip_does(how, size):
    open_clip = installed("open_clip")
    from open_clip.transform import image_transform_v2

    half = (0.5, 0.5, 0.5)
    theirs = image_transform_v2(
        open_clip.transform.PreprocessCfg(size=32, mean=half, std=half, interpolation=how, resize_mode="squash"),
        is_train=False,
    )
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8))
    ours = replace(SMALL, interpolation=how).image_transform(image)
    torch.testing.assert_close(ours, theirs(image), rtol=0, atol=1e-6)


def test_hugging_faces_preparation_is_read(tmp_path):
    hugging_faces(tmp_path)
    content = {"size": {"height": 32, "width": 32}, "resample": 2, "image_mean": [0.5] * 3, "do_rescale": True}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(content), encoding="utf-8")
    _, preprocess, _ = minclip.load(tmp_path)
    assert (preprocess.squash, preprocess.mean, preprocess.n_px) == ("bilinear", (0.5, 0.5, 0.5), 32)


# --- texts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pad", ["</s>", "<pad>"])
def test_texts_have_openclips_ids(pad, tmp_path, monkeypatch):
    open_clip = installed("open_clip")
    installed("transformers")
    openclips(tmp_path, monkeypatch)
    write_tokenizer(tmp_path, pad)
    _, _, words = minclip.load(tmp_path)
    theirs = open_clip.tokenizer.HFTokenizer(str(tmp_path), context_length=LENGTH, clean="canonicalize")
    odd = [*TEXTS, "", "Ünï_cöde  & <b>HTML</b> 'quotes' … 12%", "night " * 40, "&amp; \n\t tabs", "日本 a dog"]
    assert torch.equal(words(odd, truncate=True), theirs(odd))
    assert words.decode(words("a red car")[0]) == "a red car"


def test_a_long_text_is_refused_or_keeps_its_end(tmp_path):
    write_tokenizer(tmp_path)
    words = SigLIPTokenizer((tmp_path / "tokenizer.json").read_text(encoding="utf-8"), LENGTH)
    with pytest.raises(ValueError, match=f"{LENGTH}"):
        words(["a dog", "a red car " * 30])
    row = words("a red car " * 30, truncate=True)[0].tolist()
    assert len(row) == LENGTH and row[-1] == words.eos_id and words.eos_id not in row[:-1]
    assert words([]).shape == (0, LENGTH) and SigLIPTokenizer.from_json(words.to_json()) == words


def test_capitals_and_punctuation_are_no_part_of_a_text():
    assert canonical("  A_red,  CAR! (new) ") == "a red car new"
    assert canonical("T-shirt &amp; co.") == "tshirt co"


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"model_type": "siglip2"}, "model_type is 'siglip2', the NaFlex form"),
        ({"vision_config__layer_norm_eps": 1e-5}, "layer_norm_eps=1e-05"),
        ({"text_config__hidden_act": "relu"}, "hidden_act='relu'"),
        ({"vision_config__vision_use_head": False}, "leaves out the pool"),
        ({"vision_config__num_channels": 4}, "minclip reads 3 colours"),
        ({"vision_config__num_attention_heads": 5}, "must be a multiple of num_attention_heads=5"),
        ({"text_config__vocab_size": 99}, "says vocab_size=99, the weights have 120"),
        ({"vision_config__image_size": 64}, "says image_size=64, the weights have 32"),
        ({"text_config": []}, r"text_config must be an object, found \[\]"),
        ({"text_config__max_position_embeddings": "64"}, "must be a whole number"),
    ],
)
def test_hugging_faces_other_models_are_refused(entry, message, tmp_path):
    hugging_faces(tmp_path)
    content = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    for name in ("text_config", "vision_config"):
        content.setdefault(name, {})
    (tmp_path / "config.json").write_text(json.dumps(content), encoding="utf-8")
    changed(tmp_path / "config.json", **entry)
    with pytest.raises(ValueError, match=message) as caught:
        minclip.load(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"model_cfg__vision_cfg__timm_model_name": "vit_base_patch16_siglip_gap_224"},
            "is no SigLIP that minclip knows",
        ),
        ({"model_cfg__vision_cfg__timm_model_name": "naflexvit_base_patch16_siglip_32"}, "is no SigLIP that minclip"),
        ({"model_cfg__vision_cfg__timm_pool": "avg"}, r"timm_pool='avg' is not of CLIP's architecture \('map'\)"),
        ({"model_cfg__vision_cfg__image_size": 64}, "reads 32 pixels, vision_cfg.image_size=64"),
        ({"model_cfg__text_cfg__no_causal_mask": False}, "no_causal_mask=False"),
        ({"model_cfg__text_cfg__pool_type": "argmax"}, "pool_type='argmax'"),
        ({"model_cfg__text_cfg__act_kwargs": {"approximate": "fast"}}, "act_kwargs="),
        ({"model_cfg__text_cfg__norm_kwargs": {"eps": 1e-5}}, "norm_kwargs="),
        ({"model_cfg__embed_dim": 40}, "says embed_dim=40, the weights have 48"),
        ({"preprocess_cfg__resize_mode": "shortest"}, "resize_mode='shortest'"),
        ({"preprocess_cfg__interpolation": "nearest"}, "interpolation='nearest' must be one of bilinear, bicubic"),
    ],
)
def test_openclips_other_models_are_refused(entry, message, tmp_path, monkeypatch):
    openclips(tmp_path, monkeypatch)
    changed(tmp_path / "open_clip_config.json", **entry)
    with pytest.raises(ValueError, match=message) as caught:
        minclip.load(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_lone_weights_ask_for_their_configuration(tmp_path, monkeypatch):
    openclips(tmp_path / "openclip", monkeypatch)
    hugging_faces(tmp_path / "huggingface")
    for folder, name in (("openclip", "open_clip_config.json"), ("huggingface", "config.json")):
        config = minclip.load(tmp_path / folder)[0].config
        (tmp_path / folder / name).unlink()
        with pytest.raises(ValueError, match=f"{name} is not beside it"):
            minclip.load(tmp_path / folder)
        assert minclip.load(tmp_path / folder, config=config)[0].config == config
        with pytest.raises(ValueError, match="its weights are a SigLIP's"):
            minclip.load(tmp_path / folder, config="ViT-B-32")


def test_other_layouts_and_exports_are_refused_in_words(tmp_path):
    model, words = SigLIP(SMALL), None
    for save in (checkpoint.save_openai, checkpoint.save_openclip, checkpoint.save_huggingface):
        with pytest.raises(ValueError, match="minclip writes no SigLIP in"):
            save(model, words, tmp_path / "out")
    from minclip.formats.export import export_program

    with pytest.raises(ValueError, match="a SigLIP cannot be exported yet"):
        export_program(model, tmp_path / "out")
    hugging_faces(tmp_path / "theirs")
    with pytest.raises(ValueError, match="which minclip writes in no other layout"):
        checkpoint.save_like(model, words, tmp_path / "out", like=tmp_path / "theirs")
    with pytest.raises(ValueError, match="SigLIP reads \\[batch, 12\\], padding too"):
        model.encode_text(torch.zeros(2, 5, dtype=torch.long))


def test_a_vocabulary_that_lacks_its_end_is_refused(tmp_path):
    hugging_faces(tmp_path)
    write_tokenizer(tmp_path)
    changed(tmp_path / "tokenizer_config.json", eos_token="<end>")
    _, _, words = minclip.load(tmp_path)
    with pytest.raises(ValueError, match="its vocabulary lacks '<end>'"):
        words("a")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    _, _, words = minclip.load(tmp_path)
    with pytest.raises(ValueError, match="the package tokenizers cannot read it"):
        words("a")


# --- sizes, and learning on -----------------------------------------------------------------------------------------


def test_pictures_of_another_size_are_read(tmp_path):
    hugging_faces(tmp_path)
    model, preprocess, _ = minclip.load(tmp_path, image_size=64)
    assert model.visual.embedding.positional_embedding.shape == (64, 48) and preprocess.n_px == 64
    assert model.encode_image(torch.randn(1, 3, 64, 64)).shape == (1, 48)
    with pytest.raises(ValueError, match="a SigLIP reads a text at its last position"):
        minclip.load(tmp_path, context_length=20)


def test_pixels_that_fill_no_patch_are_left_out(tmp_path):
    """As in so400m-patch14-384: 27 patches of 14 pixels a side, 6 pixels over."""
    model = SigLIP(replace(SMALL, image_size=37)).eval()
    assert model.visual.embedding.positional_embedding.shape == (16, 48)
    pixels = torch.randn(1, 3, 37, 37)
    outside = pixels.clone()
    outside[..., 32:, :], outside[..., :, 32:] = 0, 0
    assert torch.equal(model.encode_image(pixels), model.encode_image(outside))
    build = checkpoint.build({**model.state_dict()}, checkpoint.MINCLIP, model.config)
    assert build.config.image_size == 37


def test_a_siglip_learns_on_without_losing_its_padding(tmp_path):
    hugging_faces(tmp_path)
    write_tokenizer(tmp_path)
    model, _, words = minclip.load(tmp_path)
    seen = []
    model.text.register_forward_pre_hook(lambda module, given: seen.append(given[0].shape))
    images = [Image.new("RGB", (40, 30), (i * 20, 90, 10)) for i in range(12)]
    captions = ["a red car" if i % 2 else "a dog" for i in range(12)]
    fitted = minclip.fit(
        images, captions, model=model, tokenizer=words, samples=24, batch_size=8, optimizer="adamw", device="cpu",
        out=tmp_path / "run",
    )  # fmt: skip
    assert {shape[1] for shape in seen} == {LENGTH} and fitted.preprocess.squash == "bicubic"
    assert text_length(words(captions), few=False) < LENGTH  # a CLIP's texts are cut there
    again, _, _ = minclip.load(tmp_path / "run")
    assert isinstance(again, SigLIP) and again.config == model.config
