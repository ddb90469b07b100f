"""Answers to the exercises param_groups and lr_schedule: what answers.py has for the others."""

from minclip.course.planted_answers import Answer, answer_of


def groups(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("param_groups", "def param_groups(model, weight_decay):\n", body, says, silent)


def share(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("lr_schedule", "def lr_schedule(step, steps, warmup):\n", body, says, silent)


TRAINED = "trained = [p for p in model.parameters() if p.requires_grad]\n"
NAMED = "named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]\n"


def two(first: str, second: str, before: str = TRAINED) -> str:
    return (
        f"{before}first = [{first}]\nsecond = [{second}]\n"
        "return [{'params': first, 'weight_decay': weight_decay}, {'params': second, 'weight_decay': 0.0}]"
    )


def by_shape(large: str, small: str, before: str = TRAINED) -> str:
    return two(f"p for p in trained if p.ndim {large}", f"p for p in trained if p.ndim {small}", before)


def by_name(decays: str) -> str:
    return two(f"p for n, p in named if {decays}", f"p for n, p in named if not ({decays})", NAMED)


RIGHT = by_shape(">= 2", "< 2")
COSINE = "0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))"


def falls(cosine: str) -> str:
    return f"if step < warmup:\n    return (step + 1) / warmup\nreturn {cosine}"


def rises(warm: str, condition: str = "step < warmup") -> str:
    return f"if {condition}:\n    return {warm}\nreturn {COSINE}"


WRONG = [
    groups(RIGHT.replace("[p for p in model.parameters() if p.requires_grad]", "list(model.parameters())"),
           "frozen parameters are in the groups", "twice"),
    groups(by_shape("< 2", ">= 2"), "the first is the one that decays", "everything is in"),
    groups(by_shape(">= 0", "< 0"), "everything is in the first group"),
    groups(by_shape("> 9", "<= 9"), "nothing decays"),
    groups(by_shape("> 2", "<= 2"), "matrices have two dimensions", "a kernel has four"),
    groups(by_shape("== 2", "!= 2"), "a kernel has four", "matrices have two"),
    groups(by_shape(">= 1", "< 1"), "only the number logit_scale is spared"),
    groups(by_name("not n.endswith('bias')"), "biases are spared, but gains", "the logit scale is no matrix"),
    groups(by_name("'bias' not in n"), "biases are spared, but gains"),
    groups(by_name("n.endswith('weight')"), "a gain ends in .weight"),
    groups(by_name("p.ndim >= 2 or n == 'logit_scale'"), "the logit scale is no matrix", "CLS embedding"),
    groups(by_name("p.ndim >= 2 or n == 'class_embedding'"), "the CLS embedding is one vector", "logit scale is no"),
    groups(by_name("p.ndim >= 2 and 'embedding' not in n"), "embedding tables are spared", "the table of tokens"),
    groups(by_name("p.ndim >= 2 and 'token_embedding' not in n"), "the table of tokens is spared", "embedding tables"),
    groups("inside = {id(m.weight) for m in model.modules() if isinstance(m, nn.Linear)}\n"
           + two("p for p in trained if id(p) in inside", "p for p in trained if id(p) not in inside"),
           "only the weights of linear layers decay", "in a layer of their own"),
    groups("kinds = (nn.Linear, nn.Conv2d, nn.Embedding)\n"
           "inside = {id(m.weight) for m in model.modules() if isinstance(m, kinds)}\n"
           + two("p for p in trained if id(p) in inside", "p for p in trained if id(p) not in inside"),
           "not in a layer of their own", "only the weights of linear"),
    groups(RIGHT.replace("model.parameters()", "[p for m in model.children() for p in m.parameters()]"),
           "those in no layer, are missed"),
    groups("trained = [p for m in model.modules() for p in m.parameters(recurse=False) if p.requires_grad]\n"
           + RIGHT.removeprefix(TRAINED), "has its parameters in a group twice"),
    groups(RIGHT.replace("'weight_decay': 0.0", "'weight_decay': weight_decay"), "pulls at the second group, too"),
    groups(RIGHT.replace(", 'weight_decay': 0.0", ""), "AdamW's own, which is 0.01"),
    groups(RIGHT.replace("'weight_decay': weight_decay", "'weight_decay': 0.2"), "weight_decay is not used"),
    groups(RIGHT.replace("'weight_decay': weight_decay", "'weight_decay': 0.0").replace(
        "'params': second, 'weight_decay': 0.0", "'params': second, 'weight_decay': weight_decay"),
        "values are the wrong way round", "groups are the wrong way round"),
    groups(RIGHT.replace("first = [p for p in trained if p.ndim >= 2]", "first = (p for p in trained if p.ndim >= 2)"),
           "a generator gives its items once"),
    groups(two("(n, p) for n, p in named if p.ndim >= 2", "(n, p) for n, p in named if p.ndim < 2", NAMED),
           "pairs of a name and a parameter"),
    groups(two("n for n, p in named if p.ndim >= 2", "n for n, p in named if p.ndim < 2", NAMED), "these are names"),
    groups(RIGHT.replace("return [", "return {'groups': [").replace("0.0}]", "0.0}]}"), "the result is no list"),
    groups(RIGHT.replace("return [{'params': first, 'weight_decay': weight_decay}, {'params': second, 'weight_decay': "
                         "0.0}]", "return first, second"), "no pair of groups"),
    groups(RIGHT.replace("return [", "groups = ["), "is there a return?"),
    groups(RIGHT.replace("'params'", "'parameters'"), "reads these keys alone"),
    groups(RIGHT.replace("'weight_decay'", "'decay'"), "reads these keys alone", "0.01"),
    groups(RIGHT.replace("'weight_decay'", "'wd'"), "reads these keys alone", "0.01"),
    groups(RIGHT.replace("'weight_decay': weight_decay", "'decay': weight_decay"), "reads these keys alone", "0.01"),
    groups(RIGHT.replace("'weight_decay': weight_decay", "'lr': weight_decay"), "reads these keys alone", "0.01"),
    groups(RIGHT.replace(", 'weight_decay': weight_decay", ""), "AdamW's own, which is 0.01"),
    groups(by_shape("== 2", "< 2"), "conv1.weight is in no group"),
    groups(by_shape("> 2", "< 2"), "is in no group"),
    groups(by_shape(">= 2", "== 1"), "logit_scale is in no group"),
    groups(by_shape(">= 2", "== 0"), "class_embedding is in no group"),
    groups(by_shape(">= 2", "<= 2"), "positional_embedding is in both groups"),
    groups(by_shape(">= 1", "< 2"), "class_embedding is in both groups"),
    groups(by_shape(">= 2", ">= 0"), "is in both groups"),
    groups(RIGHT.replace("p for p in trained if p.ndim < 2", "p for p in model.parameters() if p.ndim < 2"),
           "frozen parameters are in the second group"),
    groups(RIGHT.replace("p for p in trained if p.ndim >= 2", "p for p in model.parameters() if p.ndim >= 2"),
           "frozen parameters are in the first group"),
    groups(RIGHT.replace("p.ndim", "len(p)"), "how long its first dimension is"),
    groups(RIGHT.replace("p.ndim", "p.shape[0]"), "its shape is empty"),
    groups(RIGHT.replace("p.ndim", "p.dim"), "here it is not called"),
    groups(RIGHT.replace("p.ndim", "p.ndim()"), "ndim is a number, no method"),
    groups(RIGHT.replace("p.ndim", "p.shape"), "a number for each dimension"),
    groups(RIGHT.replace("p.ndim", "p.numel()"), "only the number logit_scale is spared"),
    groups(by_name("p.ndim >= 2 or n.startswith('block')"), "belongs into the second group"),
    groups("trained = [p for m in model.modules() for p in m.parameters() if p.requires_grad]\n"
           + RIGHT.removeprefix(TRAINED), "is in a group twice"),
    groups("if not hasattr(param_groups, 'kept'):\n    param_groups.kept = list(model.parameters())\n"
           + RIGHT.replace("model.parameters()", "param_groups.kept"), "the result of an earlier call"),
    groups("for p in model.parameters():\n    p.requires_grad_(True)\n" + RIGHT, "changes which parameters learn"),
    groups(RIGHT.replace("p.requires_grad]", "p.requires_grad]\nfor p in trained:\n    p.requires_grad_(False)"),
           "changes which parameters learn"),
    share(rises("step / warmup"), "the first step of the warm-up has a rate of 0", "one step too late"),
    share(rises("(step + 1) / (warmup + 1)"), "reaches the peak one step too late", "a rate of 0"),
    share(rises("(step + 1) / steps"), "the length of the whole run"),
    share(rises("1.0"), "the first steps have the full rate", "the cosine begins at step 0"),
    share(f"return {COSINE}", "the first steps follow the cosine"),
    share("return 0.5 * (1 + math.cos(math.pi * step / steps))", "and there is no warm-up", "jumps down"),
    share(rises("(step + 1) // warmup"), "// drops"),
    share(rises("(step + 1) / warmup", "step <= warmup"), "one step too long", "ahead"),
    share(falls("0.5 * (1 + math.cos(math.pi * step / steps))"), "the rate jumps down", "there is no warm-up"),
    share(falls("0.5 * (1 + math.cos(math.pi * (step - warmup) / steps))"), "missing in the denominator"),
    share(falls("0.5 * (1 + math.cos(math.pi * step / (steps - warmup)))"), "not taken off the step"),
    share(falls("0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup - 1)))"),
          "the last step has a rate of 0", "ahead"),
    share(falls("0.5 * (1 + math.cos(math.pi * (step + 1 - warmup) / (steps - warmup)))"),
          "the cosine is one step ahead", "the last step has"),
    share(falls("1 + math.cos(math.pi * (step - warmup) / (steps - warmup))"), "half of it is asked"),
    share(falls("math.cos(math.pi * (step - warmup) / (steps - warmup))"), "from 1 to -1", "a quarter"),
    share(falls("0.5 * 1 + math.cos(math.pi * (step - warmup) / (steps - warmup))"), "only the 1 is halved"),
    share(falls("1 + math.cos(math.pi * (step - warmup) / (steps - warmup)) / 2"), "only the cosine is halved"),
    share(falls("math.cos(math.pi / 2 * (step - warmup) / (steps - warmup))"), "this is a quarter", "from 1 to -1"),
    share(falls("0.5 * (1 + math.cos((step - warmup) / (steps - warmup)))"), "π is missing", "degrees"),
    share(falls("0.5 * (1 + math.cos(180 * (step - warmup) / (steps - warmup)))"), "in degrees"),
    share(falls("0.5 * (1 + math.cos(2 * math.pi * (step - warmup) / (steps - warmup)))"), "a whole turn"),
    share(falls("0.5 * (1 - math.cos(math.pi * (step - warmup) / (steps - warmup)))"), "the rate rises"),
    share(falls("1 - (step - warmup) / (steps - warmup)"), "a straight line"),
    share(falls("1.0"), "stays at its peak"),
    share(falls("0.5 * (1 + math.sin(math.pi * (step - warmup) / (steps - warmup)))"), "a sine"),
    share(falls("1e-3 * " + COSINE).replace("(step + 1)", "1e-3 * (step + 1)"), "this is a learning rate"),
    share("rise = (step + 1) / warmup\n" + rises("rise"), "warmup may be 0"),
    share(f"fall = {COSINE}\n" + rises("(step + 1) / warmup").replace(COSINE, "fall"), "where all steps are warm-up"),
    share(falls("0.5 * (1 + torch.cos(torch.tensor(math.pi * (step - warmup) / (steps - warmup))))"),
          "a plain number is asked"),
    share(falls(COSINE).replace("return (step", "share = (step"), "", "warmup may be 0"),
    share("share = 1.0\n" + falls(COSINE).replace("return", "share ="), "is there a return?"),
    share(f"rise = min(1.0, (step + 1) / max(1, warmup))\nreturn rise * {COSINE}", "the warm-up is not"),
    share("rise = min(1.0, (step + 1) / max(1, warmup))\nreturn rise * 0.5 * (1 + math.cos(math.pi * step / steps))",
          "the warm-up multiplies", "the smaller one"),
    share("rise = (step + 1) / max(1, warmup)\nreturn min(rise, 0.5 * (1 + math.cos(math.pi * step / steps)))",
          "the smaller one of the warm-up", "multiplies"),
    share(f"return min(1.0, {COSINE})", "the first steps follow the cosine"),
    share(falls("0.5 * (1 + math.cos(math.pi * (step - warmup) // (steps - warmup)))"), "the warm-up is right"),
    share(falls("0.5 * (1 + math.cos(math.pi * ((step - warmup) // (steps - warmup))))"), "stays at its peak"),
    share(rises("(step + 1) / 50", "step < 50").replace("warmup", "50"), "warmup is not used"),
    share(rises("(step + 1) / 3", "step < 3").replace("warmup", "3"), "warmup is not used"),
    share(falls(COSINE).replace("steps", "1000"), "steps is not used"),
    share(falls(COSINE).replace("steps - warmup", "400 - warmup"), "steps is not used"),
    share(falls("math.exp(-5 * (step - warmup) / (steps - warmup))"), "the warm-up is right"),
    share(rises("((step + 1) / warmup) ** 2"), "the cosine is right"),
    share(rises("(step + 1) / warmup", "step < 50"), ""),
    share("if not hasattr(lr_schedule, 'calls'):\n    lr_schedule.calls = 0\nlr_schedule.calls += 1\n"
          "step = lr_schedule.calls - 1\n" + falls(COSINE), ""),
]  # fmt: skip

CORRECT = [
    groups(RIGHT),
    groups("decay, spare = [], []\nfor p in model.parameters():\n    if not p.requires_grad:\n        continue\n"
           "    (decay if p.dim() > 1 else spare).append(p)\n"
           "return [dict(params=decay, weight_decay=weight_decay), dict(params=spare, weight_decay=0)]"),
    groups("groups = {True: [], False: []}\nfor _, p in model.named_parameters():\n    if p.requires_grad:\n"
           "        groups[len(p.shape) >= 2].append(p)\n"
           "return [{'params': groups[True], 'weight_decay': weight_decay, 'name': 'decay'},\n"
           "        {'params': groups[False], 'weight_decay': 0.0, 'name': 'spared'}]"),
    groups("trained = filter(lambda p: p.requires_grad, model.parameters())\n"
           "order = sorted(trained, key=lambda p: -p.ndim)\n"
           "matrices = sum(p.ndim >= 2 for p in order)\n"
           "return ({'params': order[:matrices], 'weight_decay': weight_decay},\n"
           "        {'params': order[matrices:], 'weight_decay': 0.})"),
    share(falls(COSINE)),
    share("if step < warmup:\n    return (1 + step) / warmup\nprogress = (step - warmup) / (steps - warmup)\n"
          "return (math.cos(progress * math.pi) + 1) / 2"),
    share("if warmup and step < warmup:\n    share = (step + 1) / warmup\nelse:\n"
          "    share = math.cos(math.pi / 2 * (step - warmup) / (steps - warmup)) ** 2\nreturn share"),
    share(f"return (step + 1) / warmup if step < warmup else {COSINE.replace('math', 'np')}"),
    share("left = max(1, steps - warmup)\nwarm = (step + 1) / max(1, warmup)\n"
          "cold = 0.5 * (1 + math.cos(math.pi * max(0, step - warmup) / left))\nreturn min(warm, cold)"),
]  # fmt: skip
