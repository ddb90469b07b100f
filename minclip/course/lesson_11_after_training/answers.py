"""Answers to the exercises of lesson 11."""

from minclip.course.lesson_11_after_training import adapter_answers, model_answers

SETUP = """
import copy
import math
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.model import CLIP
from minclip.similarity import unit_rows
from minclip.text import TextTransformer
from minclip.transformer import causal_mask
"""

WRONG = [*adapter_answers.WRONG, *model_answers.WRONG]
CORRECT = [*adapter_answers.CORRECT, *model_answers.CORRECT]
