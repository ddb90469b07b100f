"""Where a model runs and in which precision. The one place that decides, and that says why."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

MAX_CORES = 8  # Python runs one thread's code at a time: more of them would wait for each other


@dataclass(frozen=True)
class Device:
    """A device, the dtype of autocast on it (None: plain float32), and the reason in words."""

    device: torch.device
    autocast: torch.dtype | None
    reason: str
    cores: int = 1  # parts into which a batch is split, one for each CPU core (cores.py)

    def precision(self) -> torch.autocast:
        """The context in which the encoders run; losses and optimisers stay in float32 outside of it."""
        enabled = self.autocast is not None
        # no cache: every weight is used once, and its lock stops two threads that compile (torch 2.13)
        dtype = self.autocast or torch.bfloat16
        return torch.autocast(self.device.type, dtype=dtype, enabled=enabled, cache_enabled=False)

    def send(self, tensor: Tensor) -> Tensor:
        """A tensor of the CPU, on this device. A GPU is not waited for: it fetches the tensor when it comes to it.

        It can so from memory alone that the system does not move (pinned); PyTorch keeps that until it is read.
        """
        if self.device.type != "cuda":
            return tensor.to(self.device)
        return tensor.contiguous().pin_memory().to(self.device, non_blocking=True)

    def holds(self, size: int) -> bool:
        """Whether so many bytes leave half of the device's free memory to the model. A CPU holds what it has read."""
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
        elif self.device.type == "mps":
            free = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        else:
            return True
        return size <= free / 2

    def wait(self) -> None:
        """Until the device has done all it was told, a GPU later than it was told: for what reads a clock."""
        if self.device.type != "cpu":
            torch.accelerator.synchronize(self.device)


def multiplies_bfloat16(device: torch.device) -> str | None:
    """Who multiplies bfloat16 there, in words; None where it is emulated, or where nothing is known of it.

    Emulated it is slower than float32, on a CPU by far; with units for it a training step is faster
    (benchmarks/README.md, `muon_dtype` and `bfloat16`). PyTorch calls it supported on every GPU that can hold it;
    NVIDIA's multiply it since Ampere, T4 and V100 do not.
    """
    if device.type == "cuda":
        ampere = torch.version.hip is not None or torch.cuda.get_device_properties(device).major >= 8
        return "this GPU" if ampere else None
    if device.type == "cpu":
        for name, probe in (("AMX", "_is_amx_tile_supported"), ("AVX-512 BF16", "_is_avx512_bf16_supported")):
            if getattr(torch.cpu, probe, bool)():
                return f"this CPU ({name})"
    return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it says that memory is used up: CUDA's has a class of its own, the CPU's and Apple's have words."""
    said = str(error).lower()
    words = "out of memory" in said or "can't allocate memory" in said or "not enough memory" in said
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and words)


@contextmanager
def memory_explained(device: Device, pairs: int) -> Iterator[None]:
    """Inside, training that needs more memory than there is ends in a ValueError that says what to do.

    pairs: how many are encoded at a time.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        less = (
            f"encode fewer at a time, which gives the same gradients: --micro-batch {pairs // 2} (in Python "
            f"TrainConfig(micro_batch={pairs // 2})), with --resume where a checkpoint is there already"
            if pairs > 1
            else "take a smaller model (--config tiny), or a CPU (--device cpu)"
        )
        raise ValueError(f"{pairs} pairs at a time do not fit into the memory of {device.device}: {less}") from error


def choose_device(name: str | torch.device | None = None, dtype: torch.dtype | None = None) -> Device:
    """The device of that name, or the best one here: CUDA, then Apple's MPS, then the CPU.

    dtype: torch.float32 or torch.bfloat16 overrules the choice of precision.
    Raises ValueError where the device is not on this machine.
    """
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"device={name!r} is not a device: choose cpu, cuda, cuda:0, ... or mps") from error
    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not available.get(device.type, False):
        here = ", ".join(kind for kind, there in available.items() if there)
        raise ValueError(f"device={name!r} is not on this machine, which has {here}: leave device out to take the best")
    if dtype not in (None, torch.float32, torch.bfloat16):
        raise ValueError(f"dtype={dtype} is not trained in here: choose torch.float32 or torch.bfloat16")
    cores = min(torch.get_num_threads(), MAX_CORES) if device.type == "cpu" else 1
    if dtype is not None:
        return Device(device, None if dtype is torch.float32 else dtype, f"{dtype} was asked for", cores)
    if units := multiplies_bfloat16(device):
        return Device(device, torch.bfloat16, f"{units} multiplies bfloat16 itself", cores)
    return Device(device, None, f"float32: no fast bfloat16 is known for this {device.type} device", cores)
