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


def own_device(name: str | None) -> str | None:
    """The device to ask for in each process: `name`, or None for the best one; of several GPUs each has its own.

    Raises ValueError where processes would have to share a device, which none can.
    """
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))  # processes of this machine
    kind = name.partition(":")[0] if name else "cuda" if torch.cuda.is_available() else None
    if count() == 1 or kind == "cpu":
        return name
    if kind == "mps" or (kind is None and torch.backends.mps.is_available()):
        raise ValueError(
            f"{count()} processes cannot train on Apple's GPU (mps): PyTorch exchanges no tensors there. Start one "
            f"process, without torchrun, or train on --device cpu"
        )
    if name and ":" in name and here > 1:
        raise ValueError(
            f"--device {name} is one device, and {here} processes were started: leave it out, and each takes a GPU of "
            f"its own, or train on --device cpu"
        )
    if kind == "cuda" and not gpus_suffice():
        raise ValueError(
            f"{here} processes cannot share this machine's GPUs, which are {torch.cuda.device_count()}: start as many "
            f"with torchrun --nproc-per-node, or train on --device cpu"
        )
    return name


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


def rows_of(process: int, rows: int) -> slice:
    """Which rows of a batch a process takes; shares differ by one at most."""
    return slice(rows * process // count(), rows * (process + 1) // count())


def own_rows(rows: int) -> slice:
    """Which rows of a batch this process takes. ValueError where one would get none."""
    if rows < count():
        raise ValueError(f"batch_size={rows} is too small for {count()} processes: each needs a pair at least")
    return rows_of(rank(), rows)


def gather(rows: Tensor, batch_size: int) -> tuple[Tensor, slice]:
    """(the rows of all processes in order of rank, which of them are this one's). [own, d] -> [batch_size, d].

    Numbers only: gradients do not flow back, the loss is computed in every process (gradients.py). How many rows the
    others have is computed: to ask them would make every process wait for its GPU.
    Raises ValueError where this process does not hold its share of the batch.
    """
    shares = [rows_of(process, batch_size) for process in range(count())]
    own = shares[rank()]
    if len(rows) != own.stop - own.start:
        raise ValueError(
            f"this process holds {len(rows)} rows, its share of batch_size={batch_size} in {count()} processes is "
            f"{own.stop - own.start}: give every process its `own_rows`"
        )
    if count() == 1:
        return rows, own
    lengths = [share.stop - share.start for share in shares]
    padded = rows.new_zeros(max(lengths), *rows.shape[1:])  # all_gather wants equal shapes
    padded[: len(rows)] = rows
    everyones = [torch.empty_like(padded) for _ in lengths]
    dist.all_gather(everyones, padded)
    return torch.cat([part[:length] for part, length in zip(everyones, lengths, strict=True)]), own


def sum_over_processes(tensors: Sequence[Tensor | None]) -> Sequence[Tensor | None]:
    """The tensors, each added up over the processes; what is None is None in all of them."""
    if count() == 1:
        return tensors
    present = [tensor for tensor in tensors if tensor is not None]
    flat = torch.cat([tensor.flatten() for tensor in present])  # one message is faster than hundreds
    dist.all_reduce(flat)
    sums = iter(flat.split([tensor.numel() for tensor in present]))
    return [None if tensor is None else next(sums).view_as(tensor) for tensor in tensors]
