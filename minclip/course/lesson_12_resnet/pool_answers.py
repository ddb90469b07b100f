"""Answers to exercise 12.3."""

from minclip import resnet
from minclip.course.exercise import library_source
from minclip.course.planted_answers import Answer, edited, indented

BEGIN, _, METHODS = library_source(resnet.AttentionPool).partition("    def forward(")
SPLIT = "\n    def by_head(" + METHODS.partition("    def by_head(")[2]
HEAD = f"{BEGIN}    def forward(self, x):\n"
FLAT = "x = x.flatten(2).transpose(1, 2)\n"
MEAN = "x = torch.cat([x.mean(dim=1, keepdim=True), x], dim=1)\n"
POSITIONS = "x = x + self.positional_embedding.to(x.dtype)\n"
QUERY = "query = self.by_head(self.q_proj(x[:, :1]))\n"
KEY = "key = self.by_head(self.k_proj(x))\n"
VALUE = "value = self.by_head(self.v_proj(x))\n"
ASK = "x = attention(query, key, value)\n"
END = "return self.c_proj(x.flatten(1))"
RIGHT = FLAT + MEAN + POSITIONS + QUERY + KEY + VALUE + ASK + END
EVERY = "query = self.by_head(self.q_proj(x))\n" + KEY + VALUE + "x = attention(query, key, value)\n"
SIDE_BY_SIDE = "x = x.transpose(1, 2).flatten(2)\n"


def pool(body: str, says: str = "", silent: str = "") -> Answer:
    return Answer("AttentionPool", f"{HEAD}{indented(body, 8)}\n{SPLIT}\n", says, silent)


def but(old: str, new: str, says: str = "", silent: str = "") -> Answer:
    """The right pool with one thing replaced."""
    return pool(edited(RIGHT, old, new), says, silent)


