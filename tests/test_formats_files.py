"""Tensors out of any file of weights: the same as PyTorch's own readers give, and nothing in a file is ever run."""

import argparse
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from minclip.formats import pickled_tensors, pickles
from minclip.formats.weights_files import read_tensors, write_sharded, write_tensors

# torch.jit is deprecated, and so is what it calls: OpenAI's files stay what they are
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16]
DTYPES += [torch.int8, torch.uint8, torch.bool]


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


def save_index(path: Path) -> None:
    write_sharded(path.parent, weights(), max_bytes=100)
    path.write_bytes((path.parent / "model.safetensors.index.json").read_bytes())


# the name says nothing of the content
WRITERS: dict[str, Callable[[Path], None]] = {
    "safetensors": lambda path: safetensors.torch.save_file(weights(), path, {"format": "pt"}),
    "torch.save": lambda path: torch.save(weights(), path),
    "old torch.save": lambda path: torch.save(weights(), path, _use_new_zipfile_serialization=False),
    "training": lambda path: torch.save({"epoch": 3, "name": "run", "state_dict": weights()}, path),
    "TorchScript": lambda path: save_script(outer(half=True), path),
    "index": save_index,
}
KINDS = {"torch.save": "state_dict", "old torch.save": "state_dict", "training": "wrapped", "index": "safetensors"}


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


@pytest.mark.parametrize("writer", ["safetensors", "torch.save", "old torch.save", "training", "index"])
def test_every_file_gives_the_tensors_that_were_written(writer, tmp_path):
    WRITERS[writer](tmp_path / "weights.bin")
    stored = read_tensors(tmp_path / "weights.bin")
    same(stored.tensors, weights())
    assert stored.kind == KINDS.get(writer, writer)
    assert stored.metadata == ({"format": "pt"} if stored.kind == "safetensors" else {})


