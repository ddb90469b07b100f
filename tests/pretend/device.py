"""A pretend GPU: tensors that say cuda:0 (or mps:0) and hold their numbers on the CPU.

It shows without a GPU what fails on one: tensors of two devices that meet, `.numpy()` of a tensor there, float64 on
Apple's. It counts what a GPU is told to do (`launches`) and how often Python waits for it (`waits`). It does not show
speed, rounding, torch.compile, CUDA graphs or NCCL. guard.cpp must be loaded before torch; `command` in launch.py does
that, and MINCLIP_PRETEND names the kind of device.
"""

import collections
import contextlib
import os
import traceback
import types
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

KIND = os.environ.get("MINCLIP_PRETEND", "cuda")
DEVICE = torch.device(KIND, 0)
ROOT = Path(__file__).parents[2]
aten = torch.ops.aten

launches: collections.Counter[str] = collections.Counter()
waits: collections.Counter[str] = collections.Counter()
masked_attention: collections.Counter[str] = collections.Counter()  # a mask of numbers rules the fast kernels out

WAITING = {  # how many rows come out is known only when they are there
    aten.nonzero.default, aten.masked_select.default, aten._unique2.default, aten.unique_dim.default,
    aten.bincount.default, aten.repeat_interleave.Tensor, aten.equal.default, aten._local_scalar_dense.default,
}  # fmt: skip
INDEXING = {
    aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._unsafe_index.Tensor,
    aten._index_put_impl_.default,
}  # fmt: skip
BORDER = 1  # GridSamplerPadding
COPYING = (aten._to_copy.default, aten.copy_.default)


