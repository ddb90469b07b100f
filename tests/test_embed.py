"""minclip.embed and `minclip embed`: the features of a folder, streamed into a file that can be gone on with."""

import json
import os
import sys

import pytest
import safetensors
import torch
from killed_process import needs_kill, run_killed
from PIL import Image
from test_search_index import AverageColour, draw, plain

import minclip
from minclip.cli import main
from minclip.search.embed import embed_folder, read_features
from minclip.search.features_file import FeaturesFile
from minclip.search.kept_features import parts_of


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "Fotos für Oma"
    for number in range(9):
        draw(folder / f"{number}.png", (20 * number + 10, 40, 60), (9, 7))
    draw(folder / "été" / "b.png", "blue")
    return folder


@pytest.fixture
def color():
    return AverageColour()


def same(one, two):
    return one.names == two.names and torch.equal(one.features, two.features)


def test_features_are_those_of_encode_image(photos, tmp_path):
    model, preprocess, _ = minclip.load("picturebook-tiny", "cpu")
    found = minclip.embed(photos, model, preprocess, batch_size=4)
    assert found.names == [*(f"{n}.png" for n in range(9)), "été/b.png"] and len(found) == 10
    pixels = torch.stack([preprocess(Image.open(photos / name)) for name in found.names])
    with torch.no_grad():
        expected = model.encode_image(pixels)
    torch.testing.assert_close(found.features, expected, atol=1e-5, rtol=1e-5)
    assert found.left_out == [] and not list(tmp_path.rglob("*.part"))
    kept = minclip.embed(photos, model, preprocess, batch_size=4, out=tmp_path / "features.safetensors")
    assert same(kept, found) and same(read_features(tmp_path / "features.safetensors"), found)


def test_other_programs_read_the_file(photos, tmp_path, color):
    out = tmp_path / "features.safetensors"
    found = minclip.embed(photos, color, plain, out=out)
    with safetensors.safe_open(out, "pt") as file:
        assert torch.equal(file.get_tensor("features"), found.features)
        assert json.loads(file.metadata()["names"]) == found.names


def test_a_stop_says_what_is_kept_and_goes_on(photos, tmp_path):
    class Stopping(AverageColour):
        def encode_image(self, pixels):
            if self.seen >= 6:
                raise KeyboardInterrupt
            return super().encode_image(pixels)

    out, model = tmp_path / "f.safetensors", Stopping()
    with pytest.raises(KeyboardInterrupt, match=r"^6 of 10 pictures are kept in .*f.safetensors.part; the same"):
        embed_folder(photos, model, plain, out, batch_size=2)
    assert not out.exists() and [path.name for path in parts_of(out).glob("*.safetensors")] == ["000001.safetensors"]
    model.seen = -99
    facts = embed_folder(photos, model, plain, out, batch_size=2)
    assert (facts.encoded, facts.known) == (4, 6) and not parts_of(out).exists()
    assert same(read_features(out), minclip.embed(photos, model, plain))


EMBED = """
from minclip.search.embed import embed_folder
embed_folder(sys.argv[3], AverageColour(), plain, sys.argv[4], batch_size=2, keep_every=4)
"""


@needs_kill
@pytest.mark.parametrize("at", [1, 2, 3, 5, 7, 8, 11, 12])
def test_a_killed_one_goes_on(photos, color, tmp_path, at):
    out = tmp_path / "features.safetensors"
    run_killed(EMBED, at, photos, out, steps="fsync,replace,unlink")
    if out.exists():
        assert len(FeaturesFile(out).names) == 10
    facts = embed_folder(photos, color, plain, out, batch_size=2)
    assert facts.encoded + facts.known == 10
    assert same(read_features(out), minclip.embed(photos, color, plain))
    assert sorted(path.name for path in tmp_path.iterdir()) == [photos.name, out.name]


def test_new_changed_and_removed_pictures_are_seen(photos, color, tmp_path):
    out = tmp_path / "features.safetensors"
    minclip.embed(photos, color, plain, out=out)
    before = out.stat().st_mtime_ns
    assert embed_folder(photos, color, plain, out).known == 10
    assert out.stat().st_mtime_ns == before, "nothing is new, so nothing is written"
    draw(photos / "3.png", "green", (50, 50))
    draw(photos / "25.png", "red")
    (photos / "5.png").unlink()
    facts = embed_folder(photos, color, plain, out)
    assert (facts.encoded, facts.known, facts.gone) == (2, 8, 1)
    assert same(read_features(out), minclip.embed(photos, color, plain))


def test_a_broken_picture_is_named_and_left_out(photos, color, tmp_path):
    (photos / "a broken one.jpg").write_bytes(b"\xff\xd8\xff")
    (photos / "empty.png").write_bytes(b"")
    (photos / "later.heic").write_bytes(b"ftypheic")
    for _ in range(2):
        found = minclip.embed(photos, color, plain, out=tmp_path / "f.safetensors")
        assert len(found) == 10
        (said,) = found.left_out
        assert said.startswith("3 files could not be read: ")
        assert "a broken one.jpg" in said and "empty.png" in said


def test_what_is_no_file_of_features_is_never_replaced(photos, color, tmp_path):
    for name, content in {"model.safetensors": b"\x10" * 400, "notes": b"mine", "empty": b""}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is no file of features"):
            minclip.embed(photos, color, plain, out=path)
        assert path.read_bytes() == content and not parts_of(path).exists()
    with pytest.raises(IsADirectoryError, match="give the name of a file"):
        minclip.embed(photos, color, plain, out=tmp_path)


