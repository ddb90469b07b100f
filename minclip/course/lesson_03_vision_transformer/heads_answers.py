"""Answers to the exercise 3.2."""

from minclip import transformer
from minclip.course.exercise import library_source
from minclip.course.planted_answers import Answer


def indented(body: str, by: int = 8) -> str:
    return "\n".join(" " * by + line for line in body.strip().splitlines()) + "\n"


def given(thing: type, until: str) -> str:
    """What a learner finds in the cell, up to the first method to write."""
    return library_source(thing).partition(f"    def {until}(")[0]


CHUNKS = "batch, tokens, width = x.shape\nqkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)\n"
PARTS = CHUNKS + "parts = qkv.chunk(3, dim=-1)\n"
CUT = "return tuple(p.view(batch, tokens, self.heads, -1).transpose(1, 2) for p in parts)"
SPLIT = PARTS + CUT
MERGE = "return self.out_proj(x.transpose(1, 2).flatten(2))"
FORWARD = "query, key, value = self.split(x)\nreturn self.merge(attention(query, key, value, mask))"

OWN = """
q, k, v = self.split(x)
scores = q @ k.mT / {}
if mask is not None:
    scores = scores + mask
return self.merge(scores.softmax(dim=-1) @ v)
"""


def heads(
    split: str = SPLIT, merge: str = MERGE, forward: str = FORWARD, says: str = "", silent: str = "", before: str = ""
) -> Answer:
    code = before + given(transformer.MultiHeadAttention, "split")
    for head, body in (("split(self, x)", split), ("merge(self, x)", merge), ("forward(self, x, mask=None)", forward)):
        code += f"    def {head}:\n{indented(body)}\n"
    return Answer("MultiHeadAttention", code, says, silent)


