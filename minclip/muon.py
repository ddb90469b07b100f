"""Muon: momentum, made orthogonal before every step. For the matrices inside of Transformer blocks (optim.py).

A gradient's few large directions would drown the many small ones; Muon gives all of them about the same length.
torch.optim.Muon multiplies in bfloat16 everywhere. This one takes the same steps, but multiplies in float32 where no
fast bfloat16 is known (many CPUs, MPS, older GPUs): there a whole training step gains (benchmarks/README.md,
`muon_dtype`).

Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from minclip.devices import multiplies_bfloat16

A, B, C = 3.4445, -4.7750, 2.0315  # of the polynomial, chosen for a steep slope at 0
NEWTON_SCHULZ_STEPS, MOMENTUM, EPS = 5, 0.95, 1e-7


def orthogonalised(matrix: Tensor, dtype: torch.dtype) -> Tensor:
    """[m, n] -> [m, n] in dtype: the same singular vectors, with all singular values brought near 1.

    The Newton–Schulz iteration x ← A x + B (x xᵀ) x + C (x xᵀ)² x is an odd polynomial of x, and so acts on the
    singular values alone. Five steps bring all but the smallest to between about 0.7 and 1.2.
    Raises ValueError for what is not a matrix.

    >>> orthogonalised(torch.tensor([[3.0, 0.0], [0.0, 0.1]]), torch.float32).round(decimals=1)
    tensor([[0.7000, 0.0000],
            [0.0000, 1.1000]])
    """
    if matrix.ndim != 2:
        raise ValueError(f"matrix has shape {list(matrix.shape)}, not [m, n]: flatten it to one, or do without Muon")
    tall = matrix.size(0) > matrix.size(1)
    x = matrix.to(dtype).T if tall else matrix.to(dtype)  # [short, long]: x xᵀ is as small as it can be
    x = x / x.norm().clamp(min=EPS)  # now no singular value is above 1
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.T  # [short, short]
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=B, alpha=C), x, beta=A)  # A x + (B gram + C gram²) x
    return x.T if tall else x  # [m, n]


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

    def __getstate__(self) -> dict:
        """What a copy has: PyTorch's optimizers leave out what they do not know."""
        return {**super().__getstate__(), "dtype": self.dtype}

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step for every parameter that has a gradient.

        closure: called first, with gradients enabled: computes them and returns the loss, which is returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self.move(parameter, parameter.grad, group["lr"], group["weight_decay"])
        return loss

    def move(self, parameter: nn.Parameter, gradient: Tensor, lr: float, weight_decay: float) -> None:
        """One matrix, one step."""
        state = self.state[parameter]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum = state["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM)
        ahead = gradient.lerp(momentum, MOMENTUM)  # Nesterov: as if the next gradient were this one again
        rows, columns = parameter.shape
        longer = max(1, rows / columns) ** 0.5  # a row of a tall matrix moves as far as that of a square one
        parameter.mul_(1 - lr * weight_decay)
        parameter.add_(orthogonalised(ahead, self.dtype), alpha=-lr * longer)
