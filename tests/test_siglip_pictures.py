"""A SigLIP sees whole pictures, squashed to a square, wherever one is measured or trained."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from shard_examples import write_tar
from siglip_examples import hugging_faces, write_tokenizer

import minclip
from minclip.cli import main
from minclip.data.shards import Shards
from minclip.data.streamed_shards import StreamedShards, survey
from minclip.engine.stream import Place, Stream
from minclip.evaluation import evaluate, probing
from minclip.evaluation.own_tasks import choice_task, class_task
from minclip.evaluation.suites import evaluation_suite, watched_suite
from minclip.formats.siglip_model import SigLIPConfig
from minclip.preprocess import square, squashed
from minclip.tokenizer import BPETokenizer

SIGLIP = SigLIPConfig(64, 16, 8, 64, 1, 64, 1, 1, context_length=16, vocab_size=600, interpolation="bilinear")
SMALL = {"samples": 16, "batch_size": 4, "device": "cpu", "optimizer": "adamw", "crop_scale": (1.0, 1.0)}


def tall(i: int) -> Image.Image:
    """A picture whose ends a square from its middle lacks."""
    pixels = np.random.default_rng(i).integers(0, 256, (90, 30, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture
def animals(tmp_path):
    """Class folders: two pictures of each class in each split."""
    for number, place in enumerate(f"{split}/{name}" for split in ("train", "val", "test") for name in ("cat", "dog")):
        (tmp_path / "animals" / place).mkdir(parents=True)
        for i in range(2):
            tall(2 * number + i).save(tmp_path / "animals" / place / f"{i}.png")
    return tmp_path / "animals"


def whole(size: int = 16, how: str = "bilinear", first: int = 8) -> np.ndarray:
    """What a SigLIP is to see of the test split."""
    return np.stack([np.asarray(squashed(tall(i), size, how)) for i in range(first, 12)])


def test_suites_hold_whole_pictures(animals):
    assert np.array_equal(evaluation_suite(animals, 16, squash="bilinear").tasks["class"].pixels, whole())
    cut = np.stack([np.asarray(square(tall(i), 16)) for i in range(8, 12)])
    assert np.array_equal(evaluation_suite(animals, 16).tasks["class"].pixels, cut)
    assert not np.array_equal(cut, whole(how="bicubic"))


@pytest.mark.parametrize("suite", [evaluation_suite, watched_suite])
def test_retrieval_is_asked_of_whole_pictures(tmp_path, suite):
    split = "val" if suite is watched_suite else "test"
    files = []
    for i in range(8, 12):
        content = io.BytesIO()
        tall(i).save(content, "PNG")
        files += [(f"{i}.png", content.getvalue()), (f"{i}.txt", b"a text")]
    write_tar(tmp_path / f"{split}-000000.tar", *files)
    assert np.array_equal(suite(tmp_path, 16, squash="bilinear").retrieval[0], whole())


@pytest.mark.parametrize("probe", [[], ["--probe"]])
def test_eval_shows_a_siglip_whole_pictures(animals, tmp_path, monkeypatch, probe):
    hugging_faces(tmp_path / "siglip")
    write_tokenizer(tmp_path / "siglip")
    shown = []

    def spy(model, pixels, *more, **words):
        shown.append(np.asarray(pixels))
        return evaluate_pixels(model, pixels, *more, **words)

    evaluate_pixels = evaluate.encode_pixels
    for module in (evaluate, probing):
        monkeypatch.setattr(module, "encode_pixels", spy)
    names = tmp_path / "names.txt"
    names.write_text("{}", encoding="utf-8")
    words = ["eval", "--model", tmp_path / "siglip", "--data", animals, "--templates", names, "--device", "cpu", *probe]
    assert main([*map(str, words)]) == 0
    assert np.array_equal(shown[-1], whole(32, "bicubic"))
    model, preprocess, _ = minclip.load(tmp_path / "siglip")
    assert model.config.image_transform == preprocess and preprocess.n_px == 32


def test_fit_shows_a_siglip_whole_pictures():
    images, captions = [tall(i) for i in range(8)], [f"picture {letter}" for letter in "abcdefgh"]
    ready = [squashed(image, 16, "bilinear") for image in images]
    one, other = (minclip.fit(given, captions, config=SIGLIP, **SMALL).model for given in (images, ready))
    assert all(torch.equal(one.state_dict()[name], tensor) for name, tensor in other.state_dict().items())
    clip = replace(SIGLIP, interpolation="bicubic")
    third = minclip.fit(images, captions, config=clip, **SMALL).model
    assert not torch.equal(third.visual.embedding.conv1.weight, one.visual.embedding.conv1.weight)


def test_a_stream_reads_whole_pictures(tmp_path):
    content = io.BytesIO()
    tall(0).save(content, "PNG")
    write_tar(tmp_path / "train-000000.tar", ("0.png", content.getvalue()), ("0.txt", b"a text"))
    shards = Shards(tmp_path, "train")
    for squash, expected in {"bicubic": squashed(tall(0), 16), None: square(tall(0), 16)}.items():
        stream = Stream(StreamedShards(shards, survey(shards)), BPETokenizer([], 16), 16, squash=squash)
        _, pixels, _ = stream.read(Place(stream.all_samples(), 0))
        assert np.array_equal(pixels, np.asarray(expected))


def test_a_streamed_run_learns_from_whole_pictures(tmp_path):
    """Train, val and test: as if the pictures had been squashed before."""
    ended = []
    for name in ("tall", "squashed"):
        (tmp_path / name).mkdir()
        for split, pictures in {"train": range(12), "val": range(12, 18), "test": range(18, 24)}.items():
            files = []
            for i in pictures:
                content = io.BytesIO()
                picture = tall(i) if name == "tall" else squashed(tall(i), 16, "bilinear")
                picture.save(content, "PNG")
                files += [(f"{i:02}.png", content.getvalue()), (f"{i:02}.txt", f"number {i}".encode())]
            write_tar(tmp_path / name / f"{split}-000000.tar", *files)
        ended.append(minclip.fit(tmp_path / name, config=SIGLIP, stream=True, **SMALL, patch_dropout=0, stored_scale=1))
    one, other = (run.model.state_dict() for run in ended)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert ended[0].report["retrieval"] == ended[1].report["retrieval"]
    assert [entry["loss"] for entry in ended[0].log] == [entry["loss"] for entry in ended[1].log]


def test_tasks_of_ones_own_are_squashed_where_asked():
    images = [tall(i) for i in range(8, 12)]
    task = class_task("mine", images, ["cat", "dog", "cat", "dog"], size=16, squash="bilinear")
    assert np.array_equal(task.pixels, whole())
    choice = choice_task("mine", images, [["a cat", "a dog"]] * 4, size=16, squash="bilinear")
    assert np.array_equal(choice.pixels, whole())
