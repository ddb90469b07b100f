"""Answers to the exercises of lesson 07."""

from minclip.course.lesson_07_training import group_answers, loop_answers
from minclip.course.planted_answers import Answer, answer_of

SETUP = """
import math
from contextlib import nullcontext
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from minclip.loss import MAX_LOGIT_SCALE, clip_loss, similarity_logits
from minclip.optim import adamw, lr_schedule, param_groups, set_learning_rate
from minclip.training import print_loss, train_step
device = "cpu"
"""


def step(body: str, says: str = "", silent: str = "") -> Answer:
    head = "def train_step(model, optimizer, pixels, tokens, precision=None):\n"
    return answer_of("train_step", head, body, says, silent)


ENCODE = """
with precision or nullcontext():
    image_features = model.encode_image(pixels)
    text_features = model.encode_text(tokens)
"""
LOSS = "loss = clip_loss(image_features, text_features, model.logit_scale.exp())\n"
MOVE = "optimizer.zero_grad()\nloss.backward()\noptimizer.step()\n"
CLAMP = "model.clamp_logit_scale()\n"
END = "return loss.detach()"
RIGHT = ENCODE + LOSS + MOVE + CLAMP + END

WRONG = [
    *group_answers.WRONG,
    *loop_answers.WRONG,
    step(ENCODE + LOSS + "loss.backward()\noptimizer.step()\n" + CLAMP + END, "gradients are never set to zero"),
    step(ENCODE + LOSS + "loss.backward()\noptimizer.zero_grad()\noptimizer.step()\n" + CLAMP + END,
         "set to zero after it was computed", "never set to zero"),
    step(ENCODE + LOSS + "optimizer.step()\noptimizer.zero_grad()\nloss.backward()\n" + CLAMP + END,
         "the step comes before its gradient"),
    step(ENCODE + LOSS + "optimizer.zero_grad()\noptimizer.step()\nloss.backward()\n" + CLAMP + END,
         "the step comes before its gradient"),
    step(ENCODE + LOSS + "optimizer.zero_grad()\nloss.backward()\n" + CLAMP + END, "takes no step"),
    step(ENCODE + LOSS + "optimizer.zero_grad()\noptimizer.step()\n" + CLAMP + END, "no gradient is computed"),
    step(ENCODE + LOSS + "optimizer.zero_grad\nloss.backward()\noptimizer.step()\n" + CLAMP + END,
         "gradients are never set to zero"),
    step(ENCODE + LOSS + "optimizer.zero_grad()\nloss.backward()\noptimizer.step\n" + CLAMP + END, "takes no step"),
    step(ENCODE + LOSS + MOVE + "optimizer.step()\n" + CLAMP + END, "here the optimiser takes more"),
    step(ENCODE + LOSS + MOVE + END, "nothing keeps the scale between 1 and 100"),
    step(ENCODE + LOSS + MOVE + "model.clamp_logit_scale\n" + END, "nothing keeps the scale between 1 and 100"),
    step(CLAMP + ENCODE + LOSS + MOVE + END, "the clamp comes before the step"),
    step(ENCODE + LOSS + "optimizer.zero_grad()\nloss.backward()\n" + CLAMP + "optimizer.step()\n" + END,
         "the clamp comes before the step"),
    step(ENCODE + LOSS + MOVE + "model.logit_scale.clamp_(0, MAX_LOGIT_SCALE)\n" + END, "leaf Variable"),
    step(ENCODE + LOSS + MOVE + "model.logit_scale.data.clamp_(max=100)\n" + END, "out of its limits"),
    step(RIGHT.replace("model.logit_scale.exp()", "model.logit_scale"), "is the logarithm of the scale"),
    step(RIGHT.replace("model.logit_scale.exp()", "1.0"), "the scale is left out"),
    step(RIGHT.replace("model.logit_scale.exp()", "1 / model.logit_scale.exp()"), "nothing is divided by it"),
    step(RIGHT.replace("model.logit_scale.exp()", "model.logit_scale.exp().item()"), "the scale does not learn"),
    step(RIGHT.replace("model.logit_scale.exp()", "model.logit_scale.detach().exp()"), "the scale does not learn"),
    step(RIGHT.replace("model.encode_image(pixels)", "model.encode_image(pixels).detach()"),
         "the image encoder does not learn", "text encoder"),
    step(RIGHT.replace("    text_features", "    with torch.no_grad():\n        text_features"),
         "the text encoder does not learn", "image encoder"),
    step(ENCODE.replace("with precision or nullcontext():", "with torch.no_grad():") + LOSS + MOVE + CLAMP + END, ""),
    step(RIGHT.replace("loss.backward()", "(-loss).backward()"), "the sign is the wrong way round"),
    step(ENCODE.replace("precision or nullcontext()", "precision") + LOSS + MOVE + CLAMP + END,
         "None is no context"),
    step(ENCODE.replace("precision or nullcontext()", "nullcontext()") + LOSS + MOVE + CLAMP + END,
         "the encoders run outside of precision"),
    step("image_features = model.encode_image(pixels)\nwith precision or nullcontext():\n"
         "    text_features = model.encode_text(tokens)\n" + LOSS + MOVE + CLAMP + END, "one of the encoders runs"),
    step(ENCODE + "    " + LOSS + MOVE + CLAMP + END, "computed in bfloat16, too"),
    step(ENCODE + "".join(f"    {line}\n" for line in (LOSS + MOVE + CLAMP).splitlines()) + END,
         "computed in bfloat16, too"),
    step(ENCODE.replace("precision or nullcontext()", 'torch.autocast("cpu", torch.bfloat16)')
         + LOSS + MOVE + CLAMP + END, "an autocast of your own"),
    step(RIGHT.replace("return loss.detach()", "return loss"), "holds the whole computation behind it"),
    step(RIGHT.replace("return loss.detach()", "return loss.item()"), "a plain number came"),
    step(RIGHT.replace("return loss.detach()", "return float(loss)"), "a plain number came"),
    step(RIGHT.replace("return loss.detach()", "loss.detach()"), "is there a return?", "precision is not used"),
    step(RIGHT.replace("return loss.detach()", "return"), "is there a return?", "→"),
    step(RIGHT.replace("return loss.detach()", "loss = loss.detach()"), "is there a return?", "→"),
    step(RIGHT.replace("return loss.detach()", "return loss.backward()"), "goes the way back once"),
    step(RIGHT.replace("return loss.detach()", "return loss.detach(), image_features"), "is no tensor"),
    step(ENCODE + LOSS + MOVE + CLAMP + ENCODE + LOSS + END, "the loss after the step"),
    step(ENCODE + LOSS.replace("image_features, text", "image_features[:1], text") + MOVE + CLAMP + END, "ValueError"),
    step(RIGHT.replace("encode_image(pixels)", "encode_image(pixels).squeeze()").replace(
        "encode_text(tokens)", "encode_text(tokens).squeeze()"), "Error"),
    step(RIGHT.replace("model.clamp", "torch.set_grad_enabled(False)\nmodel.clamp"), "changes a setting"),
    step(RIGHT.replace("model.encode_text(tokens)", "model.encode_text(pixels)"), ""),
    step(RIGHT.replace("model.encode_image(pixels)", "model.encode_image(tokens)"), ""),
    step(ENCODE + "logits, _ = model(pixels, tokens)\nlabels = torch.arange(len(logits), device=logits.device)\n"
         "loss = F.cross_entropy(logits, labels)\n" + MOVE + CLAMP + END, "one half of the loss"),
    step(ENCODE + "logits, _ = model(pixels, tokens)\nlabels = torch.arange(len(logits), device=logits.device)\n"
         "loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2\n" + MOVE + CLAMP + END,
         "the encoders run once more", "one of the encoders"),
    step("with precision or nullcontext():\n    logits, _ = model(pixels, tokens)\n"
         "labels = torch.arange(len(logits), device=logits.device)\n"
         "loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2\n" + MOVE + CLAMP + END,
         "model(...) computes the logits, too", "end the with block"),
    step("with precision or nullcontext():\n    per_image, per_text = model(pixels, tokens)\n"
         "labels = torch.arange(len(pixels), device=pixels.device)\n"
         "loss = (F.cross_entropy(per_image, labels) + F.cross_entropy(per_text, labels)) / 2\n" + MOVE + CLAMP + END,
         "model(...) computes the logits, too", "end the with block"),
    step("per_image, per_text = model(pixels, tokens)\n"
         "labels = torch.arange(len(pixels), device=pixels.device)\n"
         "loss = (F.cross_entropy(per_image, labels) + F.cross_entropy(per_text, labels)) / 2\n" + MOVE + CLAMP + END,
         "the encoders run outside of precision"),
    step("with precision or nullcontext():\n    logits = model(pixels, tokens)\n"
         "loss = clip_loss(*logits, model.logit_scale.exp())\n" + MOVE + CLAMP + END, "they are taken for features"),
    step(ENCODE + "logits = similarity_logits(image_features, text_features, model.logit_scale.exp())\n"
         "labels = torch.arange(len(logits))\n"
         "loss = (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels)) / 2\n" + MOVE + CLAMP + END,
         "made on the CPU"),
    step(RIGHT.replace("return loss.detach()", "return loss.detach().cpu()"), "moved to the CPU"),
    step(RIGHT.replace("optimizer.zero_grad()", "optimizer = torch.optim.SGD(model.parameters(), lr=0.5)\n"
                       "optimizer.zero_grad()"), "takes no step", "gradients are never"),
    step(ENCODE + LOSS + "loss.backward()\noptimizer.step()\noptimizer.zero_grad()\n" + CLAMP + END,
         "that were there before the step"),
    step(ENCODE + LOSS + "loss.backward()\noptimizer.step()\n" + CLAMP + "model.zero_grad()\n" + END,
         "that were there before the step"),
    step("model.eval()\n" + RIGHT, "leaves the mode of the model alone"),
    step("model.train()\n" + RIGHT, "leaves the mode of the model alone"),
    step(RIGHT.replace("return", "model.eval()\nreturn"), "leaves the mode of the model alone"),
    step("mode = model.training\nmodel.eval()\n" + RIGHT.replace("return", "model.train(mode)\nreturn"),
         "leaves the mode of the model alone"),
    step(RIGHT.replace("model.encode_image(", "model.visual("), "whatever its encoders are called"),
    step(RIGHT.replace("model.encode_text(", "model.text("), "whatever its encoders are called"),
    step(RIGHT.replace("encode_image(pixels)", "encode_image(pixels.cuda())"), "asks for a GPU"),
    step(RIGHT.replace("encode_text(tokens)", "encode_text(tokens.to('cuda'))"), "asks for a GPU"),
    step("model.cuda()\n" + RIGHT, "asks for a GPU"),
    step(ENCODE.replace("precision or nullcontext()", "precision or torch.autocast('cpu', torch.bfloat16)")
         + LOSS + MOVE + CLAMP + END, "an autocast of your own"),
    step(RIGHT.replace("model.logit_scale.exp()", "1 / 0.07"), "the scale is a fixed number"),
    step(RIGHT.replace("model.logit_scale.exp()", "14.3"), "the scale is a fixed number"),
    step(RIGHT.replace("model.logit_scale.exp()", "math.log(1 / 0.07)"), "the scale is a fixed number"),
    step(RIGHT.replace("encode_image(pixels)", "encode_image(pixels).bfloat16()"), "rounded to 16 bits"),
    step(RIGHT.replace("(pixels)", "(pixels).half()").replace("(tokens)", "(tokens).half()"), "rounded to 16 bits"),
    step(RIGHT.replace("loss.backward()", "loss = loss * len(pixels)\nloss.backward()"), "multiplied by the number"),
    step(RIGHT.replace("loss.backward()", "(loss * len(pixels)).backward()"), "times the number of pairs"),
    step(RIGHT.replace("loss.backward()", "loss = loss / len(pixels)\nloss.backward()"), "it is their mean already"),
    step("if not hasattr(train_step, 'seen'):\n    train_step.seen = pixels\npixels = train_step.seen\n" + RIGHT, ""),
]  # fmt: skip

