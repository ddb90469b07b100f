"""The cache of drawn pictures: found again, drawn again where broken, drawn by several processes."""

import os
import subprocess
import sys

import numpy as np
import pytest
from picturebook_examples import ROOT, book

from minclip.data.picturebook import PictureBook, World


def test_another_world_has_other_pixels_and_another_file(tmp_path):
    plain, written = book(tmp_path), book(tmp_path, world=World(written_rate=1.0))
    assert not np.array_equal(plain.pixels, written.pixels)
    assert len(list(tmp_path.iterdir())) == 2
    assert np.array_equal(plain.pixels, book(tmp_path, world=World(noise=0.5)).pixels)
    assert len(list(tmp_path.iterdir())) == 2  # noise is in the captions alone


@pytest.mark.parametrize("damage", ["truncated", "empty", "not a picture file"])
def test_a_broken_cache_file_is_drawn_again(tmp_path, damage):
    pixels = np.array(book(tmp_path).pixels)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.unlink()
    file.write_bytes({"truncated": whole[:-100], "empty": b"", "not a picture file": b"hello" * 99}[damage])
    assert np.array_equal(book(tmp_path).pixels, pixels)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_writing_into_the_pixels_leaves_the_file_alone(tmp_path):
    pixels = book(tmp_path).pixels
    before = int(pixels[0, 0, 0, 0])
    pixels[0, 0, 0, 0] = 255 - before
    assert book(tmp_path).pixels[0, 0, 0, 0] == before


def test_an_unwritable_cache_names_the_way_out(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    with pytest.raises(OSError, match=r"file.*MINCLIP_DATA") as error:
        _ = book(blocked / "cache").pixels
    assert "cache" in str(error.value)


def test_an_interrupted_drawing_leaves_nothing(tmp_path, monkeypatch):
    from minclip.data.picturebook import cache

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "_draw_chunk", fail)
    with pytest.raises(OSError, match=r"is full.*MINCLIP_DATA"):
        _ = book(tmp_path).pixels
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stopped_by", [KeyboardInterrupt, OSError])
@pytest.mark.parametrize("cut", [0, 1, 700])
def test_a_stopped_drawing_goes_on(tmp_path, monkeypatch, stopped_by, cut):
    from minclip.data.picturebook import cache

    monkeypatch.setattr(cache, "CHUNK", 8)
    whole, real, starts = np.array(book(tmp_path / "whole").pixels), cache._draw_chunk, []

    def stopped(picture_at, start, stop, size):
        if start >= 24:
            raise stopped_by
        return real(picture_at, start, stop, size)

    def counted(picture_at, start, stop, size):
        starts.append(start)
        return real(picture_at, start, stop, size)

    monkeypatch.setattr(cache, "_draw_chunk", stopped)
    with pytest.raises(stopped_by, match="is kept in .*part; the same" if stopped_by is KeyboardInterrupt else None):
        _ = book(tmp_path / "cache").pixels
    (part,) = (tmp_path / "cache").iterdir()
    part.write_bytes(part.read_bytes()[: part.stat().st_size - cut])
    monkeypatch.setattr(cache, "_draw_chunk", counted)
    assert np.array_equal(book(tmp_path / "cache").pixels, whole)
    assert starts[0] == (16 if cut == 0 else 8), "the last whole chunk is drawn anew"
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".npy"]


def test_several_processes_draw_the_same_pictures(tmp_path, monkeypatch):
    from minclip.data.picturebook import cache

    monkeypatch.setattr(cache, "CHUNK", 16)
    monkeypatch.setattr(cache, "PARALLEL_FROM", 40)
    alone = np.array(book(tmp_path / "alone").pixels)
    together = PictureBook("val", 16, count=40, cache=tmp_path / "together", workers=2, progress=False).pixels
    assert np.array_equal(alone, together)


def test_where_processes_cannot_share_locks_one_of_them_draws(tmp_path, monkeypatch, capsys):
    from minclip.data.picturebook import cache

    def no_semaphores(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(cache, "PARALLEL_FROM", 40)
    monkeypatch.setattr(cache, "ProcessPoolExecutor", no_semaphores)
    alone = np.array(book(tmp_path / "alone").pixels)
    together = PictureBook("val", 16, count=40, cache=tmp_path / "together", workers=2, progress=False).pixels
    assert np.array_equal(alone, together) and "drawing with one process" in capsys.readouterr().err


def test_drawing_from_a_script_without_a_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from minclip.data.picturebook import PictureBook, cache\n"
        "cache.PARALLEL_FROM = 1\n"
        f"book = PictureBook('val', 16, count=501, cache={str(tmp_path)!r}, workers=2, progress=False)\n"
        "print(book.pixels.shape)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert (done.stdout.strip(), done.stderr) == ("(501, 16, 16, 3)", "")
