"""What `minclip doctor` says of a GPU: that it computes, that PyTorch cannot use it and why, that nobody uses it."""

import subprocess
from types import SimpleNamespace

import pytest
import torch

from minclip.cli import gpus, main
from minclip.engine.devices import Device, choose_device

CPU = choose_device("cpu", torch.float32)
GPU = Device(torch.device("cuda"), torch.bfloat16, "a test")
OLD_DRIVER = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver\nmore"


@pytest.fixture
def a_gpu(monkeypatch):
    """What the system says, whatever PyTorch does."""
    monkeypatch.setattr(gpus.shutil, "which", lambda _name: "/usr/bin/nvidia-smi")
    answer = SimpleNamespace(returncode=0, stdout="NVIDIA GeForce RTX 3060, 470.82\n")
    monkeypatch.setattr(gpus.subprocess, "run", lambda *_, **__: answer)
    return answer


def notes() -> list[str]:
    return [str(check) for check in gpus.check_unused(CPU)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_product_is_computed_and_compared(dtype):
    check = gpus.check_product(choose_device("cpu", dtype))
    assert not check.remedy and check.text.endswith("on cpu is right")


def test_a_product_that_is_wrong_or_fails_is_said(monkeypatch):
    monkeypatch.setattr(torch.Tensor, "cpu", lambda self: self * float("nan"))
    assert "is off by nan" in str(gpus.check_product(CPU)) and gpus.check_product(CPU).remedy

    def fails(_self):
        raise RuntimeError(
            "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors ..."
        )

    monkeypatch.setattr(torch.Tensor, "cpu", fails)
    assert "fails: CUDA error: no kernel image is available" in str(gpus.check_product(CPU))
    assert "--device cpu" in gpus.check_product(CPU).remedy


@pytest.mark.parametrize(
    ("capability", "built_for", "runs"),
    [
        ((9, 0), ["sm_80", "sm_90"], True),
        ((8, 9), ["sm_80"], True),
        ((6, 1), ["sm_75", "sm_80", "sm_90"], False),
        ((7, 0), ["sm_75", "sm_80"], False),
        ((12, 0), ["sm_90"], False),
        ((12, 0), ["sm_90", "compute_90"], True),
        ((9, 0), ["sm_90a"], True),
    ],
)
def test_a_gpu_without_code_for_it_is_named(capability, built_for, runs, monkeypatch):
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: capability)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: built_for)
    said = gpus.unsuited(GPU)
    assert said is None if runs else f"this GPU is an sm_{capability[0]}{capability[1]}" in said and "sm_" in said
    assert gpus.unsuited(CPU) is None


def test_a_gpu_unused_by_a_cpu_build_is_noted(a_gpu, monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    (note,) = notes()
    assert note.startswith("[NOTE] NVIDIA GeForce RTX 3060 (driver 470.82) is here and not used: this PyTorch")
    assert "built for CPUs alone" in note and "Get started" in note


@pytest.mark.parametrize(
    ("hidden", "error", "said"),
    [
        (None, OLD_DRIVER, "its driver is too old for this PyTorch's CUDA 13.0. Update the driver"),
        (None, "Unexpected error from cudaGetDeviceCount()", "Unexpected error from cudaGetDeviceCount()"),
        ("", OLD_DRIVER, "CUDA_VISIBLE_DEVICES='' hides it"),
        ("-1", OLD_DRIVER, "CUDA_VISIBLE_DEVICES='-1' hides it"),
        ("0", OLD_DRIVER, "its driver is too old"),
    ],
)
def test_why_a_gpu_is_not_used(hidden, error, said, a_gpu, monkeypatch):
    def init():
        raise RuntimeError(error)

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "init", init)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    (note,) = notes()
    assert said in note


def test_without_a_gpu_nothing_is_said(a_gpu, monkeypatch):
    assert list(gpus.check_unused(GPU)) == [], "it is used"
    a_gpu.returncode = 9
    assert notes() == []

    def hangs(*_, **__):
        raise subprocess.TimeoutExpired("nvidia-smi", 20)

    monkeypatch.setattr(gpus.subprocess, "run", hangs)
    assert notes() == []
    monkeypatch.setattr(gpus.shutil, "which", lambda _name: None)
    assert notes() == []


def test_the_doctor_computes_and_a_note_is_no_failure(a_gpu, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MINCLIP_DATA", str(tmp_path))
    monkeypatch.setattr("minclip.cli.places.ROOM", 1)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert "[OK]   a product in" in printed and "[NOTE] NVIDIA GeForce RTX 3060" in printed