def test_features_of_another_model_are_refused(photos, color, tmp_path):
    out = tmp_path / "f.safetensors"
    embed_folder(photos, AverageColour(1.0), plain, out, model_name="runs/other")
    content = out.read_bytes()
    with pytest.raises(ValueError, match=r"features of another model \(runs/other\)"):
        minclip.embed(photos, color, plain, out=out)
    with pytest.raises(ValueError, match="read in another way"):
        minclip.embed(photos, AverageColour(1.0), plain, out=out, as_viewed=True)
    assert out.read_bytes() == content


def test_the_command_writes_features_and_names(photos, tmp_path, capsys):
    (photos / "broken.png").write_bytes(b"no")
    out = tmp_path / "deep" / "features.safetensors"
    arguments = ["embed", str(photos), "--out", str(out), "--model", "picturebook-tiny", "--device", "cpu"]
    for encoded, known in ((10, 0), (0, 10)):
        assert main(arguments) == 0
        printed = capsys.readouterr()
        assert printed.out.endswith(f"10 pictures, 1,024 numbers each ({encoded} encoded, {known} known before)\n")
        assert f"minclip: 1 file could not be read: {photos / 'broken.png'}\n" in printed.err
    assert main([*arguments[:1], str(tmp_path / "nowhere"), *arguments[2:]]) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_ctrl_c_prints_what_is_kept(photos, tmp_path, capsys, monkeypatch):
    from minclip.search import encoding

    def stop(path):
        raise KeyboardInterrupt

    monkeypatch.setattr(encoding, "open_image", stop)
    arguments = ["embed", str(photos), "--out", str(tmp_path / "f"), "--model", "picturebook-tiny", "--device", "cpu"]
    assert main(arguments) == 130
    assert "minclip: stopped: 0 of 10 pictures are kept" in capsys.readouterr().err.splitlines()[-1]


def hostile(folder):
    """Names and files that people do not expect."""
    draw(folder / 'line\nbreak "quoted" \\.png', "red")
    draw(folder / "e\u0301.png", "green")  # a Mac's é
    draw(folder / "\u00e9.png", "blue")
    draw(folder / ("long" * 60 + ".png"), "red")
    (folder / "folder.png").mkdir()
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "nowhere.png").symlink_to(folder / "not there.png")
    Image.new("I;16", (4, 4), 65535).save(folder / "sixteen.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe.png")
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_odd_names_and_files_are_kept_or_named(tmp_path, color):
    folder = hostile(tmp_path / "odd")
    draw(folder / os.fsdecode(b"no-utf8-\xff.png"), "red")
    for _ in range(2):
        found = minclip.embed(folder, color, plain, out=tmp_path / "f")
        assert len(found) == 6 and os.fsdecode(b"no-utf8-\xff.png") in found.names
        assert "pipe.png" in found.left_out[0] and "nowhere.png" in found.left_out[0]


def test_features_that_are_not_finite_are_named(photos, tmp_path):
    class Broken(AverageColour):
        def encode_image(self, pixels):
            features = super().encode_image(pixels)
            return features / (features[:, :1] > 0.1)

    found = minclip.embed(photos, Broken(), plain, out=tmp_path / "f")
    assert 0 < len(found) < 10 and "makes no finite features of it" in found.left_out[0]

    class Nothing(AverageColour):
        def encode_image(self, pixels):
            return super().encode_image(pixels) * torch.nan

    with pytest.raises(ValueError, match="is the model trained, and its precision high enough"):
        minclip.embed(photos, Nothing(), plain, out=tmp_path / "g")
    assert not (tmp_path / "g").exists()


def test_half_precision_is_kept_in_float32(photos):
    model, preprocess, _ = minclip.load("picturebook-tiny", "cpu", torch.bfloat16)
    assert minclip.embed(photos, model, preprocess).features.dtype == torch.float32


def test_transparent_pictures_are_seen_as_asked(tmp_path, color):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "nothing.png")
    assert minclip.embed(tmp_path, color, plain).features.tolist() == [[0, 0, 0]]
    assert minclip.embed(tmp_path, color, plain, as_viewed=True).features.tolist() == [[1, 1, 1]]


def test_a_damaged_part_is_made_anew_and_said(photos, tmp_path):
    class Stopping(AverageColour):
        def encode_image(self, pixels):
            if self.seen == 4:
                raise KeyboardInterrupt
            return super().encode_image(pixels)

    out, model = tmp_path / "f", Stopping()
    with pytest.raises(KeyboardInterrupt):
        embed_folder(photos, model, plain, out, batch_size=2, keep_every=2)
    first, _ = sorted(parts_of(out).glob("*.safetensors"))
    first.write_bytes(first.read_bytes()[:-3])
    model.seen = -99
    facts = embed_folder(photos, model, plain, out, batch_size=2)
    assert facts.known == 2 and "it is cut off" in facts.notes[0]
    assert same(read_features(out), minclip.embed(photos, model, plain))


def test_what_somebody_else_put_there_stays(photos, color, tmp_path):
    out = tmp_path / "f"
    parts_of(out).mkdir()
    (parts_of(out) / "mine.txt").write_text("mine", encoding="utf-8")
    minclip.embed(photos, color, plain, out=out)
    assert (parts_of(out) / "mine.txt").read_text(encoding="utf-8") == "mine"
