"""Answers to the exercises of lesson 02: 2.1 and 2.2 are in picture_answers.py, 2.3 and 2.4 in patch_answers.py."""

from minclip.course.lesson_02_images_to_patches import patch_answers, picture_answers

SETUP = """
from collections.abc import Sequence
import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.preprocess import MEAN, STD
from minclip.vision import patchify
"""

WRONG = [*picture_answers.WRONG, *patch_answers.WRONG]
CORRECT = [*picture_answers.CORRECT, *patch_answers.CORRECT]
