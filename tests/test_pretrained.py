"""Names, addresses and checksums of models, and bringing them here, against a server of our own."""

import argparse
import gzip
import hashlib
import importlib.util
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from test_data_download import Server

from minclip.cli import fetch as command
from minclip.config import CLIPConfig
from minclip.data import paths, pretrained
from minclip.data.pretrained import (
    MERGES,
    OPENAI,
    OnlineFile,
    fetch_merges,
    fetch_model,
    fetchable,
    fetched,
    models_root,
    openai_merges_path,
)

NAME, FILE = "ViT-B/32", "ViT-B-32.pt"
WEIGHTS = np.random.default_rng(0).bytes(2_500_000)
VOCABULARY = gzip.compress(b"a header\nt h\nth e</w>\n", mtime=0)
CONTENT = {FILE: WEIGHTS, MERGES.name: VOCABULARY}


@pytest.fixture
def models(monkeypatch, tmp_path) -> Path:
    """The folder of fetched models, empty."""
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def web(models, monkeypatch, tmp_path) -> Iterator[Server]:
    """A server that stands for OpenAI's: one model and the merges, with their checksums in the tables."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        server.folder = tmp_path / "web"
        server.folder.mkdir()
        for name, content in CONTENT.items():
            (server.folder / name).write_bytes(content)
        stand_in(monkeypatch, f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def offline(models, monkeypatch) -> None:
    """The same files in the tables, at an address where nobody answers."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    stand_in(monkeypatch, "http://127.0.0.1:9/")


def stand_in(monkeypatch, address: str) -> None:
    def file(name: str) -> OnlineFile:
        return OnlineFile(address + name, hashlib.sha256(CONTENT[name]).hexdigest(), 2.5)

    monkeypatch.setitem(OPENAI, NAME, file(FILE))
    monkeypatch.setattr(pretrained, "MERGES", file(MERGES.name))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


# ---- the tables


def test_the_nine_models_can_be_built():
    assert len(fetchable()) == 9
    for name in fetchable():
        assert CLIPConfig.preset(name).vocab_size == 49408


def test_openais_addresses_carry_the_checksum():
    for file in OPENAI.values():
        assert file.url == f"https://openaipublic.azureedge.net/clip/models/{file.sha256}/{file.name}"
        assert len(bytes.fromhex(file.sha256)) == 32
    assert len({file.name for file in OPENAI.values()}) == 9
    assert OPENAI["ViT-L/14@336px"].name == "ViT-L-14-336px.pt"


def test_the_addresses_are_the_ones_in_openais_own_code():
    clip = importlib.util.find_spec("clip")
    if clip is None or clip.origin is None:
        pytest.skip("openai/CLIP is not installed")
    theirs = Path(clip.origin).with_name("clip.py").read_text(encoding="utf-8")
    for name, file in OPENAI.items():
        assert f'"{name}": "{file.url}"' in theirs
    merges = Path(clip.origin).with_name(MERGES.name).read_bytes()
    assert hashlib.sha256(merges).hexdigest() == MERGES.sha256


def test_the_merges_are_those_of_the_parity_measurement(shared):
    content = (shared / "parity" / MERGES.name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == MERGES.sha256
    assert round(len(content) / 1e6, 1) == MERGES.megabytes


@pytest.mark.parametrize("name", ["ViT-B-32", "vit-b/32", "rn50", ""])
def test_unknown_names_are_refused_with_the_list(models, name):
    for function in (fetched, fetch_model):
        with pytest.raises(ValueError, match=r"no model to fetch: choose of RN50, .*, ViT-L/14@336px"):
            function(name)


def test_models_are_kept_in_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_MODELS", str(tmp_path))
    assert models_root() == tmp_path
    monkeypatch.delenv("MINCLIP_MODELS")
    assert models_root() == Path(__file__).parents[1] / "models"
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "site-packages" / "minclip" / "data" / "paths.py"))
    assert models_root() == Path.home() / ".cache" / "minclip" / "models"


# ---- fetching


def test_fetch_brings_model_and_merges_once(web, models):
    assert fetched(NAME) is None
    path = fetch_model(NAME, progress=False)
    assert path == models / FILE == fetched(NAME)
    assert path.read_bytes() == WEIGHTS
    assert openai_merges_path().read_bytes() == VOCABULARY
    fetch_model(NAME, progress=False)
    assert web.ranges == [None, None]
    assert names(models) == [FILE, MERGES.name]


