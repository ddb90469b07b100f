"""open_dataset: a data set by its name or its folder."""

import subprocess
import sys

import pytest
from photo_sets import ROOT, jpeg, make_cifar, make_folder

from minclip.data import open_dataset


def test_open_dataset_recognises_every_layout(flickr, rsicd, tmp_path):
    own = make_folder(tmp_path / "own", "file,caption,split\na.png,one,train\n")
    cifar = make_cifar(tmp_path / "cifar")
    names = [open_dataset(str(path), "train").name for path in (flickr, rsicd, own, cifar)]
    assert names == ["flickr8k", "rsicd", "folder", "cifar100"]


def test_open_dataset_finds_fetched_files_by_name(flickr, tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "flickr8k").mkdir(parents=True)
    flickr.rename(tmp_path / "data" / "flickr8k" / "files")
    assert len(open_dataset("flickr8k", "train")) == 2


def test_open_dataset_draws_the_picture_book(tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    book = open_dataset("picturebook", "val", size=16)
    assert (book.name, book.split, book.size) == ("picturebook", "val", 16)


@pytest.mark.parametrize("name", ["flickr8k", "rsicd", "cifar10", "cifar100"])
def test_open_dataset_says_how_to_get_a_set(name, tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    way = "authors" if name == "rsicd" else f"minclip data {name}"
    with pytest.raises(ValueError, match=rf"{name} is not in .*{way}"):
        open_dataset(name, "train")


def test_open_dataset_names_what_it_knows(tmp_path):
    with pytest.raises(ValueError, match=r"'flickr' is neither a name \(picturebook, flickr8k, rsicd"):
        open_dataset("flickr", "train")
    with pytest.raises(ValueError, match=r"holds nothing\)\. Looked for: .*captions\.csv.*token.*dataset_rsicd"):
        open_dataset(tmp_path, "train")
    (tmp_path / "holiday.jpg").write_bytes(jpeg((1, 2, 3)))
    with pytest.raises(ValueError, match=r"holds holiday\.jpg\)\. Looked for"):
        open_dataset(tmp_path, "train")


def test_importing_data_brings_no_heavy_modules():
    code = (
        "import sys, types; package = types.ModuleType('minclip'); package.__path__ = ['minclip']; "
        "sys.modules['minclip'] = package; "  # without minclip/__init__.py, which imports torch for the model
        "import minclip.data.sources, minclip.data.folder; "
        "print('torch' in sys.modules, 'matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["False", "False"]
