"""docs/weights.md: fine-tuning others' weights and the Hub, run with small files of these names."""

import re
import shlex
from pathlib import Path

import pytest
import torch
from colour_pictures import colour_images, short_finetuning, write_album
from hub_examples import put_in_cache
from siglip_examples import openclips, write_tokenizer

import minclip
from minclip import checkpoint
from minclip.cli import main
from minclip.config import CLIPConfig
from minclip.formats.weights_files import read_tensors
from minclip.model import CLIP

PAGE = (Path(__file__).parents[1] / "docs" / "weights.md").read_text(encoding="utf-8")


def block(title, language):
    """The code of this language in a section of the page."""
    section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    (code,) = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    return code


def run(code, capsys):
    for line in code.splitlines():
        if line.startswith("minclip "):
            assert main(shlex.split(line, comments=True)[1:]) == 0, capsys.readouterr().err


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A model of two small encoders with a vocabulary, in an empty current folder."""
    tokenizer = minclip.load("picturebook-tiny")[2]
    torch.manual_seed(0)
    config = CLIPConfig(64, 64, 16, 64, 2, 64, 1, 2, tokenizer.context_length, tokenizer.vocab_size)
    monkeypatch.chdir(tmp_path)
    return CLIP(config).eval(), tokenizer


@pytest.mark.filterwarnings("ignore:.*says no configuration")
def test_there_and_back(small, tmp_path, monkeypatch, capsys):
    model, tokenizer = small
    write_album(tmp_path / "my-photos")
    short_finetuning(monkeypatch)
    checkpoint.save_openai(model, tokenizer, "ViT-B-32.pt", dtype=torch.float16)
    run(block("There and back", "bash"), capsys)
    theirs, mine = (read_tensors(tmp_path / name).tensors for name in ("ViT-B-32.pt", "mine.pt"))
    assert all(mine[name].dtype == tensor.dtype for name, tensor in theirs.items())
    monkeypatch.chdir(tmp_path / "runs")
    Path("ViT-B-32.pt").write_bytes((tmp_path / "ViT-B-32.pt").read_bytes())
    exec(
        block("There and back", "python"), {"minclip": minclip, "torch": torch, "model": model, "tokenizer": tokenizer}
    )
    assert Path("mine.pt").is_file() and Path("mine").is_dir()


def test_from_the_hub(small, tmp_path, monkeypatch, capsys):
    pytest.importorskip("huggingface_hub", reason='pip install "minclip[hub]"')
    checkpoint.save_openclip(*small, tmp_path / "uploaded")
    put_in_cache(tmp_path / "hub", tmp_path / "uploaded", name="laion/CLIP-ViT-B-32-laion2B-s34B-b79K")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    colour_images()[0].save("photo.jpg")
    run(block("From the Hugging Face Hub", "bash"), capsys)
    assert "OfflineModeIsEnabled" in capsys.readouterr().err


def test_siglip_from_the_hub(tmp_path, monkeypatch, capsys):
    pytest.importorskip("huggingface_hub", reason='pip install "minclip[hub]"')
    monkeypatch.setattr("siglip_examples.LENGTH", 80)  # of a vocabulary that knows few words
    openclips(tmp_path / "uploaded", monkeypatch)
    write_tokenizer(tmp_path / "uploaded")
    put_in_cache(tmp_path / "hub", tmp_path / "uploaded", name="timm/ViT-B-16-SigLIP")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    colour_images()[0].save("photo.jpg")
    run(block("SigLIP", "bash"), capsys)
