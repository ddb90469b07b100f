"""What Python and PyTorch remember for all code that runs later: is it as it should be, is it as it was?

A notebook may have switched gradients off, or an answer may do so. Each answer is judged in the state that a fresh
Python has, and what was there before is put back afterwards.
"""

import contextlib
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.utils._device
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack, _pop_mode, _push_mode

from minclip.course.replaced_functions import as_imported, replaced_functions


class Setting(NamedTuple):
    """One switch for all code."""

    read: Callable[[], Any]
    write: Callable[[Any], Any]
    fresh: Any = None  # what a fresh Python has; None: it depends on the machine and stays


def set_deterministic(how: tuple[bool, bool]) -> None:
    torch.use_deterministic_algorithms(how[0], warn_only=how[1])


def deterministic() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def set_cudnn(how: tuple[bool, bool]) -> None:
    torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = how


SETTINGS = {
    "gradients": Setting(torch.is_grad_enabled, torch.set_grad_enabled, True),
    "the default dtype": Setting(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    "the number of threads": Setting(torch.get_num_threads, torch.set_num_threads),
    "deterministic algorithms": Setting(deterministic, set_deterministic, (False, False)),
    "cuDNN's choice of algorithms": Setting(
        lambda: (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic), set_cudnn, (False, False)
    ),
    "the precision of matrix products": Setting(
        torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"
    ),
    "anomaly detection": Setting(torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly, False),
    "autocast": Setting(
        lambda: torch.is_autocast_enabled("cpu"), lambda on: torch.set_autocast_enabled("cpu", on), False
    ),
}


class GradientsOff(TorchFunctionMode):
    """Inside, watches whether code computes with tensors that learn while gradients are off."""

    off = False

    def __torch_function__(
        self, function: Any, types: Any, arguments: tuple[Any, ...] = (), named: dict[str, Any] | None = None
    ) -> Any:
        learns = any(isinstance(value, torch.Tensor) and value.requires_grad for value in arguments)
        self.off = self.off or (learns and not torch.is_grad_enabled())
        return function(*arguments, **(named or {}))


def settings() -> dict[str, Any]:
    """All of them, the default device, and the functions that are replaced."""
    others = {"the default device": default_device(), "functions that are replaced": replaced_functions()}
    return {name: setting.read() for name, setting in SETTINGS.items()} | others


def default_device() -> torch.device:
    return torch.utils._device.CURRENT_DEVICE or torch.device("cpu")


@contextlib.contextmanager
def fresh_state(seed: int = 0) -> Iterator[None]:
    """Inside, all settings are those of a fresh Python and random numbers begin at the seed; then all is as it was.

    Settings: gradients on, float32, CPU, no modes of PyTorch, no deterministic algorithms, PyTorch's own functions,
    Python's own filters of warnings, NumPy's own treatment of errors. Random numbers: of Python, NumPy and PyTorch. The
    recursion limit is only put back.
    """
    before, limit = {name: setting.read() for name, setting in SETTINGS.items()}, sys.getrecursionlimit()
    numpys = np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
    states = random_numbers_kept(seed), no_function_modes(), warnings.catch_warnings(), torch.inference_mode(False)
    with contextlib.ExitStack() as stack:
        for state in (*states, numpys, nothing_compiled(), as_imported()):
            stack.enter_context(state)
        try:
            filter_warnings_as_python_does()
            for setting in SETTINGS.values():
                if setting.fresh is not None:
                    setting.write(setting.fresh)
            yield
        finally:
            put_back(before)
            sys.setrecursionlimit(limit)


def nothing_compiled() -> contextlib.AbstractContextManager[Any]:
    """Inside, what torch.compile gave runs line by line, so that one sees what it does."""
    if "torch._dynamo" not in sys.modules:  # nothing was compiled yet; to load it takes seconds
        return contextlib.nullcontext()
    stance: contextlib.AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
    return stance


def put_back(before: dict[str, Any]) -> None:
    for name, value in before.items():
        if SETTINGS[name].read() != value:
            SETTINGS[name].write(value)


@contextlib.contextmanager
def random_numbers_kept(seed: int) -> Iterator[None]:
    """Inside, random numbers begin at the seed; afterwards they go on where they were."""
    of_python, of_numpy, of_torch = random.getstate(), np.random.get_state(), torch.get_rng_state()
    of_gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    try:
        random.seed(seed)
        np.random.seed(seed)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed GPUs, too
        yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)
        torch.set_rng_state(of_torch)
        if of_gpus:
            torch.cuda.set_rng_state_all(of_gpus)


@contextlib.contextmanager
def no_function_modes() -> Iterator[None]:
    """Inside, no mode changes what PyTorch's functions do. A default device is such a mode."""
    device, context = torch.utils._device, torch._GLOBAL_DEVICE_CONTEXT
    current, switched_on = device.CURRENT_DEVICE, getattr(context, "device_context", None)
    modes = _get_current_function_mode_stack()
    leave_all_modes()
    device.CURRENT_DEVICE, context.device_context = None, None
    try:
        yield
    finally:
        leave_all_modes()
        for mode in modes:
            _push_mode(mode)
        device.CURRENT_DEVICE, context.device_context = current, switched_on


def leave_all_modes() -> None:
    for _ in _get_current_function_mode_stack():
        _pop_mode()


def filter_warnings_as_python_does() -> None:
    """Once from each line, none that is for the makers of libraries."""
    warnings.resetwarnings()
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)
