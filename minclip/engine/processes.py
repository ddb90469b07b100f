"""Several processes train one model: each encodes its rows of the batch, all see one loss over all pairs.

    torchrun --nproc-per-node 2 -m minclip.cli train --data picturebook --out runs/two

Only how they meet; a single process is the case in which nothing here does anything. Source: torch.distributed.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.loss import clip_loss, similarity_logits

# in a tuple: `minclip train --mine` puts the learner's function under every name that minclip's has
MINCLIPS_LOSS = (clip_loss,)
T = TypeVar("T")
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]  # (image features, text features, scale) -> scalar


def world_size() -> int:
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
    if world_size() == 1 or kind == "cpu":
        return name
    if kind == "mps" or (kind is None and torch.backends.mps.is_available()):
        raise ValueError(
            f"{world_size()} processes cannot train on Apple's GPU (mps): PyTorch exchanges no tensors there. Start "
            f"one process, without torchrun, or train on --device cpu"
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
    if world_size() > 1:
        dist.barrier()


def agree(value: T) -> T:
    """The first process's value, in all of them."""
    if world_size() == 1:
        return value
    values = [value]
    dist.broadcast_object_list(values, src=0)
    return values[0]


def rows_of(process: int, rows: int) -> slice:
    """Which rows of a batch a process takes; shares differ by one at most."""
    return slice(rows * process // world_size(), rows * (process + 1) // world_size())


def own_rows(rows: int) -> slice:
    """Which rows of a batch this process takes. ValueError where one would get none."""
    if rows < world_size():
        raise ValueError(f"batch_size={rows} is too small for {world_size()} processes: each needs a pair at least")
    return rows_of(rank(), rows)


def gather(rows: Tensor, batch_size: int) -> tuple[Tensor, slice]:
    """(the rows of all processes in order of rank, which of them are this one's). [own, d] -> [batch_size, d].

    Numbers only: no gradient flows back to the other processes. How many rows the others have is computed: to ask them
    would make every process wait for its GPU.
    Raises ValueError where this process does not hold its share of the batch.
    """
    shares = [rows_of(process, batch_size) for process in range(world_size())]
    own = shares[rank()]
    if len(rows) != own.stop - own.start:
        raise ValueError(
            f"this process holds {len(rows)} rows, its share of batch_size={batch_size} in {world_size()} processes is "
            f"{own.stop - own.start}: give every process its `own_rows`"
        )
    if world_size() == 1:
        return rows, own
    lengths = [share.stop - share.start for share in shares]
    padded = rows.new_zeros(max(lengths), *rows.shape[1:])  # all_gather wants equal shapes
    padded[: len(rows)] = rows
    gathered = [torch.empty_like(padded) for _ in lengths]
    dist.all_gather(gathered, padded)
    return torch.cat([part[:length] for part, length in zip(gathered, lengths, strict=True)]), own


def gather_features(features: Tensor, batch_size: int) -> Tensor:
    """The features of the whole batch, of which this process's rows keep their graph. [own, d] -> [batch_size, d]."""
    whole, own = gather(features.detach(), batch_size)
    return torch.cat([whole[: own.start], features, whole[own.stop :]])


class GatherRows(torch.autograd.Function):
    """`gather`, through which gradients flow back to the process that each row came from."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, batch_size: int) -> Tensor:
        whole, ctx.own = gather(rows, batch_size)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return sum_over_processes([gradient])[0][ctx.own], None


def local_clip_loss(image_features: Tensor, text_features: Tensor, scale: Tensor, batch_size: int) -> Tensor:
    """This process's share of `clip_loss` of the whole batch: its pictures among all texts, its texts among all
    pictures.

    The shares of all processes add up to the loss. Each has [own, batch] logits, not [batch, batch]: open_clip's
    local_loss with gather_with_grad.

    image_features, text_features: float [own, embed_dim], this process's rows.
    """
    own = own_rows(batch_size)
    labels = torch.arange(own.start, own.stop, device=image_features.device)
    # what comes from a frozen encoder needs no gradient, but all processes must meet in the same order
    wanted = (
        rows if rows.requires_grad else rows.detach().requires_grad_() for rows in (image_features, text_features)
    )
    all_images, all_texts = (GatherRows.apply(rows, batch_size) for rows in wanted)
    of_images = F.cross_entropy(similarity_logits(image_features, all_texts, scale), labels, reduction="sum")
    of_texts = F.cross_entropy(similarity_logits(text_features, all_images, scale), labels, reduction="sum")
    return (of_images + of_texts) / (2 * batch_size)


def backward_over_processes(
    backward_here: Callable[[Loss], Tensor], model: nn.Module, loss_function: Loss, batch_size: int
) -> Tensor:
    """Sets the gradients of the loss of all processes' rows; returns that loss, the same in every process.

    Of `clip_loss` every process computes a share, and what the shares give is summed. Any other loss may be no sum over
    rows: every process computes it for the whole batch. Its gradients reach the parameters through the process's own
    rows only, so the gradients of the encoders are summed over the processes. That of logit_scale is whole everywhere.

    backward_here: sets the gradients of a loss of this process's features. The model has no gradients before.
    """
    shared = loss_function is MINCLIPS_LOSS[0]

    def whole_loss(image_features: Tensor, text_features: Tensor, scale: Tensor) -> Tensor:
        image_features = gather_features(image_features, batch_size)  # [batch_size, embed_dim]
        return loss_function(image_features, gather_features(text_features, batch_size), scale)

    loss = backward_here(partial(local_clip_loss, batch_size=batch_size) if shared else whole_loss)
    parameters = [p for p in model.parameters() if p.grad is not None and (shared or p is not model.logit_scale)]
    gradients = sum_over_processes([p.grad for p in parameters if p.grad is not None])
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return sum_over_processes([loss])[0] if shared else loss


def sum_over_processes(tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    """The tensors, each summed over the processes, which all have the same list of them."""
    if world_size() == 1 or not tensors:
        return tensors
    flat = torch.cat([tensor.flatten() for tensor in tensors])  # one message is faster than hundreds
    dist.all_reduce(flat)
    sums = flat.split([tensor.numel() for tensor in tensors])
    return [total.view_as(tensor) for total, tensor in zip(sums, tensors, strict=True)]