WRONG = [
    but(KEY + VALUE, "key = self.by_head(self.k_proj(x[:, 1:]))\nvalue = self.by_head(self.v_proj(x[:, 1:]))\n",
        "the mean is no token here"),
    but(POSITIONS, "", "the positions are missing"),
    but(POSITIONS, POSITIONS * 2, "the positions are added twice"),
    but("x = x + self", "x = x * self", "the positions are multiplied"),
    but(MEAN + POSITIONS, "x = torch.cat([x.mean(dim=1, keepdim=True), x + self.positional_embedding[1:]], dim=1)\n",
        "the mean has no position: the first one"),
    but(MEAN + POSITIONS, "x = torch.cat([x.mean(dim=1, keepdim=True), x + self.positional_embedding[:-1]], dim=1)\n",
        "the places have the first nine"),
    but(MEAN + POSITIONS, "x = x + self.positional_embedding[1:]\n" + MEAN, "the mean is taken behind the positions: "),
    but(MEAN + POSITIONS, "p = self.positional_embedding\nx = x + p[1:]\n"
        "x = torch.cat([x.mean(dim=1, keepdim=True) + p[:1], x], dim=1)\n", "and has its own as well"),
    but(MEAN, "x = torch.cat([x, x.mean(dim=1, keepdim=True)], dim=1)\n", "the first place asks"),
    pool(FLAT + "x = torch.cat([x, x.mean(dim=1, keepdim=True)], dim=1)\n" + POSITIONS
         + QUERY.replace(":1", "-1:") + KEY + VALUE + ASK + END, "the mean stands behind the places"),
    but(QUERY, QUERY.replace(":1", "-1:"), "the last token asks"),
    but(QUERY, QUERY.replace(":1", "1:2"), "the first place asks: the mean asks"),
    but("x.mean(dim=1, keepdim=True)", "x.amax(dim=1, keepdim=True)", "the largest numbers ask"),
    but("x.mean(dim=1, keepdim=True)", "x.sum(dim=1, keepdim=True)", "the sum of the places"),
    but("x.mean(dim=1, keepdim=True)", "torch.zeros_like(x[:, :1])", "zeros ask"),
    but("x.mean(dim=1, keepdim=True)", "x.mean(dim=(1, 2), keepdim=True).expand(-1, 1, x.shape[2])", "one number is"),
    pool(FLAT + MEAN + POSITIONS + EVERY + SIDE_BY_SIDE + "return self.c_proj(x).mean(dim=1)",
         "the mean of what they heard"),
    pool(FLAT + MEAN + POSITIONS + EVERY + SIDE_BY_SIDE + "return self.c_proj(x)", "a vector for each token"),
    pool(FLAT + MEAN + POSITIONS + EVERY + SIDE_BY_SIDE + "return self.c_proj(x[:, -1])", "the last token asks"),
    but(END, SIDE_BY_SIDE + "return self.c_proj(x)", "a dimension too many"),
    pool("return self.c_proj(x.mean(dim=(2, 3)))", "this is the mean, without attention"),
    pool(FLAT + MEAN + POSITIONS + "return self.c_proj(self.v_proj(x).mean(dim=1))", "the mean of the values"),
    pool("return self.c_proj(self.v_proj(x.mean(dim=(2, 3))))", "the mean of the places' values"),
    but(END, "return x.flatten(1)", "c_proj is missing"),
    but(END, "return self.v_proj(x.flatten(1))", "in the place of c_proj"),
    but("self.q_proj(x[:, :1])", "x[:, :1]", "q_proj is missing"),
    but("self.k_proj(x)", "x", "k_proj is missing"),
    but("self.v_proj(x)", "x", "v_proj is missing"),
    pool(FLAT + MEAN + POSITIONS + QUERY.replace("q_proj", "k_proj") + KEY.replace("k_proj", "q_proj") + VALUE + ASK
         + END, "q_proj and k_proj have changed places"),
    but("attention(query, key, value)", "attention(query, value, key)", "k_proj and v_proj have changed places"),
    but("attention(query, key, value)", "attention(query, key, key)", "the keys are used as values"),
    pool(FLAT + MEAN + POSITIONS + "x = attention(self.q_proj(x[:, :1]), self.k_proj(x), self.v_proj(x))\n"
         "return self.c_proj(x[:, 0])", "there is one head alone"),
    pool(edited(RIGHT, "self.by_head(", "(lambda z: z.reshape(len(z), self.heads, -1, z.shape[-1] // self.heads))("),
         "the heads are cut by reshape"),
    but("attention(query, key, value)", "(query @ key.mT).softmax(dim=-1) @ value", "not divided by √head_width"),
    but("attention(query, key, value)", "(query @ key.mT / 12**0.5).softmax(dim=-1) @ value", "divided by √width"),
    but("attention(query, key, value)", "attention(query / query.shape[-1] ** 0.5, key, value)",
        "divided by √head_width twice"),
    but("attention(query, key, value)", "(query @ key.mT / query.shape[-1]).softmax(dim=-1) @ value",
        "so by head_width"),
    but("attention(query, key, value)", "attention(query / 12**0.5, key, value)", "divided by √width, too"),
    but("attention(query, key, value)", "attention(query * query.shape[-1], key, value)",
        "multiplied by √head_width"),
    but("x[:, :1]", "x[:, 0]", "x[:, 0] drops that of the tokens"),
    but("x[:, :1]", "x[:, :1].squeeze(1)", "lacks a dimension"),
    but("self.by_head(self.q_proj(x[:, :1]))", "self.q_proj(x[:, :1])", "lacks a dimension"),
    but("x[:, :1]", "x[:, :1, :1]", "one is left here"),
    but("x[:, :1]", "x", "all ten tokens ask"),
    but("x.flatten(1)", "x[:, 0]", "one head alone is left"),
    but("x.flatten(1)", "x.squeeze(2)", "the heads are still apart"),
    but("x.flatten(1)", "x.squeeze(2).transpose(1, 2).flatten(1)", "the heads are interleaved"),
    pool(RIGHT.replace("self.by_head(", "(lambda z: z.unflatten(-1, (-1, self.heads)).permute(0, 3, 1, 2))("),
         "the heads take every third number: "),
    pool(RIGHT.replace("self.by_head(", "(lambda z: z.unflatten(-1, (-1, self.heads)).permute(0, 3, 1, 2))(").replace(
         "x.flatten(1)", "x.squeeze(2).mT.flatten(1)"), "in another order"),
    but(MEAN + POSITIONS + QUERY, QUERY.replace("x[:, :1]", "x.mean(dim=1, keepdim=True)") + MEAN + POSITIONS,
        "the mean without its position"),
    but(POSITIONS + QUERY, QUERY.replace("x[:, :1]", "x[:, :1] + self.positional_embedding[:1]"),
        "keys and values are the tokens before the positions"),
    but(POSITIONS + QUERY + KEY, KEY + POSITIONS + QUERY, "the keys are the tokens before the positions"),
    but(POSITIONS + QUERY + KEY + VALUE, VALUE + POSITIONS + QUERY + KEY,
        "the values are the tokens before the positions"),
    but("attention(query, key, value)", "(query @ key.mT / query.shape[-1] ** 0.5).softmax(dim=-2) @ value",
        "the softmax runs over the queries"),
    pool(edited(edited(RIGHT, QUERY, "mean = x[:, 0]\n" + QUERY), END, "return self.c_proj(mean + x.flatten(1))"),
         "what the mean heard is added"),
    pool(edited(edited(RIGHT, MEAN, "mean = x.mean(dim=1)\n" + MEAN), END, "return mean + self.c_proj(x.flatten(1))"),
         "the result is added to the mean"),
    but(FLAT, "x = x.reshape(x.shape[0], -1, x.shape[1])\n", "reshape has mixed channels and places"),
    but(FLAT, "x = x.mT.flatten(2).transpose(1, 2)\n", "column by column"),
    but(END, "return F.normalize(self.c_proj(x.flatten(1)), dim=-1)", "have length 1"),
    but(FLAT, "x = x.flatten(2)\n", "channels first"),
    but(MEAN, "", "9 places and 10 positions"),
    but("x.mean(dim=1, keepdim=True)", "x.mean(dim=1)", "cat wants as many"),
    but("x.mean(dim=1, keepdim=True)", "x.mean(dim=2, keepdim=True)", "do not fit each other"),
    but(END, "return self.c_proj(x)", "another width than it takes"),
    but(END, "return self.c_proj(x.flatten(1)).squeeze()", "batch is lost"),
    but(END, "self.c_proj(x.flatten(1))", "is there a return?"),
    but("self.positional_embedding.to(x.dtype)", "self.positional_embedding.detach()", "does not reach"),
    but("self.v_proj(x)", "self.v_proj(x).detach()", ""),
    but(END, "return self.c_proj(x.flatten(1)).float()", "default dtype float32"),
]  # fmt: skip