def test_a_download_that_broke_off_is_gone_on_with(web, models):
    web.breaks = [1_000_000, 0]
    with pytest.raises(OSError, match=r"broke off at 1,000,000 of 2,500,000.*--from FILE"):
        fetch_model(NAME, progress=False)
    assert names(models) == [f"{FILE}.part"] and fetched(NAME) is None
    assert fetch_model(NAME, progress=False).read_bytes() == WEIGHTS
    assert web.ranges == [None, "bytes=1000000-", "bytes=1000000-", None]


def test_a_file_with_another_checksum_is_not_kept(web, models):
    (web.folder / FILE).write_bytes(b"x" + WEIGHTS[1:])
    with pytest.raises(ValueError, match=f"expected sha256 {OPENAI[NAME].sha256}, found"):
        fetch_model(NAME, progress=False)
    assert names(models) == []


def test_without_a_network_the_error_names_the_address(offline, models):
    with pytest.raises(OSError, match=rf"cannot fetch http://127\.0\.0\.1:9/{FILE}: .*--from FILE"):
        fetch_model(NAME, progress=False)
    with pytest.raises(FileNotFoundError, match=r"minclip fetch merges`, with --from FILE"):
        openai_merges_path()


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_local_file_is_taken_with_its_merges(offline, tmp_path, what):
    for name, content in CONTENT.items():
        (tmp_path / name).write_bytes(content)
    assert fetch_model(NAME, tmp_path / FILE if what == "file" else tmp_path, progress=False).read_bytes() == WEIGHTS
    assert openai_merges_path().read_bytes() == VOCABULARY


def test_a_model_without_merges_is_kept(offline, tmp_path, models):
    (tmp_path / "downloaded.pt").write_bytes(WEIGHTS)
    with pytest.raises(OSError, match=r"is ready, but not the vocabulary .*minclip fetch merges --from FILE"):
        fetch_model(NAME, tmp_path / "downloaded.pt", progress=False)
    assert names(models) == [FILE]
    (tmp_path / "vocabulary.gz").write_bytes(VOCABULARY)
    fetch_merges(tmp_path / "vocabulary.gz", progress=False)
    assert fetch_model(NAME, progress=False) == models / FILE


def test_a_wrong_local_file_is_refused(offline, tmp_path, models):
    (tmp_path / FILE).write_bytes(b"not a model")
    with pytest.raises(ValueError, match=r"ViT-B-32\.pt is not the expected file: expected sha256"):
        fetch_model(NAME, tmp_path / FILE, progress=False)
    with pytest.raises(FileNotFoundError, match=r"pass the fetched bpe_simple.* with --from"):
        fetch_merges(tmp_path, progress=False)
    assert not models.exists()


# ---- the command


def test_the_command_lists_local_and_fetchable_models(web, models, monkeypatch, tmp_path, capsys):
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "picturebook-x.safetensors").touch()
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path / "shipped")
    assert run() == 0
    before = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert list(before) == ["picturebook-x", *OPENAI, "merges"]
    assert before["picturebook-x"].endswith("comes with minclip")
    assert before["RN50x64"].split(maxsplit=1)[1].split("  ") == ["1,354 MB", "can be fetched"]
    assert run(NAME) == 0
    assert f"{NAME} is ready in {models / FILE}" in capsys.readouterr().out
    run()
    after = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert after[NAME].endswith(str(models / FILE)) and after["merges"].endswith(str(models / MERGES.name))
    assert after["RN50"].endswith("can be fetched")


def test_the_command_takes_a_local_file(offline, models, tmp_path, capsys):
    (tmp_path / "merges.gz").write_bytes(VOCABULARY)
    assert run("merges", "--from", str(tmp_path / "merges.gz")) == 0
    assert str(models / MERGES.name) in capsys.readouterr().out
    (tmp_path / FILE).write_bytes(WEIGHTS)
    assert run(NAME, "--from", str(tmp_path / FILE)) == 0
    assert fetched(NAME) == models / FILE


def test_the_command_refuses_what_makes_no_sense(models):
    with pytest.raises(ValueError, match=r"'vit' cannot be fetched: choose one of RN50, .*, merges"):
        run("vit")
    with pytest.raises(ValueError, match="needs a name"):
        run("--from", "ViT-B-32.pt")


def test_listing_does_not_wait_for_torch():
    code = "import sys; from minclip.cli.fetch import listing; listing(); print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"
