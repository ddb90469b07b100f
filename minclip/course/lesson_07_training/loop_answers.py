"""Answers to the exercise train: what answers.py has for the others."""

from minclip.course.planted_answers import Answer, answer_of

HEAD = """def train(
    model, batches, steps, learning_rate=1e-3, weight_decay=0.2, warmup=0, precision=None, after_step=print_loss
):
"""


def loop(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("train", HEAD, body, says, silent)


MAKE = "optimizer = adamw(model, learning_rate, weight_decay)\n"
START = MAKE + "losses = []\nmodel.train()\n"
FOR = "for step, (pixels, tokens) in zip(range(steps), batches):\n"
RATE = "    set_learning_rate([optimizer], lr_schedule(step, steps, warmup))\n"
STEP = "    loss = train_step(model, optimizer, pixels, tokens, precision).item()\n    losses.append(loss)\n"
TELL = "    after_step(step, loss, len(pixels))\n"
END = "model.eval()\n"
SHORT = "if len(losses) < steps:\n    raise ValueError(f'batches ended after {len(losses)} of {steps} steps')\n"
RETURN = "return losses"
RIGHT = START + FOR + RATE + STEP + TELL + END + SHORT + RETURN

WRONG = [
    loop(RIGHT.replace(RATE, ""), "the schedule is not used", "warmup does not"),
    loop(RIGHT.replace(", warmup))", ", 0))"), "warmup does not reach the schedule"),
    loop(RIGHT.replace("lr_schedule(step, ", "lr_schedule(step + 1, "), "one step ahead", "after the step"),
    loop(START + FOR + STEP + RATE + TELL + END + SHORT + RETURN, "the rate is set after the step", "ahead"),
    loop(RIGHT.replace("lr_schedule(step,", "learning_rate * lr_schedule(step,"), "multiplied in twice"),
    loop(RIGHT.replace("adamw(model, learning_rate, weight_decay)", "adamw(model, 1e-3, weight_decay)"),
         "learning_rate is not used"),
    loop(RIGHT.replace("adamw(model, learning_rate, weight_decay)", "adamw(model, learning_rate, 0.2)"),
         "weight_decay is not used", "nothing decays"),
    loop(RIGHT.replace("adamw(model, learning_rate, weight_decay)", "adamw(model, learning_rate, 0)"),
         "nothing decays", "weight_decay is not used"),
    loop(RIGHT.replace(MAKE, "").replace(RATE, "    " + MAKE + RATE), "made anew in every step"),
    loop(RIGHT.replace("model.train()\n", ""), "model.train() is missing"),
    loop(RIGHT.replace(END, ""), "model.eval() is missing"),
    loop(RIGHT.replace(END, "model.train()\n"), "model.eval() is missing"),
    loop(RIGHT.replace("losses.append(loss)", "losses = [loss]").replace(SHORT, ""), "begins anew in every step"),
    loop(RIGHT.replace("    losses.append(loss)\n", "").replace(SHORT, ""), "no loss was noted"),
    loop(RIGHT.replace(".item()", ""), "these are tensors"),
    loop(RIGHT.replace(RETURN, "return losses[-1]"), "the last loss alone"),
    loop(RIGHT.replace(RETURN, "return sum(losses) / len(losses)"), "this is the mean", "the last loss"),
    loop(RIGHT.replace(RETURN, ""), "is there a return?"),
    loop(RIGHT.replace(RETURN, "return model"), ""),
    loop(RIGHT.replace("    losses.append(loss)\n", "    losses.append(loss)\n    yield loss\n"), ""),
    loop(RIGHT.replace(TELL, ""), "after_step is never called"),
    loop(RIGHT.replace("after_step(step,", "after_step(step + 1,"), "counted from 1"),
    loop(RIGHT.replace("after_step(step, loss, len(pixels))", "after_step(step, loss, steps)"),
         "in place of the pairs"),
    loop(RIGHT.replace("after_step(step, loss, len(pixels))", "after_step(step, losses, len(pixels))"),
         "all steps so far"),
    loop(RIGHT.replace("after_step(step, loss, len(pixels))", "after_step(step, loss)"), "takes three things"),
    loop(RIGHT.replace(TELL, "").replace(END, TELL.strip() + "\n" + END), "once, behind the loop"),
    loop(RIGHT.replace(", tokens, precision)", ", tokens)"), "precision does not reach the encoders"),
    loop(RIGHT.replace(STEP, "    with precision or nullcontext():\n"
                       "        loss = train_step(model, optimizer, pixels, tokens).item()\n    losses.append(loss)\n"),
         "the loss runs in the given precision"),
    loop(RIGHT.replace(SHORT, ""), "accepts what it must refuse"),
    loop(RIGHT.replace("raise ValueError(", "raise RuntimeError("), "raises another error"),
    loop(START + "for step in range(steps):\n    pixels, tokens = next(batches)\n" + RATE + STEP + TELL + END + RETURN,
         "next() wants an iterator"),
    loop(START + "for step in range(steps):\n    pixels, tokens = batches[step]\n" + RATE + STEP + TELL + END + SHORT
         + RETURN, "it has no places"),
    loop("if len(batches) < steps:\n    raise ValueError('too few')\n" + RIGHT.replace(SHORT, ""), "no length"),
    loop(START + "batches = iter(batches)\nfor step in range(steps):\n    pixels, tokens = next(batches)\n"
         + RATE + STEP + TELL + END + RETURN, "raises another error"),
    loop(START + "pixels, tokens = next(iter(batches))\nfor step in range(steps):\n" + RATE + STEP + TELL + END + SHORT
         + RETURN, "every step sees the first batch"),
    loop(RIGHT.replace("range(steps)", "range(steps - 1)").replace(SHORT, ""), "one step is missing"),
    loop(RIGHT.replace("range(steps)", "range(steps + 1)"), "one step more"),
    loop(RIGHT.replace("range(steps), batches", "range(1, steps + 1), batches"), "one step ahead"),
    loop(START + "for step, (pixels, tokens) in enumerate(batches):\n" + RATE + STEP + TELL + END + SHORT + RETURN,
         "every batch is a step"),
    loop(RIGHT.replace("    losses.append(loss)\n", "    losses.append(loss)\n    return losses\n"),
         "a return inside of the loop", "weights"),
    loop(RIGHT.replace("range(steps)", "range(400)"), "every batch is a step"),
    loop(RIGHT.replace("range(steps)", "range(len(batches))"), "every batch is a step"),
    loop(START + "for step in range(steps):\n    for pixels, tokens in batches:\n"
         + (RATE + STEP + TELL).replace("    ", "        ") + END + SHORT + RETURN, "a loop inside of the loop"),
    loop(START + FOR + RATE + STEP + STEP.replace("    losses.append(loss)\n", "") + TELL + END + SHORT + RETURN,
         "every batch is learned twice"),
    loop(RIGHT.replace("batches):", "batches, strict=True):"), "strict=True wants"),
    loop(RIGHT.replace("step, (pixels, tokens) in", "step, batch in").replace("pixels, tokens, precision",
         "batch, precision"), "a batch is a pair"),
    loop(RIGHT.replace("(step, steps, warmup)", "(step, warmup)"), "the step, all steps and the warm-up"),
    loop(RIGHT.replace("adamw(model,", "adamw(model.parameters(),"), "adamw takes the model itself"),
    loop(RIGHT.replace("adamw(model, learning_rate, weight_decay)", "adamw(model, learning_rate)"),
         "the model, the peak rate and the weight decay"),
    loop(RIGHT.replace(RATE, "    rate = learning_rate * lr_schedule(step, steps, warmup)\n"
                       "    optimizer.param_groups[0]['lr'] = rate\n"),
         "only the first gets the rate"),
    loop(RIGHT.replace(RATE, "    for group in optimizer.param_groups:\n"
                       "        group['lr'] = lr_schedule(step, steps, warmup)\n"), "the peak is missing"),
    loop(START + RATE.strip().replace("(step,", "(0,") + "\n" + FOR + STEP + TELL + END + SHORT + RETURN,
         "the rate is set once"),
    loop(RIGHT.replace("steps, warmup))", "steps, 40))"), "warmup is not used"),
    loop(RIGHT.replace("lr_schedule(step, steps", "lr_schedule(step, 400"), "how many steps there are"),
    loop(RIGHT.replace("learning_rate, weight_decay)", "1e-3, 0.2)"), "learning_rate is not used"),
    loop(RIGHT.replace("learning_rate, weight_decay)", "learning_rate, 0.1)"), "weight_decay is not used"),
    loop(RIGHT.replace("loss, len(pixels))", "len(pixels), loss)"), "have changed places"),
    loop(RIGHT.replace("len(pixels))", "pixels.shape[1])"), "is not the number of pairs", "the number of all steps"),
    loop(RIGHT.replace("len(pixels))", "tokens.shape[1])"), "is not the number of pairs"),
    loop(RIGHT.replace("len(pixels))", "pixels.numel())"), "is not the number of pairs"),
    loop(RIGHT.replace(END, "").replace(RETURN, END + RETURN), "after the ValueError the model is still"),
    loop(RIGHT.replace(END, "").replace(SHORT, "if len(losses) == steps:\n    model.eval()\n" + SHORT),
         "after the ValueError the model is still"),
    loop(RIGHT.replace(END, END + "model.requires_grad_(False)\n"), "finds nothing that learns"),
    loop(RIGHT.replace(END, END + "for p in model.parameters():\n    p.requires_grad = False\n"),
         "finds nothing that learns"),
    loop(RIGHT.replace(STEP, "    pixels = pixels.to('cpu')\n" + STEP), "moved to the CPU"),
    loop(RIGHT.replace(STEP, "    pixels, tokens = pixels.cpu(), tokens.cpu()\n" + STEP), "moved to the CPU"),
    loop(RIGHT.replace(END, END + "model.cpu()\n"), "moved to the CPU"),
    loop(RIGHT.replace("train_step(model, optimizer, pixels, tokens, precision).item()", "0.0"),
         "the model has seen no batch"),
    loop("batches = list(batches)\nif len(batches) < steps:\n    raise ValueError('too few batches')\n"
         + RIGHT.replace(SHORT, ""), "without an end"),
    loop(RIGHT.replace("set_learning_rate([optimizer], ", "set_learning_rate(optimizer, "), "a list of optimisers"),
    loop(RIGHT.replace(FOR, "for step, pixels, tokens in zip(range(steps), batches):\n"), "the batch is a pair"),
]  # fmt: skip

CORRECT = [
    loop(RIGHT),
    loop(RIGHT.replace(STEP, "    pixels, tokens = pixels.to(device), tokens.to(device)\n" + STEP)),
    loop("opt, history = adamw(model, learning_rate, weight_decay), []\nmodel.train()\nsupply = iter(batches)\n"
         "try:\n    for step in range(steps):\n        try:\n            pixels, tokens = next(supply)\n"
         "        except StopIteration:\n            raise ValueError(f'only {step} batches') from None\n"
         "        set_learning_rate([opt], lr_schedule(step, steps, warmup))\n"
         "        history += [train_step(model, opt, pixels, tokens, precision=precision).item()]\n"
         "        after_step(step, history[-1], pixels.shape[0])\nfinally:\n    model.eval()\nreturn history"),
    loop(START + "step = 0\nfor pixels, tokens in batches:\n    if step == steps:\n        break\n" + RATE + STEP + TELL
         + "    step += 1\n" + "model.train(False)\n" + "if step != steps:\n    raise ValueError('too few batches')\n"
         + RETURN),
    loop("model.train()\n" + MAKE + "losses = []\n"
         "for step, batch in enumerate(batches):\n    if step >= steps:\n        break\n"
         "    for group in optimizer.param_groups:\n"
         "        group['lr'] = learning_rate * lr_schedule(step, steps, warmup)\n"
         "    loss = float(train_step(model, optimizer, *batch, precision))\n    losses.append(loss)\n"
         "    after_step(step, loss, len(batch[0]))\nmodel.eval()\n" + SHORT + RETURN),
    loop("groups = param_groups(model, weight_decay)\n"
         "optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), eps=1e-6)\n"
         "schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: lr_schedule(min(step, "
         "steps - 1), steps, warmup))\nlosses = []\nmodel.train()\n"
         "for step, (pixels, tokens) in zip(range(steps), batches):\n"
         + STEP + TELL + "    schedule.step()\n" + END + SHORT + RETURN),
]  # fmt: skip
