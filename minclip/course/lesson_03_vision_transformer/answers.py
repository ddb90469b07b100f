"""Answers to the exercises of lesson 03, beside this file: attention (3.1), heads (3.2), encoder (3.3 and 3.4)."""

from minclip.course.lesson_03_vision_transformer import attention_answers, encoder_answers, heads_answers

SETUP = """
import math
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.transformer import MLP, LayerNorm, MultiHeadAttention, Transformer, TransformerBlock, attention
from minclip.vision import PatchEmbedding
"""

WRONG = [*attention_answers.WRONG, *heads_answers.WRONG, *encoder_answers.WRONG]
CORRECT = [*attention_answers.CORRECT, *heads_answers.CORRECT, *encoder_answers.CORRECT]