WRONG = [
    heads(PARTS + "return [p.reshape(batch, self.heads, tokens, -1) for p in parts]",
          says="numbers of different tokens into one row"),
    heads(PARTS + "return [p.view(batch, tokens, self.heads, -1) for p in parts]", says="heads come before tokens"),
    heads(CHUNKS + "return qkv.chunk(3, dim=-1)", says="not cut into heads yet"),
    heads(PARTS + "return [p.view(batch, tokens, -1, self.heads).permute(0, 3, 1, 2) for p in parts]",
          says="a head's numbers lie side by side"),
    heads(PARTS + "parts = parts[1], parts[0], parts[2]\n" + CUT, says="this is the key"),
    heads(PARTS + "parts = parts[::-1]\n" + CUT, says="this is the value"),
    heads(PARTS + "parts = parts[0], parts[2], parts[1]\n" + CUT, says="this is the value"),
    heads(CHUNKS + "return qkv.view(batch, tokens, self.heads, 3, -1).permute(3, 0, 2, 1, 4)",
          says="the heads are cut before"),
    heads(CHUNKS + "parts = F.linear(x, self.in_proj_weight).chunk(3, dim=-1)\n" + CUT, says="in_proj_bias is missing"),
    heads(SPLIT.replace(".transpose", ".div(2).transpose"), says="is attention's work"),
    heads(CHUNKS + "return x.view(batch, tokens, self.heads, -1).transpose(1, 2)", says="three tensors"),
    heads("qkv = x @ self.in_proj_weight + self.in_proj_bias\n"
            "return qkv.chunk(3, dim=-1)", says="x meets it transposed"),
    heads(PARTS + "return [p.view(batch, self.heads, tokens, -1) for p in parts]", says="numbers would have to move"),
    heads(CHUNKS + "return qkv.view(batch, tokens, self.heads, width // self.heads)", says="are still together"),
    heads(SPLIT.replace("self.heads", "3")),
    heads(merge="return x.transpose(1, 2).flatten(2)", says="out_proj is missing"),
    heads(merge="batch, heads, tokens, head_width = x.shape\nreturn self.out_proj(x.reshape(batch, tokens, -1))",
          says="must lie side by side"),
    heads(merge="return self.out_proj(x.permute(0, 2, 3, 1).flatten(2))", says="different heads alternate"),
    heads(merge="return x.transpose(1, 2).flatten(2) @ self.out_proj.weight.T", says="the bias of out_proj"),
    heads(merge="x = x.transpose(1, 2)\nreturn self.out_proj(x.view(x.shape[0], x.shape[1], -1))",
          says="a view moves no number"),
    heads(merge="return self.out_proj(x.flatten(2))", says="out_proj wants"),
    heads(merge="return self.out_proj(x.mean(dim=1))", says="out_proj wants"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(key, query, value, mask))",
          says="query and key have changed"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(query, value, key, mask))",
          says="key and value have changed"),
    heads(forward="query, key, value = self.split(x)\nreturn attention(query, key, value, mask)", says="not merged"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(query, key, value))",
          says="the mask has no effect"),
    heads(forward=FORWARD.replace("return ", "return self.out_proj(") + ")", says="out_proj is used twice"),
    heads(forward=FORWARD.replace("return ", "return x + "), says="the block's work"),
    heads(forward="parts = [p.transpose(1, 2).flatten(2) for p in self.split(x)]\n"
          "return self.out_proj(attention(*parts, mask))", says="one head of the whole width"),
    heads(forward=FORWARD.replace("(x)", "(x.detach())"), says="no gradient reaches x"),
    heads(SPLIT.replace("qkv.chunk(3, dim=-1)", "qkv.chunk(3)"), says="three tensors"),
    heads(CHUNKS + "query, key, value = qkv.chunk(3)\nparts = query, key, value\n"
            "" + CUT, says="fewer than three parts"),
    heads(SPLIT.replace("x.shape\n", "x.shape\nx = x.detach()\n", 1), says="no gradient reaches x"),
    heads(SPLIT.replace("self.in_proj_weight", "self.in_proj_weight.detach()"), says="does not reach in_proj_weight"),
    heads(SPLIT.replace("self.in_proj_weight", "self.in_proj_weight.data"), says="does not reach in_proj_weight"),
    heads(SPLIT.replace("self.in_proj_bias", "self.in_proj_bias.data"), says="does not reach in_proj_bias"),
    heads(merge="return self.out_proj(x.transpose(1, 2).flatten(2)).detach()", says="no gradient"),
    heads(merge="w, b = self.out_proj.weight.detach(), self.out_proj.bias\n"
          "return F.linear(x.transpose(1, 2).flatten(2), w, b)", says="does not reach out_proj.weight"),
    heads(merge="with torch.no_grad():\n    return self.out_proj(x.transpose(1, 2).flatten(2))", says="no gradient"),
    heads(CHUNKS + "parts = [p.squeeze() for p in qkv.chunk(3, dim=-1)]\n"
          "return [p.view(*p.shape[:-1], self.heads, -1).transpose(-3, -2) for p in parts]",
            silent="come before tokens"),
    heads(PARTS + "return [p.view(batch, tokens, self.heads, -1).transpose(1, 2).squeeze() for p in parts]",
          says="batch is lost"),
    heads(merge="return self.out_proj(x.transpose(1, 2).flatten(2)).squeeze()", says="batch is lost"),
    heads(forward=FORWARD + ".squeeze(0)", says="batch is lost"),
    heads(PARTS + "return [p.view(batch, tokens, self.heads, -1).permute(0, 2, 3, 1) for p in parts]",
          says="the last two dimensions"),
    heads(PARTS + "return tuple(p.view(batch, tokens, self.heads, width // 3).transpose(1, 2) for p in parts)",
          silent="still together"),
    heads(PARTS + "query, key, value = " + CUT.removeprefix("return ") + "\nreturn query, key", says="three tensors"),
    heads(PARTS + "query, key, value = " + CUT.removeprefix("return ") + "\nreturn query, key.transpose(2, 3), value",
          says="the last two dimensions"),
    heads(SPLIT.replace("self.heads, -1", "-1, self.heads"), silent="come before tokens"),
    heads(PARTS + "parts = [p / self.heads**0.5 for p in parts]\n" + CUT, silent="attention's work"),
    heads(merge="return self.out_proj(x.transpose(1, 2).reshape(x.shape[0], -1))", silent="must lie side by side"),
    heads(merge="return self.out_proj(x.transpose(1, 2).flatten(2)) + x.transpose(1, 2).flatten(2)", silent="bias"),
    heads(merge="x = x.transpose(1, 2).flatten(2)\nreturn x @ self.out_proj.weight + self.out_proj.bias",
          says="the wrong way round"),
    heads(merge="return self.out_proj(x.sum(dim=1))", says="out_proj wants"),
    heads(merge="return self.out_proj(torch.cat(x.unbind(1), dim=1))", silent="side by side"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(query, key, value), mask)",
          silent="has no effect"),
    heads(forward="query, key, value = self.split(x)\nscores = query @ key.mT\nif mask is not None:\n"
          "    scores = scores + mask\nreturn self.merge(scores.softmax(-1) @ value)", silent="changed places"),
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(value)", says="attention is missing"),
    heads(forward="query, key, value = self.split(x)\n"
            "self.mask = mask if mask is not None else getattr(self, 'mask', None)\n"
          "return self.merge(attention(query, key, value, self.mask))", silent="has no effect"),
    heads(forward="found = [attention(*(p[:, h : h + 1] for p in self.split(x)), mask) for h in range(3)]\n"
          "return self.merge(torch.cat(found, dim=1))", silent="changed places"),
    heads(forward=FORWARD.replace("mask))", "mask).clone().detach())"), says="no gradient"),
    heads(forward="x = F.dropout(x, 0.1)\n" + FORWARD, silent="changed places"),
    heads(forward=FORWARD.replace("return ", "x = ") + "\nx += 0\nx", says="is there a return?"),
    # cut along another dimension
    heads(CHUNKS + "parts = qkv.chunk(3)\n" + CUT, says="each of your parts is a picture"),
    heads(CHUNKS + "parts = qkv.chunk(3, dim=1)\n" + CUT, says="is cut along the tokens"),
    heads(CHUNKS + "parts = qkv.split(3, dim=-1)\n" + CUT, says="3 columns each"),
    heads(CHUNKS + "parts = qkv.split(self.heads, dim=-1)\n" + CUT, says="3 columns each"),
    heads(CHUNKS + "query, key, value = qkv.split(3, dim=-1)\nparts = query, key, value\n" + CUT,
          says="there are more than three"),
    heads(CHUNKS.replace("tokens, width", "width") + CUT, says="x.shape", silent="parts of"),
    heads(PARTS + CUT.replace("in parts)", "in parts[:2])"), says="three tensors", silent="is a picture"),
    heads(PARTS + CUT.replace("in parts)", "in (*parts, parts[0]))"), says="three tensors", silent="→"),
    heads(CHUNKS + "return qkv.reshape(batch, 3, self.heads, tokens, -1).unbind(1)", says="cuts across the tokens"),
    heads(CHUNKS + "return qkv.reshape(3, batch, self.heads, tokens, -1)", says="and across the pictures"),
    heads(CHUNKS + "return qkv.view(batch, tokens, 3, self.heads, -1).permute(2, 3, 0, 1, 4)",
          says="the heads come before the batch"),
    heads(PARTS + "return [p.view(batch, tokens, self.heads, -1).transpose(1, 2).flatten(0, 1) for p in parts]",
          says="batch and heads are one dimension"),
    heads(PARTS + "return [p.reshape(batch * self.heads, tokens, -1) for p in parts]", silent="are one dimension"),
    heads(SPLIT.replace("batch, tokens, width", "tokens, batch, width"), silent="→"),
    # merge
    heads(merge="return x.transpose(1, 2).flatten(2) @ self.out_proj.weight", says="and its bias is missing"),
    heads(merge="x = x.transpose(1, 2).flatten(2)\nreturn x + self.out_proj(x)", says="x itself is added"),
    heads(merge="return self.out_proj(x.transpose(1, 2).flatten(2)).transpose(1, 2)", says="[batch, width, tokens]"),
    heads(merge="return self.out_proj(x.transpose(1, 2))", says="out_proj wants"),
    heads(merge="return F.relu(self.out_proj(x.transpose(1, 2).flatten(2)))", silent="→"),
    # forward
    heads(forward="query, key, value = self.split(x)\nreturn self.merge(attention(value, key, query, mask))",
          says="query and value have changed"),
    heads(forward="query, key, value = self.split(x)\nquery = query / query.shape[-1] ** 0.5\n"
          "return self.merge(attention(query, key, value, mask))", says="divides twice"),
    heads(forward="query, key, value = self.split(x)\n"
          "return attention(query, key, value, mask).transpose(1, 2).flatten(2)", says="out_proj has not mixed them"),
    heads(forward="return self.merge(attention(x, x, x, mask))", says="x goes into attention as it is"),
    heads(forward="return self.merge(attention(self.split(x), mask))", says="one by one"),
    heads(forward=FORWARD.replace("self.split", "split"), says="split is a method"),
    heads(forward=FORWARD.replace("self.merge", "merge"), says="merge is a method"),
    heads(forward="query, key, value = self.split(x)\nif mask is not None:\n    mask = mask.bool()\n"
          "return self.merge(F.scaled_dot_product_attention(query, key, value, mask))", silent="has no effect"),
    heads(SPLIT.replace("self.heads, -1", "self.heads, 4"), silent="still together"),
    heads(forward="query, key, value = self.split(x)\ncausal = mask is None\n"
          "return self.merge(F.scaled_dot_product_attention(query, key, value, mask, is_causal=causal))", silent="→"),
    heads(forward=FORWARD.replace("mask))", "None if mask is None else mask.mT))"), says="with a causal mask",
          silent="has no effect"),
    *(heads(forward=f"q, k, v = self.split(x)\nreturn self.merge(attention({names}, mask))",
            says=f"attention gets {says}")
      for names, says in (("q, q, v", "query, query and value"), ("q, k, k", "query, key and key"),
                          ("v, v, v", "value, value and value"), ("k, k, v", "key, key and value"))),
    heads(forward="return attention(x, x, x, mask)", says="x goes into attention as it is"),
    heads(forward="return self.out_proj(attention(x, x, x, mask))", says="as it is, as one head"),
    heads(forward="x = x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)\n"
          "return self.merge(attention(x, x, x, mask))", says="x is cut into heads as it is"),
    heads(forward=OWN.format("2").replace(".softmax(dim=-1)", ""), says="the softmax is missing"),
    heads(forward=OWN.format("1"), says="√head_width is missing"),
    heads(forward=OWN.format("x.shape[-1] ** 0.5"), says="the root of the whole width"),
    heads(CHUNKS + "return qkv.view(batch, tokens, 3, 3, -1).permute(2, 0, 3, 1, 4).unbind(0)", says="is fixed here"),
    heads(PARTS + CUT.replace("self.heads", "3"), says="a number of them is fixed"),
    heads(PARTS + CUT.replace("self.heads, -1", "-1, 4"), says="a number of them is fixed"),
    heads(PARTS + CUT.replace("self.heads", "4"), says="4 heads of 3 numbers"),
    heads(PARTS + CUT.replace("self.heads", "8"), says="this shape is for others", silent="still together"),
    heads(CHUNKS + "return qkv.view(batch, tokens, 3, 8, -1).permute(2, 0, 3, 1, 4).unbind(0)",
          says="this shape is for others", silent="still together"),
    heads(merge="return self.out_proj(x.transpose(1, 2).reshape(x.shape[0], x.shape[2], 12))", says="is fixed here"),
]  # fmt: skip

