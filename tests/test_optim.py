"""The page optim.py: the groups of AdamW and the schedule of the learning rate, first by hand."""

import pytest
import torch
from torch import nn

from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.optim import adamw, lr_schedule, param_groups, set_learning_rate


class TwoLayers(nn.Module):
    """Two matrices, three vectors and a number."""

    def __init__(self):
        super().__init__()
        self.resblocks = nn.Linear(2, 2)
        self.norm = nn.LayerNorm(2)
        self.out = nn.Linear(2, 1, bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(2.0))


def names_in(groups: list[dict], model: nn.Module) -> list[list[str]]:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return [[names[id(parameter)] for parameter in group["params"]] for group in groups]


def test_matrices_decay_and_all_else_does_not():
    model = TwoLayers()
    groups = param_groups(model, weight_decay=0.2)
    decayed, spared = names_in(groups, model)
    assert decayed == ["resblocks.weight", "out.weight"]
    assert spared == ["logit_scale", "resblocks.bias", "norm.weight", "norm.bias"]
    assert [group["weight_decay"] for group in groups] == [0.2, 0.0]


def test_frozen_parameters_are_in_no_group():
    model = TwoLayers()
    model.norm.requires_grad_(False)
    groups = names_in(param_groups(model, 0.2), model)
    assert groups == [["resblocks.weight", "out.weight"], ["logit_scale", "resblocks.bias"]]


def test_adamw_leaves_out_what_another_optimiser_trains():
    model = TwoLayers()
    optimizer = adamw(model, 0.1, 0.2, without=[model.resblocks.weight])
    spared = ["logit_scale", "resblocks.bias", "norm.weight", "norm.bias"]
    assert names_in(optimizer.param_groups, model) == [["out.weight"], spared]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.2, 0.0]


def test_the_rate_of_six_steps_by_hand():
    """Two steps up to the peak; then half a cosine over four steps: cos 0°, 45°, 90°, 135°."""
    expected = [0.5, 1.0, 1.0, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2]
    assert [lr_schedule(step, steps=6, warmup=2) for step in range(6)] == pytest.approx(expected)


def test_without_warmup_the_first_step_has_the_peak():
    assert lr_schedule(0, steps=4, warmup=0) == 1.0
    assert lr_schedule(0, steps=1, warmup=1) == 1.0  # a warm-up of all steps


def test_a_rate_is_a_share_of_its_peak():
    optimizer = adamw(TwoLayers(), learning_rate=0.1, weight_decay=0.2)
    optimizer.param_groups[1]["peak_lr"] = 0.4
    for _ in range(2):  # of the peak, not of the rate before
        set_learning_rate([optimizer], 0.5)
        assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.2]


def test_a_step_of_adamw_by_hand():
    """The first step moves by the rate along the gradient's sign, after weight decay has shrunk the matrices."""
    model = TwoLayers()
    with torch.no_grad():
        model.out.weight.fill_(1.0)
    optimizer = adamw(model, learning_rate=0.1, weight_decay=0.5)
    model.out.weight.grad, model.logit_scale.grad = torch.tensor([[3.0, -7.0]]), torch.tensor(5.0)
    optimizer.step()
    assert model.out.weight.tolist()[0] == pytest.approx([0.95 - 0.1, 0.95 + 0.1], abs=1e-5)
    assert model.logit_scale.item() == pytest.approx(2.0 - 0.1, abs=1e-5)


def test_clips_constants_differ_for_the_resnets():
    vit = adamw(CLIP(CLIPConfig(16, 16, 8, 64, 1, 64, 1, 1, 8, 40)), 1e-3, 0.2).defaults
    resnet = adamw(CLIP(CLIPConfig(16, 64, None, 8, (1, 1, 1, 1), 64, 1, 1, 8, 40)), 1e-3, 0.2).defaults
    assert (vit["betas"], vit["eps"]) == ((0.9, 0.98), 1e-6)
    assert (resnet["betas"], resnet["eps"]) == ((0.9, 0.999), 1e-8)


def test_adamw_is_fused_with_the_asked_rate():
    optimizer = adamw(TwoLayers(), learning_rate=0.1, weight_decay=0.5)
    assert optimizer.defaults["fused"] is True and optimizer.defaults["lr"] == 0.1
