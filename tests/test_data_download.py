"""Fetching and unpacking, against a server of our own on this machine."""

import errno
import hashlib
import http.server
import io
import os
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minclip.data import download, sources
from minclip.data.download import fetch, unpack
from minclip.data.flickr8k import Flickr8k
from minclip.data.sources import obtain

CONTENT = np.random.default_rng(0).bytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT under every path, and remembers what was asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []  # the Range header of every request
        self.breaks: list[int] = []  # bytes after which the next answers break off
        self.knows_ranges = True
        self.status: int | None = None  # instead of the content
        self.content = CONTENT
        self.folder: Path | None = None  # files that are served under their names instead

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/data/file.bin"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range")
        server.ranges.append(wanted)
        if server.folder is not None:
            server.content = (server.folder / self.path.rpartition("/")[2]).read_bytes()
        if server.status is not None:
            self.send_error(server.status)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and server.knows_ranges else 0
        if start >= len(server.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.send_header("Content-Length", str(len(server.content) - start))
        self.end_headers()
        stop = start + server.breaks.pop(0) if server.breaks else len(server.content)
        self.wfile.write(server.content[start:stop])

    def log_message(self, *arguments: object) -> None:
        pass


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_fetch_brings_the_file_and_only_once(server, tmp_path, capsys):
    path = tmp_path / "sub" / "file.bin"
    assert fetch(server.url, path, SHA256, MD5, len(CONTENT)) == path
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["file.bin"]
    assert "file.bin" in capsys.readouterr().err  # the bar
    fetch(server.url, path, SHA256, MD5, len(CONTENT))
    assert server.ranges == [None]


def test_without_progress_nothing_is_printed(server, tmp_path, capsys):
    fetch(server.url, tmp_path / "file.bin", progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_file_with_another_checksum_is_fetched_anew(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"older")
    assert fetch(server.url, tmp_path / "file.bin", SHA256, progress=False).read_bytes() == CONTENT


def test_a_part_is_gone_on_with(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1_000_000])
    assert fetch(server.url, tmp_path / "file.bin", SHA256, progress=False).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000000-"]
    assert names(tmp_path) == ["file.bin"]


def test_a_connection_that_breaks_is_taken_up_again(server, tmp_path):
    server.breaks = [1_200_000, 900_000]
    assert fetch(server.url, tmp_path / "file.bin", SHA256, progress=False).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=1200000-", "bytes=2100000-"]


def test_a_broken_connection_leaves_the_part_for_later(server, tmp_path):
    server.breaks = [1_200_000, 0]
    with pytest.raises(
        OSError, match=rf"cannot fetch {server.url}: .*broke off at 1,200,000 of 3,000,000.*--from FILE"
    ):
        fetch(server.url, tmp_path / "file.bin", SHA256, progress=False)
    assert names(tmp_path) == ["file.bin.part"]
    assert fetch(server.url, tmp_path / "file.bin", SHA256, progress=False).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=1200000-"


def test_a_server_without_ranges_sends_everything_again(server, tmp_path):
    server.knows_ranges = False
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1_000_000])
    assert fetch(server.url, tmp_path / "file.bin", SHA256, progress=False).read_bytes() == CONTENT


def test_a_part_that_was_complete_is_kept(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert fetch(server.url, tmp_path / "file.bin", SHA256, progress=False).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT)}-"]


def test_a_part_longer_than_the_file_is_started_again(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT + b"surplus")
    assert fetch(server.url, tmp_path / "file.bin", SHA256, progress=False).read_bytes() == CONTENT
    assert server.ranges == [f"bytes={len(CONTENT) + 7}-", None]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"sha256": "0" * 64}, f"expected sha256 {'0' * 64}, found {SHA256}"),
        ({"md5": "0" * 32}, f"expected md5 {'0' * 32}, found {MD5}"),
        ({"size": 7}, "expected 7 bytes, found 3,000,000"),
    ],
)
def test_a_wrong_file_is_deleted_the_older_stays(server, tmp_path, expected, message):
    (tmp_path / "file.bin").write_bytes(b"older")
    with pytest.raises(ValueError, match=message):
        fetch(server.url, tmp_path / "file.bin", progress=False, **expected)
    assert names(tmp_path) == ["file.bin"] and (tmp_path / "file.bin").read_bytes() == b"older"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_answer_that_is_no_file_names_the_address(server, tmp_path, status):
    server.status = status
    with pytest.raises(OSError, match=rf"cannot fetch {server.url}: .*{status}.*--from FILE"):
        fetch(server.url, tmp_path / "file.bin", progress=False)
    assert names(tmp_path) == []


