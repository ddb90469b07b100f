"""Answers to the exercises of lesson 02, beside this file: square (2.1), number (2.2), patch (2.3), token (2.4)."""

from minclip.course.lesson_02_images_to_patches import number_answers, patch_answers, square_answers, token_answers

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

PARTS = (square_answers, number_answers, patch_answers, token_answers)
WRONG = [answer for part in PARTS for answer in part.WRONG]
CORRECT = [answer for part in PARTS for answer in part.CORRECT]
