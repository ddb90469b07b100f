"""Small files of weights of every kind, for the tests of their readers."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from minclip.formats.weights_files import read_tensors


def same(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        assert found[name].shape == tensor.shape, name
        assert torch.equal(found[name], tensor), name


def weights() -> dict[str, Tensor]:
    """In alphabetical order, which is safetensors' own."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(5, 4, generator=generator)
    return {
        "logit_scale": torch.tensor(2.659),
        "visual.conv1.weight": torch.randn(3, 2, 4, 4, generator=generator).half(),
        "visual.proj": numbers,
        "vocab_size": torch.tensor(49408),
    }


class Inner(nn.Module):
    """A constant tensor attribute beside a buffer and parameters; `mask` is in no state dict."""

    def __init__(self, width: int):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.mask = torch.full([width], float("-inf"))
        self.register_buffer("steps", torch.arange(width))

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.steps + self.mask.to(x.dtype)


class Outer(nn.Module):
    """OpenAI's kind of scalar buffer, nested modules, one module under two names, one parameter in two modules."""

    def __init__(self, width: int):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(2.5))
        self.register_buffer("input_resolution", torch.tensor(224))
        self.blocks = nn.Sequential(Inner(width), Inner(width), nn.BatchNorm1d(width))
        self.blocks[1].linear.weight = self.blocks[0].linear.weight
        self.again = self.blocks[0]
        self.deeper = nn.ModuleList([nn.Sequential(nn.Linear(width, width, bias=False))])

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.deeper:
            x = layer(x)
        return self.again(self.blocks(x)) * self.logit_scale * self.input_resolution


def outer(half: bool = False) -> Outer:
    torch.manual_seed(0)
    model = Outer(3).eval()
    return model.half() if half else model


def save_script(model: nn.Module, path: Path, how: str = "trace") -> None:
    example = torch.ones(2, 3).to(next(model.parameters()).dtype)
    script = torch.jit.script(model) if how == "script" else torch.jit.trace(model, example, check_trace=False)
    torch.jit.save(script, path)


def rewrite(path: Path, endings: str | tuple[str, ...], change: Callable[[bytes], bytes]) -> None:
    """Changes the members of a zip whose names end so, under sums that are right again."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, change(content) if name.endswith(endings) else content)


def save_member(path: Path, content: bytes, numbers: Tensor | None = None) -> None:
    """An archive of torch.save with this data.pkl and the storage "0"."""
    torch.save({"a": torch.arange(6.0) if numbers is None else numbers}, path)
    rewrite(path, "/data.pkl", lambda old: content)


def refusal(path: Path) -> str:
    """What read_tensors says of a file, after its path."""
    with pytest.raises(ValueError) as caught:
        read_tensors(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(str(path))
