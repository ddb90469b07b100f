"""Sets of photos: reading them, recognising their folders, and saying clearly what is wrong with one."""

import csv
import errno
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minclip.data import open_dataset, paths
from minclip.data.cifar import CIFAR, object_task
from minclip.data.flickr8k import Flickr8k
from minclip.data.folder import Folder, hashed_split
from minclip.data.images import load_pixels
from minclip.data.paths import atomic_write, data_root
from minclip.data.protocol import ClassTask
from minclip.data.rsicd import RSICD, SCENE_TEMPLATES, scene_label, scene_task
from minclip.evaluation.suites import evaluation_suite, watched_suite

ROOT = Path(__file__).parents[1]


def jpeg(colour: tuple[int, int, int], size: tuple[int, int] = (10, 8)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return buffer.getvalue()


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


# ---- paths


def test_data_root_is_the_variable_then_the_clone(monkeypatch, tmp_path):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    assert data_root() == tmp_path
    monkeypatch.delenv("MINCLIP_DATA")
    assert data_root() == ROOT / "datasets"


def test_data_root_of_a_package_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("MINCLIP_DATA", raising=False)
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "site-packages" / "minclip" / "data" / "paths.py"))
    (tmp_path / "site-packages" / "datasets").mkdir(parents=True)  # another package of that name
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert data_root() == tmp_path / ".cache" / "minclip"


