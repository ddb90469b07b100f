"""Answers to the exercises of lesson 08."""

from minclip.course.lesson_08_zero_shot_evaluation import classifier_answers, counting_answers, interval_answers

SETUP = """
import math
import random
import numpy as np
import torch
from collections.abc import Sequence
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.prompts import prompts_for
from minclip.similarity import unit_rows
from minclip.zero_shot import encode_texts, ensemble_features, wrong_names
"""

WRONG = [*classifier_answers.WRONG, *counting_answers.WRONG, *interval_answers.WRONG]
CORRECT = [*classifier_answers.CORRECT, *counting_answers.CORRECT, *interval_answers.CORRECT]
