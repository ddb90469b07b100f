"""The models that come with minclip: there, small, known by name, and as good as their cards say."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import minclip
from minclip import pretrained
from minclip.data.picturebook import tasks
from minclip.evaluate import evaluate_task

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

from cards import model_card, result  # noqa: E402

NAMES = pretrained.shipped()


def test_all_of_them_fit_into_eight_megabytes():
    assert NAMES
    assert sum((pretrained.SHIPPED / f"{name}.safetensors").stat().st_size for name in NAMES) <= 8e6


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_made_from_the_kept_result(name):
    card = (pretrained.SHIPPED / f"{name}.md").read_text(encoding="utf-8")
    assert card == model_card(name), "run python benchmarks/pages.py"


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
