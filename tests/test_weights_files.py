"""Any file of weights: known by its content, read whole, written in shards."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from weights_examples import outer, refusal, rewrite, same, save_script, weights

from minclip.formats.weights_files import read_tensors, write_sharded, write_tensors

# torch.jit is deprecated, and so is what it calls: OpenAI's files stay what they are
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")


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


def test_two_numbers_byte_for_byte(tmp_path):
    write_tensors(tmp_path / "two.safetensors", {"w": torch.tensor([1.0, 2.0])}, {"format": "pt"})
    header = b'{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   '
    numbers = b"\0\0\x80?\0\0\0@"  # 1 and 2 in float32, small end first
    assert (tmp_path / "two.safetensors").read_bytes() == len(header).to_bytes(8, "little") + header + numbers
    assert read_tensors(tmp_path / "two.safetensors").tensors["w"].tolist() == [1.0, 2.0]


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
