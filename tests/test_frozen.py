"""Training with frozen or changed parts, resuming with another model, and losses that cannot teach."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from minclip.config import CLIPConfig, TrainConfig
from minclip.engine.batches import Pairs, all_captions, make_batch
from minclip.engine.devices import choose_device
from minclip.engine.gradients import backward, sees_whole_batch
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.experiments.keeper import Keeper
from minclip.experiments.loop import train
from minclip.experiments.runs import Run
from minclip.loss import clip_loss
from minclip.model import CLIP
from minclip.tokenizer import BPETokenizer
from minclip.vision import VisionTransformer

CPU = replace(choose_device("cpu", torch.float32), cores=1)
TOKENIZER = BPETokenizer([], context_length=8)
CONFIG = CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, 8, TOKENIZER.vocab_size)
RESNET = CLIPConfig(16, 64, None, 8, (1, 1, 1, 1), 64, 1, 1, 8, TOKENIZER.vocab_size)
SETTINGS = TrainConfig(samples=48, batch_size=6, log_every=1, save_every=2, weight_decay=0.2, learning_rate=1e-3)


def new_model(seed=0, config=CONFIG):
    torch.manual_seed(seed)
    return CLIP(config)


def some_pairs(size=16):
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(1, 500, (24, 8), generator=generator).int()
    tokens[:, 6:] = TOKENIZER.vocab_size - 1
    pixels = torch.randint(0, 256, (12, size, size, 3), generator=generator).to(torch.uint8)
    return Pairs(pixels, tokens, 2 * torch.arange(12), torch.full((12,), 2))


def trained(model, folder, device=CPU, resume=False, loss=clip_loss, **changes):
    size, config = model.config.image_size, replace(SETTINGS, **changes)
    keeper = Keeper(Run(folder), TOKENIZER, resume=resume, show_progress=False)
    train(model, some_pairs(size), config, device, keeper, loss)
    return model


class Stop(Exception):
    pass


def stopped(model, folder, monkeypatch, **changes):
    """A run that ends after its first checkpoint."""
    save = Run.save

    def save_and_stop(self, *args):
        save(self, *args)
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(Run, "save", save_and_stop)
        with pytest.raises(Stop):
            trained(model, folder, **changes)


def freeze(model, which):
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(which))
    return model


PARTS = ["visual", "text", "logit_scale", "visual.proj", "text.transformer", ("visual", "text")]
HOW = {
    "whole": {},
    "micro-batches": {"micro_batch": 2},
    "cores": {"device": replace(CPU, cores=3)},
    "muon": {"optimizer": "muon"},
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("which", PARTS, ids=str)
def test_frozen_parts_stay_and_the_rest_learns(which, how, tmp_path):
    before = new_model().state_dict()
    after = trained(freeze(new_model(), which), tmp_path, **HOW[how]).state_dict()
    for name, tensor in after.items():
        learns = not name.startswith(which)
        # a key's bias changes no softmax: its gradient is rounding, and so is whether it moves
        assert torch.equal(tensor, before[name]) != learns or name.endswith("in_proj_bias"), name


@pytest.mark.parametrize("which", PARTS, ids=str)
def test_gradients_beside_a_frozen_part_are_unchanged(which):
    batch = make_batch(some_pairs(), SETTINGS, 0, CONFIG, CPU)
    whole = new_model()
    backward(whole, batch, CPU)
    for device, micro_batch in ((CPU, None), (CPU, 2), (replace(CPU, cores=3), None)):
        model = freeze(new_model(), which)
        backward(model, batch, device, micro_batch)
        for (name, found), expected in zip(model.named_parameters(), whole.parameters(), strict=True):
            if name.startswith(which):
                assert found.grad is None, name
            else:
                difference = (found.grad - expected.grad).abs().max()
                assert difference <= 1e-5 * max(1e-3, expected.grad.abs().max()), name


def test_a_frozen_temperature_is_not_even_clamped():
    model = new_model()
    model.logit_scale.data.fill_(5.0)  # above ln 100
    train_step(
        freeze(model, "logit_scale"),
        build_optimizers(model, "adamw", 1e-3, 0.2, 0.02),
        make_batch(some_pairs(), SETTINGS, 0, CONFIG, CPU),
        CPU,
    )
    assert model.logit_scale.item() == 5.0


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_wholly_frozen_model_is_refused(optimizer, tmp_path):
    with pytest.raises(ValueError, match=r"every parameter of the model is frozen \(requires_grad=False\)"):
        trained(new_model().requires_grad_(False), tmp_path / "run", optimizer=optimizer)
    assert not (tmp_path / "run").exists()


def test_batch_norm_of_a_frozen_tower_keeps_its_statistics(tmp_path):
    before = new_model(config=RESNET).state_dict()
    after = trained(freeze(new_model(config=RESNET), "visual"), tmp_path, device=replace(CPU, cores=3)).state_dict()
    assert all(torch.equal(tensor, before[name]) == name.startswith("visual") for name, tensor in after.items())


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("which", ["visual", "logit_scale", ("visual", "logit_scale", "text.ln", "text.pos")], ids=str)
def test_a_frozen_run_resumes_bit_for_bit(which, optimizer, tmp_path, monkeypatch):
    whole = trained(freeze(new_model(), which), tmp_path / "whole", optimizer=optimizer)
    stopped(freeze(new_model(), which), tmp_path / "stopped", monkeypatch, optimizer=optimizer)
    again, *_ = Run(tmp_path / "stopped").load()
    assert [p.requires_grad for p in again.parameters()] == [p.requires_grad for p in whole.parameters()]
    trained(again, tmp_path / "stopped", resume=True, optimizer=optimizer)
    for (name, tensor), expected in zip(again.state_dict().items(), whole.state_dict().values(), strict=True):
        assert torch.equal(tensor, expected), name


@pytest.mark.parametrize(("was", "is_now"), [("visual", "text"), ("visual", ()), ((), "logit_scale")])
def test_a_run_resumes_with_the_same_parts_frozen_only(was, is_now, tmp_path, monkeypatch):
    stopped(freeze(new_model(), was), tmp_path, monkeypatch)
    with pytest.raises(
        ValueError, match=r"was trained with \d+ frozen parameters, this model has \d+ .*freeze the same"
    ):
        trained(freeze(new_model(), is_now), tmp_path, resume=True)


def test_a_run_of_one_block_of_matrices_resumes(tmp_path, monkeypatch):
    """AdamW has nothing to do, and so nothing to keep."""
    everything = [
        name for name, _ in CLIP(CONFIG).named_parameters() if "text.transformer.resblocks.0.mlp.c" not in name
    ]
    everything += ["text.transformer.resblocks.0.mlp.c_fc.bias", "text.transformer.resblocks.0.mlp.c_proj.bias"]
    whole = trained(freeze(new_model(), tuple(everything)), tmp_path / "whole", optimizer="muon")
    stopped(freeze(new_model(), tuple(everything)), tmp_path / "stopped", monkeypatch, optimizer="muon")
    again = trained(freeze(new_model(), tuple(everything)), tmp_path / "stopped", resume=True, optimizer="muon")
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), whole.parameters(), strict=True))


# --- a resumed run trains its own weights --------------------------------------------------------------------------


def test_a_fresh_model_gets_the_runs_weights(tmp_path, monkeypatch):
    whole = trained(new_model(), tmp_path / "whole")
    stopped(new_model(), tmp_path / "stopped", monkeypatch)
    other = trained(new_model(seed=7), tmp_path / "stopped", resume=True)
    assert all(torch.equal(a, b) for a, b in zip(other.parameters(), whole.parameters(), strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vision_layers": 2}, "its model has vision_layers=1, the one to fill has 2"),
        ({"quick_gelu": False}, "its model has quick_gelu=True, the one to fill has False"),
        ({"text_heads": 2}, "its model has text_heads=1, the one to fill has 2"),
    ],
)
def test_a_model_of_another_architecture_is_refused(change, message, tmp_path, monkeypatch):
    stopped(new_model(), tmp_path, monkeypatch)
    other = new_model(config=replace(CONFIG, **change))
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(ValueError, match=rf"state\.safetensors: {message}"):
        trained(other, tmp_path, resume=True)
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())


class MeanPooled(VisionTransformer):
    def forward(self, image):
        return self.ln_post(self.transformer(self.ln_pre(self.embedding(image))).mean(dim=1)) @ self.proj


def mean_pooled(seed=0):
    model = new_model(seed)
    model.visual.__class__ = MeanPooled
    return model


def test_a_changed_models_run_resumes_with_it_only(tmp_path, monkeypatch):
    whole = trained(mean_pooled(), tmp_path / "whole")
    stopped(mean_pooled(), tmp_path / "stopped", monkeypatch)
    with pytest.raises(ValueError, match="in the file, visual is a MeanPooled, not VisionTransformer"):
        trained(new_model(), tmp_path / "stopped", resume=True)
    with pytest.raises(ValueError, match=r"is not the state of a run: its model was changed .*load_into"):
        Run(tmp_path / "stopped").load()
    again = trained(mean_pooled(seed=3), tmp_path / "stopped", resume=True)
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), whole.parameters(), strict=True))


# --- batch norm, wherever it stands --------------------------------------------------------------------------------


def with_batch_norm():
    model = new_model()
    model.visual = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 16), nn.BatchNorm1d(16))
    return model


def test_batch_norm_keeps_a_batch_on_one_core(tmp_path):
    batch = make_batch(some_pairs(), SETTINGS, 0, CONFIG, CPU)
    gradients = []
    for device in (CPU, replace(CPU, cores=3)):
        model = with_batch_norm().train()
        backward(model, batch, device)
        gradients.append([*(p.grad for p in model.parameters()), model.visual[2].running_mean])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
    assert sees_whole_batch(with_batch_norm()) and not sees_whole_batch(new_model())
    assert sees_whole_batch(new_model(config=RESNET)) and not sees_whole_batch(with_batch_norm().eval())
    trained(with_batch_norm(), tmp_path, device=replace(CPU, cores=3))


def test_nor_among_processes_unless_it_is_frozen(tmp_path, monkeypatch):
    monkeypatch.setattr("minclip.experiments.loop.world_size", lambda: 2)
    with pytest.raises(ValueError, match="batch norm, such as a ResNet, cannot be trained by several processes"):
        trained(with_batch_norm(), tmp_path / "run")
    trained(freeze(with_batch_norm(), "visual"), tmp_path / "run")


# --- a loss that cannot teach, captions that are none --------------------------------------------------------------


def image_only(images, texts, scale):
    return images.square().mean() * scale


def text_only(images, texts, scale):
    return texts.square().mean() * scale


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (image_only, r"does not depend on the text features, .* freeze it \(model\.text\.requires_grad_\(False\)\)"),
        (text_only, r"does not depend on the image features, .* freeze it \(model\.visual\.requires"),
        (lambda *given: clip_loss(*given).item(), "the loss is of type float, not a tensor: return it without .item"),
        (lambda *given: clip_loss(*given).detach(), "the loss has no gradient"),
        (torch.no_grad()(clip_loss), "the loss has no gradient"),
        (lambda images, texts, _: (images * texts).sum(dim=1), r"the loss has shape \[6\], not one number: return its"),
        (lambda *given: None, "the loss is of type NoneType"),
        (lambda *given: (clip_loss(*given), {}), "the loss is of type tuple"),
    ],
)
def test_a_loss_that_cannot_teach_ends_in_words(loss, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        trained(new_model(), tmp_path, loss=loss)


@pytest.mark.parametrize("micro_batch", [None, 2])
def test_a_loss_of_one_tower_trains_it_alone(micro_batch, tmp_path):
    before = new_model().state_dict()
    after = trained(freeze(new_model(), "text"), tmp_path, loss=image_only, micro_batch=micro_batch).state_dict()
    assert not torch.equal(after["visual.proj"], before["visual.proj"])
    assert all(torch.equal(after[name], before[name]) for name in before if name.startswith("text"))


@pytest.mark.parametrize("captions", ["a red car", ["a red car", 5], [None], None])
def test_captions_must_be_lists_of_strings(captions):
    class Set:
        name, split = "made up", "train"

        def __len__(self):
            return 2

        def captions(self, index):
            return captions if index else ["two blue fish"]

    with pytest.raises(ValueError, match=r"made up/train: captions\(1\) is .* not a list of strings: return a list"):
        all_captions(Set())
