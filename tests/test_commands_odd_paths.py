"""Paths that look odd and are right: spaces, foreign letters, quotes, .., and ~ that no shell has written out."""

import json
import os
import shutil
import sys

import pytest
from command_places import make_places, state

from minclip.cli import main

ODD = ["a b", "Grüße ø 日本", "it's", "..", "~"] + (['say "hi"'] if sys.platform != "win32" else [])


@pytest.fixture
def here(tmp_path, monkeypatch):
    place = make_places(tmp_path)
    monkeypatch.chdir(place)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return place


def odd_folder(here, name):
    """(what the user writes, the folder that it means)"""
    if name == "..":
        return "photos/../../here/odd", here / "odd"
    return (f"{name}/odd", here.parent / "home" / "odd") if name == "~" else (name, here / name)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_path_is_read_and_written(name, here, capsys):
    given, meant = odd_folder(here, name)
    shutil.copytree(here / "photos", meant)
    shutil.copy(here / "model.safetensors", meant)
    model = ["--model", f"{given}/model.safetensors"]
    assert main(["classify", f"{given}/red.png", "--labels", "a car,a tree", *model]) == 0
    assert main(["embed", given, f"--out={given}/new/f.safetensors", *model]) == 0
    assert main(["eval", "--data", given, f"--json={given}/scores.json", *model]) == 0
    assert main(["search", "a car", "--in", given, f"--index={given}/index.safetensors", *model]) == 0
    assert main(["export", "--format", "openclip", f"--out={given}/exported", *model]) == 0
    assert json.loads((meant / "scores.json").read_text(encoding="utf-8"))
    assert all((meant / made).exists() for made in ("new/f.safetensors", "index.safetensors", "exported"))
    assert not (here / "~").exists()
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="to this user every file is open")
def test_what_may_not_be_read_or_written_is_refused(here, capsys):
    (here / "closed").mkdir()
    for name in ("model.safetensors", "words.txt", "photos/red.png"):
        shutil.copy(here / name, here / "closed")
    model, before = ["--model", "model.safetensors"], state(here)
    for path in (here / "closed").iterdir():
        path.chmod(0)
    (here / "closed").chmod(0o500)
    lines = [
        ["eval", "--data", "photos", "--model", "closed/model.safetensors"],
        ["classify", "photos/red.png", "--labels-file", "closed/words.txt", *model],
        ["embed", "photos", "--out", "closed/new.safetensors", *model],
        ["eval", "--data", "photos", "--json", "closed/new.json", *model],
        ["export", "--format", "openclip", "--out", "closed/new", *model],
    ]
    found = [(main(line), capsys.readouterr().err) for line in lines]
    (here / "closed").chmod(0o700)
    for path in (here / "closed").iterdir():
        path.chmod(0o600)
    assert [(code, said.count(": error: ")) for code, said in found] == [(2, 1)] * len(lines), found
    assert state(here) == before
