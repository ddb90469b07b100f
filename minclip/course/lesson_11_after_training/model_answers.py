"""Answers to the exercises 11.3 and 11.4."""

from minclip.course.planted_answers import Answer, answer_of

ENCODE = """def encode_embeddings(encoder, embeddings, eot):
    if embeddings.shape[1] > encoder.context_length:
        raise ValueError("too long")
"""
MIXED = """def mixed(before, after, share):
    if not 0 <= share <= 1:
        raise ValueError("share must be from 0 to 1")
"""
SIZES = "batch, length = embeddings.shape[:2]\n"
PLACED = "x = embeddings + encoder.positional_embedding[:length]\n"
BLOCKS = "x = encoder.transformer(x, causal_mask(length, x.device))\n"
READ = "x = x[torch.arange(batch, device=x.device), eot]\n"
END = "return encoder.ln_final(x) @ encoder.text_projection"
BEGIN = SIZES + PLACED + BLOCKS


def encode(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("encode_embeddings", ENCODE, body, says, silent)


def mix(body: str, says: str = "", silent: str = "") -> Answer:
    return answer_of("mixed", MIXED, body, says, silent)


def loop(line: str) -> str:
    """Each weight of a copy gets what the line gives; a, b: that of before and that of after."""
    return (
        "model = copy.deepcopy(after)\nold, new = before.state_dict(), after.state_dict()\n"
        "with torch.no_grad():\n    for name, weight in model.state_dict().items():\n"
        "        a, b = old[name], new[name]\n        if weight.is_floating_point():\n"
        f"            weight.copy_({line})\nreturn model.eval()"
    )


WRONG = [
    encode(SIZES + "x = embeddings\n" + BLOCKS + READ + END, "the positions are not added"),
    encode(SIZES + PLACED + "x = encoder.transformer(x)\n" + READ + END, "the mask is missing"),
    encode(SIZES + "x = encoder.transformer(embeddings)\n" + READ + END, "positions and mask are missing"),
    encode(SIZES + "x = encoder.transformer(embeddings, causal_mask(length))\n"
           "x = x + encoder.positional_embedding[:length]\n" + READ + END, "come after the blocks"),
    encode(SIZES + PLACED + PLACED.replace("embeddings", "x") + BLOCKS + READ + END, "added twice"),
    encode(BEGIN + "x = x[:, -1]\n" + END, "reads the last token"),
    encode(BEGIN + "x = x[:, 0]\n" + END, "reads the first token"),
    encode(BEGIN + "x = x[torch.arange(batch), eot - 1]\n" + END, "the token before EOT"),
    encode(BEGIN + "x = x[torch.arange(batch), eot + 1]\n" + END, "the token after EOT"),
    encode(BEGIN + "x = x[:, eot[0]]\n" + END, "the first one's EOT"),
    encode(BEGIN + "x = x.mean(dim=1)\n" + END, "the mean over the tokens"),
    encode(SIZES + PLACED + "eot = x.amax(dim=-1).argmax(dim=-1)\n" + BLOCKS + READ + END, "says nothing of EOT"),
    encode(SIZES + "eot = embeddings.amax(dim=-1).argmax(dim=-1)\n" + PLACED + BLOCKS + READ + END,
           "its place is given"),
    encode(SIZES + "eot = embeddings.sum(dim=-1).argmax(dim=-1)\n" + PLACED + BLOCKS + READ + END, "largest sum"),
    encode(BEGIN + "eot = x.norm(dim=-1).argmax(dim=-1)\n" + READ + END, "largest length of the vectors after"),
    encode(SIZES + "eot = embeddings.argmax(dim=-1).argmax(dim=-1)\n" + PLACED + BLOCKS + READ + END,
           "its place is given"),
    encode(SIZES + "eot = embeddings.argmax(dim=-1)\n" + PLACED + BLOCKS + READ + END, "no number of a vector"),
    encode(SIZES + "eot = embeddings.argmax(dim=1)\n" + PLACED + BLOCKS + READ + END, "no number of a vector"),
    encode(SIZES + PLACED.replace("length", "batch") + BLOCKS + READ + END, "to each token of a text"),
    encode(BEGIN + READ + "return x @ encoder.text_projection", "ln_final is missing"),
    encode(BEGIN + READ + "return encoder.ln_final(x)", "text_projection is missing"),
    encode(SIZES + PLACED + READ + END, "the blocks are missing"),
    encode(BEGIN + BLOCKS + READ + END, "the blocks run twice"),
    encode(SIZES + PLACED + "x = encoder.transformer(x, causal_mask(length).T)\n" + READ + END, "on the wrong side"),
    encode(BEGIN + READ + "return F.normalize(encoder.ln_final(x) @ encoder.text_projection, dim=-1)",
           "brought to length 1"),
    encode(BEGIN + END, "every token has a feature"),
    encode(SIZES + "x = encoder.token_embedding(embeddings)\n" + READ + END, "vectors already"),
    encode(SIZES + "x = embeddings + encoder.positional_embedding\n" + BLOCKS + READ + END, "of the whole context"),
    encode(SIZES + PLACED + "x = encoder.transformer(x, causal_mask(encoder.context_length))\n" + READ + END,
           "another number of tokens"),
    encode(SIZES + PLACED + "x = encoder.transformer(x, causal_mask(batch))\n" + READ + END,
           "another number of tokens"),
    encode(BEGIN + READ + "return encoder.ln_final(x @ encoder.text_projection)", "before text_projection"),
    encode(BEGIN + "x = x[:, eot]\n" + END, "at the places of all"),
    encode("return encoder(embeddings)", "takes ids"),
    encode(BEGIN + READ + "encoder.ln_final(x) @ encoder.text_projection", "is there a return?"),
    encode(SIZES + PLACED.replace("embeddings +", "embeddings.detach() +") + BLOCKS + READ + END, "the way back"),
    encode("with torch.no_grad():\n    batch, length = embeddings.shape[:2]\n    " + PLACED + "    " + BLOCKS
           + READ + END, "no_grad"),
    encode(BEGIN + READ + "return (encoder.ln_final(x) @ encoder.text_projection).squeeze()", "dimension of the batch"),
    encode("embeddings += encoder.positional_embedding[: embeddings.shape[1]]\nx, length = embeddings, "
           "embeddings.shape[1]\nbatch = len(x)\n" + BLOCKS + READ + END, ""),
    encode(SIZES + PLACED + "x = encoder.transformer(x, causal_mask(length))\n" + READ + END, "made on the CPU"),
    mix(loop("share * a + (1 - share) * b"), "before and after are swapped"),
    mix("return copy.deepcopy(after)", "these are the weights of after"),
    mix("return copy.deepcopy(before)", "these are the weights of before"),
    mix(loop("(a + b) / 2"), "whatever the share"),
    mix(loop("a + share * b"), "before counts whole"),
    mix(loop("(1 - share) * a + b"), "after counts whole"),
    mix(loop("a + b"), "the weights were added"),
    mix(loop("share * b"), "before is missing"),
    mix(loop("(1 - share) * a"), "after is missing"),
    mix(loop("share * (b - a)"), "taken for the weights"),
    mix(loop("b + share * (b - a)"), "it starts at before"),
    mix(loop("a + share * (a - b)"), "leads away from after"),
    mix(loop("torch.lerp(a, b, share) if name.startswith('visual.') else b"), "only the image encoder"),
    mix(loop("torch.lerp(a, b, share) if name.startswith('text.') else b"), "only the text encoder"),
    mix(loop("b if name == 'logit_scale' else torch.lerp(a, b, share)"), "logit_scale was not mixed"),
    mix("model = copy.deepcopy(after)\nwith torch.no_grad():\n"
        "    for weight, old in zip(model.parameters(), before.parameters()):\n"
        "        weight.copy_((1 - share) * old + share * weight)\nreturn model.eval()", "what a batch norm remembers"),
    mix(loop("torch.lerp(a, b, share) if weight.dim() > 1 else b"), "only matrices were mixed"),
    mix(loop("torch.lerp(a, b, share) if name.endswith('weight') else b"), "only what is called weight"),
    mix(loop("torch.lerp(a, b, share)").replace("model = copy", "before.eval()\nafter.eval()\nmodel = copy"),
        "belongs to the caller"),
    mix("before.eval()\n" + loop("torch.lerp(a, b, share)"), "before has another mode now"),
    mix("after.train(False)\n" + loop("torch.lerp(a, b, share)"), "after has another mode now"),
    mix("before.requires_grad_(False)\n" + loop("torch.lerp(a, b, share)"), "learns other weights now"),
    mix("model, old = copy.deepcopy(after), before.state_dict()\n"
        "model.load_state_dict({name: torch.lerp(old[name], new, share) if new.is_floating_point() else new\n"
        "                       for name, new in after.state_dict().items()}, assign=True)\nreturn model.eval()",
        "has storage of its own"),
    mix(loop("torch.lerp(a, b, share)").replace("return", "if share == 1:\n    model.text.ln_final.bias = after.text."
        "ln_final.bias\nreturn"), "shares text.ln_final.bias with after"),
    mix("with torch.no_grad():\n    for name, weight in before.state_dict().items():\n"
        "        if weight.is_floating_point():\n"
        "            weight.lerp_(after.state_dict()[name], share)\nreturn before",
        "before has other weights now and came back"),
    mix("return after", "a model that was given came back"),
    mix(loop("torch.lerp(a, b, share)").replace("if weight.is_floating_point()", "if True"), "counts its batches"),
    mix("with torch.no_grad():\n    for name, weight in after.state_dict().items():\n"
        "        if weight.is_floating_point():\n"
        "            weight.copy_(torch.lerp(before.state_dict()[name], weight, share))\nreturn after",
        "after has other weights now and came back"),
    mix("with torch.no_grad():\n    for name, weight in before.state_dict().items():\n"
        "        if weight.is_floating_point():\n"
        "            weight.copy_(torch.lerp(weight, after.state_dict()[name], share))\nreturn copy.deepcopy(before)",
        "has other weights now"),
    mix(loop("torch.lerp(a, b, share)").replace("copy.deepcopy(after)", "copy.copy(after)"), "has other weights now"),
    mix("old, new = before.state_dict(), after.state_dict()\n"
        "return {name: torch.lerp(old[name].float(), new[name].float(), share) for name in old}", "a model is asked"),
    mix("return (1 - share) * before + share * after", "models cannot be multiplied"),
    mix("model = copy.deepcopy(after)\n"
        "model.load_state_dict((1 - share) * before.state_dict() + share * after.state_dict())\nreturn model",
        "a dict cannot be multiplied"),
    mix("model = copy.deepcopy(after)\nfor weight, old in zip(model.parameters(), before.parameters()):\n"
        "    weight.mul_(share).add_((1 - share) * old)\nreturn model", "while gradients are recorded"),
    mix("model = copy.deepcopy(after)\nold = dict(before.named_parameters())\n"
        "model.load_state_dict({n: torch.lerp(old[n], w, share) for n, w in after.named_parameters()})\nreturn model",
        ""),
    mix(loop("torch.lerp(a, b, share)").replace("\nreturn model.eval()", ""), "is there a return?"),
    mix(loop("torch.lerp(a, b, share)").replace("return model", "return model.requires_grad_(False)"),
        "do not learn any more"),
]  # fmt: skip

CORRECT = [
    encode(BEGIN + READ + END),
    encode("n = embeddings.shape[1]\nh = embeddings + encoder.positional_embedding[:n]\n"
           "h = h.to(encoder.text_projection.dtype)\nh = encoder.transformer(h, causal_mask(n, h.device))\n"
           "h = encoder.ln_final(h)\nplace = eot[:, None, None].expand(-1, 1, h.shape[-1])\n"
           "return h.gather(1, place)[:, 0] @ encoder.text_projection"),
    encode("rows = []\nfor text, place in zip(embeddings, eot.tolist()):\n    text = text[: place + 1]\n"
           "    x = text + encoder.positional_embedding[: len(text)]\n"
           "    x = encoder.transformer(x[None], causal_mask(len(text), x.device))\n"
           "    rows.append(encoder.ln_final(x[0, -1]) @ encoder.text_projection)\nreturn torch.stack(rows)"),
    encode("x = embeddings + encoder.positional_embedding[None, : embeddings.shape[1]]\n"
           "for block in encoder.transformer.resblocks:\n"
           "    x = block(x, causal_mask(x.shape[1], x.device))\n"
           "x = torch.stack([row[place] for row, place in zip(x, eot)])\n" + END),
    mix(loop("(1 - share) * a + share * b")),
    mix(loop("a + share * (b - a)")),
    mix("model, old = copy.deepcopy(after), before.state_dict()\n"
        "model.load_state_dict({name: torch.lerp(old[name], new, share) if new.is_floating_point() else new\n"
        "                       for name, new in after.state_dict().items()})\nreturn model"),
    mix("old, new = before.state_dict(), after.state_dict()\nweights = {}\nfor name in new:\n"
        "    if new[name].dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):\n"
        "        weights[name] = old[name] * (1 - share) + new[name] * share\n    else:\n"
        "        weights[name] = new[name]\n"
        "model = CLIP(after.config)\nmodel.load_state_dict(weights)\nreturn model.eval()"),
]  # fmt: skip
