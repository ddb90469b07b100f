"""Others' files go back as they came: fine-tuned, in their own layout, each tensor in its own dtype."""

import shutil

import pytest
import torch
from colour_pictures import short_finetuning, write_album
from layout_examples import changed
from peer_packages import installed
from safetensors.torch import load_file, save_file

import minclip
from minclip.cli import main
from minclip.cli.export import FORMATS
from minclip.config import CLIPConfig
from minclip.formats import openclip
from minclip.formats.openai import merges_beside
from minclip.formats.precision import set_precision
from minclip.formats.tokenizer_files import write_openai_merges
from minclip.formats.weights_files import read_tensors
from minclip.model import CLIP

pytestmark = pytest.mark.filterwarnings("ignore:.*says no configuration")


@pytest.fixture
def photos(tmp_path, monkeypatch):
    short_finetuning(monkeypatch)
    return str(write_album(tmp_path / "photos"))


def words():
    return minclip.load("picturebook-tiny")[2]


def peers_model(layers=2, half=False, whole=False, quick_gelu=True):
    """A random model of open_clip, of CLIP's shapes in miniature, in half precision as that library makes it."""
    theirs = installed("open_clip.model")
    torch.manual_seed(0)
    tokenizer = words()
    size = {"patch_size": 16} if isinstance(layers, int) else {}
    vision = theirs.CLIPVisionCfg(layers=layers, width=64 if size else 8, image_size=64, head_width=64, **size)
    text = theirs.CLIPTextCfg(
        context_length=tokenizer.context_length, vocab_size=tokenizer.vocab_size, width=64, heads=1, layers=2
    )
    model = theirs.CLIP(64, vision, text, quick_gelu=quick_gelu)
    if half:
        theirs.convert_weights_to_lp(model, torch.float16)
    return {name: tensor.half() if whole and tensor.is_floating_point() else tensor
            for name, tensor in model.state_dict().items()}  # fmt: skip


def openai_file(folder, name="theirs.pt", **kind):
    state = peers_model(**kind)
    if name.endswith(".pt"):
        torch.save(state, folder / name)
    else:
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / name)
    write_openai_merges(words(), merges_beside(folder / name))
    return folder / name


def openclip_folder(folder, whole):
    tokenizer = words()
    config = CLIPConfig(64, 64, 16, 64, 2, 64, 1, 2, tokenizer.context_length, tokenizer.vocab_size, quick_gelu=False)
    minclip.checkpoint.save_openclip(CLIP(config), tokenizer, folder)
    state = peers_model(whole=whole, quick_gelu=False)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / openclip.WEIGHTS_FILE)
    return folder


def huggingface_folder(folder, dtype):
    tokenizer = words()
    config = CLIPConfig(64, 64, 16, 64, 2, 64, 1, 2, tokenizer.context_length, tokenizer.vocab_size)
    minclip.checkpoint.save_huggingface(CLIP(config), tokenizer, folder)
    model = installed("transformers").CLIPModel.from_pretrained(folder, dtype=dtype)
    model.save_pretrained(folder)
    return folder


MADE = {
    "openai": lambda folder: openai_file(folder, half=True),
    "openai, all half": lambda folder: openai_file(folder, whole=True),
    "openai, safetensors": lambda folder: openai_file(folder, name="theirs.safetensors", half=True),
    "openai, ResNet": lambda folder: openai_file(folder, layers=[1, 1, 1, 1], half=True),
    "openclip": lambda folder: openclip_folder(folder / "theirs", whole=False),
    "openclip, all half": lambda folder: openclip_folder(folder / "theirs", whole=True),
    "huggingface, half": lambda folder: huggingface_folder(folder / "theirs", torch.float16),
    "huggingface, bfloat16": lambda folder: huggingface_folder(folder / "theirs", torch.bfloat16),
}
VISUAL = ("visual", "vision_model")  # how the frozen encoder's names begin