@pytest.mark.parametrize("begins_like", [b" {", b"PK", b"\x80\x02"])
def test_safetensors_are_known_whatever_their_first_number(begins_like, tmp_path):
    length = int.from_bytes(begins_like, "little")
    header = json.dumps({"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}).ljust(length)
    (tmp_path / "weights").write_bytes(length.to_bytes(8, "little") + header.encode() + b"\x01\x02")
    same(read_tensors(tmp_path / "weights").tensors, {"a": torch.tensor([1, 2], dtype=torch.uint8)})


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("how", ["trace", "script"])
def test_torchscript_is_read_as_torch_jit_does(how, half, tmp_path):
    save_script(outer(half), tmp_path / "model.pt", how)
    stored = read_tensors(str(tmp_path / "model.pt"))
    expected = torch.jit.load(tmp_path / "model.pt").state_dict()
    same(stored.tensors, expected)
    same(stored.tensors, {name: outer(half).state_dict()[name] for name in expected})
    assert stored.kind == "torchscript" and len(expected) == len(outer().state_dict()) == 17
    assert {"input_resolution", "blocks.1.steps", "again.linear.weight", "deeper.0.0.weight"} <= expected.keys()
    assert stored.tensors["blocks.0.linear.weight"].data_ptr() == stored.tensors["again.linear.weight"].data_ptr()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_tensor_is_read_as_torch_does(protocol, zipped, tmp_path):
    path = tmp_path / "weights.pt"
    numbers = torch.arange(24.0)
    state = {str(dtype): torch.tensor([[1, 0, 3]]).to(dtype) for dtype in DTYPES}
    state |= {
        "whole": numbers,
        "turned": numbers.view(4, 6).t(),
        "part": numbers[3:9:2],
        "row": numbers[:2].expand(3, 2),
    }
    state |= {"empty": torch.zeros(0, 3), "parameter": nn.Parameter(torch.ones(2)), "number": torch.tensor(7)}
    torch.save(state, path, pickle_protocol=protocol, _use_new_zipfile_serialization=zipped)
    found = read_tensors(path).tensors
    same(found, state)
    if protocol == 2:  # torch.load's own reader of weights knows no other
        same(found, torch.load(path, weights_only=True))
    assert found["turned"].data_ptr() == found["whole"].data_ptr()
    assert not any(tensor.requires_grad for tensor in found.values())


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_names_lose_what_wrappers_put_before(prefix, tmp_path):
    torch.save({"state_dict": {prefix + name: tensor for name, tensor in weights().items()}}, tmp_path / "run.pt")
    same(read_tensors(tmp_path / "run.pt").tensors, weights())


def test_one_part_named_module_keeps_its_name(tmp_path):
    torch.save({"module.a": torch.ones(1), "b": torch.ones(1)}, tmp_path / "model.pt")
    assert list(read_tensors(tmp_path / "model.pt").tensors) == ["module.a", "b"]


def test_the_optimizer_of_a_checkpoint_is_not_read(tmp_path):
    path = tmp_path / "epoch_1.pt"
    moment = torch.randn(30, generator=torch.Generator().manual_seed(1))
    torch.save({"epoch": 1, "state_dict": weights(), "optimizer": {"state": {0: {"exp_avg": moment}}}}, path)
    content = path.read_bytes()
    assert content.count(moment.numpy().tobytes()) == 1
    path.write_bytes(content.replace(moment.numpy().tobytes(), bytes(moment.nbytes)))  # its sum is wrong now
    same(read_tensors(path).tensors, weights())


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_numpy_and_arguments_beside_weights_are_harmless(protocol, tmp_path):
    noted = {"epoch": np.int64(3), "loss": np.float32(0.5), "history": np.arange(3.0), "args": argparse.Namespace(lr=1)}
    torch.save({**noted, "state_dict": weights()}, tmp_path / "run.pt", pickle_protocol=protocol)
    same(read_tensors(tmp_path / "run.pt").tensors, weights())


def test_numbers_of_an_older_numpy_do_no_harm_either(tmp_path):
    torch.save({"epoch": np.int64(3), "state_dict": weights()}, tmp_path / "run.pt")
    rewrite(tmp_path / "run.pt", "/data.pkl", lambda old: old.replace(b"cnumpy._core.", b"cnumpy.core."))
    same(read_tensors(tmp_path / "run.pt").tensors, weights())


def test_a_flipped_bit_in_a_zip_is_noticed(tmp_path):
    path = tmp_path / "model.pt"
    torch.save(weights(), path)
    numbers = weights()["visual.proj"].numpy().tobytes()
    path.write_bytes(path.read_bytes().replace(numbers, bytes([numbers[0] ^ 1]) + numbers[1:]))
    assert "Bad CRC-32" in refusal(path)


class Bomb:
    """Makes a folder as soon as it is unpickled."""

    def __init__(self, folder: Path):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def bomb_in_a_state_dict(bomb: Bomb, path: Path) -> None:
    torch.save({**weights(), "visual.proj": bomb}, path)


def bomb_in_an_old_file(bomb: Bomb, path: Path) -> None:
    torch.save({**weights(), "visual.proj": bomb}, path, _use_new_zipfile_serialization=False)


def bomb_in_the_optimizer(bomb: Bomb, path: Path) -> None:
    torch.save({"state_dict": weights(), "optimizer": [bomb]}, path)


def bomb_in_a_torchscript_archive(bomb: Bomb, path: Path) -> None:
    save_script(outer(), path)
    rewrite(path, "/data.pkl", lambda old: pickle.dumps(bomb, 2))


def bare_bomb(bomb: Bomb, path: Path) -> None:
    path.write_bytes(pickle.dumps(bomb))


BOMBS = [bomb_in_a_state_dict, bomb_in_an_old_file, bomb_in_the_optimizer, bomb_in_a_torchscript_archive, bare_bomb]


@pytest.mark.parametrize("write", BOMBS)
def test_a_pickle_that_runs_something_is_refused(write, tmp_path):
    write(Bomb(tmp_path / "boom"), tmp_path / "model.pt")
    assert f"wants to call {os.mkdir.__module__}.mkdir: refused, nothing was run" in refusal(tmp_path / "model.pt")
    assert not (tmp_path / "boom").exists()


def test_the_bomb_goes_off_where_it_is_unpickled(tmp_path):
    bare_bomb(Bomb(tmp_path / "boom"), tmp_path / "model.pt")
    pickle.loads((tmp_path / "model.pt").read_bytes())
    assert (tmp_path / "boom").is_dir()


@pytest.mark.parametrize(
    "code", [b"i__main__\nlaunch\n", b"c__builtin__\neval\n(Vlaunch()\ntR", b"(c__main__\nlaunch\no"]
)
def test_older_ways_to_call_are_refused_too(code, tmp_path):
    save_member(tmp_path / "model.pt", b"\x80\x02(" + code + b".")
    assert "refused, nothing was run" in refusal(tmp_path / "model.pt")


@pytest.mark.parametrize("name", [
    "os.system", "posix.system", "nt.system", "builtins.eval", "__builtin__.exec", "subprocess.Popen", "pickle.loads",
    "numpy.testing._private.utils.runstring", "numpy.core.multiarray.scalar.x", "argparse.Namespace.x", "argparse.sys",
    "torch.FloatStorage.x", "torch.FloatStorage x", "xtorch.FloatStorage", "torch._utils._rebuild_tensor.__globals__",
])  # fmt: skip
def test_names_that_resemble_harmless_ones_are_refused(name, tmp_path):
    beside = {"a": torch.ones(1)}
    torch.save({"state_dict": beside, "epoch": 1}, tmp_path / "model.pt")
    module, _, function = name.rpartition(".")
    call = f"c{module}\n{function}\n)R".encode()
    rewrite(tmp_path / "model.pt", "/data.pkl", lambda old: old.replace(b"K\x01u.", call + b"u."))
    assert f"wants to call {pickled_tensors.printable(name)}: refused, nothing was run" in refusal(
        tmp_path / "model.pt"
    )


def test_control_characters_in_a_name_are_escaped(tmp_path):
    save_member(tmp_path / "model.pt", b"\x80\x02c\x1b[31mos\nsystem\n)R.")
    assert r"wants to call '\x1b[31mos.system': refused" in refusal(tmp_path / "model.pt")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_pickled_model_is_refused_by_its_class(zipped, tmp_path):
    torch.save(nn.Linear(2, 2), tmp_path / "model.pt", _use_new_zipfile_serialization=zipped)
    message = refusal(tmp_path / "model.pt")
    assert "a whole pickled model, 'torch.nn.modules.linear.Linear'" in message and "state_dict()" in message


NOT_TENSORS = {
    "entry 'epoch' is no tensor, but of type int": {"a": torch.ones(1), "epoch": 3},
    "no weights under state_dict, model_state_dict, ": {"student": {"a": torch.ones(1)}, "epoch": 3},
    "entry 'size' is no tensor, but of type torch.Size": {"size": torch.Size([2])},
    "a tensor is named 0, which is no text": {0: torch.ones(1)},
    "its dict of tensors is empty": {"epoch": 1, "state_dict": {}},
    "something of type list": [torch.ones(1)],
    "something of type torch._utils._rebuild_tensor_v2": torch.ones(1),
    "tensor 'a' is sparse, quantised or": {"a": torch.eye(3).to_sparse()},
    "tensor 'q' is sparse, quantised or": {"q": torch.empty(2, device="meta")},
    "storage of type torch.ComplexFloatStorage": {"c": torch.ones(2, dtype=torch.complex64)},
}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("expected", NOT_TENSORS)
def test_anything_but_a_dict_of_tensors_is_refused(expected, zipped, tmp_path):
    torch.save(NOT_TENSORS[expected], tmp_path / "model.pt", _use_new_zipfile_serialization=zipped)
    assert expected in refusal(tmp_path / "model.pt")


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's own, on quantising
def test_quantised_tensors_are_refused(tmp_path):
    torch.save({"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, tmp_path / "model.pt")
    assert "make it an ordinary one, with to_dense() or dequantize()" in refusal(tmp_path / "model.pt")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_storage_that_claims_a_terabyte_is_refused(zipped, tmp_path):
    state = {"a": torch.ones(1).expand(1 << 19, 1 << 19)}
    torch.save(state, tmp_path / "model.pt", _use_new_zipfile_serialization=zipped)
    assert f"the tensors claim {1 << 40:,} bytes in a file of " in refusal(tmp_path / "model.pt")


def test_a_zip_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", b"\x80\x02" + b"N" * 5_000_000 + b".")
    assert "claims to unpack to more than" in refusal(tmp_path / "model.pt")


def test_a_pickle_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(pickles, "MOST_STEPS", 1000)
    (tmp_path / "model.pt").write_bytes(b"\x80\x02" + b"N" * 1000 + b".")
    assert "it has more than 1,000 steps" in refusal(tmp_path / "model.pt")


@pytest.mark.parametrize("copies", [2, 20])
def test_a_list_used_again_pays_for_each_copy(copies, monkeypatch):
    monkeypatch.setattr(pickles, "MOST_STEPS", 1000)
    kept = b"ccollections\nOrderedDict\nq\x00](" + b"K\x01K\x02\x86" * 100 + b"e\x85q\x01"  # a list of a hundred pairs
    code = io.BytesIO(b"\x80\x02" + kept + b"(" + b"h\x00h\x01R" * copies + b"l.")
    if copies == 2:
        assert pickles.read_pickle(code).root == [{1: 2}, {1: 2}]
    else:
        with pytest.raises(ValueError, match="it has more than 1,000 steps"):
            pickles.read_pickle(code)


TOO_LONG = {
    "a function whose name has more than 1,000 characters": b"V" + b"m" * 1001 + b"\nVf\n\x93.",
    "calls 'm.f' without arguments, or with more than 100": b"cm\nf\n(" + b"K\x01" * 101 + b"tR.",
    "describes a storage in more than 100 parts": b"(" + b"K\x01" * 101 + b"tQ.",
}


@pytest.mark.parametrize("expected", TOO_LONG)
def test_what_is_used_again_must_be_short(expected):
    with pytest.raises(ValueError, match=expected):
        pickles.read_pickle(io.BytesIO(b"\x80\x04" + TOO_LONG[expected]))


def tensor_as_bytes(shape: bytes, steps: bytes = b"K\x01\x85", offset: bytes = b"K\x00") -> bytes:
    """data.pkl of {"a": a tensor in the storage "0" of six numbers}."""
    storage = b"((Vstorage\nctorch\nFloatStorage\nV0\nVcpu\nK\x06tQ"
    return b"\x80\x02}Va\nctorch._utils\n_rebuild_tensor_v2\n" + storage + offset + shape + steps + b"\x89}tRs."


IMPOSSIBLE = {
    "tensor 'a' needs 7 elements, its storage has 6": tensor_as_bytes(b"K\x07\x85"),
    "tensor 'a' needs 11 elements, its storage has 6": tensor_as_bytes(b"K\x06\x85", b"K\x02\x85"),
    "tensor 'a' needs 8 elements, its storage has 6": tensor_as_bytes(b"K\x06\x85", offset=b"K\x02"),
    "tensor 'a' has a shape that cannot be": tensor_as_bytes(b"J\xff\xff\xff\xff\x85"),
    "has a shape that cannot be: the file": tensor_as_bytes(b"K\x02K\x03\x86"),
    "a shape that cannot be": tensor_as_bytes(b"\x88\x85"),
    "is described as PyTorch does not do it": tensor_as_bytes(b"K\x06"),
}


def test_the_bytes_of_the_tests_are_a_tensor(tmp_path):
    save_member(tmp_path / "model.pt", tensor_as_bytes(b"K\x02\x85", b"K\x03\x85", b"K\x01"))
    same(read_tensors(tmp_path / "model.pt").tensors, {"a": torch.tensor([1.0, 4.0])})


@pytest.mark.parametrize("expected", IMPOSSIBLE)
def test_a_tensor_that_reaches_beyond_its_storage_is_refused(expected, tmp_path):
    save_member(tmp_path / "model.pt", IMPOSSIBLE[expected])
    assert expected in refusal(tmp_path / "model.pt")


def test_a_parameter_of_a_parameter_is_no_tensor(tmp_path):
    once = tensor_as_bytes(b"K\x06\x85").removesuffix(b"s.")
    head, tensor = once.split(b"Va\n")
    parameter = b"ctorch._utils\n_rebuild_parameter\n"
    for depth, outcome in ((1, None), (2, "of another special kind (torch._utils._rebuild_parameter)")):
        code = head + b"Va\n" + depth * (parameter + b"(") + tensor + depth * b"\x89}tR" + b"s."
        save_member(tmp_path / "model.pt", code)
        if outcome is None:
            same(read_tensors(tmp_path / "model.pt").tensors, {"a": torch.arange(6.0)})
        else:
            assert outcome in refusal(tmp_path / "model.pt")


def test_a_storage_that_is_shorter_than_promised_is_refused(tmp_path):
    save_member(tmp_path / "model.pt", tensor_as_bytes(b"K\x06\x85"), numbers=torch.arange(5.0))
    assert "storage of 24 bytes, of which 20 are there" in refusal(tmp_path / "model.pt")


def test_a_module_that_holds_itself_is_refused(tmp_path):
    save_script(outer(), tmp_path / "model.pt")

    def holding_itself(old: bytes) -> bytes:
        """data.pkl begins with the class of the outermost module."""
        return old[: old.index(b")\x81") + 2] + b"q\x01}(Vdeeper\nh\x01Vagain\nh\x01ub."

    rewrite(tmp_path / "model.pt", "/data.pkl", holding_itself)
    assert "its modules have no end" in refusal(tmp_path / "model.pt")


def test_big_endian_numbers_are_refused(tmp_path):
    torch.save(weights(), tmp_path / "model.pt")
    rewrite(tmp_path / "model.pt", "/byteorder", lambda old: b"big")
    assert "do not have the small end first" in refusal(tmp_path / "model.pt")


def test_a_frozen_archive_has_no_parameters_left(tmp_path):
    torch.jit.save(torch.jit.freeze(torch.jit.script(outer())), tmp_path / "model.pt")
    assert "its code lists no parameters: torch.jit.freeze" in refusal(tmp_path / "model.pt")


@pytest.mark.parametrize("content, expected", {
    b"": "the file is empty",
    b"hello\nworld": r"this is a text file, it begins with 'hello\nworld'",
    "Grüße".encode(): "this is a text file, it begins with 'Grüße'",
    b"\n <!DOCTYPE html><html><body>Sign in": "this is a web page",
    b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>": "this is a web page",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n": "run `git lfs pull`",
    b'{"model_type": "clip"}': "has no weight_map",
    b"{ not JSON": "is not JSON",
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00": "no file of weights that minclip knows",
    pickle.dumps({"a": 1}): "a pickle, but not one of torch.save",
}.items())  # fmt: skip
def test_what_is_no_file_of_weights_is_told_apart(content, expected, tmp_path):
    (tmp_path / "model.pt").write_bytes(content)
    assert expected in refusal(tmp_path / "model.pt")


def test_another_zip_is_named_by_its_content(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("weights/readme.txt", "hello")
    assert "this zip holds weights/readme.txt, and no data.pkl" in refusal(tmp_path / "model.pt")


def test_a_folder_and_a_missing_file_say_so(tmp_path):
    assert "is a folder: pass the file of weights in it" in refusal(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"none\.pt is not there"):
        read_tensors(tmp_path / "none.pt")


@pytest.mark.parametrize("writer", WRITERS)
def test_a_cut_file_says_so_wherever_it_ends(writer, tmp_path):
    path = tmp_path / "model.pt"
    WRITERS[writer](path)
    content = path.read_bytes()
    for length in [1, 7, 8, 20, 100, len(content) // 2, len(content) - 2]:
        path.write_bytes(content[:length])
        assert any(word in refusal(path) for word in ("cut off", "fetch it again", "JSON", "begins with")), length


def write_index(folder: Path, where: dict) -> Path:
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": where}), encoding="utf-8")
    return index


def test_shards_of_torch_save_are_read_through_their_index(tmp_path):
    names = list(weights())
    for number in (1, 2):
        part = {name: tensor for name, tensor in weights().items() if (name == names[0]) == (number == 1)}
        torch.save(part, tmp_path / f"pytorch_model-{number}.bin")
    where = {name: f"pytorch_model-{1 if name == names[0] else 2}.bin" for name in names}
    stored = read_tensors(write_index(tmp_path, where))
    same(stored.tensors, weights())
    assert stored.kind == "state_dict"


@pytest.mark.parametrize("shard", ["../w", "/etc/w", "C:\\w", "C:w", "..\\w", "sub/w", "..", "w" * 5000])
def test_a_shard_outside_of_the_folder_is_refused(shard, tmp_path):
    (tmp_path / "sub").mkdir()
    for place in (tmp_path / "w", tmp_path / "sub" / "w"):
        write_tensors(place, weights(), {})
    index = write_index(tmp_path / "sub", {"logit_scale": shard})
    assert f"shard {shard!r:.80} is not in the index's own folder: refused" in refusal(index)


def test_missing_and_damaged_shards_are_named(tmp_path):
    index = write_index(tmp_path, {"logit_scale": "a.safetensors", "other": "a.safetensors"})
    assert f"shard 'a.safetensors' is not there: fetch it into {tmp_path}" in refusal(index)
    write_tensors(tmp_path / "a.safetensors", weights(), {})
    assert "shard a.safetensors lacks the tensor 'other'" in refusal(index)
    (tmp_path / "a.safetensors").write_bytes(b"")
    assert f"{tmp_path / 'a.safetensors'}: the file is empty" in refusal(index)


@pytest.mark.parametrize("where", [None, [], {}, {"a": 1}, {"a": "model.safetensors.index.json"}])
def test_an_index_that_leads_nowhere_is_refused(where, tmp_path):
    assert any(text in refusal(write_index(tmp_path, where)) for text in ("has no weight_map", "a text file"))


def test_tensors_that_share_memory_are_each_written(tmp_path):
    numbers = torch.arange(6.0)
    tensors = {"whole": numbers, "same": numbers, "part": numbers[2:4], "turned": numbers.view(2, 3).t()}
    tensors |= {"learned": nn.Parameter(torch.ones(2)), "empty": torch.zeros(0), "nothing": torch.zeros(0)}
    write_tensors(tmp_path / "new" / "model.safetensors", tensors, {"a": "b"})
    stored = read_tensors(tmp_path / "new" / "model.safetensors")
    same(dict(sorted(stored.tensors.items())), dict(sorted(tensors.items())))
    assert stored.metadata == {"a": "b"}
    assert torch.equal(numbers, torch.arange(6.0))


def test_shards_are_filled_in_order_to_the_limit(tmp_path):
    tensors = {name: torch.full([size], float(size)) for name, size in {"a": 3, "b": 2, "c": 9, "d": 1}.items()}
    write_sharded(tmp_path, tensors, "weights", max_bytes=20)  # five numbers
    index = json.loads((tmp_path / "weights.safetensors.index.json").read_text(encoding="utf-8"))
    shards = [f"weights-{number:05}-of-00003.safetensors" for number in (1, 2, 3)]
    assert index == {"metadata": {"total_size": 60}, "weight_map": dict(zip("abcd", [shards[0], *shards], strict=True))}
    assert sorted(path.name for path in tmp_path.iterdir()) == [*shards, "weights.safetensors.index.json"]
    assert list(read_tensors(tmp_path / shards[0]).tensors) == ["a", "b"]
    same(read_tensors(tmp_path / "weights.safetensors.index.json").tensors, tensors)


def test_what_fits_into_one_file_is_one_file(tmp_path):
    write_sharded(tmp_path, weights())
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
    stored = read_tensors(tmp_path / "model.safetensors")
    same(stored.tensors, weights())
    assert stored.metadata == {"format": "pt"}


def test_writing_deletes_the_earlier_model(tmp_path):
    index = tmp_path / "model.safetensors.index.json"
    write_sharded(tmp_path, {"old": torch.ones(1)})
    write_sharded(tmp_path, weights(), max_bytes=100)
    assert not (tmp_path / "model.safetensors").exists()
    same(read_tensors(index).tensors, weights())
    write_sharded(tmp_path, {"new": torch.ones(1)})
    assert not index.exists()
    same(read_tensors(tmp_path / "model.safetensors").tensors, {"new": torch.ones(1)})


# (position, new value) of single bytes
DAMAGE = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=4)


@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(damage=DAMAGE, inside=st.booleans())
def test_damaged_bytes_give_tensors_or_a_value_error(writer, tmp_path, damage, inside):
    path, original = tmp_path / "model.pt", tmp_path / "original.pt"
    if not original.exists():
        WRITERS[writer](original)
    names = list(read_tensors(original).tensors)

    def damaged(content: bytes) -> bytes:
        changed = bytearray(content)
        for position, value in damage:
            changed[position % len(content)] = value
        return bytes(changed)

    path.write_bytes(original.read_bytes())
    zipped = zipfile.is_zipfile(path)
    if zipped and inside:  # under sums that are right, so that the damage reaches what reads the pickle and the code
        rewrite(path, ("/data.pkl", ".py"), damaged)
    else:
        path.write_bytes(damaged(original.read_bytes()))
    try:
        stored = read_tensors(path)
    except ValueError as error:
        assert str(error).startswith(str(path))
    else:
        assert stored.tensors and all(isinstance(tensor, Tensor) for tensor in stored.tensors.values())
        if zipped and not inside:
            assert list(stored.tensors) == names
