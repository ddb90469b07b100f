"""The arguments of `minclip.fit` that are objects: errors in words before anything is read or trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from minclip.config import LOSSES, PRESETS, CLIPConfig
from minclip.data.protocol import ChoiceTask, ClassTask

Task = ClassTask | ChoiceTask


def check_arguments(
    config: object, model: object, loss: object, tasks: Sequence[object] | None, on_log: object
) -> None:
    """ValueError for what is of another kind than `fit` takes."""
    if config is not None and not isinstance(config, CLIPConfig | str):
        raise ValueError(f"config={config!r:.80} must be a CLIPConfig, or the name of one: {', '.join(PRESETS)}")
    if config is not None and isinstance(model, str | Path | nn.Module):
        raise ValueError("model brings its own sizes: leave out config")
    if not (model is None or isinstance(model, str | Path | nn.Module) or callable(model)):
        raise ValueError(f"model={model!r:.80} must be a name or path, a minclip.CLIP, or a function of a CLIPConfig")
    if not callable(loss) and loss not in LOSSES:
        names = " or ".join(map(repr, LOSSES))
        raise ValueError(f"loss={loss!r:.80} must be {names}, or a function of (image features, text features, scale)")
    if on_log is not None and not callable(on_log):
        raise ValueError(f"on_log={on_log!r:.80} must be a function of an entry of the log, such as print")
    if tasks is not None and (isinstance(tasks, str) or not isinstance(tasks, list | tuple)):
        raise ValueError(f"tasks={tasks!r:.80} must be a list of tasks: minclip.evaluation.class_task makes one")
    for task in tasks or ():
        if not isinstance(task, ClassTask | ChoiceTask):
            raise ValueError(f"tasks holds {task!r:.80}, not a task: minclip.evaluation.class_task makes one")


def refuse_without_name(**given: Any) -> None:
    """ValueError for arguments of a fine-tuning where no model is named that has learned before."""
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"{name}={value!r} needs a model that has learned before: name it, such as model='picturebook-small'"
            )


def check_task_sizes(tasks: Sequence[Task] | None, size: int) -> None:
    """ValueError, before the training, where a task has pictures of another size than the model reads."""
    for task in tasks or ():
        if task.pixels.shape[1:] != (size, size, 3):
            raise ValueError(
                f"task {task.name!r} has pictures [height, width, channels] of {list(task.pixels.shape[1:])}, and the "
                f"model reads {size} × {size} pixels: make the task with size={size}"
            )
