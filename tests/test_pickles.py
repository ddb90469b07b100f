"""Pickles are read and never run: what attacks is refused."""

import io
import os
import pickle
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from weights_examples import outer, refusal, rewrite, save_member, save_script, weights

from minclip.formats import pickled_tensors, pickles

# torch.jit is deprecated, and so is what it calls: OpenAI's files stay what they are
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")


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


def test_plain_values_come_out_as_they_went_in():
    value = {"epoch": 3, "losses": [1, 2.5], "names": ("a", None, True)}
    assert pickles.read_pickle(io.BytesIO(pickle.dumps(value, protocol=2))).root == value


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


@pytest.mark.parametrize(
    "code, root",
    [
        (b"K\x01K\x020.", 1),  # POP
        (b"K\x01(K\x02K\x031.", 1),  # POP_MARK
        (b"K\x072\x86.", (7, 7)),  # DUP, TUPLE2
        (b"(K\x01K\x02l.", [1, 2]),  # LIST
        (b"(K\x01K\x02d.", {1: 2}),  # DICT
        (b"\x8f(K\x01K\x02\x90.", [1, 2]),  # EMPTY_SET, ADDITEMS
        (b"(K\x01K\x01\x91.", [1, 1]),  # FROZENSET: kept as a list
    ],
)
def test_rare_opcodes_do_what_the_format_says(code, root):
    assert pickles.read_pickle(io.BytesIO(b"\x80\x04" + code)).root == root


@pytest.mark.parametrize(
    "code, why",
    [
        (b"\x82\x01.", "it uses EXT1, which no file of weights needs"),
        (b"0.", "it takes more from its stack than is there"),
        (b"K\x01K\x02\x93.", "it asks for a function whose name is no text"),
        (b"K\x01)R.", "it calls what is no function"),
        (b"c" + b"a" * 600 + b"\n" + b"b" * 600 + b"\n.", "it asks for a function whose name has more than"),
        (b"ccollections\nOrderedDict\nK\x01R.", "without arguments, or with more than"),
        (b"(" + b"K\x01" * 600 + b"tQ.", "it describes a storage in more than"),
        (b"(K\x01d.", "its pickle is damaged or cut off"),  # a key without a value
    ],
)
def test_opcodes_that_make_no_sense_are_refused(code, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        pickles.read_pickle(io.BytesIO(b"\x80\x04" + code))
