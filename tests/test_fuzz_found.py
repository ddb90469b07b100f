"""The faults that fuzzing found, each as the case that it was found by."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from fuzz_models import model
from fuzz_pictures import folder_of_pictures
from fuzz_texts import tokenizer
from PIL import Image

import minclip
from minclip import adapters, checkpoint, evaluation, figures, retrieval, saliency, segmentation, zero_shot
from minclip.config import CLIPConfig, TrainConfig
from minclip.preprocess import ImageTransform, as_seen, image_transform, square
from minclip.prompt_learning import PromptLearner, encode_embeddings
from minclip.search import index_folder
from minclip.siglip import SigLIPLoss
from minclip.similarity import unit_rows

PIXELS = np.zeros((2, 8, 8, 3), np.uint8)
INDEX = retrieval.Index(torch.eye(2), ["a", "b"])
REFUSED = {
    "merges hold ('a', 'b') twice": lambda: minclip.BPETokenizer([("a", "b"), ("c", "d"), ("a", "b")]),
    "features must be a tensor [n, embed_dim], found list": lambda: retrieval.Index([[1.0]], ["a"]),
    "query must be a tensor [embed_dim], found str": lambda: INDEX.search("a red car"),
    "k=1.5 must be a whole number": lambda: INDEX.search(torch.ones(2), k=1.5),
    "model must be a minclip.CLIP, found str": lambda: zero_shot.encode_images("tiny", image_transform(8), []),
    "pixels must be an array or a tensor, found list": lambda: zero_shot.encode_pixels(model(), [1]),
    "batch_size=-1 must be at least 1": lambda: zero_shot.encode_pixels(model(), PIXELS, batch_size=-1),
    "batch_size=0 must be at least 1": lambda: zero_shot.encode_pixels(model(), PIXELS, batch_size=0),
    "batch_size=1.5 must be a whole number": lambda: zero_shot.encode_texts(model(), tokenizer(77), ["a"], 1.5),
    "batch_size=True must be a whole number": lambda: zero_shot.encode_pixels(model(), PIXELS, batch_size=True),
    "boxes are [2, 4], others [1, 4], not [batch, 4]": lambda: segmentation.box_iou(*map(torch.ones, ((2, 4), (1, 4)))),
    "boxes are [2, 3], others [2, 3], not [batch, 4]": lambda: segmentation.box_iou(*torch.ones(2, 2, 3)),
    "logits must be numbers": lambda: minclip.accuracy.rank_of_label(None, [0]),
    "n_px=1.5 must be a whole number of pixels": lambda: image_transform(1.5),
    "n_px=-1 must be a whole number of pixels": lambda: ImageTransform(-1),
    "image must be a PIL picture, found str": lambda: as_seen("cat.png"),
    "split=1 is not known": lambda: minclip.data.open_folder(folder_of_pictures(), 1),
    "pairs=0 must be at least 1": lambda: minclip.training.guessing_loss(0),
    "vision_mlp_width=": lambda: CLIPConfig(8, 8, 4, 8, 1, 8, 2, 1, vision_mlp_width=torch.zeros(2)),
    "content must be a dictionary": lambda: TrainConfig.from_dict([]),
    "tokenizer must be a minclip.BPETokenizer, found str": lambda: minclip.save(model(), "bpe", "here.safetensors"),
    "dtype='float16' must be one of": lambda: checkpoint.save_openclip(model(), tokenizer(77), "a", "float16"),
    "state_dict must hold tensors": lambda: checkpoint.from_openai_state_dict({"weight": 1}),
    "path 'a\\x00b' holds a character": lambda: tokenizer().save("a\0b"),
    "path '\\ud800' holds a character": lambda: tokenizer().save("\ud800"),
    "task must be a ClassTask": lambda: evaluation.evaluate_task(model(), tokenizer(77), "cats"),
    "features have 4 numbers, the probe learned from 3": lambda: evaluation.Probe(
        torch.ones(2, 3), torch.zeros(2), 1.0, {}
    ).predict(torch.ones(1, 4)),
    "level=": lambda: evaluation.bootstrap_interval([1.0], level=torch.zeros(2)),
    "seed=-8 must be at least 0": lambda: evaluation.bootstrap_interval([1.0], seed=-8),
    "dtype=0 is no precision": lambda: minclip.load("picturebook-tiny", dtype=0),
    'report must be a dictionary with "tasks"': lambda: evaluation.format_table({}),
    "log is empty": lambda: figures.plot_curves([1, 2]),
    "columns=0 must be at least 1": lambda: figures.plot_samples([PIXELS[0]], ["a"], columns=0),
    "matrix must be numbers": lambda: figures.plot_confusion([["a"]], ["a"]),
    "embeddings has shape [8, 8], the": lambda: encode_embeddings(model().text, torch.ones(8, 8), torch.tensor([1])),
    "row 1 of text_features has features that are all zero": lambda: saliency.unit_texts(torch.eye(2)[:, :1], 2),
    "the mean of all_texts has features that are all zero": lambda: saliency.surgery_heat(
        model(), torch.ones(1, 3, 8, 8), torch.ones(1, 8), torch.tensor([[1.0], [-1.0]]).expand(-1, 8)
    ),
    "heat has shape [2, 3], not [batch, rows, columns]": lambda: segmentation.heat_masks(torch.ones(2, 3), 4, 0.5),
    "boxes have shape [4], not [1, 4]": lambda: segmentation.peak_in_box(torch.ones(1, 2, 2), torch.ones(4)),
    "thresholds 0 numbers": lambda: segmentation.best_threshold(torch.ones(1, 2, 2), torch.ones(1, 4, 4) > 0, []),
    "context: number 0 is b'a', which is no text": lambda: PromptLearner(model(), tokenizer(77), ["a"], b"a"),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_was_found_is_refused_in_words(words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=re.escape(words)):
        REFUSED[words]()
    assert not list(tmp_path.iterdir())


def test_an_exclusion_that_is_no_text_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="exclude must be a list of patterns"):
        index_folder(tmp_path, model(), image_transform(8), exclude=[{1}])


def test_mirrored_pixels_are_encoded_like_their_copy():
    pixels = np.arange(2 * 8 * 8 * 3, dtype=np.uint8).reshape(2, 8, 8, 3)[..., ::-1]
    assert zero_shot.encode_pixels(model(), pixels).equal(zero_shot.encode_pixels(model(), pixels.copy()))


def test_pictures_of_mode_La_are_read_like_LA():
    picture = Image.new("LA", (6, 4), (90, 255))
    assert square(picture.convert("La"), 4).getpixel((0, 0)) == (90, 90, 90)
    assert minclip.data.InMemory([picture.convert("La")], ["grey"]).image(0).getpixel((0, 0)) == (90, 90, 90)


def test_a_task_keeps_the_greys_of_16_bits():
    picture = Image.fromarray(np.full((8, 8), 32896, np.uint16))  # the middle of the range, not white
    assert (evaluation.class_task("mine", [picture], ["grey"], size=8).pixels == 128).all()


@pytest.mark.parametrize("kind", [adapters.TipAdapter, adapters.ClipAdapter])
def test_shots_whose_features_carry_a_graph_are_learned(kind):
    torch.manual_seed(0)
    features, labels = unit_rows(torch.randn(6, 8, requires_grad=True)), torch.arange(6) % 3
    shots = (features, labels) if kind is adapters.TipAdapter else ()
    module = kind(unit_rows(torch.randn(3, 8, requires_grad=True)).T, 10.0, *shots)
    found = adapters.fit_on_shots(module, features, labels, features, labels, epochs=2, batch_size=2)
    assert len(found) == 3 and not module.classifier.requires_grad


def test_a_bias_of_text_is_no_number():
    with pytest.raises(TypeError, match="must be real number, not str"):
        SigLIPLoss("")


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_heat_and_boxes_without_differences(dtype):
    """1e-12 is 0 in float16, and more than the differences of a heat of 1e-20."""
    assert segmentation.from_0_to_1(torch.ones(1, 2, 2, dtype=dtype)).tolist() == [[[0, 0], [0, 0]]]
    assert segmentation.from_0_to_1(torch.tensor([[[0.0, 1e-20]]])).tolist() == [[[0, 1]]]
    assert segmentation.box_iou(*torch.zeros(2, 1, 4, dtype=dtype)).tolist() == [0]
