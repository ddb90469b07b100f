"""The index of a folder that is kept: what it encodes, what it leaves out, and that nothing is lost on the way."""

import json
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from killed_process import needs_kill, run_killed
from PIL import Image
from torch import nn

from minclip.search import index_file, index_folder
from minclip.search.index_file import Entry, OtherModel, Stamp, model_hash, read_index, write_index
from minclip.search.kept_place import EXCLUDED, PLACE, check_patterns, kept_place, read_exclusions


class AverageColour(nn.Module):
    """A model whose image features are the picture's average pixel."""

    def __init__(self, scale=0.0):
        super().__init__()
        self.logit_scale = nn.Parameter(torch.tensor(scale))
        self.seen = 0

    def encode_image(self, pixels):
        self.seen += len(pixels)
        return pixels.mean(dim=(2, 3))


def plain(image):
    return torch.from_numpy(np.array(image.convert("RGB").resize((2, 2)))).permute(2, 0, 1) / 255


def draw(path, colour="red", size=(5, 5)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "Fotos für Oma"
    for number in range(10):
        draw(folder / f"{number}.png", (20 * number + 10, 40, 60))
    draw(folder / "deeper" / "b.png", "blue")
    return folder


@pytest.fixture
def color():
    return AverageColour()


def names(index):
    return [path.relative_to(index.folder).as_posix() for path in index.names]


def test_a_second_search_encodes_nothing(photos, color):
    first = index_folder(photos, color, plain)
    assert (first.facts.encoded, first.facts.known, color.seen) == (11, 0, 11)
    second = index_folder(photos, color, plain)
    assert (second.facts.encoded, second.facts.known, color.seen) == (0, 11, 11)
    assert second.names == first.names and torch.equal(second.features, first.features)
    assert second.search(torch.tensor([0.0, 0, 1]), k=1)[0][0] == photos / "deeper" / "b.png"


def test_new_pictures_alone_are_encoded(photos, color):
    index_folder(photos, color, plain)
    for number in range(3):
        draw(photos / "new" / f"{number}.png", "green")
    assert index_folder(photos, color, plain).facts.encoded == 3 and color.seen == 14


def test_changed_and_removed_pictures_are_seen(photos, color):
    index_folder(photos, color, plain)
    draw(photos / "0.png", "blue", (9, 9))
    same_size = photos / "1.png"
    stat = same_size.stat()
    os.utime(same_size, ns=(stat.st_atime_ns, stat.st_mtime_ns - 1))
    (photos / "2.png").unlink()
    (photos / "3.png").rename(photos / "three.png")
    index = index_folder(photos, color, plain)
    assert (index.facts.encoded, index.facts.known, index.facts.gone) == (3, 7, 2)
    assert "2.png" not in names(index) and "three.png" in names(index)
    torch.testing.assert_close(index.features[names(index).index("0.png")], torch.tensor([0.0, 0, 1]))


def test_each_model_has_an_index_of_its_own(photos, color):
    index_folder(photos, color, plain)
    other = AverageColour(1.0)
    assert index_folder(photos, other, plain).facts.encoded == 11
    assert index_folder(photos, color, plain).facts.encoded == 0 == index_folder(photos, other, plain).facts.encoded


def test_a_named_file_of_another_model_is_refused(photos, color, tmp_path):
    file = tmp_path / "album.safetensors"
    index_folder(photos, color, plain, file=file)
    before = file.read_bytes()
    with pytest.raises(OtherModel, match=r"album\.safetensors is the index of another model: give another file"):
        index_folder(photos, AverageColour(1.0), plain, file=file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [b"", None, "cut", "names", "nan", "stamps"])
def test_a_damaged_file_is_made_anew_and_said(photos, color, tmp_path, content):
    file = tmp_path / "album.safetensors"
    index_folder(photos, color, plain, file=file)
    if content == "cut":
        content = file.read_bytes()[:-20]
    elif isinstance(content, str):
        told = {"format": "minclip-index-1", "model": model_hash(color, plain), "names": '["0.png"]', "faults": "{}"}
        told |= {"names": "[3"} if content == "names" else {}
        features = torch.full((1, 3), float("nan")) if content == "nan" else torch.ones(1, 3)
        stamps = torch.zeros((1, 2) if content != "stamps" else (2, 2), dtype=torch.int64)
        index_file.write_tensors(file, {"features": features, "stamps": stamps}, told)
    if isinstance(content, bytes):
        file.write_bytes(content)
    index = index_folder(photos, color, plain, file=file)
    rebuilt = content is not None
    assert index.facts.encoded == (11 if rebuilt else 0)
    assert [line.startswith("the index is made anew: ") for line in index.facts.lines()] == [True] * rebuilt
    assert index_folder(photos, color, plain, file=file).facts.encoded == 0


@pytest.mark.parametrize("content", [b"junk", b"{}", "picture", "weights"])
def test_a_file_that_is_no_index_is_never_replaced(photos, color, tmp_path, content):
    file = tmp_path / "mine"
    if content == "weights":
        index_file.write_tensors(file, {"weight": torch.ones(2)}, {"format": "other"})
    else:
        file.write_bytes((photos / "0.png").read_bytes() if content == "picture" else content)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="mine is there already and no index"):
        index_folder(photos, color, plain, file=file)
    assert file.read_bytes() == before and [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine"]


def test_a_place_where_no_file_can_be_is_refused(photos, color, tmp_path):
    (tmp_path / "album").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    for place, why in (("album", "album is a folder"), ("file/index", "file is a file, no folder")):
        with pytest.raises(OSError, match=why):
            index_folder(photos, color, plain, file=tmp_path / place)


def test_the_hash_tells_models_apart(model):
    before = model_hash(model, plain)
    assert before == model_hash(model, plain) != model_hash(model, draw)
    with torch.no_grad():
        model.visual.proj[0, 0] += 1e-4
    assert model_hash(model, plain) != before


def test_broken_pictures_are_named_and_not_read_again(photos, color, monkeypatch):
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (photos / "notes.txt").write_text("no picture", encoding="utf-8")
    draw(photos / "black.png", "black")  # AverageColour makes zeros of it
    index = index_folder(photos, color, plain)
    for _ in range(2):
        assert index.facts.skipped == [photos / "broken.jpg"]
        assert index.facts.without_direction == [photos / "black.png"]
        said = index.facts.lines()
        assert said[0] == f"1 file could not be read: {photos / 'broken.jpg'}" and "no finite features" in said[1]
        assert len(index) == 11
        monkeypatch.setattr("minclip.search.encoding.open_image", None)  # the second time nothing is opened
        index = index_folder(photos, color, plain)


def test_a_file_that_was_locked_is_tried_again(photos, color, monkeypatch):
    from minclip.search import encoding

    whole = encoding.open_image

    def locked(path):
        if path.name == "0.png":
            raise PermissionError(13, "no")
        return whole(path)

    monkeypatch.setattr(encoding, "open_image", locked)
    assert index_folder(photos, color, plain).facts.skipped == [photos / "0.png"]
    monkeypatch.setattr(encoding, "open_image", whole)
    index = index_folder(photos, color, plain)
    assert (index.facts.encoded, index.facts.skipped) == (1, [])


def test_hidden_names_are_left_out_and_counted(photos, color):
    draw(photos / ".thumbs" / "0.png")
    draw(photos / "._1.png")
    (photos / ".DS_Store").write_bytes(b"x")
    index = index_folder(photos, color, plain)
    assert len(index) == 11 and {path.name for path in index.facts.hidden} == {".thumbs", "._1.png"}
    assert index.facts.lines()[0].startswith("2 hidden names left out: ")
    assert names(index_folder(photos / ".thumbs", color, plain)) == ["0.png"]  # who asks for it gets it


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["deeper"], 10),
        (["deeper/"], 10),
        (["deeper/b.png"], 10),
        (["./deeper"], 10),
        (["[0-4].png"], 6),
        (["*.jpg"], 11),
        (["*/b.png"], 10),
        (["b.png", "0.png"], 9),
    ],
)
def test_exclusions_leave_out_and_survive(photos, color, patterns, left):
    index_folder(photos, color, plain)
    assert len(index_folder(photos, color, plain, exclude=patterns)) == left
    again = index_folder(photos, AverageColour(1.0), plain)  # another run, another model, and nothing said
    assert len(again) == left and len(again.facts.excluded) == 11 - left
    back = index_folder(photos, color, plain, exclude=[])
    assert len(back) == 11 and back.facts.encoded == 0  # what is known of them was not lost
    assert read_exclusions(photos) == [] and color.seen == 11


