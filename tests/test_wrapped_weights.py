"""Weights as training tools leave them: longer names, dictionaries around them."""

import json

import pytest
import torch

from minclip import checkpoint
from minclip.formats import openclip
from minclip.formats.weight_names import MINCLIP, OPENAI
from minclip.formats.weights_files import write_tensors
from minclip.formats.wrapped_weights import plain_names


def write_pt(tensors, path):
    torch.save(tensors, path)


def write_old(tensors, path):
    torch.save(tensors, path, _use_new_zipfile_serialization=False)


def write_safetensors(tensors, path):
    write_tensors(path, tensors, {})


PREFIXES = ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module.", "model.", "net.", "model.module."]


def test_wrappers_names_are_taken_off():
    tensors = {"net.module.logit_scale": 0, "net._orig_mod.visual.proj": 1, "metric.sum": 2}
    assert plain_names(tensors) == ({"logit_scale": 0, "visual.proj": 1}, "net.", ["metric.sum"])


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
