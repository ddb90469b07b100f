"""Which files of a folder are pictures."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image, features

from minclip.data.image_files import find_pictures, picture_suffixes, pictures_below
from minclip.data.images import open_image


def draw(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(root / name)


def found(root: Path) -> tuple[list[str], list[str]]:
    """What find_pictures answers, as names."""
    pictures, others = find_pictures(root)
    return [path.relative_to(root).as_posix() for path in pictures], [
        path.relative_to(root).as_posix() for path in others
    ]


def link(path: Path, to: Path) -> None:
    try:
        path.symlink_to(to, target_is_directory=to.is_dir())
    except OSError:
        pytest.skip("this system does not let us make links")


def test_one_picture_among_other_files(tmp_path):
    draw(tmp_path, "cat.png")
    for name in ("notes.txt", "._cat.png", "photo.heic"):
        (tmp_path / name).touch()
    assert found(tmp_path) == (["cat.png"], ["photo.heic"])


def test_suffixes_are_what_pillow_decodes_here(tmp_path):
    suffixes = picture_suffixes()
    assert {".png", ".jpg", ".jfif", ".jpe", ".gif", ".tif", ".bmp", ".ppm", ".pgm", ".tga", ".mpo"} <= suffixes
    assert suffixes.isdisjoint({".pdf", ".mpg", ".mpeg", ".h5", ".hdf", ".grib", ".bufr", ".wmf", ".eps", ".txt", ""})
    assert (".avif" in suffixes) == bool(features.check("avif")) and (".jp2" in suffixes) == bool(
        features.check("jpg_2000")
    )


@pytest.mark.parametrize(
    "suffix",
    sorted(picture_suffixes() & {s for s, kind in Image.registered_extensions().items() if kind in Image.SAVE}),
)
def test_pillow_reads_what_it_writes_under_our_suffixes(tmp_path, suffix):
    picture = Image.new("1" if suffix in (".msp", ".xbm") else "RGB", (16, 16))
    picture = picture.convert("P") if suffix == ".blp" else picture
    picture.save(tmp_path / f"a{suffix}")
    assert open_image(tmp_path / f"a{suffix}").width >= 16


def test_pictures_are_found_in_folders_of_folders(tmp_path):
    draw(tmp_path, "b.PNG", "sub/deeper/a.jpg", "x.png/inside.bmp")  # a folder may be called x.png
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    assert found(tmp_path) == (["b.PNG", "sub/deeper/a.jpg", "x.png/inside.bmp"], [])


def test_pictures_that_pillow_does_not_read_are_named(tmp_path):
    for name in ("phone.HEIC", "raw.cr2", "drawing.svg", "report.pdf"):
        (tmp_path / name).write_bytes(b"...")
    assert found(tmp_path) == ([], ["drawing.svg", "phone.HEIC", "raw.cr2"])


def test_hidden_files_and_folders_are_passed_over(tmp_path):
    draw(tmp_path, "a.png", ".thumbnails/a.png")
    (tmp_path / "._a.png").write_bytes(b"what a Mac leaves")
    assert found(tmp_path) == (["a.png"], [])


def test_linked_folders_are_followed_and_read_once(tmp_path):
    album = tmp_path / "album"
    draw(tmp_path, "album/a.png", "album/sub/b.png", "elsewhere/c.png", "unrelated.png")
    link(album / "linked", tmp_path / "elsewhere")
    link(album / "again", tmp_path / "elsewhere")
    link(album / "a_link_to_sub", album / "sub")
    link(album / "sub" / "circle", album)
    link(album / "up", tmp_path)  # a circle, too, and what is above is not the album
    pictures, others = found(album)
    assert pictures[:1] == ["a.png"] and pictures[-1:] == ["sub/b.png"] and others == []
    assert pictures[1:-1] in (["again/c.png"], ["linked/c.png"])


def test_broken_links_and_pipes_are_named(tmp_path):
    link(tmp_path / "gone.png", tmp_path / "nowhere.png")
    expected = ["gone.png"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")  # whoever opens it waits for ever
        expected.append("pipe.jpg")
    assert found(tmp_path) == ([], expected)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything may be read here")
def test_a_folder_that_may_not_be_read_is_named(tmp_path):
    draw(tmp_path, "a.png", "locked/b.png")
    (tmp_path / "locked").chmod(0)
    try:
        assert found(tmp_path) == (["a.png"], ["locked"])
    finally:
        (tmp_path / "locked").chmod(0o700)


def test_every_suffix_that_pillow_reads_counts_as_a_picture(tmp_path):
    names = sorted(f"a{suffix}" for suffix in picture_suffixes() | {".heic"})
    for name in (*names, "a.txt", "._a.png"):
        (tmp_path / name).touch()
    assert list(pictures_below(tmp_path)) == names
