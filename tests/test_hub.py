"""Models of the Hugging Face Hub: from its cache without a network, and fetched from a server that acts as the Hub."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
import torch
from hub_examples import FIRST, NAME, SECOND, put_in_cache
from PIL import Image

import minclip
from minclip import checkpoint
from minclip.cli import main
from minclip.formats import hub, openclip

pytest.importorskip("huggingface_hub", reason='pip install "minclip[hub]"')


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache; every connection is an error."""
    folder = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder))

    def refuse(*_):
        raise ConnectionRefusedError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return folder


def same(a, b):
    return all(torch.equal(tensor, b.state_dict()[name]) for name, tensor in a.state_dict().items())


@pytest.fixture(params=["save_openclip", "save_huggingface", "save"])
def repository(request, model, tokenizer, tmp_path):
    """A model's files as their owner uploads them."""
    folder = tmp_path / "uploaded"
    folder.mkdir()
    if request.param == "save":
        minclip.save(model, tokenizer, folder / "model.safetensors")
    else:
        getattr(checkpoint, request.param)(model, tokenizer, folder)
    return folder


def test_a_model_in_the_cache_loads_without_a_network(cache, repository, model, tokenizer):
    put_in_cache(cache, repository)
    loaded, _, words = minclip.load(f"hf-hub:{NAME}")
    assert same(loaded, model) and words.merges == tokenizer.merges
    assert same(minclip.load(f"hf-hub:{NAME}@{FIRST}")[0], model)


def test_commands_take_the_name(cache, repository, capsys, tmp_path):
    put_in_cache(cache, repository)
    Image.new("RGB", (20, 20), "red").save(tmp_path / "red.png")
    words = ["classify", str(tmp_path / "red.png"), "--labels", "red,blue", "--model", f"hf-hub:{NAME}"]
    assert main([*words, "--image-size", "32", "--device", "cpu"]) == 0
    assert main(["fetch", f"hf-hub:{NAME}"]) == 0
    said = capsys.readouterr()
    assert f'minclip.load("hf-hub:{NAME}")' in said.out
    assert "minclip: taken from the cache, because the Hub was not reached:" in said.err


def test_revisions_stand_side_by_side(cache, model, tokenizer, tmp_path):
    for commit, branches, factor in ((FIRST, ("v1", "refs/pr/1"), 1.0), (SECOND, ("main",), 2.0)):
        folder = tmp_path / commit
        with torch.no_grad():
            model.visual.proj.mul_(factor)
        checkpoint.save_openclip(model, tokenizer, folder)
        put_in_cache(cache, folder, commit, branches)
    main_model, first = (minclip.load(f"hf-hub:{NAME}{at}")[0] for at in ("", "@v1"))
    assert same(main_model, model) and torch.equal(2 * first.visual.proj, main_model.visual.proj)
    assert same(minclip.load(f"hf-hub:{NAME}@refs/pr/1")[0], first)
    assert same(minclip.load(f"hf-hub:{NAME}@{SECOND}")[0], main_model)


def test_what_is_not_cached_says_how_to_fetch_it(cache, capsys):
    with pytest.raises(FileNotFoundError, match=f"run `minclip fetch hf-hub:{NAME}@v2`"):
        minclip.load(f"hf-hub:{NAME}@v2")
    assert main(["fetch", f"hf-hub:{NAME}"]) == 2
    assert f"hf-hub:{NAME} was not fetched, and it is not in the cache" in capsys.readouterr().err


def test_a_download_that_broke_off_is_no_model(cache, repository, tmp_path):
    folder = put_in_cache(cache, repository)
    (folder / hub.chosen_weights([path.name for path in folder.iterdir()])).unlink()
    with pytest.raises(FileNotFoundError, match="minclip fetch"):
        minclip.load(f"hf-hub:{NAME}")


def test_a_link_to_nothing_is_no_model(cache, repository):
    put_in_cache(cache, repository)
    shutil.rmtree(cache / f"models--{NAME.replace('/', '--')}" / "blobs")
    for path in (cache / f"models--{NAME.replace('/', '--')}" / "snapshots" / FIRST).iterdir():
        if not path.is_symlink():
            path.unlink()
    with pytest.raises(FileNotFoundError, match="minclip fetch"):
        minclip.load(f"hf-hub:{NAME}")


