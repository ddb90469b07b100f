"""A ResNet, weights under other names and changed configurations, for the tests of layouts."""

import json

import pytest
import torch

from minclip.config import CLIPConfig
from minclip.formats.weights_files import write_tensors
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


LONG = ["x" * 1_000_000, ["x" * 10] * 100_000, {"a\nb" * 250_000: 1}, json.loads("[" * 900 + "]" * 900)]