CORRECT = [
    *group_answers.CORRECT,
    *loop_answers.CORRECT,
    step(RIGHT),
    step("optimizer.zero_grad()\n" + ENCODE + LOSS + "loss.backward()\noptimizer.step()\noptimizer.zero_grad()\n"
         + CLAMP + END),
    step("optimizer.zero_grad(set_to_none=True)\ncontext = nullcontext() if precision is None else precision\n"
         "with context:\n    features = model.encode_image(pixels), model.encode_text(tokens)\n"
         "loss = clip_loss(*features, scale=model.logit_scale.exp())\nloss.backward()\noptimizer.step()\n"
         "with torch.no_grad():\n    model.logit_scale.clamp_(0, MAX_LOGIT_SCALE)\nreturn loss.detach()"),
    step("if precision is None:\n"
         "    images, texts = model.encode_image(pixels), model.encode_text(tokens)\n"
         "else:\n    with precision:\n"
         "        images, texts = model.encode_image(pixels), model.encode_text(tokens)\n"
         "logits = similarity_logits(images, texts, torch.exp(model.logit_scale))\n"
         "labels = torch.arange(len(logits), device=logits.device)\n"
         "loss = 0.5 * (F.cross_entropy(logits, labels) + F.cross_entropy(logits.T, labels))\n"
         "for p in model.parameters():\n    p.grad = None\nloss.backward()\noptimizer.step()\n"
         "model.clamp_logit_scale()\nreturn loss.detach().clone()"),
    step("model.zero_grad()\n" + ENCODE + LOSS + "loss.backward()\noptimizer.step()\n"
         "model.logit_scale.data.clamp_(0, math.log(100))\nreturn loss.data"),
]  # fmt: skip
