"""What `minclip embed` refuses before an hour of work, and what it sees of a folder that changed meanwhile."""

from pathlib import Path

import pytest
import torch
from test_search_index import AverageColour, draw, plain

import minclip
from minclip.search.embed import embed_folder, read_features
from minclip.search.kept_features import parts_of


@pytest.fixture
def photos(tmp_path):
    for number in range(10):
        draw(tmp_path / "photos" / f"{number}.png", (20 * number + 10, 40, 60), (9, 7))
    return tmp_path / "photos"


@pytest.fixture
def color():
    return AverageColour()


def same(one, two):
    return one.names == two.names and torch.equal(one.features, two.features)


def test_features_of_another_folder_are_not_lost(photos, color, tmp_path):
    out = tmp_path / "f.safetensors"
    minclip.embed(photos, color, plain, out=out)
    content = out.read_bytes()
    draw(tmp_path / "others" / "x.png")
    with pytest.raises(ValueError, match=r"f\.safetensors holds features of 10 pictures, such as 0\.png, and none of "):
        minclip.embed(tmp_path / "others", color, plain, out=out)
    assert out.read_bytes() == content and not parts_of(out).exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("features.npy", r"is written as safetensors: call it .*features\.safetensors"),
        ("new.png", r"call it .*new\.safetensors"),
        (
            "0.png/f.safetensors",
            r"0\.png is a file, no folder: .*f\.safetensors was not written: choose another place",
        ),
    ],
)
def test_a_place_for_no_features_is_refused(photos, color, name, said):
    with pytest.raises((ValueError, OSError), match=said):
        minclip.embed(photos, color, plain, out=photos / name)
    assert color.seen == 0 and len(list(photos.iterdir())) == 10


def stopping(encode_image):
    """Ctrl-C after six pictures."""

    def encode(self, pixels):
        if self.seen >= 6:
            raise KeyboardInterrupt
        return encode_image(self, pixels)

    return encode


@pytest.mark.parametrize("change", ["another model", "pictures"])
def test_what_changed_since_a_stop_is_seen(change, photos, tmp_path, monkeypatch):
    out, model = tmp_path / "f.safetensors", AverageColour()
    monkeypatch.setattr(AverageColour, "encode_image", stopping(AverageColour.encode_image))
    with pytest.raises(KeyboardInterrupt):
        embed_folder(photos, model, plain, out, batch_size=2)
    monkeypatch.undo()
    if change == "another model":
        with pytest.raises(ValueError, match=r"f\.safetensors\.part holds features of another model.*or delete it"):
            embed_folder(photos, AverageColour(1.0), plain, out)
        return
    (photos / "0.png").unlink()
    draw(photos / "1.png", "white", (50, 50))
    draw(photos / "00.png", "green")
    facts = embed_folder(photos, AverageColour(), plain, out, batch_size=2)
    assert (facts.encoded, facts.known, facts.gone) == (6, 4, 1)
    assert same(read_features(out), minclip.embed(photos, AverageColour(), plain))


def test_a_folder_without_pictures_is_refused(tmp_path, color):
    (tmp_path / "a").mkdir()
    with pytest.raises(ValueError, match="holds no picture"):
        minclip.embed(tmp_path / "a", color, plain, out=tmp_path / "f")
    (tmp_path / "a" / "1.png").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"holds no picture \(1 files there cannot be read"):
        minclip.embed(tmp_path / "a", color, plain, out=tmp_path / "f")
    with pytest.raises(NotADirectoryError):
        minclip.embed(tmp_path / "b", color, plain)
    assert [path.name for path in Path(tmp_path).iterdir()] == ["a"]


def test_names_that_no_header_holds_are_refused_first(photos, color, tmp_path, monkeypatch):
    monkeypatch.setattr("minclip.search.features_file.LONGEST_HEADER", 200)
    with pytest.raises(ValueError, match="the 10 names take"):
        minclip.embed(photos, color, plain, out=tmp_path / "f")
    assert color.seen == 0
    with pytest.raises(ValueError, match="batch_size=0 must be at least 1"):
        monkeypatch.undo()
        minclip.embed(photos, color, plain, out=tmp_path / "f", batch_size=0)
    assert not parts_of(tmp_path / "f").exists()


def test_two_at_once_are_told_apart(photos, color, tmp_path):
    from minclip.search.kept_features import alone

    out = tmp_path / "f"
    with alone(parts_of(out)), pytest.raises(ValueError, match="another process is writing"):
        minclip.embed(photos, color, plain, out=out)
    assert len(minclip.embed(photos, color, plain, out=out)) == 10