CORRECT = [
    pool(FLAT + MEAN + POSITIONS + EVERY + SIDE_BY_SIDE + "return self.c_proj(x[:, 0])"),
    pool("b, w = x.shape[:2]\nx = x.reshape(b, w, -1).permute(0, 2, 1)\nmean = x.mean(1)\n"
         "p = self.positional_embedding\nmean, x = mean + p[0], x + p[1:]\n"
         "x = torch.cat((mean[:, None], x), 1)\nquery = self.q_proj(mean).view(b, self.heads, 1, -1)\n"
         "key = self.k_proj(x).view(b, -1, self.heads, w // self.heads).permute(0, 2, 1, 3)\n"
         "value = self.v_proj(x).view(b, -1, self.heads, w // self.heads).permute(0, 2, 1, 3)\n"
         "scores = query @ key.transpose(-2, -1) * (w // self.heads) ** -0.5\n"
         "return self.c_proj((scores.softmax(-1) @ value).reshape(b, w))"),
    pool("x = x.flatten(2).permute(2, 0, 1)\nx = torch.cat([x.mean(dim=0, keepdim=True), x], dim=0)\n"
         "x = x + self.positional_embedding[:, None, :].to(x.dtype)\n"
         "x, _ = F.multi_head_attention_forward(query=x[:1], key=x, value=x, embed_dim_to_check=x.shape[-1],\n"
         "    num_heads=self.heads, q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight,\n"
         "    v_proj_weight=self.v_proj.weight, in_proj_weight=None,\n"
         "    in_proj_bias=torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]), bias_k=None,\n"
         "    bias_v=None, add_zero_attn=False, dropout_p=0, out_proj_weight=self.c_proj.weight,\n"
         "    out_proj_bias=self.c_proj.bias, use_separate_proj_weight=True, training=self.training,\n"
         "    need_weights=False)\nreturn x.squeeze(0)"),
    pool(FLAT + MEAN + POSITIONS + QUERY + KEY + VALUE +
         "x = F.scaled_dot_product_attention(query, key, value)\nreturn self.c_proj(x.transpose(1, 2).flatten(1))"),
]  # fmt: skip
