"""Curves that are drawn while a model learns, updated in place: an `after_step` for `train`.

live = LiveCurves(model, steps, scores)
losses = train(model, batches, steps, after_step=live)
live.close()
pictures.draw_run(live)
"""

import math
from collections.abc import Callable

from IPython.display import DisplayHandle, clear_output, display

from minclip.course.lesson_07_training import pictures
from minclip.model import CLIP


class LiveCurves:
    """What a run has shown so far, and the figure of it in the notebook.

    scores: measures the model, in percent by name; asked at every tenth of the run. Nothing of the figure stays in the
    notebook after `close`.
    """

    def __init__(self, model: CLIP, steps: int, scores: Callable[[CLIP], dict[str, float]]):
        self.model, self.steps, self.measure = model, steps, scores
        self.pairs = 1
        self.losses: list[float] = []
        self.scales: list[float] = []  # after each step
        self.scores: list[tuple[int, dict[str, float]]] = [(0, scores(model))]  # after so many steps
        self.handle: DisplayHandle | None = None

    def __call__(self, step: int, loss: float, pairs: int) -> None:
        """Notes a step. Measures and draws where that is due."""
        self.pairs = pairs
        self.losses.append(loss)
        self.scales.append(math.exp(self.model.logit_scale.item()))
        done, tenth = step + 1, max(1, self.steps // 10)
        if done % tenth == 0 or done == self.steps:
            self.scores.append((done, self.measured()))
            self.draw()

    def measured(self) -> dict[str, float]:
        """The scores of the model as it is now. It goes on learning afterwards."""
        self.model.eval()
        scores = self.measure(self.model)
        self.model.train()
        return scores

    def draw(self) -> None:
        figure = pictures.draw_run(self)
        if self.handle is None:
            self.handle = display(figure, display_id=True)
        else:
            self.handle.update(figure)

    def close(self) -> None:
        """Takes the live figure out of the notebook: the finished one is drawn by the cell below."""
        self.handle = None
        clear_output()
