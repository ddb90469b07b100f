"""Several processes train one model: each encodes its rows of the batch, all see one loss over all pairs.

    torchrun --nproc-per-node 2 -m minclip.cli train --data picturebook --out runs/two

Only how they meet; a single process is the case in which nothing here does anything. Source: torch.distributed.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")


def count() -> int:
    """How many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this one is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Whether this is the process that writes files and speaks."""
    return rank() == 0


@contextmanager
def joined() -> Iterator[None]:
    """Meets the other processes that torchrun started, and leaves them at the end. Without torchrun: nothing.

    Where there is a GPU for each, each has its own; tensors of the CPU go from process to process all the same.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if gpus_suffice() and dist.is_nccl_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("cpu:gloo,cuda:nccl")
    else:
        dist.init_process_group("gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def gpus_suffice() -> bool:
    """Whether this machine has a GPU for each of its processes."""
    return torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", "1"))


def refuse_shared_gpu(device: torch.device) -> None:
    """ValueError where processes would have to share a GPU: what they exchange there needs one for each."""
    if device.type == "cuda" and count() > 1 and not gpus_suffice():
        raise ValueError(
            f"{os.environ['LOCAL_WORLD_SIZE']} processes cannot share this machine's GPUs, which are "
            f"{torch.cuda.device_count()}: start as many with torchrun --nproc-per-node, or train on --device cpu"
        )


@contextmanager
def one_after_the_other() -> Iterator[None]:
    """The first process runs the block alone, the others after it: what it drew or fetched, they find."""
    if not is_first():
        wait()
    yield
    if is_first():
        wait()


def wait() -> None:
    """Until all processes are here."""
    if count() > 1:
        dist.barrier()


def agree(value: T) -> T:
    """The first process's value, in all of them."""
    if count() == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def own_rows(rows: int) -> slice:
    """Which rows of a batch this process takes; shares differ by one at most. ValueError where one would get none."""
    if rows < count():
        raise ValueError(f"batch_size={rows} is too small for {count()} processes: each needs a pair at least")
    return slice(rows * rank() // count(), rows * (rank() + 1) // count())


def gather(rows: Tensor) -> tuple[Tensor, slice]:
    """(the rows of all processes in order of rank, which of them are this one's). [own, d] -> [all, d].

    Numbers only: gradients do not flow back, the loss is computed in every process (gradients.py).
    """
    if count() == 1:
        return rows, slice(0, len(rows))
    sizes = [torch.zeros(1, dtype=torch.long, device=rows.device) for _ in range(count())]
    dist.all_gather(sizes, torch.tensor([len(rows)], device=rows.device))
    lengths = [int(size) for size in sizes]
    padded = rows.new_zeros(max(lengths), *rows.shape[1:])  # all_gather wants equal shapes
    padded[: len(rows)] = rows
    everyones = [torch.empty_like(padded) for _ in lengths]
    dist.all_gather(everyones, padded)
    start = sum(lengths[: rank()])
    whole = torch.cat([part[:length] for part, length in zip(everyones, lengths, strict=True)])
    return whole, slice(start, start + len(rows))


def sum_over_processes(tensors: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """The tensors, each added up over the processes; what is None is None in all of them."""
    if count() == 1:
        return tensors
    present = [tensor for tensor in tensors if tensor is not None]
    flat = torch.cat([tensor.flatten() for tensor in present])  # one message is faster than hundreds
    dist.all_reduce(flat)
    sums = iter(flat.split([tensor.numel() for tensor in present]))
    return [None if tensor is None else next(sums).view_as(tensor) for tensor in tensors]
