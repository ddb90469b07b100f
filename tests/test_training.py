"""Batches, augmentation, optimisers, schedule and the training step."""

import math
from dataclasses import replace

import pytest
import torch
from PIL import Image

from minclip.config import CLIPConfig, TrainConfig
from minclip.data.picturebook import PictureBook
from minclip.engine.augment import crop_and_resize, random_crops
from minclip.engine.batches import Pairs, all_captions, load_pairs, make_batch
from minclip.engine.cores import one_thread
from minclip.engine.devices import choose_device
from minclip.engine.features import image_features
from minclip.engine.gradients import backward
from minclip.engine.optimizers import build_optimizers, is_block_matrix, take_steps
from minclip.engine.order import batch_indices, epoch_order, generator_for, parted_order
from minclip.engine.step import train_step
from minclip.experiments.learning_check import is_it_learning
from minclip.model import CLIP
from minclip.optim import param_groups, set_learning_rate
from minclip.tokenizer import BPETokenizer

CPU = choose_device("cpu", torch.float32)
CONFIG = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, context_length=8, vocab_size=40)


def random_resized_crop(pixels, size, scale, generator, **more):
    return crop_and_resize(pixels, random_crops(len(pixels), scale, generator, **more), size)


def new_model(seed: int = 0, config: CLIPConfig = CONFIG) -> CLIP:
    torch.manual_seed(seed)
    return CLIP(config)


def some_pairs(n: int = 12, captions: int = 2) -> Pairs:
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(1, 39, (n * captions, 8), generator=generator).int()
    tokens[:, 5], tokens[:, 6:] = 39, 0  # EOT, then padding
    pixels = torch.randint(0, 256, (n, 16, 16, 3), generator=generator).to(torch.uint8)
    return Pairs(pixels, tokens, captions * torch.arange(n), torch.full((n,), captions))


def test_every_epoch_is_another_order_of_all_pictures():
    stream = torch.cat([batch_indices(step, 5, 10, seed=3) for step in range(6)])
    epochs = stream.view(3, 10)
    assert all(sorted(epoch.tolist()) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch.tolist()) for epoch in epochs}) == 3


@pytest.mark.parametrize("pictures", [6, 7, 8, 11, 12, 13, 17, 20, 31, 59])
def test_no_batch_of_a_small_set_repeats_a_picture(pictures):
    shown = torch.zeros(pictures).long()
    for step in range(80):
        batch = batch_indices(step, 6, pictures, seed=1)
        assert len(batch.unique()) == len(batch) == 6
        shown += batch.bincount(minlength=pictures)
        assert shown.max() - shown.min() <= 1  # they take turns
    later = batch_indices(70, 6, pictures, seed=1)
    epoch_order.cache_clear(), parted_order.cache_clear()
    assert torch.equal(batch_indices(70, 6, pictures, seed=1), later)  # of seed and step alone
    assert not torch.equal(batch_indices(70, 6, pictures, seed=2), later)


def test_in_a_large_set_batches_run_on_across_epochs():
    batches = [batch_indices(step, 6, 61, seed=1) for step in range(610)]
    assert torch.equal(torch.cat(batches), torch.cat([epoch_order(61, 1, epoch) for epoch in range(60)]))
    assert any(len(batch.unique()) < 6 for batch in batches)  # which twins.py counts


def test_a_batch_depends_on_seed_and_step_alone():
    pairs, config = some_pairs(), TrainConfig(batch_size=4, samples=40)
    first = make_batch(pairs, config, 7, CONFIG, CPU)
    make_batch(pairs, config, 8, CONFIG, CPU)
    torch.manual_seed(99)
    again = make_batch(pairs, config, 7, CONFIG, CPU)
    assert all(torch.equal(a, b) for a, b in zip(first[:2], again[:2], strict=True))
    other = make_batch(pairs, TrainConfig(batch_size=4, samples=40, seed=1), 7, CONFIG, CPU)
    assert not torch.equal(first[0], other[0])


def test_crops_captions_and_order_all_follow_the_seed():
    pairs, configs = some_pairs(), [TrainConfig(batch_size=12, samples=120, seed=seed) for seed in (0, 1)]
    assert not torch.equal(*(batch_indices(0, 12, 12, config.seed) for config in configs))
    draws = [torch.rand(4, generator=generator_for("batch", config.seed, 0)) for config in configs]
    assert not torch.equal(*draws)
    assert torch.equal(draws[0], torch.rand(4, generator=generator_for("batch", 0, 0)))
    assert not torch.equal(*(make_batch(pairs, config, 0, CONFIG, CPU).pixels for config in configs))


