"""Muon: momentum, made orthogonal before every step. For the matrices inside of Transformer blocks (optim.py).

A gradient's few large directions would drown the many small ones; Muon gives all of them about the same length.
torch.optim.Muon multiplies in bfloat16 everywhere. This one takes the same steps, but multiplies in float32 where no
fast bfloat16 is known (many CPUs, MPS, older GPUs): there a whole training step gains (benchmarks/README.md,
`muon_dtype`).

Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from minclip.engine.devices import multiplies_bfloat16

A, B, C = 3.4445, -4.7750, 2.0315  # of the polynomial, chosen for a steep slope at 0
NEWTON_SCHULZ_STEPS, MOMENTUM, EPS = 5, 0.95, 1e-7


def orthogonalised(matrices: Tensor, dtype: torch.dtype) -> Tensor:
    """[m, n] or [k, m, n] -> the same shape in dtype: the same singular vectors, all singular values brought near 1.

    The Newton–Schulz iteration x ← A x + B (x xᵀ) x + C (x xᵀ)² x is an odd polynomial of x, and so acts on the
    singular values alone. Five steps bring all but the smallest to between about 0.7 and 1.2.
    Raises ValueError for what is neither a matrix nor a stack of matrices.

    >>> orthogonalised(torch.tensor([[3.0, 0.0], [0.0, 0.1]]), torch.float32).round(decimals=1)
    tensor([[0.7000, 0.0000],
            [0.0000, 1.1000]])
    """
    if matrices.ndim not in (2, 3):
        raise ValueError(
            f"matrices has shape {list(matrices.shape)}, not [m, n] or [k, m, n]: flatten each to a matrix, or do "
            f"without Muon"
        )
    add_product = torch.addmm if matrices.ndim == 2 else torch.baddbmm  # beta · a + alpha · (b @ c)
    tall = matrices.size(-2) > matrices.size(-1)
    x = matrices.to(dtype).mT if tall else matrices.to(dtype)  # [..., short, long]: x xᵀ is as small as it can be
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=EPS)  # now no singular value is above 1
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT  # [..., short, short]
        x = add_product(x, add_product(gram, gram, gram, beta=B, alpha=C), x, beta=A)  # A x + (B gram + C gram²) x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised; decoupled weight decay, as in AdamW.

    parameters: matrices, all on one device; dtype: that of the matrix products, by default bfloat16 where the device
    multiplies it itself, float32 elsewhere. Raises ValueError for anything that is not a matrix.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        weight_decay: float,
        dtype: torch.dtype | None = None,
    ):
        parameters = list(parameters)
        if others := [tuple(parameter.shape) for parameter in parameters if parameter.ndim != 2]:
            raise ValueError(f"parameters of shape {others} are not matrices: leave them to another optimizer")
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay})
        fast = multiplies_bfloat16(parameters[0].device)
        self.dtype = dtype or (torch.bfloat16 if fast else torch.float32)

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: PyTorch's optimizers leave out what they do not know."""
        return {**super().__getstate__(), "dtype": self.dtype}

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step for every parameter that has a gradient.

        closure: called first, with gradients enabled: computes them and returns the loss, which is returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for move in self.moves():
            move()
        return loss

    def moves(self) -> list[Callable[[], None]]:
        """The step in parts, one for each parameter that has a gradient: in any order, on any core."""
        return [partial(self.move, p, group["lr"], group["weight_decay"]) for p, group in self.with_gradients()]

    def with_gradients(self) -> list[tuple[nn.Parameter, dict[str, Any]]]:
        """(parameter, its group) for each parameter that has a gradient; it has a momentum from now on."""
        moving = [(p, group) for group in self.param_groups for p in group["params"] if p.grad is not None]
        for p, _ in moving:
            if not self.state[p]:
                self.state[p]["momentum_buffer"] = torch.zeros_like(p.grad)
        return moving

    @torch.no_grad()  # here, because each core has a switch of its own
    def move(self, parameter: nn.Parameter, lr: float, weight_decay: float) -> None:
        """One matrix, one step."""
        gradient = parameter.grad
        assert gradient is not None
        momentum = self.state[parameter]["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM)
        ahead = gradient.lerp(momentum, MOMENTUM)  # Nesterov: as if the next gradient were this one again
        parameter.mul_(1 - lr * weight_decay)
        parameter.add_(orthogonalised(ahead, self.dtype), alpha=-lr * length(parameter))

    @torch.no_grad()
    def step_together(self) -> None:
        """One step for a GPU: matrices of one shape are multiplied as one stack. It is `step` to rounding.

        A GPU takes longer to be told of a small product than to compute it.
        """
        moving = self.with_gradients()
        if not moving:
            return
        parameters: list[Tensor] = [p for p, _ in moving]
        gradients = [p.grad for p in parameters if p.grad is not None]
        momenta = [self.state[p]["momentum_buffer"] for p in parameters]
        # _foreach: one launch for all of them, as in PyTorch's own optimizers
        torch._foreach_lerp_(momenta, gradients, 1 - MOMENTUM)
        ahead = torch._foreach_lerp(gradients, momenta, MOMENTUM)
        shapes: dict[tuple[int, int], list[int]] = {}  # (short, long) -> which: a tall one lies down beside wide ones
        for i, p in enumerate(parameters):
            shapes.setdefault((min(p.shape), max(p.shape)), []).append(i)
        steps = list(ahead)
        for which in shapes.values():
            wide = [ahead[i] if ahead[i].shape[0] <= ahead[i].shape[1] else ahead[i].T for i in which]
            stack = orthogonalised(torch.stack(wide), self.dtype).to(parameters[0].dtype)  # [k, short, long]
            for i, step in zip(which, stack.unbind(), strict=True):
                steps[i] = step if step.shape == parameters[i].shape else step.T
        torch._foreach_mul_(steps, [-group["lr"] * length(p) for p, group in moving])
        torch._foreach_mul_(parameters, [1 - group["lr"] * group["weight_decay"] for _, group in moving])
        torch._foreach_add_(parameters, steps)


def length(matrix: Tensor) -> float:
    """By how much a tall matrix moves further than a square one, so that each of its rows moves as far."""
    rows, columns = matrix.shape
    return float(max(1, rows / columns) ** 0.5)