def test_no_network_names_the_address_and_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(OSError, match=r"cannot fetch http://127\.0\.0\.1:9/x: .*--from FILE") as caught:
        fetch("http://127.0.0.1:9/x", tmp_path / "x", progress=False)
    assert "\n" not in str(caught.value)


def test_other_schemes_are_refused(tmp_path):
    (tmp_path / "secret").write_text("x")
    with pytest.raises(ValueError, match="must begin with http"):
        fetch((tmp_path / "secret").as_uri(), tmp_path / "copy", progress=False)


def test_a_full_disk_keeps_the_part(server, tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=rf"{tmp_path.name} is full, file\.bin was not written") as caught:
        fetch(server.url, tmp_path / "file.bin", SHA256, progress=False)
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == ["file.bin.part"]


def test_a_local_file_is_checked_and_copied(tmp_path):
    (tmp_path / "here.bin").write_bytes(CONTENT)
    path = fetch("http://127.0.0.1:9/x", tmp_path / "there" / "x", SHA256, progress=False, source=tmp_path / "here.bin")
    assert path.read_bytes() == CONTENT
    with pytest.raises(ValueError, match=rf"here\.bin is not the expected file: expected md5 {'0' * 32}, found {MD5}"):
        fetch("http://127.0.0.1:9/x", tmp_path / "y", md5="0" * 32, source=tmp_path / "here.bin")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.bin is not there"):
        fetch("http://127.0.0.1:9/x", tmp_path / "y", source=tmp_path / "nowhere.bin")
    assert not (tmp_path / "y").exists()


# ---- unpacking


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


FILES = {"photos/a.jpg": b"a", "photos/b.jpg": b"b", "text.txt": b"t"}


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_unpack_brings_every_file_and_nothing_else(tmp_path, write):
    archive = write(tmp_path / "archive", FILES)
    assert tree(unpack(archive, tmp_path / "out")) == FILES
    assert tree(unpack(archive, tmp_path / "out")) == FILES  # once more: replaced


def test_unpack_leaves_out_what_a_mac_adds(tmp_path):
    archive = write_zip(tmp_path / "a.zip", {**FILES, "__MACOSX/photos/._a.jpg": b"x"})
    assert tree(unpack(archive, tmp_path / "out")) == FILES


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil", "C:\\evil", "C:/evil"])
def test_a_zip_that_leaves_the_folder_is_refused(tmp_path, name):
    archive = write_zip(tmp_path / "in" / "a.zip", {"good": b"g", name: b"evil"})
    with pytest.raises(ValueError, match="not safe to unpack"):
        unpack(archive, tmp_path / "in" / "out")
    assert tree(tmp_path / "in" / "out") == {} and not (tmp_path / "in" / "evil").exists()


@pytest.mark.parametrize("name", ["../evil", "a/../../evil"])
def test_a_tar_that_leaves_the_folder_is_refused(tmp_path, name):
    archive = write_tar(tmp_path / "a.tar.gz", {"good": b"g", name: b"evil"})
    with pytest.raises(ValueError, match="not safe to unpack"):
        unpack(archive, tmp_path / "out")
    assert tree(tmp_path / "out") == {} and not (tmp_path / "evil").exists()


