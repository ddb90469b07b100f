"""Checks of `minclip doctor` on devices: whether the device computes, and why PyTorch does not use a GPU."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING

from minclip.cli.checks import Check

if TYPE_CHECKING:
    from minclip.engine.devices import Device

GET_STARTED = 'install the PyTorch that its page "Get started" names for this device (pytorch.org)'


def check_product(device: "Device") -> Check:
    """One matrix product on the device, in the dtype that training takes, against the CPU's in float32."""
    import torch

    from minclip.engine.compiled import first_line

    dtype = device.autocast or torch.float32
    text = f"a product in {str(dtype).removeprefix('torch.')} on {device.device}"
    left, right = torch.randn(2, 64, 64, generator=torch.Generator().manual_seed(0))
    try:
        found = (left.to(device.device, dtype) @ right.to(device.device, dtype)).cpu().float()
    except RuntimeError as error:
        return Check(
            f"{text} fails: {unsuited(device) or first_line(error)}", f"{GET_STARTED}; until then --device cpu"
        )
    apart = (found - left @ right).abs().max().item()
    if not apart < 0.5:  # rounding to bfloat16 makes 0.1; NaN is not below
        return Check(f"{text} is off by {apart:.3g}", f"{GET_STARTED}, and a newer driver; until then --device cpu")
    return Check(f"{text} is right")


def unsuited(device: "Device") -> str | None:
    """Why this PyTorch has no code for the GPU. None where it has, and for a device that is no NVIDIA GPU."""
    import torch

    if device.device.type != "cuda" or torch.version.hip is not None:
        return None
    major, minor = torch.cuda.get_device_capability(device.device)
    built_for = torch.cuda.get_arch_list()
    if runs_on(major, minor, built_for):
        return None
    return f"this GPU is an sm_{major}{minor}, PyTorch {torch.__version__} has code for {', '.join(built_for)}"


def check_unused(chosen: "Device") -> Iterator[Check]:
    """A note for each NVIDIA GPU of the system, if the chosen device is the CPU."""
    if chosen.device.type == "cpu":
        for name in nvidia_gpus():
            yield Check(f"{name} is here and not used: {why_unused()}", fails=False)


def runs_on(major: int, minor: int, built_for: list[str]) -> bool:
    """Whether code for these architectures runs on a GPU of this compute capability.

    Machine code (sm_) runs on the same major version and the same or a later minor one. Intermediate code (compute_)
    runs on all later versions.

    >>> runs_on(8, 6, ["sm_80"]), runs_on(8, 0, ["sm_86"]), runs_on(12, 0, ["compute_90"]), runs_on(6, 1, ["sm_75"])
    (True, False, True, False)
    """
    for name in built_for:
        kind, _, number = name.partition("_")
        digits = re.match(r"\d+", number)
        if digits is None:
            continue
        version = divmod(int(digits[0]), 10)
        if version <= (major, minor) and (kind == "compute" or version[0] == major):
            return True
    return False


def nvidia_gpus() -> list[str]:
    """Name and driver of every NVIDIA GPU that the system knows, whatever PyTorch sees."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    asked = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    rows = [line.split(",") for line in done.stdout.splitlines() if "," in line] if done.returncode == 0 else []
    return [f"{name.strip()} (driver {driver.strip()})" for name, driver in rows]


def why_unused() -> str:
    """Why PyTorch sees no GPU although the system has one."""
    import torch

    from minclip.engine.compiled import first_line

    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    if torch.version.cuda is None:
        return f"this PyTorch ({torch.__version__}) is built for CPUs alone. {GET_STARTED}"
    if hidden is not None and hidden.strip() in ("", "-1"):
        return f"CUDA_VISIBLE_DEVICES={hidden!r} hides it. Unset that variable"
    try:
        torch.cuda.init()
    except (RuntimeError, AssertionError) as error:
        said = first_line(error).rstrip(".")
        if "too old" in said:
            return f"its driver is too old for this PyTorch's CUDA {torch.version.cuda}. Update the driver ({said})"
        return f"{said}. Is the driver loaded, and may this user read /dev/nvidia*?"
    return "another program may hold it for itself, or it is hidden from this container"