@pytest.mark.parametrize("kind", MADE)
def test_a_fine_tuned_model_goes_back_as_it_came(kind, photos, tmp_path, capsys):
    theirs = MADE[kind](tmp_path)
    few = ["--samples", "32", "--batch", "8", "--device", "cpu"]
    out, back = tmp_path / "run", tmp_path / f"back{theirs.suffix}"
    assert main(["train", "--data", photos, "--init", str(theirs), "--freeze", "image", "--out", str(out), *few]) == 0
    command = f"minclip export --model {out} --like {theirs} --out "
    assert command in capsys.readouterr().out
    assert main([*command.split()[1:], str(back), "--device", "cpu"]) == 0
    before, after = (read_tensors(minclip.checkpoint.find(path)).tensors for path in (theirs, back))
    assert {name: tensor.dtype for name, tensor in after.items()} == {n: t.dtype for n, t in before.items()}
    frozen = [name for name in before if name.startswith(VISUAL)]
    assert frozen and all(torch.equal(before[name], after[name]) for name in frozen)
    learned = [name for name in before if name not in frozen and not torch.equal(before[name], after[name])]
    assert any("text" in name or name.startswith("transformer") for name in learned)
    again, ours = minclip.load(back)[0], minclip.load(out)[0]
    assert again.config == ours.config
    (dtype,) = {tensor.dtype for name, tensor in before.items() if name.startswith("text_projection")}
    assert torch.equal(again.text.text_projection, ours.text.text_projection.to(dtype).float())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_what_multiplies_is_written_in_half_precision(dtype, model, tokenizer, tmp_path):
    minclip.checkpoint.save_openai(model, tokenizer, tmp_path / "half.pt", dtype=dtype)
    minclip.checkpoint.save_openclip(model, tokenizer, tmp_path / "half", dtype=dtype)
    expected = minclip.checkpoint.to_openai_state_dict(set_precision(model, dtype))
    for path in (tmp_path / "half.pt", tmp_path / "half" / openclip.WEIGHTS_FILE):
        found = read_tensors(path).tensors
        assert all(found[name].dtype == tensor.dtype for name, tensor in expected.items())
        assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_transformers_reads_half_precision_as_its_own(model, tokenizer, tmp_path):
    minclip.checkpoint.save_huggingface(model, tokenizer, tmp_path, dtype=torch.float16)
    theirs = installed("transformers").CLIPModel.from_pretrained(tmp_path)
    assert {tensor.dtype for tensor in theirs.parameters()} == {torch.float16}
    assert {tensor.dtype for tensor in load_file(tmp_path / "model.safetensors").values()} == {torch.float16}


def test_open_clip_reads_what_goes_back(photos, tmp_path):
    theirs = openclip_folder(tmp_path / "theirs", whole=True)
    model, _, tokenizer = minclip.load(theirs)
    minclip.checkpoint.save_like(model, tokenizer, tmp_path / "back", theirs)
    peer = installed("open_clip").create_model(f"local-dir:{tmp_path / 'back'}")
    tokens = tokenizer(["a plain red square"])
    with torch.no_grad():
        assert torch.allclose(peer.eval().encode_text(tokens), model.encode_text(tokens), atol=1e-4)


def test_numbers_too_large_for_half_precision_are_refused(model, tokenizer, tmp_path):
    with torch.no_grad():
        model.visual.proj[0, 0] = 1e6
    with pytest.raises(ValueError, match=r"visual.proj holds 1e\+06, too large for torch.float16: write"):
        minclip.checkpoint.save_openai(model, tokenizer, tmp_path / "half.pt", dtype=torch.float16)
    assert not list(tmp_path.iterdir())
    minclip.checkpoint.save_openai(model, tokenizer, tmp_path / "half.pt", dtype=torch.bfloat16)