def test_patch_dropout_draws_patches_for_every_picture():
    config = TrainConfig(batch_size=8, samples=80, patch_dropout=0.5)
    model, batch = new_model(), make_batch(some_pairs(), config, 0, CONFIG, CPU)
    assert batch.kept.shape == (8, 2)  # two of the four patches
    assert len({tuple(sorted(row.tolist())) for row in batch.kept}) > 1
    every = torch.arange(4).expand(8, 4)
    assert torch.allclose(image_features(model, batch.pixels, every), model.encode_image(batch.pixels), atol=1e-6)
    blacked = batch.pixels.clone()  # a patch that is not read does not count
    for picture, kept in zip(blacked, batch.kept, strict=True):
        for patch in set(range(4)) - set(kept.tolist()):
            picture[:, 8 * (patch // 2) : 8 * (patch // 2) + 8, 8 * (patch % 2) : 8 * (patch % 2) + 8] = 9.0
    features = [image_features(model, pixels, batch.kept) for pixels in (batch.pixels, blacked)]
    assert torch.allclose(*features, atol=1e-6)
    assert torch.isfinite(backward(model, batch, replace(CPU, cores=3)))


def test_tokens_are_the_pictures_cut_after_the_longest():
    pairs = some_pairs()
    config = TrainConfig(batch_size=6, samples=60)
    tokens = make_batch(pairs, config, 0, CONFIG, CPU).tokens
    assert tokens.shape == (6, 6)
    for picture, row in zip(batch_indices(0, 6, 12, 0).tolist(), tokens, strict=True):
        own = pairs.tokens[pairs.first[picture] : pairs.first[picture] + pairs.count[picture], :6]
        assert any(torch.equal(row, text.long()) for text in own)


def test_all_captions_of_a_picture_are_used():
    pairs, config = some_pairs(n=4, captions=3), TrainConfig(batch_size=4, samples=4000)
    seen = {tuple(row.tolist()) for step in range(20) for row in make_batch(pairs, config, step, CONFIG, CPU).tokens}
    assert len(seen) == 12


def test_a_crop_of_the_whole_area_loses_almost_nothing():
    ramp = torch.linspace(0, 1, 32).expand(1, 3, 32, 32).repeat(64, 1, 1, 1)
    crop = random_resized_crop(ramp, 32, (1.0, 1.0), torch.Generator().manual_seed(0))
    assert crop.shape == (64, 3, 32, 32)
    # the aspect ratio is random, from 3:4 to 4:3, so one side may lose up to a quarter, half of the time none
    width = crop[:, 0, 8].amax(dim=-1) - crop[:, 0, 8].amin(dim=-1)
    assert width.max() > 0.999 and width.min() > 0.7 and (width > 0.999).float().mean() > 0.3


def test_a_crop_of_a_ramp_is_part_of_it():
    ramp = torch.linspace(0, 1, 32).expand(1, 3, 32, 32).repeat(64, 1, 1, 1)
    crop = random_resized_crop(ramp, 16, (0.3, 0.5), torch.Generator().manual_seed(0))
    width = crop[:, 0, 8].amax(dim=-1) - crop[:, 0, 8].amin(dim=-1)
    assert (crop >= 0).all() and (crop <= 1).all()
    assert (crop.diff(dim=-1) > -1e-6).all(), "nothing was mirrored"
    assert 0.4 < width.mean() < 0.75, "crops keep the square root of the area's share of the width"
    assert crop[:, 0, 8, 0].std() > 0.05, "crops begin at different places"
    mirrored = random_resized_crop(ramp, 16, (0.3, 0.5), torch.Generator().manual_seed(0), mirror=True)
    share = float((mirrored[:, 0, 8, 0] > mirrored[:, 0, 8, -1]).float().mean())
    assert 0.3 < share < 0.7


def test_quarter_turns_reach_all_four_sides():
    corner = torch.zeros(1, 3, 16, 16)
    corner[:, :, :4, :4] = 1.0
    turned = random_resized_crop(
        corner.repeat(80, 1, 1, 1), 16, (1.0, 1.0), torch.Generator().manual_seed(0), turn=True
    )
    quadrants = turned[:, 0].view(80, 2, 8, 2, 8).sum(dim=(2, 4)).flatten(1)  # [80, 4]
    bright = quadrants.argmax(dim=1).bincount(minlength=4)
    assert (bright >= 10).all(), bright
    assert (quadrants.sort(dim=1).values[:, :3] < 0.2 * quadrants.amax(dim=1, keepdim=True)).all()


@pytest.mark.parametrize("scale", [(0.0, 1.0), (0.5, 0.4), (0.5, 1.5)])
def test_a_crop_range_without_sense_is_refused(scale):
    with pytest.raises(ValueError, match="scale="):
        random_resized_crop(torch.zeros(1, 3, 8, 8), 8, scale, torch.Generator())


def test_weight_decay_spares_gains_biases_and_the_temperature():
    model = new_model()
    names = {id(p): name for name, p in model.named_parameters()}
    decayed, spared = ({names[id(p)] for p in group["params"]} for group in param_groups(model, 0.2))
    assert decayed | spared == set(names.values()) and not decayed & spared
    assert "logit_scale" in spared and "visual.embedding.class_embedding" in spared
    assert all(
        name.endswith("bias") or "ln_" in name for name in spared - {"logit_scale", "visual.embedding.class_embedding"}
    )
    assert "text.token_embedding.weight" in decayed and "visual.embedding.conv1.weight" in decayed


def test_muon_takes_the_block_matrices_and_adamw_the_rest():
    model = new_model()
    adamw, muon = build_optimizers(model, "muon", 1e-3, 0.2, 0.02)
    in_muon = {id(p) for p in muon.param_groups[0]["params"]}
    assert len(in_muon) == 4 * (model.config.vision_layers + model.config.text_layers)
    in_adamw = {id(p) for group in adamw.param_groups for p in group["params"]}
    for name, parameter in model.named_parameters():
        assert (id(parameter) in in_muon) == is_block_matrix(name, parameter)
        assert (id(parameter) in in_muon) != (id(parameter) in in_adamw)
    set_learning_rate([adamw, muon], 0.5)
    assert adamw.param_groups[0]["lr"] == 0.0005 and muon.param_groups[0]["lr"] == 0.01


def test_cores_take_the_optimisers_steps_bit_for_bit():
    one, shared = new_model(), new_model()
    alone, on_cores = (build_optimizers(model, "muon", 1e-3, 0.2, 0.02) for model in (one, shared))
    for step in range(2):
        for model in (one, shared):
            generator = torch.Generator().manual_seed(step)
            for parameter in model.parameters():
                parameter.grad = torch.randn(parameter.shape, generator=generator)
        with one_thread():  # as each core has
            for optimizer in alone:
                optimizer.step()
        take_steps(on_cores, cores=2)
    for (name, expected), found in zip(one.named_parameters(), shared.parameters(), strict=True):
        assert torch.equal(expected, found), name


def test_at_the_start_the_loss_is_ln_n(tmp_path):
    """Measured on real pairs: fresh features of different pictures and texts are nearly orthogonal."""
    book = PictureBook("val", size=32, count=256, cache=tmp_path, progress=False)
    captions = all_captions(book)
    tokenizer = BPETokenizer.train([text for texts in captions for text in texts], 2048, 32)
    pairs = load_pairs(book, captions, tokenizer, 32, CPU)
    for seed in range(3):
        model = new_model(seed, CLIPConfig.preset("tiny", vocab_size=tokenizer.vocab_size))
        loss = backward(model, make_batch(pairs, TrainConfig(batch_size=256, seed=seed), 0, model.config, CPU), CPU)
        assert float(loss) == pytest.approx(math.log(256), rel=0.02), seed


def test_micro_batches_give_the_gradients_of_the_whole_batch():
    pairs, config = some_pairs(), TrainConfig(batch_size=10, samples=100)
    batch = make_batch(pairs, config, 0, CONFIG, CPU)
    whole, parts = new_model(), new_model()
    loss = backward(whole, batch, CPU)
    assert torch.allclose(backward(parts, batch, CPU, micro_batch=4), loss, atol=1e-6)
    for (name, a), b in zip(whole.named_parameters(), parts.parameters(), strict=True):
        assert (a.grad - b.grad).abs().max() <= 1e-5 * a.grad.abs().max(), name


def test_cores_give_the_gradients_of_one():
    pairs, config = some_pairs(), TrainConfig(batch_size=11, samples=110)
    alone, shared = replace(CPU, cores=1), replace(CPU, cores=3)
    batches = [make_batch(pairs, config, 0, CONFIG, device) for device in (alone, shared)]
    assert torch.equal(batches[0][0], batches[1][0]) and torch.equal(batches[0][1], batches[1][1])
    models = [new_model(), new_model()]
    losses = [backward(m, b, device) for m, b, device in zip(models, batches, (alone, shared), strict=True)]
    assert torch.allclose(*losses, atol=1e-6)
    for (name, a), b in zip(models[0].named_parameters(), models[1].parameters(), strict=True):
        assert (a.grad - b.grad).abs().max() <= 1e-5 * a.grad.abs().max(), name


def test_many_cores_give_the_same_bits_every_time():
    pairs, config = some_pairs(), TrainConfig(batch_size=12, samples=120)
    batch, gradients = make_batch(pairs, config, 0, CONFIG, CPU), []
    for _ in range(10):
        model = new_model()
        backward(model, batch, replace(CPU, cores=4))
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert all(torch.equal(gradient, gradients[0]) for gradient in gradients)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_one_batch_is_memorised(optimizer):
    model = new_model()
    optimizers = build_optimizers(model, optimizer, 2e-3, 0.0, 0.02)
    batch = make_batch(some_pairs(), TrainConfig(batch_size=8, samples=80), 0, CONFIG, CPU)
    for _ in range(400):
        loss = train_step(model, optimizers, batch, CPU)
    assert loss < 0.01


def test_a_step_moves_and_bounds_the_temperature():
    model = new_model()
    model.logit_scale.data.fill_(math.log(100))
    optimizers = build_optimizers(model, "adamw", 1.0, 0.0, 0.02)
    batch = make_batch(some_pairs(), TrainConfig(batch_size=8, samples=80), 0, CONFIG, CPU)
    train_step(model, optimizers, batch, CPU)
    assert 0 <= model.logit_scale.item() <= math.log(100)
    assert model.logit_scale.item() != pytest.approx(math.log(100))


def test_unreadable_pictures_are_left_out_with_their_captions(tokenizer):
    class Set:
        name, split = "made up", "train"
        left_out = ("what the set itself leaves out",)

        def __len__(self):
            return 4

        def image(self, index):
            if index in self.broken:
                raise ValueError(f"{index}.png is cut off")
            return Image.new("RGB", (20, 30), (80 * index, 0, 0))

        def captions(self, index):
            return [f"a red car {index}"] * (0 if index == 3 else index + 1)

    def load(*broken):
        Set.broken = broken
        return load_pairs(Set(), all_captions(Set()), tokenizer, 16, CPU, left_out=left_out)

    left_out: dict = {}
    pairs = load(1)
    assert pairs.pixels[:, 0, 0, 0].tolist() == [0, 160] and pairs.count.tolist() == [1, 3]
    assert torch.equal(pairs.tokens[1], tokenizer(["a red car 2"])[0].int())
    assert pairs.unreadable == (1,) and left_out["pictures_unreadable"]["all"] == ["1.png is cut off"]
    assert len({load(*broken).fingerprint() for broken in [(), (1,), (1, 3), (3,), (0,)]}) == 5
    with pytest.raises(ValueError, match=r"holds 1 picture with captions \(.*0\.png is cut off; 1\.png is cut off\)"):
        load(0, 1)


def test_pictures_without_captions_are_left_out(tokenizer):

    class Set:
        name, split = "made up", "train"
        texts = (["a red car"], [], ["two blue fish", "fish"])

        def __len__(self):
            return 3

        def image(self, index):
            return Image.new("RGB", (20, 30), (80 * index, 0, 0))

        def captions(self, index):
            return list(self.texts[index])

    pairs = load_pairs(Set(), all_captions(Set()), tokenizer, 16, CPU)
    assert pairs.pixels.shape == (2, 16, 16, 3) and pairs.pixels[1, 0, 0].tolist() == [160, 0, 0]
    assert pairs.count.tolist() == [1, 2] and pairs.first.tolist() == [0, 1]
    assert pairs.same.tolist() == [0, 1]  # two pictures that differ
    Set.texts = ([], [], ["one"])
    with pytest.raises(ValueError, match=r"made up/train holds 1 picture with captions"):
        load_pairs(Set(), all_captions(Set()), tokenizer, 16, CPU)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 1}, "batch_size=1 must be at least 2"),
        ({"samples": 100, "batch_size": 256}, "samples=100 is less than one batch"),
        ({"optimizer": "sgd"}, "'sgd' is not known"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"micro_batch": 0}, "micro_batch=0"),
    ],
)
def test_settings_without_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        TrainConfig(**changes)


def test_the_early_word_compares_with_guessing():
    assert "it is learning" in is_it_learning(3.0, 256)
    assert "not learning yet" in is_it_learning(5.5, 256)
    # two class names as captions: ln 128 is all that can be reached, and most of the way there is gone
    assert "it is learning" in is_it_learning(5.0, 256, floor=math.log(128))
    assert "not learning yet" in is_it_learning(5.5, 256, floor=math.log(128))
    assert "nothing can be learned" in is_it_learning(math.log(256), 256, floor=math.log(256))


def test_a_missing_device_is_named_with_those_here():
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ValueError, match=r"device='cuda' is not on this machine, which has cpu"):
        choose_device("cuda")
    with pytest.raises(ValueError, match="'toaster' is not a device"):
        choose_device("toaster")