CORRECT = [
    heads(forward="x, (b, t, w) = x.transpose(0, 1), x.shape\nif mask is not None:\n"
          "    mask = mask.expand(b, self.heads, t, t).flatten(0, 1)\n"
          "return F.multi_head_attention_forward(\n"
          "    x, x, x, w, self.heads, self.in_proj_weight, self.in_proj_bias, None, None, False, 0.0,\n"
          "    self.out_proj.weight, self.out_proj.bias, need_weights=False, attn_mask=mask,\n)[0].transpose(0, 1)"),
    heads(forward="q, k, v = self.split(x)\nfound = []\nfor h in range(self.heads):\n"
          "    found.append(attention(q[:, h : h + 1], k[:, h : h + 1], v[:, h : h + 1], mask))\n"
          "return self.merge(torch.cat(found, dim=1))"),
    heads("b, t, w = x.shape\nqkv = x @ self.in_proj_weight.T + self.in_proj_bias\n"
          "qkv = qkv.reshape(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)\nreturn qkv[0], qkv[1], qkv[2]",
          "b, h, t, d = x.shape\nreturn self.out_proj(x.permute(0, 2, 1, 3).reshape(b, t, h * d))"),
    heads("found = []\nfor W, b in zip(self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)):\n"
          "    found.append(torch.stack(F.linear(x, W, b).chunk(self.heads, dim=-1), dim=1))\nreturn found",
          "return self.out_proj(torch.cat(list(x.unbind(dim=1)), dim=-1))",
          "return self.merge(attention(*self.split(x), mask=mask))"),
    heads(CHUNKS + "b, t, h = batch, tokens, self.heads\nq, k, v = torch.split(qkv, width, dim=-1)\n"
          "q = q.reshape(b, t, h, width // h).swapaxes(1, 2)\nk = k.reshape(b, t, h, width // h).swapaxes(1, 2)\n"
          "v = v.reshape(b, t, h, width // h).swapaxes(1, 2)\nreturn q, k, v",
          "x = x.swapaxes(1, 2).contiguous()\nreturn self.out_proj(x.view(x.shape[0], x.shape[1], -1))"),
    heads("qkv = torch.einsum('btw,ow->bto', x, self.in_proj_weight) + self.in_proj_bias\n"
          "return qkv.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)",
          "w = self.out_proj.weight.view(-1, x.shape[1], x.shape[3])\n"
          "return torch.einsum('bhtd,whd->btw', x, w) + self.out_proj.bias"),
    heads("rows = zip(self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3))\n"
          "return tuple(F.linear(x, w, b).unflatten(-1, (self.heads, -1)).transpose(1, 2) for w, b in rows)"),
    heads(CHUNKS + "d = width // self.heads\nparts = qkv.split(width, dim=2)\n"
          "return [torch.stack([p[..., i * d : (i + 1) * d] for i in range(self.heads)], dim=1) for p in parts]",
          "b, h, t, d = x.shape\nout = x.new_zeros(b, t, h * d)\nfor i in range(h):\n"
          "    out[..., i * d : (i + 1) * d] = x[:, i]\nreturn self.out_proj(out)"),
    heads(CHUNKS + "return qkv.view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)",
          forward="q, k, v = self.split(x)\n"
          "return self.merge(F.scaled_dot_product_attention(q, k, v, attn_mask=mask))"),
]  # fmt: skip
