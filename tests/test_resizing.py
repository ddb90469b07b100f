"""Another size: positions as open_clip resizes them, both encoders, training, and what the kept file says."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from colour_pictures import COLOURS, colour_images, colour_task, short_finetuning, write_album
from peer_packages import installed
from PIL import Image

import minclip
from minclip.cli import main
from minclip.config import CLIPConfig
from minclip.formats.resizing import new_positions, resize_context, resized
from minclip.formats.weight_names import OPENAI
from minclip.masking import resize_grid
from minclip.model import CLIP


def positions(side, width=48):
    return torch.randn(1 + side**2, width, generator=torch.Generator().manual_seed(side))


@pytest.mark.parametrize(("old", "new"), [(7, 10), (7, 14), (16, 24), (14, 7), (16, 9), (4, 5), (24, 1), (1, 3)])
def test_a_grid_equals_open_clips(old, new):
    state = {"visual.positional_embedding": positions(old)}
    model = SimpleNamespace(visual=SimpleNamespace(grid_size=(new, new)))
    installed("open_clip.model").resize_pos_embed(state, model)
    assert torch.allclose(resize_grid(positions(old), new), state["visual.positional_embedding"], rtol=0, atol=1e-6)


def test_features_at_another_size_equal_open_clips():
    theirs = installed("open_clip.model")
    torch.manual_seed(0)
    ours = CLIP(CLIPConfig(64, 224, 32, 128, 2, 64, 1, 2, vocab_size=600, vision_head_width=64)).eval()
    vision = theirs.CLIPVisionCfg(layers=2, width=128, patch_size=32, image_size=320)
    text = theirs.CLIPTextCfg(vocab_size=600, width=64, heads=1, layers=2)
    model = theirs.CLIP(64, vision, text, quick_gelu=True).eval()
    state = OPENAI.from_ours(ours.state_dict())
    theirs.resize_pos_embed(state, model)
    model.load_state_dict(state)
    pixels = torch.randn(2, 3, 320, 320)
    with torch.no_grad():
        found = resized(ours, image_size=320).encode_image(pixels)
        assert torch.allclose(found, model.encode_image(pixels), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_same_size_is_bit_for_bit_the_same(dtype):
    assert torch.equal(resize_grid(positions(4).to(dtype), 4), positions(4).to(dtype))
    assert resize_grid(positions(4).to(dtype), 8).dtype == dtype


def test_cls_keeps_its_position():
    assert torch.equal(resize_grid(positions(4), 9)[0], positions(4)[0])


def test_the_model_that_is_given_stays_as_it_is(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    larger = resized(model, image_size=24, context_length=20)
    with torch.no_grad():
        for weight in larger.parameters():
            weight.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert (model.config.image_size, larger.config.image_size) == (16, 24)
    assert resized(model) is resized(model, image_size=16) is model


def test_a_wrapped_and_frozen_model_is_resized(model):
    model.visual.requires_grad_(False)
    for wrapped in (torch.nn.DataParallel(model), torch.compile(model)):
        larger = resized(wrapped, image_size=np.int64(24))
        assert {name for name, p in larger.named_parameters() if not p.requires_grad} == {
            name for name, p in model.named_parameters() if not p.requires_grad
        }
        assert type(larger.config.image_size) is int and larger.encode_image(torch.zeros(1, 3, 24, 24)).shape == (1, 16)


def test_a_resnet_reads_another_size(resnet):
    larger = resized(resnet, image_size=96)
    assert larger.encode_image(torch.randn(2, 3, 96, 96)).shape == (2, 16)
    places = resnet.visual.attnpool.positional_embedding
    assert torch.equal(larger.visual.attnpool.positional_embedding, resize_grid(places, 3))
    assert all(
        torch.equal(tensor, larger.state_dict()[name]) for name, tensor in resnet.state_dict().items() if "bn" in name
    )


def test_a_longer_context_leaves_short_texts_alone(model, tokenizer):
    tokens = tokenizer(["a red car", "a photo of a dog at night"])
    longer = resized(model, context_length=40)
    with torch.no_grad():
        assert torch.equal(longer.encode_text(tokens), model.encode_text(tokens))
        assert longer.encode_text(torch.nn.functional.pad(tokens, (0, 24))).shape == (2, 16)
    assert torch.equal(longer.text.positional_embedding[16:], model.text.positional_embedding[-1:].expand(24, -1))


def test_a_shorter_context_cuts(model):
    assert torch.equal(resized(model, context_length=9).text.positional_embedding, model.text.positional_embedding[:9])
    assert resize_context(positions(4), 3).shape == (3, 48)
    assert new_positions(model.config, resized(model, context_length=9).config)[0] == 0


def test_load_resizes_model_preprocess_and_tokenizer(model, tokenizer, tmp_path):
    minclip.save(model, tokenizer, tmp_path / "model.safetensors")
    with pytest.warns(UserWarning, match="8 text positions are new and begin as copies of the last one"):
        longer, preprocess, tokens = minclip.load(tmp_path, image_size=32, context_length=24)
    assert preprocess(Image.new("RGB", (50, 40))).shape == (3, 32, 32)
    assert longer.encode_image(preprocess(Image.new("RGB", (50, 40)))[None]).shape == (1, 16)
    assert tokens(["a red car"]).shape == (1, 24) and tokens.merges == tokenizer.merges
    minclip.save(longer, tokens, tmp_path / "larger.safetensors")
    again, _, _ = minclip.load(tmp_path / "larger.safetensors")
    assert again.config == longer.config and again.config.image_size == 32


def test_half_precision_keeps_its_dtypes(model, tokenizer, tmp_path):
    minclip.save(model, tokenizer, tmp_path / "model.safetensors")
    half = minclip.load(tmp_path, dtype=torch.float16, image_size=32)[0]
    expected = minclip.load(tmp_path, dtype=torch.float16)[0].state_dict()
    assert {name: tensor.dtype for name, tensor in half.state_dict().items()} == {
        name: tensor.dtype for name, tensor in expected.items()
    }


@pytest.mark.parametrize("save", ["save_openclip", "save_huggingface"])
def test_others_layouts_say_the_new_size(save, model, tokenizer, tmp_path):
    getattr(minclip.checkpoint, save)(resized(model, image_size=24), tokenizer, tmp_path)
    assert minclip.load(tmp_path)[0].config.image_size == 24


BAD = [
    ({"image_size": 20}, "image_size=20 must be a multiple of 8, no patch may be cut off: take 16 or 24"),
    ({"image_size": 7}, "image_size=7 must be a multiple of 8, no patch may be cut off: take 8"),
    ({"image_size": 0}, "image_size=0 must be a whole number of pixels from 8 to 2048"),
    ({"image_size": -16}, "image_size=-16 must be"),
    ({"image_size": 24.0}, "image_size=24.0 must be a whole number"),
    ({"image_size": "24"}, "image_size='24' must be"),
    ({"image_size": True}, "image_size=True must be"),
    ({"image_size": (24, 24)}, r"image_size=\(24, 24\) must be"),
    ({"image_size": 10**9}, "image_size=1000000000 must be"),
    ({"context_length": 2}, "context_length=2 must be a whole number of tokens from 3"),
    ({"context_length": 10**9}, "context_length=1000000000 must be"),
    ({"context_length": None, "image_size": float("nan")}, "image_size=nan must be"),
]


@pytest.mark.parametrize(("sizes", "error"), BAD)
def test_sizes_that_cannot_be_are_refused(sizes, error, model, tokenizer, tmp_path):
    minclip.save(model, tokenizer, tmp_path / "model.safetensors")
    for resize in (lambda: resized(model, **sizes), lambda: minclip.load(tmp_path, **sizes)):
        with pytest.raises(ValueError, match=error):
            resize()


def test_a_resnets_sizes_are_multiples_of_32(resnet):
    with pytest.raises(ValueError, match="multiple of 32, the picture is halved five times: take 64 or 96"):
        resized(resnet, image_size=80)


def test_a_changed_model_is_refused(model):
    model.visual.ln_post = torch.nn.Identity()
    with pytest.raises(ValueError, match=r"ln_post is a Identity.*cannot resize it"):
        resized(model, image_size=24)


@pytest.fixture
def pictures(monkeypatch):
    """Coloured pictures, their captions, and a task of the same colours."""
    short_finetuning(monkeypatch)
    return colour_images() * 4, [f"a plain {name} square" for name in COLOURS] * 4, colour_task


@pytest.fixture
def album(tmp_path, monkeypatch):
    short_finetuning(monkeypatch)
    return write_album(tmp_path / "photos")


def test_frozen_positions_stay_as_they_were_resized(pictures, tmp_path):
    images, captions, task = pictures
    run = minclip.fit(
        images, captions, model="picturebook-tiny", freeze="image", image_size=48, context_length=24, tasks=[task(48)],
        samples=32, batch_size=8, device="cpu", out=tmp_path,
    )  # fmt: skip
    assert list(run.report["finetuning"]["scores"]["before"]) == ["colour"]  # trained for, so nothing else is told
    before = resized(minclip.load("picturebook-tiny")[0], 48, 24).state_dict()
    after = minclip.load(tmp_path)[0]
    assert (after.config.image_size, after.config.context_length, run.tokenizer.context_length) == (48, 24, 24)
    assert run.preprocess(images[0]).shape == (3, 48, 48)
    weights = after.state_dict()
    assert all(torch.equal(before[name], weights[name]) for name in before if name.startswith("visual."))
    assert not torch.equal(before["text.positional_embedding"], weights["text.positional_embedding"])


def test_new_models_take_the_sizes_too(pictures):
    images, captions, task = pictures
    sizes = {"image_size": 16, "context_length": 20}
    run = minclip.fit(images, captions, config="tiny", **sizes, samples=16, batch_size=8, tasks=[task(16)])
    assert (run.model.config.image_size, run.tokenizer.context_length) == (16, 20)
    with pytest.raises(ValueError, match="multiple of 8"):
        minclip.fit(images, captions, config="tiny", image_size=20)
    with pytest.raises(ValueError, match=r"minclip.checkpoint.resized\(model, ...\)"):
        minclip.fit(images, captions, model=run.model, tokenizer=run.tokenizer, image_size=24)


def test_prompts_too_long_are_refused_before_training(pictures):
    images, captions, task = pictures
    told = {"context_length": 6, "samples": 32, "batch_size": 8, "tasks": [task(32)]}
    with pytest.raises(ValueError, match=r"task 'colour': a text has .* tokens, the model reads 6: "):
        minclip.fit(images, captions, model="picturebook-tiny", on_log=pytest.fail, **told)


def test_the_command_trains_at_another_size_and_goes_on(album, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["train", "--data", str(album), "--init", "picturebook-tiny", "--out", str(out), "--device", "cpu"]
    sizes = ["--image-size", "48", "--context-length", "40"]
    assert main([*words, *sizes, "--mix", "0.5", "--samples", "32", "--batch", "8"]) == 0
    said = capsys.readouterr()
    assert "minclip: 8 text positions are new and begin as copies of the last one" in said.err
    assert "It reads pictures of 48 × 48 pixels and texts of up to 40 tokens." in said.out
    assert minclip.load(out)[0].config.image_size == 48
    assert main(["train", "--out", str(out), "--resume", "--device", "cpu"]) == 0
    assert main(["train", "--out", str(out), "--resume", "--image-size", "64"]) != 0
    assert "leave out --image-size" in capsys.readouterr().err


def test_the_command_begins_at_another_size_too(album, tmp_path, capsys):
    words = ["train", "--data", str(album), "--config", "tiny", "--out", str(tmp_path / "run"), "--device", "cpu"]
    assert main([*words, "--image-size", "20"]) == 2
    assert "--image-size 20 must be a multiple of 8" in capsys.readouterr().err
    assert main([*words, "--image-size", "16", "--context-length", "20", "--samples", "16", "--batch", "8"]) == 0
    config = minclip.load(tmp_path / "run")[0].config
    assert (config.image_size, config.context_length) == (16, 20)


def test_commands_read_pictures_of_another_size(album, tmp_path, capsys):
    model = ["--model", "picturebook-tiny", "--image-size", "64", "--device", "cpu"]
    assert main(["classify", str(album / "0.png"), "--labels", "red,blue", *model]) == 0
    assert main(["search", "red", "--in", str(album), *model]) == 0
    assert main(["eval", "--data", str(album), *model]) == 0
    assert "minclip: evaluating" in capsys.readouterr().err
    assert main(["eval", "--data", str(album), "--model", "picturebook-tiny", "--image-size", "60"]) != 0
    assert "--image-size 60 must be a multiple of 8" in capsys.readouterr().err


def test_sizes_of_a_search_have_their_own_index(album, tmp_path, capsys):
    scores = []
    for size in ("32", "64", "32"):
        assert main(["search", "red", "--in", str(album), "--model", "picturebook-tiny", "--image-size", size]) == 0
        scores.append(capsys.readouterr().out)
    assert scores[0] == scores[2] != scores[1]