class There(torch.Tensor):
    """A tensor on the pretend device; `numbers` is the same one on the CPU."""

    numbers: torch.Tensor

    @staticmethod
    def __new__(cls, numbers: torch.Tensor) -> "There":
        there = torch.Tensor._make_wrapper_subclass(
            cls,
            numbers.shape,
            strides=numbers.stride(),
            storage_offset=numbers.storage_offset(),
            dtype=numbers.dtype,
            device=DEVICE,
        )
        there.numbers = numbers
        return there

    @classmethod
    def __torch_dispatch__(cls, function, _types, arguments=(), named=None):
        return carry_out(function, arguments, named or {})

    def __repr__(self) -> str:
        return f"{self.detach().numbers!r}"[:-1] + f", device='{DEVICE}')"

    def __format__(self, how: str) -> str:
        return format(self.item(), how) if self.ndim == 0 else repr(self)

    def numpy(self, *_arguments, **_named):
        raise TypeError(
            f"can't convert {DEVICE} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory "
            f"first."
        )

    __array__ = numpy

    def __getitem__(self, index: Any) -> torch.Tensor:
        return super().__getitem__(lists_sent(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(lists_sent(index), value)


def lists_sent(index: Any) -> Any:
    """An index with lists in it, as PyTorch reads one: they become tensors, which are sent."""
    parts = index if isinstance(index, tuple) else (index,)
    parts = tuple(torch.tensor(part).to(DEVICE) if isinstance(part, list) else part for part in parts)
    return parts if isinstance(index, tuple) else parts[0]


class PretendDevice(TorchDispatchMode):
    """Inside, the device is there."""

    def __torch_dispatch__(self, function, _types, arguments=(), named=None):
        return carry_out(function, arguments, named or {})


def set_sync_debug_mode(mode: str) -> None:
    global waiting_is_an_error
    waiting_is_an_error = mode == "error"


waiting_is_an_error = False


def tensors_in(values: Any) -> list[torch.Tensor]:
    """Those among an operation's arguments, which are lists at most: PyTorch's own walk takes half of all the time."""
    found = []
    for value in values:
        if isinstance(value, torch.Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += tensors_in(value)
    return found


def with_tensors(change: Any, value: Any) -> Any:
    """An argument or a result, its tensors changed."""
    if isinstance(value, torch.Tensor):
        return change(value)
    return type(value)(with_tensors(change, one) for one in value) if isinstance(value, list | tuple) else value


def on_the_cpu(value: torch.Tensor) -> torch.Tensor:
    return value.numbers if isinstance(value, There) else value


def wait(why: str) -> None:
    """Counts a wait, under the line of this project that caused it; an error where torch.cuda was told so."""
    if waiting_is_an_error:
        raise RuntimeError(f"called a synchronizing CUDA operation: {why}")
    lines = [line for line in traceback.extract_stack() if is_ours(Path(line.filename))]
    place = f"{Path(lines[-1].filename).name}:{lines[-1].lineno} {lines[-1].line}" if lines else "elsewhere"
    waits[f"{why}: {place}"] += 1


def is_ours(file: Path) -> bool:
    return (
        file.is_relative_to(ROOT) and not file.is_relative_to(ROOT / "tests" / "pretend") and ".venv" not in file.parts
    )


def carry_out(function: Any, arguments: tuple, named: dict) -> Any:
    """One operation of PyTorch, where its tensors are."""
    tensors = tensors_in((*arguments, *named.values()))
    there, here = [t for t in tensors if isinstance(t, There)], [t for t in tensors if not isinstance(t, There)]
    asked = named.get("device")
    goes_there = bool(there) if asked is None else torch.device(asked).type == KIND
    refuse_what_the_device_refuses(function, arguments, named, there, here, goes_there)
    if asked is not None and goes_there:  # meta stays meta
        named = {**named, "device": torch.device("cpu")}
    count(function, arguments, named, there, goes_there)
    kernel = ATTENTION.get(function, function) if there else function
    found = kernel(
        *with_tensors(on_the_cpu, arguments), **{name: with_tensors(on_the_cpu, value) for name, value in named.items()}
    )
    if function is aten._to_copy.default and goes_there and not there:
        found = found.clone()  # a copy, whatever the CPU would have made of CPU to CPU
    if not goes_there or function in (aten._local_scalar_dense.default, aten.equal.default):
        return found
    known = {id(tensor.numbers): tensor for tensor in there}  # what is changed in place stays itself
    return with_tensors(lambda tensor: known[id(tensor)] if id(tensor) in known else There(tensor), found)


def refuse_what_the_device_refuses(
    function: Any, arguments: tuple, named: dict, there: list, here: list, goes_there: bool
) -> None:
    """The errors of a real one, nearly in its words."""
    if function in INDEXING:
        indices = [index for index in arguments[1] if isinstance(index, torch.Tensor)]
        if not isinstance(arguments[0], There) and any(isinstance(index, There) for index in indices):
            raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
        values = arguments[2:3]
        if values and isinstance(values[0], There) != isinstance(arguments[0], There) and values[0].ndim:
            raise RuntimeError(f"expected values and self on one device, found {DEVICE} and cpu")
    elif there and function not in COPYING and any(tensor.ndim for tensor in here):  # a lone number may come along
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found at least two devices, {DEVICE} and cpu! "
            f"({function}: {[list(t.shape) for t in there]} there, {[list(t.shape) for t in here]} on the CPU)"
        )
    generator = named.get("generator")
    if goes_there and generator is not None and generator.device.type == "cpu":
        raise RuntimeError(f"Expected a '{KIND}' device type for generator but found 'cpu'")
    if KIND == "mps" and there and function is aten.grid_sampler_2d.default and arguments[3] == BORDER:
        raise RuntimeError("MPS: Unsupported Border padding mode")  # before PyTorch 2.13
    if KIND == "mps" and goes_there:
        dtype = named.get("dtype") or (here[0].dtype if here and function is aten._to_copy.default else None)
        if dtype == torch.float64:
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. "
                "Please use float32 instead."
            )


def count(function: Any, arguments: tuple, named: dict, there: list, goes_there: bool) -> None:
    """Notes a launch, and a wait where Python needs the outcome or a copy holds it up."""
    if there and function in WAITING:
        wait(str(function))
    if function is aten._to_copy.default and bool(there) != goes_there:
        pinned = named.get("non_blocking") and getattr(arguments[0], "is_pinned_here", False)
        if not pinned:
            wait("a copy to the CPU" if there else "a copy from memory that may move")
    if function is aten.copy_.default and isinstance(arguments[0], There) != isinstance(arguments[1], There):
        wait("a copy across")
    if function in INDEXING:
        for index in arguments[1]:
            if isinstance(index, There) and index.dtype == torch.bool:
                wait("an index of yes and no")
            elif isinstance(index, torch.Tensor) and not isinstance(index, There) and there:
                wait("an index on the CPU")
    if (there or goes_there) and not is_view(function):
        launches[str(function)] += 1


def is_view(function: Any) -> bool:
    """Whether it only looks at numbers in another way, which launches nothing."""
    aliases = [out.alias_info for out in function._schema.returns]
    return function is aten._unsafe_view.default or any(a is not None and not a.is_write for a in aliases)


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    """As a GPU chooses: one fast kernel where no mask of numbers is given."""
    if not isinstance(query, There) or KIND != "cuda":
        return ATTENTION_OF_TORCH(query, key, value, attn_mask, dropout_p, is_causal, scale=scale)
    if attn_mask is not None:
        masked_attention[str(list(attn_mask.shape))] += 1
    if attn_mask is not None or query.shape[-1] != value.shape[-1]:
        return ATTENTION_OF_TORCH(query, key, value, attn_mask, dropout_p, is_causal, scale=scale)
    return aten._scaled_dot_product_flash_attention(query, key, value, dropout_p, is_causal, scale=scale)[0]


ATTENTION_OF_TORCH = torch.nn.functional.scaled_dot_product_attention


def flash(query, key, value, dropout=0.0, causal=False, _debug=False, *, scale=None):
    """The fast kernel's outputs, from the CPU's own."""
    out, log_sums = aten._scaled_dot_product_flash_attention_for_cpu(query, key, value, dropout, causal, scale=scale)
    seed = torch.zeros((), dtype=torch.int64)
    return out, log_sums, None, None, query.shape[2], key.shape[2], seed, seed, torch.empty(0)


def flash_backward(
    gradient, query, key, value, out, log_sums, _q, _k, _longest_q, _longest_k, dropout, causal, *_, **named
):
    """Its gradients."""
    return aten._scaled_dot_product_flash_attention_for_cpu_backward(
        gradient, query, key, value, out, log_sums, dropout, causal, scale=named.get("scale")
    )


ATTENTION = {
    aten._scaled_dot_product_flash_attention.default: flash,
    aten._scaled_dot_product_flash_attention_backward.default: flash_backward,
}


def put_in_place() -> None:
    """Changes torch in this process so that it takes the device for real."""
    torch.autograd.set_multithreading_enabled(False)
    torch.__future__.set_overwrite_module_params_on_conversion(True)  # model.to(device) makes new parameters
    properties = types.SimpleNamespace(
        major=int(os.environ.get("MINCLIP_PRETEND_MAJOR", "9")), minor=0, name="pretend", total_memory=150 * 10**9,
        multi_processor_count=132,
    )  # fmt: skip
    cuda, on_cuda = torch.cuda, KIND == "cuda"
    cuda._lazy_init = lambda: None
    cuda.is_available = lambda: on_cuda
    cuda.device_count = lambda: int(on_cuda)
    cuda.current_device = lambda: 0
    cuda.get_device_properties = lambda *_: properties
    cuda.get_device_capability = lambda *_: (properties.major, 0)
    cuda.get_device_name = lambda *_: "pretend"
    cuda.get_arch_list = lambda: ["sm_90"]
    cuda.is_bf16_supported = lambda *_, **__: True
    cuda.is_current_stream_capturing = lambda: False
    cuda.mem_get_info = lambda *_: (140 * 10**9, 150 * 10**9)
    cuda.set_sync_debug_mode = set_sync_debug_mode
    torch.backends.mps.is_available = lambda: not on_cuda
    torch.mps.recommended_max_memory = lambda: 12 * 10**9
    torch.mps.driver_allocated_memory = lambda: 0
    torch.mps.manual_seed = lambda _seed: None
    torch.accelerator.synchronize = lambda *_: wait("synchronize")
    torch.nn.functional.scaled_dot_product_attention = scaled_dot_product_attention
    torch.tensor, torch.as_tensor = made(torch.tensor), made(torch.as_tensor)
    torch.Tensor.pin_memory = pin_memory
    torch.Tensor.tolist = There.tolist = tolist_of(torch.Tensor.tolist)
    if KIND == "mps":
        refuse_half_precision()


def made(maker: Any) -> Any:
    """torch.tensor and torch.as_tensor write their numbers before anybody sees them: first here, then there."""

    def make(data, *, dtype=None, device=None, **named):
        if isinstance(data, torch.Tensor) and maker is AS_TENSOR:
            return data.to(device=data.device if device is None else device, dtype=dtype or data.dtype)
        tensor = maker(data, dtype=dtype, **named)
        return tensor if device is None else tensor.to(device)

    return make


AS_TENSOR = torch.as_tensor


def pin_memory(self: torch.Tensor, *_) -> torch.Tensor:
    if isinstance(self, There):
        raise RuntimeError(f"cannot pin '{KIND}' tensors, only dense CPU tensors can be pinned")
    pinned = self.clone()
    pinned.is_pinned_here = True  # type: ignore[attr-defined]
    return pinned


def tolist_of(original: Any) -> Any:
    def tolist(self):
        if not isinstance(self, There):
            return original(self)
        wait("tolist")
        return original(self.detach().numbers)

    return tolist


def refuse_half_precision() -> None:
    """As Apple's before macOS 14."""
    autocast = torch.autocast.__init__

    def refusing(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        if device_type == "mps" and enabled:
            raise RuntimeError(f"autocast of {dtype} is not supported on this mps device")
        autocast(self, device_type, dtype, enabled, cache_enabled)

    torch.autocast.__init__ = refusing  # type: ignore[method-assign]


@contextlib.contextmanager
def counted():
    """Counts anew inside."""
    for counter in (launches, waits, masked_attention):
        counter.clear()
    yield
