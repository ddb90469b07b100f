"""Tensors from a pickle's notes: what is no ordinary tensor, or larger than its file, is refused."""

import zipfile

import pytest
import torch
from weights_examples import outer, refusal, rewrite, same, save_member, save_script

from minclip.formats import pickled_tensors, pickles
from minclip.formats.weights_files import read_tensors

# torch.jit is deprecated, and so is what it calls: OpenAI's files stay what they are
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")


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


def test_a_note_of_a_tensor_becomes_the_tensor():
    storage = pickles.Outside(("storage", pickles.Name("torch.FloatStorage"), "0", "cpu", 4))
    note = pickles.Call("torch._utils._rebuild_tensor_v2", (storage, 1, (3,), (1,), False, None))
    numbers = torch.tensor([0.0, 1.0, 2.0, 3.0])
    found = pickled_tensors.load_tensors({"w": note}, lambda key: numbers.view(torch.uint8), file_size=100)
    assert found["w"].tolist() == [1.0, 2.0, 3.0]  # three numbers, from number 1 on


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
