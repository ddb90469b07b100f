"""What a model is measured by: tasks, the suites of a data set, intervals."""

from minclip.data.protocol import ChoiceTask, ClassTask
from minclip.evaluation.evaluate import TaskResult, evaluate_retrieval, evaluate_task, format_table
from minclip.evaluation.intervals import bootstrap_interval
from minclip.evaluation.linear_probe import Probe, fit_probe
from minclip.evaluation.own_tasks import choice_task, class_task
from minclip.evaluation.probing import probe_model

__all__ = [
    "ChoiceTask",
    "ClassTask",
    "Probe",
    "TaskResult",
    "bootstrap_interval",
    "choice_task",
    "class_task",
    "evaluate_retrieval",
    "evaluate_task",
    "fit_probe",
    "format_table",
    "probe_model",
]
