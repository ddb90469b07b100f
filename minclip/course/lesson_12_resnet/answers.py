"""Answers to the exercises of lesson 12, beside this file: blocks (12.1 and 12.2), the pool (12.3), the net (12.4)."""

from minclip.course.lesson_12_resnet import block_answers, net_answers, pool_answers

SETUP = """
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.resnet import EXPANSION, STRIDE, AttentionPool, BatchNorm, Bottleneck, stage
from minclip.transformer import attention
"""

WRONG = [*block_answers.WRONG, *pool_answers.WRONG, *net_answers.WRONG]
CORRECT = [*block_answers.CORRECT, *pool_answers.CORRECT, *net_answers.CORRECT]
