"""What holds of CLIP's scale in lesson 06 beside the logits: the given clamp works, and nothing else clamps."""

import math
from typing import Any

import torch
from torch import nn

from minclip.course.assertions import Mistake, Trial, Wrong
from minclip.loss import MAX_LOGIT_SCALE

LINES = "def clamp_logit_scale(self): clamp_logit_scale(self.logit_scale)"
GONE = Mistake("the given method is gone, and a step of training calls it", way=LINES)
NO_CLAMP = Mistake("it keeps logit_scale between 0 and ln 100, in place, and was given", way=LINES)
CLAMPED = Mistake(
    "the scale is clamped here; a step of training does that, and the other methods take the scale as it is",
    way="call clamp_logit_scale in no other method",
)
OUTSIDE = (math.log(200), math.log(0.5))  # scales that a clamp would change


def clamps(t: Trial, model: Any) -> None:
    """Claims that the given method is there and does what it did."""
    if not hasattr(model, "clamp_logit_scale"):
        raise Wrong("the model has no clamp_logit_scale", GONE)
    parameter = model.logit_scale
    for start, end in ((9.0, MAX_LOGIT_SCALE), (-3.0, 0.0), (2.0, 2.0)):
        with torch.no_grad():
            parameter.fill_(start)
        t.call(model.clamp_logit_scale)
        t.last = f"model.clamp_logit_scale() where logit_scale is {start:g}"
        came = model.logit_scale
        lines = (f"  expected  {end:.3f}", f"  got       {came.item():.3f}")
        t.holds(abs(came.item() - end) < 1e-4, "logit_scale is wrong after it", *lines, NO_CLAMP)
        same = came is parameter and isinstance(came, nn.Parameter)
        t.holds(same, "logit_scale is another parameter now, which no optimiser knows", NO_CLAMP)


def leaves_its_scale(t: Trial, model: Any, way: Any, *inputs: Any) -> None:
    """Claims that a method does not change a scale that lies out of its limits."""
    for start in OUTSIDE:
        with torch.no_grad():
            model.logit_scale.fill_(start)
        t.call(way, *inputs)
        unchanged = abs(model.logit_scale.item() - start) < 1e-6
        t.holds(unchanged, "changes the module itself", "  changed   logit_scale", CLAMPED)