@pytest.mark.parametrize("pattern", ["", "  ", ".", "..", "/", "/photos", "../other", "C:/x", "C:\\x", "./"])
def test_exclusions_that_exclude_nothing_are_refused(photos, color, pattern):
    with pytest.raises(ValueError, match="must be the name of a file or folder"):
        index_folder(photos, color, plain, exclude=[pattern])
    with pytest.raises(ValueError, match="put it in brackets"):
        index_folder(photos, color, plain, exclude="deeper")
    assert read_exclusions(photos) == []


def test_exclusions_on_paper_are_read(photos, color):
    index_folder(photos, color, plain, exclude=["a b", "a b"])
    file = kept_place(photos) / EXCLUDED
    assert file.read_text(encoding="utf-8") == "a b\n"
    file.write_text("deeper\n\n  0.png \n", encoding="utf-8")
    assert len(index_folder(photos, color, plain)) == 9
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="no text in UTF-8"):
        index_folder(photos, color, plain)
    assert check_patterns(["x\\y\\"]) == ["x/y"]


def test_links_out_of_the_folder_can_be_left_out(photos, color, tmp_path):
    draw(tmp_path / "outside" / "secret.png")
    try:
        (photos / "way out").symlink_to(tmp_path / "outside", target_is_directory=True)
        (photos / "secret.png").symlink_to(tmp_path / "outside" / "secret.png")
        (photos / "own.png").symlink_to(photos / "deeper" / "b.png")
    except OSError:
        pytest.skip("no links on this system")
    inside = index_folder(photos, color, plain, follow_links=False)
    assert "own.png" in names(inside) and "secret.png" not in names(inside) and len(inside) == 12
    assert {path.name for path in inside.facts.links} == {"way out", "secret.png"}
    assert {"secret.png", "way out/secret.png"} <= set(names(index_folder(photos, color, plain)))


