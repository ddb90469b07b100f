"""What a model is measured by: tasks, the suites of a data set, intervals."""

from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.evaluation.evaluate import TaskResult, evaluate_retrieval, evaluate_task, format_table
from minclip.evaluation.intervals import bootstrap_interval
from minclip.evaluation.own_tasks import choice_task, class_task

__all__ = [
    "ChoiceTask",
    "ClassTask",
    "TaskResult",
    "bootstrap_interval",
    "choice_task",
    "class_task",
    "evaluate_retrieval",
    "evaluate_task",
    "format_table",
]