@pytest.mark.parametrize("save", ["save_openai", "save_openclip", "save_huggingface"])
@pytest.mark.parametrize("dtype", [torch.int8, torch.float8_e4m3fn, torch.complex64])
def test_other_dtypes_are_refused_before_anything_is_written(save, dtype, model, tokenizer, tmp_path):
    with pytest.raises(ValueError, match=r"cannot be written: choose torch\.float32, torch\.float16, torch\.bfloat16"):
        getattr(minclip.checkpoint, save)(model, tokenizer, tmp_path / "x", dtype=dtype)
    assert not list(tmp_path.iterdir())


def test_what_like_cannot_be_is_said(model, tokenizer, tmp_path, capsys):
    minclip.save(model, tokenizer, tmp_path / "model.safetensors")
    words = ["export", "--model", str(tmp_path / "model.safetensors"), "--out", str(tmp_path / "out")]
    for like, error in [
        ("picturebook-tiny", "is not in the layout of OpenAI, OpenCLIP or Hugging Face"),
        (str(tmp_path / "none.pt"), "no model at"),
    ]:
        assert main([*words, "--like", like]) == 2
        assert error in capsys.readouterr().err
    assert main([*words, "--like", "x", "--dtype", "float16"]) == 2
    assert "--like takes it from the file: leave out --dtype" in capsys.readouterr().err
    assert main([*words, "--format", "onnx", "--dtype", "float16"]) == 2
    assert "--format onnx is float32: leave out --dtype" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("default:.*another architecture")
def test_like_of_another_architecture_is_said(model, tokenizer, tmp_path, capsys):
    """On the command line a warning is one line, without the place in the code."""
    minclip.checkpoint.save_openai(model, tokenizer, tmp_path / "theirs.pt", dtype=torch.float16)
    wide = CLIP(CLIPConfig(**vars(model.config) | {"text_layers": model.config.text_layers + 1}))
    minclip.save(wide, tokenizer, tmp_path / "wide.safetensors")
    words = ["export", "--model", str(tmp_path / "wide.safetensors"), "--like", str(tmp_path / "theirs.pt")]
    assert main([*words, "--out", str(tmp_path / "out.pt")]) == 0
    said = capsys.readouterr().err.splitlines()
    assert any(line.startswith("minclip: warning: 12 of ") and "has another architecture" in line for line in said)
    assert not any(".py:" in line for line in said)


@pytest.mark.parametrize("form", FORMATS[2:])
def test_the_command_writes_half_precision(form, model, tokenizer, tmp_path):
    minclip.save(model, tokenizer, tmp_path / "model.safetensors")
    words = ["export", "--model", str(tmp_path / "model.safetensors"), "--format", form, "--dtype", "float16"]
    assert main([*words, "--out", str(tmp_path / "out"), "--device", "cpu"]) == 0
    tensors = read_tensors(minclip.checkpoint.find(tmp_path / "out")).tensors
    assert torch.float16 in {tensor.dtype for tensor in tensors.values()}


def test_a_configuration_that_the_layout_cannot_say_is_refused(model, tokenizer, tmp_path):
    """An exact GELU cannot go back into OpenAI's file, which would be read with the quick one."""
    theirs = openclip_folder(tmp_path / "theirs", whole=False)
    model, _, tokenizer = minclip.load(theirs)
    shutil.copy(theirs / openclip.WEIGHTS_FILE, tmp_path / "plain.safetensors")
    with pytest.raises(ValueError, match="quick_gelu=False cannot be written in OpenAI's layout"):
        minclip.checkpoint.save_like(model, tokenizer, tmp_path / "back.pt", tmp_path / "plain.safetensors")
    assert not (tmp_path / "back.pt").exists()
    changed(theirs / openclip.CONFIG_FILE, model_cfg__quick_gelu=True)
    model, _, tokenizer = minclip.load(theirs)
    minclip.checkpoint.save_like(model, tokenizer, tmp_path / "back.pt", tmp_path / "plain.safetensors")