def test_nothing_is_written_into_the_folder(photos, color):
    before = sorted(photos.rglob("*"))
    index_folder(photos, color, plain, exclude=["x"])
    assert sorted(photos.rglob("*")) == before


def test_without_a_place_one_searches_all_the_same(photos, color, tmp_path, monkeypatch):
    (tmp_path / "a file").write_bytes(b"")
    monkeypatch.setenv(PLACE, str(tmp_path / "a file"))
    index = index_folder(photos, color, plain, exclude=["0.png"], keep_every=1, batch_size=2)
    assert len(index) == 10
    assert [line.partition(":")[0] for line in index.facts.notes] == [
        "the exclusions are not kept for the next time",
        "the index is not kept, the next search begins anew",
    ]


def test_places_of_two_folders_differ(tmp_path, monkeypatch):
    monkeypatch.setenv(PLACE, str(tmp_path))
    one, two = kept_place(tmp_path / "a" / "photos"), kept_place(tmp_path / "b" / "photos")
    assert one != two and one.name.startswith("photos-") and one.parent == tmp_path
    assert kept_place(tmp_path / "a" / ".." / "a" / "photos") == one
    monkeypatch.delenv(PLACE)
    assert kept_place(tmp_path).is_relative_to(Path.home())


def test_a_stop_keeps_what_was_encoded(photos, color):
    class Stopping(AverageColour):
        def encode_image(self, pixels):
            if self.seen >= 6:
                raise KeyboardInterrupt
            return super().encode_image(pixels)

    with pytest.raises(KeyboardInterrupt):
        index_folder(photos, Stopping(), plain, batch_size=2)
    assert index_folder(photos, color, plain, batch_size=2).facts.known in (0, 6)  # by class: another model or none
    again = Stopping()
    again.seen = -99
    assert index_folder(photos, again, plain, batch_size=2).facts.known == 6


def test_a_long_indexing_is_kept_on_the_way(photos, color, monkeypatch):
    sizes = []
    whole = index_file.write_entries
    monkeypatch.setattr(
        index_file, "write_entries", lambda path, of, entries: (sizes.append(len(entries)), whole(path, of, entries))
    )
    index_folder(photos, color, plain, batch_size=1, keep_every=4)
    assert sizes == [4, 8, 11]


INDEX = """
from minclip.search import index_folder
index_folder(sys.argv[3], AverageColour(), plain, file=sys.argv[4], batch_size=2, keep_every=2)
"""


@needs_kill
@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_kill_leaves_the_old_index_or_the_new(photos, color, tmp_path, at):
    file = tmp_path / "index" / "album.safetensors"
    index_folder(photos / "deeper", color, plain)
    run_killed(INDEX, at, photos, file)
    entries = read_index(file, model_hash(color, plain))
    assert len(entries) == 2 * ((at - 1) // 2)  # each writing is one fsync and one replace
    index = index_folder(photos, color, plain, file=file)
    assert index.facts.known == len(entries) and len(index) == 11
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".tmp"] == []


