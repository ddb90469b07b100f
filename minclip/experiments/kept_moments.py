"""The moments of the optimisers, as a checkpoint keeps them, put back into optimisers."""

import torch
from torch import Tensor


def check_moment(optimizer: torch.optim.Optimizer, number: int, moment: Tensor) -> None:
    """ValueError where a moment has not its parameter's shape. A fused optimiser would write past its end."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    if number >= len(parameters) or (moment.ndim and moment.shape != parameters[number].shape):
        raise ValueError(
            "the checkpoint's moments are not of this model's trainable parameters: freeze what was frozen when the "
            "run was saved, or start a new run"
        )


def with_one_muon(moments: dict[str, Tensor]) -> dict[str, Tensor]:
    """The moments with new names, where an older version of minclip saved them: it had a Muon for each block.

    Its optimisers 1, 2, ... held the matrices of the blocks in order. Now optimiser 1 holds all of them in that order.
    """
    places = [(int(name.split(".")[1]), int(name.split(".")[2])) for name in moments]
    if max((which for which, _ in places), default=0) < 2:
        return moments
    number = {place: i for i, place in enumerate(sorted({place for place in places if place[0] > 0}))}
    return {
        name if which == 0 else f"optimizer.1.{number[which, parameter]}.{name.split('.')[3]}": moments[name]
        for name, (which, parameter) in zip(moments, places, strict=True)
    }


def restore_optimizers(optimizers: list[torch.optim.Optimizer], tensors: dict[str, Tensor]) -> None:
    """Restores saved moments. Their names are optimizer.<which>.<parameter>.<moment>.

    ValueError where the optimisers are not as many as in the checkpoint, or a moment has another shape.
    """
    tensors = with_one_muon(tensors)
    kept = {int(name.split(".")[1]) for name in tensors}
    # an optimiser without trainable parameters has no moments
    if kept != {k for k, one in enumerate(optimizers) if any(group["params"] for group in one.param_groups)}:
        raise ValueError(
            f"the checkpoint holds moments of {len(kept)} optimisers, not of {len(optimizers)}: the run was begun with "
            f"another optimizer or another version of minclip; finish it there, or start a new run"
        )
    for k, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            _, which, parameter, moment = name.split(".")
            if int(which) == k:
                check_moment(optimizer, int(parameter), tensor)
                state.setdefault(int(parameter), {})[moment] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
