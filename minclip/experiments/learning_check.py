"""Does the model learn? One line after a tenth of a run, for a person who wonders whether to wait for the rest.

The loss is compared with that of guessing (training.py).
"""

from minclip.config import TrainConfig
from minclip.training import guessing_loss


def check_step(config: TrainConfig) -> int:
    """The step after which a run says whether it learns: a tenth of all steps, at a step that is logged anyway."""
    return max(1, config.steps // (10 * config.log_every)) * config.log_every


def is_it_learning(loss: float, batch_size: int, floor: float = 0.0) -> str:
    """One line: is a tenth of the way down from the loss of guessing done?

    floor: the least loss that the captions allow (twins.py); above 0 where a batch holds some of them twice.

    >>> is_it_learning(5.5, 256)
    'loss 5.50 against ln 256 = 5.55, the loss of guessing: not learning yet; if it stays, change the learning rate'
    >>> is_it_learning(5.1, 256, floor=4.16)
    'loss 5.10 between ln 256 = 5.55 (guessing) and 4.16 (the least with captions that repeat): it is learning'
    """
    guess = guessing_loss(batch_size)
    learning = loss < guess - 0.1 * (guess - floor)
    verdict = "it is learning" if learning else "not learning yet; if it stays, change the learning rate"
    if guess - floor < 0.01:
        verdict = "nothing can be learned from captions that are all the same"
    if floor < 0.005:  # 0.00 in print
        return f"loss {loss:.2f} against ln {batch_size} = {guess:.2f}, the loss of guessing: {verdict}"
    return (
        f"loss {loss:.2f} between ln {batch_size} = {guess:.2f} (guessing) and {floor:.2f} "
        f"(the least with captions that repeat): {verdict}"
    )