def test_two_that_index_at_once_lose_nothing(photos, color, tmp_path):
    """Each has half of the pictures; whoever writes last keeps the other's half."""
    file, of = tmp_path / "album.safetensors", "model"
    one = {f"{n}.png": Entry(Stamp(1, n), torch.ones(3)) for n in range(50)}
    two = {f"{n}.png": Entry(Stamp(1, n), torch.ones(3)) for n in range(50, 100)}

    def write(entries):
        for end in range(5, 51, 5):
            write_index(file, of, dict(list(entries.items())[:end]), lambda name: True)

    threads = [threading.Thread(target=write, args=(entries,)) for entries in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_index(file, of).keys() == one.keys() | two.keys()
    write_index(file, of, one, lambda name: False)  # their files are gone
    assert read_index(file, of).keys() == one.keys()


def test_names_of_any_letters_are_kept(color, tmp_path):
    odd = ['ä "q".png', "\u202e x.png", "日本.png", "new\nline.png"]
    for name in odd:
        try:
            draw(tmp_path / "p" / name)
        except OSError:
            continue
    index_folder(tmp_path / "p", color, plain)
    index = index_folder(tmp_path / "p", color, plain)
    assert index.facts.encoded == 0 and len(index) == len(list((tmp_path / "p").iterdir()))
    (file,) = kept_place(tmp_path / "p").glob("*.safetensors")
    assert set(read_index(file, model_hash(color, plain))) == set(names(index))
    assert json.dumps(odd).isascii()


def test_a_folder_without_pictures_is_an_error(tmp_path, color, capsys):
    (tmp_path / "p").mkdir()
    with pytest.raises(ValueError, match=r"holds no picture \(it looks for"):
        index_folder(tmp_path / "p", color, plain, progress=True)
    assert capsys.readouterr().err == ""  # no bar of nothing before the error
    with pytest.raises(NotADirectoryError, match="not a folder"):
        index_folder(tmp_path / "nowhere", color, plain)
    (tmp_path / "p" / "x.png").write_bytes(b"")
    with pytest.raises(ValueError, match="1 files there cannot be read"):
        index_folder(tmp_path / "p", color, plain)
    draw(tmp_path / "q" / "x.png")
    with pytest.raises(ValueError, match="1 files and folders are hidden or excluded"):
        index_folder(tmp_path / "q", color, plain, exclude=["*.png"])
    draw(tmp_path / "r" / "x.png", "black")
    with pytest.raises(ValueError, match="is the model trained"):
        index_folder(tmp_path / "r", color, plain)


ODD = {
    "cut.tif": b"II*\0\x08\0\0\0\x0b\0\0\x01",
    "empty.png": b"",
    "text.jpg": b"hello, I am text",
    "phone.heic": b"...",
    "half.jpg": None,
    "half.png": None,
}


def test_odd_files_are_read_or_listed_without_output(tmp_path, capfd, recwarn):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8))
    for name, content in ODD.items():
        if content is None:
            noise.save(tmp_path / name)
            content = (tmp_path / name).read_bytes()[:700]
        (tmp_path / name).write_bytes(content)
    noise.resize((1, 1)).save(tmp_path / "one.png")
    noise.quantize().save(tmp_path / "palette.png", transparency=bytes(range(256)))
    noise.convert("CMYK").save(tmp_path / "print.jpg")
    noise.save(tmp_path / "b.jfif", "JPEG")
    noise.save(tmp_path / "damaged-exif.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x02")
    for kind in ("gif", "webp"):
        noise.save(tmp_path / f"moves.{kind}", save_all=True, append_images=[noise.rotate(90)])
    Image.new("1", (10_000, 9_000), 1).save(tmp_path / "large.png")  # Pillow warns from 89 megapixels on
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    index = index_folder(tmp_path, AverageColour(), plain)
    assert [path.name for path in index.facts.skipped] == sorted(ODD)
    read = ["b.jfif", "damaged-exif.jpg", "large.png", "moves.gif", "moves.webp", "one.png", "palette.png", "print.jpg"]
    assert [path.name for path in index.names] == read
    assert capfd.readouterr() == ("", "") and not recwarn.list


def test_a_folder_is_indexed_as_a_viewer_shows_it(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "nothing.png")
    index = index_folder(tmp_path, AverageColour(), plain)
    torch.testing.assert_close(index.features[0], torch.full((3,), 3**-0.5))  # white


def test_a_bar_counts_files_on_demand(tmp_path, capsys):
    for i in range(3):
        Image.new("RGB", (2, 2), "red").save(tmp_path / f"{i}.png")
    index_folder(tmp_path, AverageColour(), plain)
    assert capsys.readouterr() == ("", "")
    for i in range(2):
        Image.new("RGB", (2, 2), "red").save(tmp_path / f"new {i}.png")
    index_folder(tmp_path, AverageColour(), plain, batch_size=2, progress=True)
    printed = capsys.readouterr()
    assert printed.out == "" and "2/2" in printed.err