def test_shards_come_before_their_index(monkeypatch, tmp_path):
    files = ["config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "x-00001-of-2.bin"]
    files += ["model.safetensors.index.json", "pytorch_model.bin.index.json", "merges.txt"]
    fetched = []

    class Api:
        def model_info(self, repository, revision):
            return SimpleNamespace(siblings=[SimpleNamespace(rfilename=name) for name in files])

    def download(repository, file, revision):
        fetched.append(file)
        return str(tmp_path / file)

    monkeypatch.setattr(hub, "hub_package", lambda: SimpleNamespace(HfApi=Api, hf_hub_download=download))
    assert hub.fetch_from_hub(f"hf-hub:{NAME}") == (tmp_path / "model.safetensors.index.json", "")
    assert fetched == ["config.json", "merges.txt", *files[1:3], "model.safetensors.index.json"]


@pytest.mark.parametrize(
    "name",
    ["", "clip", "a/b/c", "https://huggingface.co/a/b", "a/b@", "a/b@../../c", "../b", "a/..", "a b/c", "/etc/passwd",
     "a/b@v 1", "ä/b", "a/b\n", "-/b@-@", "a/b@/etc", "-a/b", "a/b-", "a--b/c"],
)  # fmt: skip
def test_what_names_no_model_is_refused(name, cache, capsys):
    with pytest.raises(ValueError, match="names no model of the Hub: write hf-hub:OWNER/NAME"):
        minclip.load(f"hf-hub:{name}")
    assert main(["fetch", f"hf-hub:{name}"]) == 2
    assert "\n" not in capsys.readouterr().err.rstrip("\n")


@pytest.mark.parametrize("name", ["a/b", "openai/clip-vit-base-patch32", "laion/CLIP-ViT-g-14-laion2B", "_a/b.c"])
def test_names_of_models_are_read(name):
    assert hub.hub_model(f"hf-hub:{name}") == (name, "main")
    assert str(hub.hub_model(f"hf-hub:{name}@v1.0")) == f"hf-hub:{name}@v1.0"


def test_the_weights_that_are_a_clips_are_chosen():
    both = ["config.json", "model.safetensors", "open_clip_pytorch_model.bin", "open_clip_model.safetensors"]
    assert hub.chosen_weights(both) == "model.safetensors"
    assert hub.chosen_weights([*both, openclip.CONFIG_FILE]) == "open_clip_model.safetensors"
    assert hub.chosen_weights(["pytorch_model.bin", "flax_model.msgpack"]) == "pytorch_model.bin"
    assert hub.chosen_weights(["README.md", "sub/model.safetensors", "tf_model.h5"]) is None


def test_a_missing_package_gets_its_pip_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for words in (["fetch", f"hf-hub:{NAME}"], ["eval", "--data", "picturebook", "--model", f"hf-hub:{NAME}"]):
        assert main(words) == 2
        assert 'pip install "minclip[hub]"' in capsys.readouterr().err


def test_from_is_not_for_the_hub(capsys, tmp_path):
    assert main(["fetch", f"hf-hub:{NAME}", "--from", str(tmp_path)]) == 2
    assert "--from is for OpenAI's models" in capsys.readouterr().err


ONE_KIND = pytest.mark.parametrize("repository", ["save_openclip"], indirect=True)
FETCH = """
import sys
from minclip.cli import main
for name in sys.argv[1:]:
    print("status", main(["fetch", f"hf-hub:{name}"]))
"""


def run(code, *words, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, encoding="utf-8", check=False,
        env={**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1", **environment},
    )  # fmt: skip
    return result.returncode, result.stdout, result.stderr


def test_the_switches_of_the_package_hold(model, tokenizer, tmp_path):
    checkpoint.save_openclip(model, tokenizer, tmp_path / "uploaded")
    put_in_cache(tmp_path / "cache", tmp_path / "uploaded")
    told = {"HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    _, out, err = run(FETCH, NAME, "somebody/else", **told)
    assert [line for line in out.splitlines() if line.startswith("status")] == ["status 0", "status 2"]
    assert err.count("OfflineModeIsEnabled") == 2 and err.count("\n") == 2


class Hub(BaseHTTPRequestHandler):
    """Answers as the Hub does about one repository, whose files lie in `folder`."""

    folder: Path
    commit = FIRST
    asked: list[str]

    def answer(self, status, content=b"", headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), "X-Repo-Commit": self.commit, **dict(headers)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_GET(self):
        path = unquote(self.path.split("?")[0])
        self.asked.append(path)
        if path.startswith(f"/api/models/{NAME}/revision/"):
            if path.rpartition("/")[2] not in ("main", self.commit):
                return self.answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            files = [{"rfilename": file.name} for file in sorted(self.folder.iterdir())]
            return self.answer(200, json.dumps({"id": NAME, "sha": self.commit, "siblings": files}).encode())
        file = self.folder / path.rpartition("/")[2]
        if not path.startswith(f"/{NAME}/resolve/") or not file.is_file():
            return self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})
        content = file.read_bytes()
        return self.answer(200, content, {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'})

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def server(repository, tmp_path, monkeypatch):
    """The Hub on this computer, with the repository and some files that minclip does not read."""
    for name in ("README.md", "tf_model.h5", "optimizer.pt"):
        (repository / name).write_text("no weights", encoding="utf-8")
    handler = type("OneHub", (Hub,), {"folder": repository, "asked": []})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{http.server_port}"
    environment = {"HF_ENDPOINT": address, "HF_HUB_CACHE": str(tmp_path / "cache"), "NO_PROXY": "127.0.0.1"}
    yield handler, environment
    http.shutdown()
    thread.join()
    http.server_close()


@ONE_KIND
def test_a_model_is_fetched_from_the_hub(server, model):
    handler, environment = server
    status, out, err = run(FETCH, NAME, f"{NAME}@v9", "somebody/else", **environment)
    lines = out.splitlines()
    assert status == 0 and lines[0].startswith(f"hf-hub:{NAME} is ready in"), err
    assert lines[1:] == ["status 0", "status 2", "status 2"]
    assert err.count("NotFoundError") == 2 and len([line for line in err.splitlines() if "error" in line]) == 2, err
    fetched = {path.rpartition("/")[2] for path in handler.asked if "/resolve/" in path}
    assert not fetched & {"README.md", "tf_model.h5", "optimizer.pt"}
    code = f"import minclip; print(minclip.load('hf-hub:{NAME}')[0].visual.proj.double().sum().item())"
    status, out, err = run(code, **environment, HF_HUB_OFFLINE="1")
    assert status == 0 and float(out) == model.visual.proj.double().sum().item(), err


@ONE_KIND
def test_a_repository_without_a_clip_says_what_it_has(server):
    handler, environment = server
    for path in handler.folder.iterdir():
        if path.suffix == ".safetensors":
            path.unlink()
    code = f"from minclip.formats.hub import fetch_from_hub; fetch_from_hub('hf-hub:{NAME}')"
    status, _, err = run(code, **environment)
    assert status == 1 and "has no weights that minclip reads: looked for" in err and "tf_model.h5" in err