def test_atomic_write_replaces_at_the_end(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    with atomic_write(tmp_path / "a.txt") as file:
        file.write(b"new")
        assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert names(tmp_path) == ["a.txt"]


def test_atomic_write_makes_the_folder(tmp_path):
    with atomic_write(tmp_path / "a" / "b" / "c.txt") as file:
        file.write(b"x")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == b"x"


def test_atomic_write_leaves_nothing_after_an_error(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    with pytest.raises(KeyError), atomic_write(tmp_path / "a.txt") as file:
        file.write(b"half")
        raise KeyError("the caller's")
    assert names(tmp_path) == ["a.txt"] and (tmp_path / "a.txt").read_bytes() == b"old"


def test_atomic_write_on_a_full_disk_names_the_folder(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    message = rf"{tmp_path.name} is full, a\.txt was not written"
    with pytest.raises(OSError, match=message) as caught, atomic_write(tmp_path / "a.txt") as file:
        file.write(b"x")
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == []


def test_atomic_write_into_a_read_only_folder_names_it(tmp_path, monkeypatch):
    def refused(self: Path, *args: object, **kwargs: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "open", refused)
    message = rf"{tmp_path.name} cannot be written to, a\.txt was not written"
    with pytest.raises(OSError, match=message), atomic_write(tmp_path / "a.txt"):
        pass


# ---- Flickr8k

FLICKR = {"1_a.jpg": "train", "2_b.jpg": "train", "3_c.jpg": "dev", "4_d.jpg": "test", "5_e.jpg": None}


@pytest.fixture
def flickr(tmp_path) -> Path:
    """The original's layout, with its known fault: captions of a photo that never was."""
    root = tmp_path / "flickr"
    (root / "Flicker8k_Dataset").mkdir(parents=True)
    lines = []
    for index, name in enumerate(FLICKR):
        (root / "Flicker8k_Dataset" / name).write_bytes(jpeg((40 * index, 0, 0)))
        lines += [f'{name}#{k}\tCaption {k} of {name} , "quoted" .\n' for k in range(5)]
    lines += [f"2258277193_586949ec62.jpg.1#{k}\tNobody sees this .\n" for k in range(5)]
    (root / "Flickr8k.token.txt").write_text("".join(lines), encoding="utf-8")
    for split in ("train", "dev", "test"):
        names = [name for name, where in FLICKR.items() if where == split]
        (root / f"Flickr_8k.{split}Images.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return root


def test_flickr8k_reads_the_original_layout(flickr):
    dataset = Flickr8k(flickr, "train")
    assert (dataset.name, dataset.split, len(dataset)) == ("flickr8k", "train", 2)
    assert dataset.filenames == ["1_a.jpg", "2_b.jpg"]
    assert dataset.captions(1)[3] == 'Caption 3 of 2_b.jpg , "quoted" .'
    assert dataset.image(1).mode == "RGB" and dataset.image(1).size == (10, 8)
    assert abs(dataset.image(1).getpixel((5, 4))[0] - 40) < 4
    assert dataset.without_image == 1


def test_flickr8k_understands_dev_as_val(flickr):
    assert Flickr8k(flickr, "dev").filenames == Flickr8k(flickr, "val").filenames == ["3_c.jpg"]
    assert Flickr8k(flickr, "dev").split == "val"
    with pytest.raises(ValueError, match="split='all' is not known: choose of train, val, test"):
        Flickr8k(flickr, "all")


def test_flickr8k_reads_kaggles_table_and_lists_in_text(flickr):
    expected = [Flickr8k(flickr, "train").captions(i) for i in range(2)]
    (flickr / "Flickr8k.token.txt").unlink()
    (flickr / "Flicker8k_Dataset").rename(flickr / "Images")
    with (flickr / "captions.txt").open("w", encoding="utf-8", newline="") as file:
        rows = [[name, f'Caption {k} of {name} , "quoted" .'] for name in FLICKR for k in range(5)]
        csv.writer(file).writerows([["image", "caption"], *rows])
    (flickr / "text").mkdir()
    for path in flickr.glob("Flickr_8k.*"):
        path.rename(flickr / "text" / path.name)
    dataset = Flickr8k(flickr, "train")
    assert [dataset.captions(i) for i in range(2)] == expected
    assert dataset.without_image == 0


def test_flickr8k_reads_a_tar_without_unpacking_it(flickr):
    expected = load_pixels(Flickr8k(flickr, "train"), 6)
    photos = {f"images/{p.name}": p.read_bytes() for p in sorted((flickr / "Flicker8k_Dataset").iterdir())}
    write_tar(flickr / "images-8.tar", photos)
    shutil.rmtree(flickr / "Flicker8k_Dataset")
    assert np.array_equal(load_pixels(Flickr8k(flickr, "train"), 6), expected)


def test_flickr8k_is_measured_without_an_unreadable_photo(flickr):
    test = [name for name, split in FLICKR.items() if split == "test"]
    lists = flickr / "Flickr_8k.testImages.txt"
    lists.write_text("\n".join(["1_a.jpg", *test]), encoding="utf-8")
    (flickr / "Flicker8k_Dataset" / "1_a.jpg").write_bytes(b"")
    suite = evaluation_suite(flickr, 8)
    pixels, texts, image_of_text = suite.retrieval
    assert len(pixels) == len(test) and texts[0].endswith(f'{test[0]} , "quoted" .') and image_of_text[0] == 0
    unreadable = [f"{flickr / 'Flicker8k_Dataset' / '1_a.jpg'} is empty (0 bytes)"]
    assert suite.left_out["pictures_unreadable"]["all"] == unreadable


def test_flickr8k_names_a_missing_photo(flickr):
    (flickr / "Flicker8k_Dataset" / "2_b.jpg").unlink()
    with pytest.raises(ValueError, match=r"1 of the 2 pictures in .*trainImages\.txt .*2_b\.jpg"):
        Flickr8k(flickr, "train")


def test_flickr8k_names_a_missing_list(flickr):
    (flickr / "Flickr_8k.devImages.txt").unlink()
    with pytest.raises(ValueError, match=r"lacks Flickr_8k\.devImages\.txt.*Flickr8k_text\.zip"):
        Flickr8k(flickr, "val")


def test_flickr8k_names_a_list_that_is_not_utf8(flickr):
    (flickr / "Flickr_8k.devImages.txt").write_bytes(b"3_c\xfc.jpg\n")
    with pytest.raises(ValueError, match=r"Flickr_8k\.devImages\.txt cannot be read as text"):
        Flickr8k(flickr, "val")


def test_a_row_without_a_caption_cell_names_its_place(flickr):
    (flickr / "Flickr8k.token.txt").unlink()
    (flickr / "captions.txt").write_text("image,caption\n1_a.jpg,fine\n2_b.jpg\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"captions\.txt row 3 has 1 cells"):
        Flickr8k(flickr, "train")


@pytest.mark.parametrize("fault", ["cut", "compressed", "text"])
def test_a_faulty_tar_is_one_clear_error(flickr, fault):
    photos = {f"images/{p.name}": p.read_bytes() for p in sorted((flickr / "Flicker8k_Dataset").iterdir())}
    shutil.rmtree(flickr / "Flicker8k_Dataset")
    tar = flickr / "images-8.tar"
    write_tar(tar, photos, "w:gz" if fault == "compressed" else "w")
    if fault == "cut":
        content = tar.read_bytes()
        tar.write_bytes(content[: content.rindex(b"\xff\xd9")])  # in the middle of the last photo
    if fault == "text":
        tar.write_bytes(b"not found")
    with pytest.raises(ValueError, match=r"images-8\.tar is not a plain, complete \.tar"):
        Flickr8k(flickr, "train")


def test_flickr8k_real_counts(shared):
    folder = shared / "data" / "flickr8k-96"
    for split, count in (("train", 6000), ("val", 1000), ("test", 1000)):
        dataset = open_dataset(folder, split)
        assert (dataset.name, len(dataset)) == ("flickr8k", count)
        assert all(len(dataset.captions(i)) == 5 for i in range(count))
        assert dataset.without_image == 1
    assert dataset.image(0).size == (96, 96)
    assert dataset.filenames[0] == "3385593926_d3e9c21170.jpg"
    assert dataset.captions(0)[0] == "The dogs are in the snow in front of a fence ."


# ---- RSICD

AERIAL = {"airport_1.jpg": "train", "storagetanks_2.jpg": "val", "00001.jpg": "val", "pond_3.jpg": "test"}


@pytest.fixture
def rsicd(tmp_path) -> Path:
    """The authors' layout."""
    root = tmp_path / "rsicd"
    (root / "RSICD_images").mkdir(parents=True)
    images = []
    for index, (name, split) in enumerate(AERIAL.items()):
        (root / "RSICD_images" / name).write_bytes(jpeg((0, 40 * index, 0)))
        sentences = [{"raw": f"sentence {k} of {name} .", "tokens": [], "sentid": k} for k in range(5)]
        images.append({"filename": name, "imgid": index, "split": split, "sentences": sentences})
    (root / "dataset_rsicd.json").write_text(json.dumps({"images": images, "dataset": "rsicd"}), encoding="utf-8")
    return root


def test_rsicd_reads_the_authors_layout(rsicd):
    dataset = RSICD(rsicd, "val")
    assert (dataset.name, dataset.split, len(dataset)) == ("rsicd", "val", 2)
    assert dataset.captions(0)[4] == "sentence 4 of storagetanks_2.jpg ."
    assert [None if k is None else dataset.class_names[k] for k in dataset.labels] == ["storage tanks", None]
    assert abs(dataset.image(0).getpixel((5, 4))[1] - 40) < 4


def test_rsicd_short_layout_says_the_same(rsicd):
    expected = [RSICD(rsicd, "val").captions(i) for i in range(2)]
    images = [
        {
            "filename": n,
            "split": "dev" if s == "val" else s,
            "captions": [f"sentence {k} of {n} ." for k in range(5)],
        }
        for n, s in AERIAL.items()
    ]
    (rsicd / "captions.json").write_text(json.dumps({"dataset": "rsicd", "images": images}), encoding="utf-8")
    (rsicd / "dataset_rsicd.json").unlink()
    dataset = open_dataset(rsicd, "val")
    assert isinstance(dataset, RSICD)
    assert [dataset.captions(i) for i in range(2)] == expected


def test_scene_label_comes_from_the_file_name():
    assert RSICD.class_names[scene_label("baseballfield_12.jpg")] == "baseball field"
    assert scene_label("00012.jpg") is None
    assert len(RSICD.class_names) == len(set(RSICD.class_names)) == 30


def test_scene_task_leaves_out_pictures_without_a_scene(rsicd):
    task = scene_task(RSICD(rsicd, "val"), 8)
    assert isinstance(task, ClassTask) and task.name == "scene"
    assert task.pixels.shape == (1, 8, 8, 3) and abs(int(task.pixels[0, 4, 4, 1]) - 40) < 4
    assert task.labels.dtype == np.int64 and [task.class_names[k] for k in task.labels] == ["storage tanks"]
    assert all(template.count("{}") == 1 for template in SCENE_TEMPLATES)


def test_rsicd_is_watched_without_an_unreadable_photo(rsicd):
    (rsicd / "RSICD_images" / "00001.jpg").write_bytes(b"not a picture")
    suite = watched_suite(rsicd, 8)
    assert [suite.tasks["scene"].class_names[k] for k in suite.tasks["scene"].labels] == ["storage tanks"]
    assert suite.retrieval[0].shape == (1, 8, 8, 3) and suite.retrieval[1][0] == "sentence 0 of storagetanks_2.jpg ."
    (unreadable,) = suite.left_out["pictures_unreadable"]["all"]
    assert "00001.jpg is not a picture" in unreadable


def test_scene_task_needs_scenes(flickr):
    with pytest.raises(ValueError, match="flickr8k/train has no file name that says its scene"):
        scene_task(Flickr8k(flickr, "train"), 8)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"images": [', "not JSON"),
        ('{"images": [{"filename": "a.jpg"}]}', "not RSICD's"),
        ("[]", "not RSICD's"),
    ],
)
def test_a_faulty_caption_file_is_one_clear_error(rsicd, content, reason):
    (rsicd / "dataset_rsicd.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"dataset_rsicd\.json is {reason}"):
        RSICD(rsicd, "train")


def test_rsicd_names_a_missing_photo(rsicd):
    (rsicd / "RSICD_images" / "pond_3.jpg").unlink()
    with pytest.raises(ValueError, match=r"1 of the 1 pictures .*pond_3\.jpg"):
        RSICD(rsicd, "test")


def test_rsicd_real_counts(shared):
    folder = shared / "data" / "rsicd-80"
    labelled = 0
    for split, count in (("train", 8734), ("val", 1094), ("test", 1093)):
        dataset = open_dataset(folder, split)
        assert (dataset.name, len(dataset)) == ("rsicd", count)
        assert all(len(dataset.captions(i)) == 5 for i in range(count))
        labelled += sum(label is not None for label in dataset.labels)
    assert labelled == 10_000
    task = scene_task(dataset, 16)
    assert len(task.labels) == 1027 and set(task.labels.tolist()) == set(range(30))


# ---- a folder of one's own


def make_folder(root: Path, table: bytes | str, files: tuple[str, ...] = ("a.png", "b.png")) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGBA", (6, 6), (200, 0, 0, 128)).save(root / file)
    (root / "captions.csv").write_bytes(table if isinstance(table, bytes) else table.encode("utf-8"))
    return root


def test_folder_reads_quotes_umlauts_sub_folders_and_splits(tmp_path):
    table = 'file,caption,split\na.png,"eins, zwei",train\nsub/ü.png,Grüße,test\na.png,drei,train\n'
    root = make_folder(tmp_path, table, ("a.png", "sub/ü.png"))
    train, test = Folder(root, "train"), Folder(root, "test")
    assert (train.files, train.captions(0)) == (["a.png"], ["eins, zwei", "drei"])
    assert (test.files, test.captions(0)) == (["sub/ü.png"], ["Grüße"])
    assert test.image(0).mode == "RGB"


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_folder_does_not_mind_who_wrote_the_table(tmp_path, start, end):
    rows = [b"file,caption,split", b"a.png,one,train", b"", b"b.png, two ,train"]
    dataset = Folder(make_folder(tmp_path, start + end.join(rows)), "train")
    assert [dataset.captions(i) for i in range(len(dataset))] == [["one"], ["two"]]


def test_folder_ends_lines_where_a_table_does(tmp_path):
    said = "one\u2028two\u0085three\x0cfour"  # str.splitlines would end four lines here
    root = make_folder(tmp_path, f'file,caption,split\na.png,{said},train\nb.png,"five\nsix",train\n')
    dataset = Folder(root, "train")
    assert [dataset.captions(i) for i in range(2)] == [[said], ["five\nsix"]]


def test_folder_drops_and_counts_duplicates(tmp_path):
    table = "file,caption,split\na.png,one,train\na.png,one,train\nb.png,one,train\na.png,two,train\n"
    dataset = Folder(make_folder(tmp_path, table), "train")
    assert dataset.duplicates == 1
    assert [dataset.captions(i) for i in range(2)] == [["one", "two"], ["one"]]


@pytest.mark.parametrize(
    ("table", "line", "reason"),
    [
        ("picture,text\na.png,one\n", 1, "file,caption"),
        ("file;caption\na.png;one\n", 1, "with commas"),
        ("", 1, "file,caption"),
        ("file,caption\n\nnone.png,two\n", 3, "no picture 'none.png'"),
        ("file,caption\n\n../a.png,two\n", 3, r"no picture '\.\./a.png'"),
        ("file,caption\n,one\n", 2, "no picture ''"),
        ("file,caption\na.png,   \n", 2, "the caption of a.png is empty"),
        ("file,caption\na.png,red, and blue\n", 2, "3 cells, the header 2"),
        ("file,caption\na.png\n", 2, "1 cells, the header 2"),
        ('file,caption\na.png,"never closed\n', 2, "end of data"),
        (b"file,caption\na.png,one\nb.png,gr\xfc\xdfe\n", 3, "not UTF-8"),
        ("file,caption\na.png,one\u2028two\x0c\nb.png\n", 3, "1 cells, the header 2"),
        ("file,caption\r\na.png,one\r\nb.png\r\n", 3, "1 cells, the header 2"),
        ("file,caption,split\na.png,one,holdout\n", 2, "split='holdout' is not known"),
        ("file,caption,split\na.png,one,train\na.png,two,test\n", 3, "in train already"),
    ],
)
def test_folder_names_the_line_of_a_fault(tmp_path, table, line, reason):
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png")  # beside the folder: not part of it
    with pytest.raises(ValueError, match=rf"captions\.csv line {line}\b.*{reason}") as caught:
        Folder(make_folder(tmp_path / "own", table), "train")
    assert "\n" not in str(caught.value)


def test_folder_splits_by_name_and_keeps_them():
    names = [f"pictures/{index}.jpg" for index in range(5000)]
    counts = {split: sum(hashed_split(name) == split for name in names) for split in ("train", "val", "test")}
    assert abs(counts["val"] - 500) < 70 and abs(counts["test"] - 500) < 70  # 3 standard deviations: 64
    known = {"0.png": "val", "1.png": "train", "7.png": "test"}  # for ever: trained models depend on it
    assert {name: hashed_split(name) for name in known} == known
    assert hashed_split("1\u00e9.png") == hashed_split("1e\u0301.png")  # é as a Mac may spell it


def test_a_split_without_pictures_says_what_to_do(tmp_path):
    root = make_folder(tmp_path, "file,caption,split\na.png,one,train\n")
    with pytest.raises(
        ValueError, match=r"no picture in its val split \(1 train, 0 val, 0 test\): add some or a split"
    ):
        Folder(root, "val")


# ---- CIFAR


def make_cifar(root: Path, n: int = 4, protocol: int = 2) -> Path:
    """CIFAR-100's layout, as Python 3 would write it."""
    root.mkdir()
    data = np.random.default_rng(0).integers(0, 256, (n, 3072), dtype=np.uint8)
    for name in ("train", "test"):
        content = {"data": data, "fine_labels": [1, 0] * (n // 2), "coarse_labels": [0] * n}
        (root / name).write_bytes(pickle.dumps(content, protocol))
    (root / "meta").write_bytes(pickle.dumps({"fine_label_names": ["apple", "aquarium_fish"]}, protocol))
    return root


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar_reads_pixels_labels_and_names(tmp_path, protocol):
    root = make_cifar(tmp_path / "cifar-100-python", protocol=protocol)
    dataset = CIFAR(tmp_path, "test")
    assert (dataset.name, len(dataset), dataset.labels) == ("cifar100", 4, [1, 0, 1, 0])
    assert dataset.class_names == ["apple", "aquarium fish"]
    flat = pickle.loads((root / "test").read_bytes())["data"]
    assert dataset.pixels[2, 5, 7].tolist() == [flat[2, c * 1024 + 5 * 32 + 7] for c in range(3)]
    assert np.array_equal(np.asarray(dataset.image(2)), dataset.pixels[2])
    assert dataset.captions(0) == []


def test_cifar_reads_the_archive_in_the_same_way(tmp_path):
    root = make_cifar(tmp_path / "cifar-100-python")
    expected = CIFAR(root, "train").pixels
    files = {f"cifar-100-python/{p.name}": p.read_bytes() for p in root.iterdir()}
    write_tar(tmp_path / "cifar-100-python.tar.gz", files, "w:gz")
    shutil.rmtree(root)
    for where in (tmp_path, tmp_path / "cifar-100-python.tar.gz"):
        assert np.array_equal(open_dataset(where, "train").pixels, expected)


def test_object_task_of_cifar(tmp_path):
    dataset = CIFAR(make_cifar(tmp_path / "c"), "test")
    task = object_task(dataset, 32)
    assert task.name == "object" and task.class_names == ["apple", "aquarium fish"]
    assert np.array_equal(task.pixels, dataset.pixels) and task.labels.tolist() == [1, 0, 1, 0]
    assert object_task(dataset, 16).pixels.shape == (4, 16, 16, 3)


class Evil:
    """What a poisoned pickle looks like: loading it would call os.mkdir."""

    def __reduce__(self):
        return os.mkdir, ("poisoned",)


def test_cifar_runs_no_code_from_a_pickle(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = make_cifar(tmp_path / "c")
    (root / "test").write_bytes(pickle.dumps({"data": Evil()}, 2))
    with pytest.raises(ValueError, match=r"test is not a file of CIFAR: it asks for (posix|nt)\.mkdir") as caught:
        CIFAR(root, "test")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "poisoned").exists()


@pytest.mark.parametrize("content", [b"", b"hello", pickle.dumps([1, 2]), pickle.dumps({"data": 1})])
def test_cifar_faulty_file_is_one_clear_error(tmp_path, content):
    root = make_cifar(tmp_path / "c")
    (root / "test").write_bytes(content)
    with pytest.raises(ValueError, match=r"CIFAR"):
        CIFAR(root, "test")


def test_cifar_label_count_must_fit(tmp_path):
    root = make_cifar(tmp_path / "c")
    (root / "test").write_bytes(pickle.dumps({"data": np.zeros((3, 3072), np.uint8), "fine_labels": [0]}, 2))
    with pytest.raises(ValueError, match=r"uint8 \[3, 3072\] for 1 labels"):
        CIFAR(root, "test")


def test_cifar_has_no_val(tmp_path):
    with pytest.raises(ValueError, match="split='val' is not in CIFAR: choose of train, test"):
        CIFAR(make_cifar(tmp_path / "c"), "val")


def test_cifar10_real_test_set(shared):
    dataset = open_dataset(shared / "data" / "cifar10-test", "test")
    assert (dataset.name, len(dataset)) == ("cifar10", 10_000)
    assert dataset.class_names[:3] == ["airplane", "automobile", "bird"]
    assert np.bincount(dataset.labels).tolist() == [1000] * 10
    means = dataset.pixels.reshape(-1, 3).mean(axis=0) / 255
    assert np.abs(means - [0.4942, 0.4851, 0.4504]).max() < 1e-3  # the test set's known channel means
    with pytest.raises(ValueError, match="lacks data_batch_1"):
        open_dataset(shared / "data" / "cifar10-test", "train")


# ---- by name or path


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
    with pytest.raises(ValueError, match=r"holds nothing\)\. Looked for: .*token.*dataset_rsicd.*captions\.csv"):
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