def test_links_that_lead_out_are_refused(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    for name in ("a.tar", "a.zip"):
        with pytest.raises(ValueError, match="not safe to unpack"):
            unpack(tmp_path / name, tmp_path / "out")
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_a_cut_archive_leaves_nothing(tmp_path, write):
    archive = write(tmp_path / "archive", {"big": CONTENT[:100_000]})
    archive.write_bytes(archive.read_bytes()[:50_000])
    with pytest.raises(ValueError, match="archive cannot be unpacked"):
        unpack(archive, tmp_path / "out")
    assert names(tmp_path / "out") == []


def test_an_archive_larger_than_the_disk_is_refused(tmp_path, monkeypatch):
    archive = write_zip(tmp_path / "a.zip", FILES)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 2}))
    with pytest.raises(OSError, match=r"out has 0\.0 GB free"):
        unpack(archive, tmp_path / "out")
    assert names(tmp_path / "out") == []


# ---- the official files


def test_every_official_file_has_an_address_and_a_checksum():
    for files in sources.SOURCES.values():
        for item in files:
            assert item.url.startswith("https://") and item.name.endswith((".zip", ".tar.gz"))
            assert len(item.md5) == 32 and (item.sha256 is None or len(item.sha256) == 64)


def test_obtain_returns_a_known_folder_as_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "dataset_rsicd.json").write_text("{}")
    assert obtain("rsicd", mine) == mine
    assert f"pass --data {mine}" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_obtain_real_folders_in_place(shared, capsys):
    for name, folder in (("flickr8k", "flickr8k-96"), ("rsicd", "rsicd-80"), ("cifar10", "cifar10-test")):
        assert obtain(name, shared / "data" / folder, progress=False) == shared / "data" / folder
    assert capsys.readouterr() == ("", "")


