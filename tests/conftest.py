"""What several test files share: the folder of outside reference data, and a model small enough for a test."""

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, settings
from layout_examples import resnet  # noqa: F401  (fixtures that several files of tests share)
from photo_sets import flickr, rsicd  # noqa: F401
from shard_examples import book  # noqa: F401

from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer

# the same examples every time, however slow the machine: a failure is of the change that it came with
settings.register_profile(
    "minclip", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("minclip")

SHARED = Path(__file__).parents[1].parent / "shared"  # stands beside the project where its reference data is at hand


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("no folder `shared` beside the project: its reference data is not part of it")
    return SHARED


@pytest.fixture(autouse=True)
def own_indexes(monkeypatch, tmp_path_factory):
    """No test reads or writes the indexes of the person who runs it."""
    monkeypatch.setenv("MINCLIP_INDEXES", str(tmp_path_factory.mktemp("indexes")))


@pytest.fixture(autouse=True)
def no_bar_by_the_clock(monkeypatch):
    """A slow machine shows bars that a fast one does not. A test that is about bars sets this itself."""
    monkeypatch.setattr("minclip.data.progress.SECONDS", 10_000.0)


CAPTIONS = ["a red car", "two blue fish in the sea", "a small green tree", "a photo of a dog at night"]


@pytest.fixture
def tokenizer() -> BPETokenizer:
    return BPETokenizer.train(CAPTIONS * 4, vocab_size=560, context_length=16)


@pytest.fixture
def model(tokenizer: BPETokenizer) -> CLIP:
    torch.manual_seed(0)
    config = CLIPConfig(
        embed_dim=16,
        image_size=16,
        patch_size=8,
        vision_width=64,
        vision_layers=1,
        text_width=64,
        text_heads=1,
        text_layers=1,
        context_length=16,
        vocab_size=tokenizer.vocab_size,
    )
    return CLIP(config).eval()
