"""A training whose numbers are no numbers ends, and a checkpoint of them never replaces a good one."""

import math

from minclip.config import TrainConfig
from minclip.experiments.runs import Run
from minclip.model import CLIP


def check_loss(loss: float, step: int, run: Run, config: TrainConfig) -> None:
    """ValueError where the loss is not a number."""
    if not math.isfinite(loss):
        raise ValueError(f"the loss is {loss} at step {step}: {way_out(run, config)}")


def check_weights(model: CLIP, loss: float, step: int, run: Run, config: TrainConfig) -> None:
    """ValueError where a trained weight is not a number: a checkpoint of it must not replace a good one.

    The loss is that before the step. So it can still be a number when the step has ruined the weights.
    """
    for name, weight in model.named_parameters():
        if weight.requires_grad and not weight.isfinite().all():
            broken = f"{name} holds numbers that are not finite after it"
            raise ValueError(f"the loss is {loss} at step {step}, but {broken}: {way_out(run, config)}")


def way_out(run: Run, config: TrainConfig) -> str:
    """What to do where training has produced numbers that are none."""
    kept = "; the run's last checkpoint is kept" if run.is_kept and run.exists() else ""
    return f"lower learning_rate={config.learning_rate} and start again, or mend a loss of your own{kept}"
