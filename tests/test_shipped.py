"""The models that come with minclip: there, small, known by name, and as good as their cards say."""

import subprocess
import sys

import pytest
import torch

import minclip
from benchmarks.learning import shipped_models
from benchmarks.learning.model_cards import model_card, result
from minclip.data import pretrained
from minclip.data.picturebook import tasks
from minclip.evaluation.evaluate import evaluate_task
from minclip.evaluation.suites import Suite

NAMES = pretrained.shipped()


def test_the_shipped_models_fit_into_eight_megabytes():
    assert NAMES
    assert sum((pretrained.SHIPPED / f"{name}.safetensors").stat().st_size for name in NAMES) <= 8e6


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_made_from_the_kept_result(name):
    card = (pretrained.SHIPPED / f"{name}.md").read_text(encoding="utf-8")
    assert card == model_card(name), "run python -m benchmarks.update_docs"


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_by_name_and_knows_what_it_sees(name):
    model, _, tokenizer = minclip.load(name, device="cpu")
    few = tasks(model.config.image_size, per_class=2, names=["object"], progress=False)["object"]
    found, expected = evaluate_task(model, tokenizer, few), result(name)["tasks"]["object"]
    # fewer pictures than on the card, so a wider interval around the same number
    assert found.low <= expected["high"] and found.high >= expected["low"]
    with torch.no_grad():
        features = model.encode_text(tokenizer(["a red car", "a red car.", "two blue fish in the sea"]))
    same, other = torch.cosine_similarity(features[:1], features[1:])
    assert same > other


def test_loading_does_not_wait_for_pytorchs_compiler():
    """Making tensors without memory imports all of torch._dynamo: a second and more."""
    code = "import sys, minclip; minclip.load('picturebook-small'); sys.exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_model_is_replaced_after_its_successor_is_measured(tmp_path, monkeypatch):
    model, _, tokenizer = minclip.load(NAMES[0], device="cpu")
    torch.manual_seed(0)
    for parameter in model.parameters():  # as it is, it was rounded before, and rounding it again may change nothing
        parameter.data.mul_(1 + 0.01 * torch.randn_like(parameter))
    (tmp_path / "run").mkdir()
    minclip.save(model, tokenizer, tmp_path / "run" / "model.safetensors")
    old = tmp_path / "picturebook-tiny.safetensors"
    old.write_bytes(b"the old one")
    kept = {}
    monkeypatch.setattr(shipped_models, "SHIPPED", tmp_path)
    monkeypatch.setattr(shipped_models, "folder", lambda samples: tmp_path / "run")
    monkeypatch.setattr(shipped_models, "trained", lambda samples: {"run": {"samples": samples}})
    monkeypatch.setattr(shipped_models, "keep", kept.__setitem__)
    monkeypatch.setattr(shipped_models, "model_card", lambda name: f"a card made of {kept[name]['run']}")

    def broken(data, size):
        assert old.read_bytes() == b"the old one"
        raise ValueError("the test pictures are not there")

    monkeypatch.setattr(shipped_models, "evaluation_suite", broken)
    with pytest.raises(ValueError, match="the test pictures are not there"):
        shipped_models.main("picturebook-tiny")
    assert old.read_bytes() == b"the old one" and not kept

    few = tasks(model.config.image_size, per_class=1, names=["object"], progress=False)
    monkeypatch.setattr(shipped_models, "evaluation_suite", lambda data, size: Suite(few, None))
    shipped_models.main("picturebook-tiny")
    numbers = kept["picturebook-tiny"]
    assert numbers["shipped"]["bytes"] == old.stat().st_size > 1e6
    assert 0 < numbers["shipped"]["rounding"] < 1e-3 and numbers["tasks"]["object"]["n"] == 52 * 11
    assert (tmp_path / "picturebook-tiny.md").read_text(encoding="utf-8") == "a card made of {'samples': 400000}"
