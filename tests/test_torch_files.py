"""PyTorch's own files: torch.save, its older form and TorchScript, read as PyTorch reads them."""

import argparse
import pickle
import zipfile

import numpy as np
import pytest
import torch
from torch import nn
from weights_examples import outer, refusal, rewrite, same, save_script, weights

from minclip.formats.weights_files import read_tensors

# torch.jit is deprecated, and so is what it calls: OpenAI's files stay what they are
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")


DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16]


DTYPES += [torch.int8, torch.uint8, torch.bool]


@pytest.mark.parametrize("zipped", [True, False])
def test_two_numbers_that_torch_saved(zipped, tmp_path):
    state = {"logit_scale": torch.tensor([1.0, 2.0])}
    torch.save(state, tmp_path / "model.pt", _use_new_zipfile_serialization=zipped)
    stored = read_tensors(tmp_path / "model.pt")
    assert stored.kind == "state_dict" and list(stored.tensors) == ["logit_scale"]
    assert stored.tensors["logit_scale"].tolist() == [1.0, 2.0]


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
