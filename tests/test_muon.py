"""Muon: torch.optim.Muon's steps in bfloat16, the same to rounding in float32; and who multiplies in which."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from minclip.engine.devices import choose_device, multiplies_bfloat16
from minclip.engine.muon import Muon, orthogonalised

CPU = torch.device("cpu")
BESIDE_PYTORCHS = pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="PyTorch has its Muon since 2.9")
SHAPES = [(24, 24), (32, 12), (12, 32), (1, 8)]


def matrices(seed: int = 0) -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]


def take(optimizer, parameters, steps: int = 3) -> list[torch.Tensor]:
    """Some steps along gradients that change, the last one at half the rate."""
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = 0.02 if step + 1 < steps else 0.01
        for parameter, gradient in zip(parameters, matrices(1 + step), strict=True):
            parameter.grad = gradient.detach() * 10.0**-step
        optimizer.step()
    return [parameter.detach() for parameter in parameters]


def cpu_has(monkeypatch, amx: bool = False, avx512_bf16: bool = False):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512_bf16)


@BESIDE_PYTORCHS
def test_in_bfloat16_every_step_is_pytorchs():
    ours, theirs = matrices(), matrices()
    found = take(Muon(ours, 0.02, 0.2, torch.bfloat16), ours)
    expected = take(torch.optim.Muon(theirs, lr=0.02, weight_decay=0.2), theirs)
    for a, b in zip(found, expected, strict=True):
        assert torch.equal(a, b)


def test_in_float32_it_differs_by_the_rounding_of_bfloat16():
    starts, ours, theirs = matrices(), matrices(), matrices()
    found = take(Muon(ours, 0.02, 0.2, torch.float32), ours)
    expected = take(Muon(theirs, 0.02, 0.2, torch.bfloat16), theirs)
    for start, a, b in zip(starts, found, expected, strict=True):
        assert 0 < (a - b).norm() < 0.03 * (start - b).norm()


@pytest.mark.parametrize("shape", SHAPES)
def test_singular_values_come_near_one_and_vectors_stay(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    turned = left.T @ orthogonalised(matrix, torch.float64) @ right.T  # diagonal, where the vectors are the same
    assert (turned - turned.diag().diag()).abs().max() < 1e-10
    reached = turned.diag()[values > 0.05 * values.norm()]
    assert reached.min() > 0.65 and reached.max() < 1.25


def in_two_groups(parameters) -> Muon:
    """With a rate and a decay for each group."""
    muon = Muon(parameters[:3], 0.02, 0.2, torch.float32)
    muon.add_param_group({"params": parameters[3:], "lr": 0.03, "weight_decay": 0.1})
    return muon


def test_matrices_of_one_shape_move_as_alone():
    """Ten steps, as a GPU takes them: wide and tall matrices in one stack; a gradient that is missing; one of zeros."""
    shapes = [(24, 24), (32, 12), (12, 32), (12, 32), (32, 12), (24, 24), (1, 8)]
    generator = torch.Generator().manual_seed(0)
    starts = [torch.randn(shape, generator=generator) for shape in shapes]
    alone, together = ([nn.Parameter(start.clone()) for start in starts] for _ in range(2))
    one_by_one, stacked = in_two_groups(alone), in_two_groups(together)
    for step in range(10):
        for i, (a, b) in enumerate(zip(alone, together, strict=True)):
            gradient = torch.randn(a.shape, generator=generator) * (step != 3)
            a.grad, b.grad = (None, None) if i == step else (gradient, gradient.clone())
        one_by_one.step()
        stacked.step_together()
    for start, a, b in zip(starts, alone, together, strict=True):
        assert (a - start).abs().max() > 0.01
        assert (a - b).abs().max() <= 1e-5
    assert {p.shape for p in stacked.state} == set(map(torch.Size, shapes)) and len(stacked.state) == len(shapes)


def test_a_stack_is_orthogonalised_matrix_by_matrix():
    stack = torch.randn(4, 24, 12, generator=torch.Generator().manual_seed(0))
    expected = torch.stack([orthogonalised(matrix, torch.float32) for matrix in stack])
    assert (orthogonalised(stack, torch.float32) - expected).abs().max() < 1e-5


def test_a_gradient_of_zeros_moves_by_weight_decay_alone():
    parameter = nn.Parameter(torch.ones(3, 2))
    parameter.grad = torch.zeros(3, 2)
    Muon([parameter], 0.1, 0.5, torch.float32).step()
    assert torch.allclose(parameter, torch.full((3, 2), 0.95))


@BESIDE_PYTORCHS
def test_pytorchs_moments_are_read():
    """A checkpoint of a run that torch.optim.Muon began."""
    theirs, ours = matrices(), matrices()
    before, after = torch.optim.Muon(theirs, lr=0.02, weight_decay=0.2), Muon(ours, 0.02, 0.2, torch.bfloat16)
    take(before, theirs)
    take(after, ours, steps=1)  # moments of its own, which must go
    state = {"state": copy.deepcopy(before.state_dict()["state"]), "param_groups": after.state_dict()["param_groups"]}
    after.load_state_dict(state)
    for parameter, other in zip(ours, theirs, strict=True):
        parameter.data.copy_(other)
    for a, b in zip(take(after, ours), take(before, theirs), strict=True):
        assert torch.equal(a, b)


def test_a_copy_steps_alike():
    parameters = matrices()
    optimizer = Muon(parameters, 0.02, 0.2, torch.bfloat16)
    take(optimizer, parameters, steps=1)
    twin_parameters, twin = copy.deepcopy((parameters, optimizer))
    assert twin.dtype == torch.bfloat16
    for a, b in zip(take(twin, twin_parameters), take(optimizer, parameters), strict=True):
        assert torch.equal(a, b)


def test_a_closure_computes_the_gradients_first():
    parameter = nn.Parameter(torch.ones(2, 2))

    def closure():
        loss = parameter.square().sum()
        loss.backward()
        return loss.item()

    assert Muon([parameter], 0.1, 0.0).step(closure) == 4
    assert (parameter < 1).all()


def test_without_a_gradient_nothing_moves():
    parameter = nn.Parameter(torch.ones(3, 2))
    Muon([parameter], 0.1, 0.5).step()
    assert torch.equal(parameter, torch.ones(3, 2))


def test_what_is_no_matrix_is_refused():
    with pytest.raises(ValueError, match=r"shape \[\(5,\)\] are not matrices"):
        Muon([nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(5))], 0.1, 0.5)
    for shape in ((4,), (2, 3, 4, 5)):
        with pytest.raises(ValueError, match=r"not \[m, n\] or \[k, m, n\]"):
            orthogonalised(torch.ones(shape), torch.float32)


def test_bfloat16_is_for_cpus_that_multiply_it(monkeypatch):
    cpu_has(monkeypatch)
    assert multiplies_bfloat16(CPU) is None and Muon(matrices(), 0.1, 0.5).dtype == torch.float32
    assert choose_device("cpu").autocast is None and "no fast bfloat16" in choose_device("cpu").reason
    cpu_has(monkeypatch, avx512_bf16=True)
    assert multiplies_bfloat16(CPU) == "this CPU (AVX-512 BF16)" and Muon(matrices(), 0.1, 0.5).dtype == torch.bfloat16
    cpu_has(monkeypatch, amx=True, avx512_bf16=True)
    assert choose_device("cpu").autocast == torch.bfloat16 and "(AMX)" in choose_device("cpu").reason


def test_a_gpu_that_only_holds_bfloat16_trains_in_float32(monkeypatch):
    majors = {torch.device("cuda:0"): 9, torch.device("cuda:1"): 7}  # Hopper, Turing
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(major=majors[device]))
    assert choose_device("cuda:0").autocast == torch.bfloat16
    assert choose_device("cuda:0").reason == "this GPU multiplies bfloat16 itself"
    assert choose_device("cuda:1").autocast is None