def test_obtain_refuses_a_wrong_archive_with_both_checksums(tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    wrong = write_tar(tmp_path / "cifar-10-python.tar.gz", FILES)
    with pytest.raises(ValueError, match=r"cifar-10-python\.tar\.gz .*expected sha256 6d958be0.*, found "):
        obtain("cifar10", wrong, progress=False)
    assert not list((tmp_path / "data").rglob("*.gz"))


def test_obtain_fetches_an_archive_once(server, tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    (official,) = sources.SOURCES["cifar100"]
    server.content = (write_tar(tmp_path / "made.gz", {"cifar-100-python/meta": b""})).read_bytes()
    md5 = hashlib.md5(server.content).hexdigest()
    url = server.url.replace("file.bin", official.name)
    monkeypatch.setitem(sources.SOURCES, "cifar100", (sources.SourceFile(url, md5),))
    for _ in range(2):
        files = obtain("cifar100", progress=False)
    assert files == tmp_path / "cifar100" / "files" and names(files) == ["cifar-100-python.tar.gz"]
    assert server.ranges == [None]


def flickr_archives(folder: Path) -> dict[str, bytes]:
    """Both of Flickr8k's archives with two photos in them; returns the text files."""
    jpeg = b"\xff\xd8 never decoded here"
    lists = {"train": "1_a.jpg\n", "dev": "2_b.jpg\n", "test": "2_b.jpg\n"}
    text = {f"Flickr_8k.{split}Images.txt": names.encode() for split, names in lists.items()}
    text["Flickr8k.token.txt"] = b"1_a.jpg#0\tOne .\n2_b.jpg#0\tTwo .\n"
    photos = {"Flicker8k_Dataset/1_a.jpg": jpeg, "Flicker8k_Dataset/2_b.jpg": jpeg, "__MACOSX/._x": b"x"}
    write_zip(folder / "Flickr8k_Dataset.zip", photos)
    write_zip(folder / "Flickr8k_text.zip", text)
    return text


@pytest.fixture
def flickr_sums(tmp_path, monkeypatch) -> Path:
    """A folder with both archives, and their checksums in place of the official ones."""
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    text = flickr_archives(tmp_path / "zips")
    photos, words = sources.SOURCES["flickr8k"]
    md5 = hashlib.md5((tmp_path / "zips" / photos.name).read_bytes()).hexdigest()
    monkeypatch.setitem(sources.SOURCES, "flickr8k", (replace(photos, md5=md5), words))
    monkeypatch.setattr(sources, "FLICKR8K_TEXT", {n: hashlib.sha256(c).hexdigest() for n, c in text.items()})
    return tmp_path / "zips"


@pytest.mark.parametrize("given", ["", "Flickr8k_Dataset.zip"])
def test_obtain_flickr8k_from_local_archives_even_zipped_anew(flickr_sums, given):
    files = obtain("flickr8k", flickr_sums / given, progress=False)
    assert Flickr8k(files, "train").captions(0) == ["One ."]
    assert names(flickr_sums) == ["Flickr8k_Dataset.zip", "Flickr8k_text.zip"]  # the user's stay
    assert obtain("flickr8k", progress=False) == files  # now it is there


def test_obtain_flickr8k_fetches_unpacks_and_keeps_no_archive(flickr_sums, server, monkeypatch):
    server.folder = flickr_sums
    fetched = [replace(item, url=server.url.replace("file.bin", item.name)) for item in sources.SOURCES["flickr8k"]]
    md5 = hashlib.md5((flickr_sums / "Flickr8k_text.zip").read_bytes()).hexdigest()
    monkeypatch.setitem(sources.SOURCES, "flickr8k", (fetched[0], replace(fetched[1], md5=md5)))
    files = obtain("flickr8k", progress=False)
    assert Flickr8k(files, "train").captions(0) == ["One ."]
    assert not list(files.glob("*.zip*"))
    obtain("flickr8k", progress=False)
    assert len(server.ranges) == 2


def test_obtain_flickr8k_keeps_the_photos_where_the_text_fails(flickr_sums, server, monkeypatch):
    server.folder = flickr_sums
    photos, text = (replace(i, url=server.url.replace("file.bin", i.name)) for i in sources.SOURCES["flickr8k"])
    monkeypatch.setitem(sources.SOURCES, "flickr8k", (photos, replace(text, md5="0" * 32)))
    with pytest.raises(ValueError, match=r"Flickr8k_text\.zip is not the expected file"):
        obtain("flickr8k", progress=False)
    md5 = hashlib.md5((flickr_sums / text.name).read_bytes()).hexdigest()
    monkeypatch.setitem(sources.SOURCES, "flickr8k", (photos, replace(text, md5=md5)))
    files = obtain("flickr8k", progress=False)
    assert len(server.ranges) == 3  # photos, a wrong text, the text: the photos were not fetched again
    assert len(Flickr8k(files, "train")) == 1 and not list(files.glob("*.zip*"))


def test_obtain_flickr8k_names_the_text_file_that_differs(flickr_sums, monkeypatch):
    monkeypatch.setitem(sources.FLICKR8K_TEXT, "Flickr_8k.devImages.txt", "0" * 64)
    with pytest.raises(ValueError, match=r"Flickr_8k\.devImages\.txt of Flickr8k_text\.zip .*expected sha256 000"):
        obtain("flickr8k", flickr_sums, progress=False)
    assert not sources.holds("flickr8k", sources.data_root() / "flickr8k" / "files")


def test_obtain_flickr8k_needs_both_archives(flickr_sums):
    (flickr_sums / "Flickr8k_text.zip").unlink()
    with pytest.raises(FileNotFoundError, match=r"Flickr8k_text\.zip is not there"):
        obtain("flickr8k", flickr_sums, progress=False)


def test_obtain_unpacks_rsicd_out_of_an_inner_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    archive = write_zip(tmp_path / "r.zip", {"RSICD/dataset_rsicd.json": b"{}", "RSICD/RSICD_images/a.jpg": b"j"})
    files = obtain("rsicd", archive, progress=False)
    assert tree(files) == {"dataset_rsicd.json": b"{}", "RSICD_images/a.jpg": b"j"}


def test_obtain_says_what_to_do_where_it_cannot(tmp_path, monkeypatch):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path / "data"))
    with pytest.raises(ValueError, match=r"no address that lasts.*RSICD_optimal.*--data"):
        obtain("rsicd")
    with pytest.raises(
        ValueError, match="name='mnist' is no set to fetch: choose of flickr8k, cifar10, cifar100, rsicd"
    ):
        obtain("mnist")
    with pytest.raises(FileNotFoundError, match="nowhere is not there"):
        obtain("cifar10", tmp_path / "nowhere")
