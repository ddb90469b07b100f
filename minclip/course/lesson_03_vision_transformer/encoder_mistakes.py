"""What the known mistakes of 3.3 and 3.4 give, and what causes the errors that they end in."""

from torch import Tensor
from torch.nn import functional as F

from minclip import transformer as library
from minclip.course.assertions import Mistake
from minclip.vision import VisionTransformer

FIRST = "x = x + self.attn(self.ln_1(x), mask)"
SECOND = "x + self.mlp(self.ln_2(x)), with the new x"
BLOCK = {
    "MLP.forward() takes": Mistake("mlp takes x alone: a mask is for attention", way=SECOND),
    "LayerNorm.forward() takes": Mistake("ln_1 and ln_2 take x alone: a mask is for attention", way=FIRST),
    "MultiHeadAttention.forward() takes": Mistake(
        "attn takes the tokens and a mask, and makes query, key and value of the tokens itself", way=FIRST
    ),
}
NOT_PASSED_ON = Mistake("the mask has no effect", way=FIRST)


def of_block(x: Tensor, block: library.TransformerBlock) -> dict[str, Tensor]:
    """x: float [batch, tokens, width]; no mask."""
    attn, mlp, one, two = block.attn, block.mlp, block.ln_1, block.ln_2
    found = attn(one(x))
    heard, other, bare = x + found, x + attn(two(x)), x + attn(x)
    post, late, normed = one(bare), x + one(attn(x)), one(x) + found
    right, first, again = heard + mlp(two(heard)), x + mlp(one(x)), heard + attn(one(heard))
    return {
        Mistake("the norms come after the additions: they stand before attn and mlp", way=FIRST): two(post + mlp(post)),
        Mistake("the norms come after attn and mlp: they stand before them", way=FIRST): late + two(mlp(late)),
        Mistake("both residuals are missing: each branch is added to x", way=FIRST): mlp(two(found)),
        Mistake("the first residual is missing: what attn gives is added to x", way=FIRST): found + mlp(two(found)),
        Mistake("the second residual is missing: what mlp gives is added, too", way=SECOND): mlp(two(heard)),
        Mistake("the second residual adds the x of the beginning: add the new one", way=SECOND): x + mlp(two(heard)),
        Mistake("mlp reads the x of the beginning: it reads the new one", way=SECOND): heard + mlp(two(x)),
        Mistake("mlp reads what attn gives alone: it reads the new x", way=SECOND): heard + mlp(two(found)),
        Mistake("mlp reads what attn gives alone, and that is not added to x", way=SECOND): x + mlp(two(found)),
        Mistake("ln_1 is used twice: ln_2 stands before mlp", way=SECOND): heard + mlp(one(heard)),
        Mistake("ln_2 is used twice: ln_1 stands before attn", way=FIRST): other + mlp(two(other)),
        Mistake("ln_1 and ln_2 have changed places", way=FIRST): other + mlp(one(other)),
        Mistake("the norms change x itself: only what goes into attn and mlp is normed", way=FIRST): (
            two(normed) + mlp(two(normed))
        ),
        Mistake("ln_1 changes x itself: only what goes into attn is normed", way=FIRST): normed + mlp(two(normed)),
        Mistake("ln_2 changes x itself: only what goes into mlp is normed", way=SECOND): two(heard) + mlp(two(heard)),
        Mistake("attn reads x without ln_1", way=FIRST): bare + mlp(two(bare)),
        Mistake("mlp reads x without ln_2", way=SECOND): heard + mlp(heard),
        Mistake("the norms are missing: ln_1 stands before attn, ln_2 before mlp", way=FIRST): bare + mlp(bare),
        Mistake("mlp comes first here: attn does", way=FIRST): x + mlp(two(x)) + attn(one(x + mlp(two(x)))),
        Mistake("mlp comes first here, behind ln_1: attn does", way=FIRST): first + attn(two(first)),
        Mistake("ln_1 comes after attn: it stands before", way=FIRST): late + mlp(two(late)),
        Mistake("ln_2 comes after mlp: it stands before", way=SECOND): heard + two(mlp(heard)),
        Mistake("ln_2 norms the result, too: nothing stands behind the second addition", way=SECOND): two(right),
        Mistake("ln_1 norms the result, too: nothing stands behind the second addition", way=SECOND): one(right),
        Mistake("mlp is used twice", way=SECOND): right + mlp(two(right)),
        Mistake("attn is used twice", way=FIRST): again + mlp(two(again)),
        Mistake("what mlp gives is added twice, and the x before it is lost", way=SECOND): 2 * mlp(two(heard)),
        Mistake("what attn gives is subtracted: add it", way=FIRST): x - found + mlp(two(x - found)),
        Mistake("what mlp gives is subtracted: add it", way=SECOND): heard - mlp(two(heard)),
        Mistake("x is multiplied by what mlp gives: add it", way=SECOND): heard * mlp(two(heard)),
        Mistake("mlp is missing", way=SECOND): heard,
        Mistake("attn is missing", way=FIRST): x + mlp(two(x)),
        Mistake("the residual is added twice", way=FIRST): heard + heard + mlp(two(heard)),
    }


READ = "return self.ln_post(x[:, 0]) @ self.proj"
STACK = "x = self.transformer(self.ln_pre(x))"
ONE_NUMBER = Mistake(
    "one number of every token is left here: all numbers of one token, CLS, are read", way="x[:, 0], not x[..., 0]"
)
NOT_EMBEDDED = Mistake(
    "here are pixels, or patches in rows and columns, where tokens are wanted: self.embedding makes them",
    way="x = self.embedding(image), before all others",
)
ENCODER = {
    "got input of size[3, 3, 12, 12]": NOT_EMBEDDED,
    "got input of size[3, 16, 3, 3]": NOT_EMBEDDED,
    "got input of size[3, 144, 3]": NOT_EMBEDDED,
    "'Parameter' object is not callable": Mistake("proj is a matrix and no layer", way="multiply by it: @ self.proj"),
    # for 3 pictures, 10 tokens, width 16
    "got input of size[3, 10]": ONE_NUMBER,
    "(3x10 and 16x16)": ONE_NUMBER,
    "(16x16 and 3x16)": Mistake("proj stands on the left here: [batch, width] meets it from the left", way=READ),
    "(3) must match the size of tensor b (16) at non-singleton dimension 0": Mistake(
        "* multiplies number by number: proj is a matrix, and takes a product of matrices", way=READ
    ),
}


def of_features(theirs: VisionTransformer, image: Tensor) -> dict[str, Tensor]:
    """Of VisionTransformer.forward, where embed_dim is width."""
    embedded, stack, pre, post = theirs.embedding(image), theirs.transformer, theirs.ln_pre, theirs.ln_post
    tokens = stack(pre(embedded))  # [3, 1 + 9, 16]
    again = stack(pre(embedded + theirs.embedding.positional_embedding))
    read = post(tokens[:, 0])
    return {
        Mistake("this is the last token: CLS is the first", way=READ): post(tokens[:, -1]) @ theirs.proj,
        Mistake("this is the second token: CLS is the first", way=READ): post(tokens[:, 1]) @ theirs.proj,
        Mistake("this is the mean or the sum over all tokens: CLIP reads CLS", way=READ): post(tokens.mean(dim=1))
        @ theirs.proj,
        Mistake("this is the mean over all tokens after the norm: CLIP reads CLS", way=READ): (
            post(tokens).mean(dim=1) @ theirs.proj
        ),
        Mistake("this is the mean over the patches: CLIP reads CLS", way=READ): post(tokens[:, 1:].mean(1))
        @ theirs.proj,
        Mistake("the dimension of the tokens is still there, with CLS alone in it: x[:, 0] drops it", way=READ): (
            post(tokens[:, :1]) @ theirs.proj
        ),
        Mistake("here are all tokens: only CLS is read", way=READ): post(tokens) @ theirs.proj,
        Mistake("these are all tokens of the first picture: CLS of every picture is read", way=READ): (
            post(tokens[0]) @ theirs.proj
        ),
        Mistake("ln_post is missing: it stands before proj", way=READ): tokens[:, 0] @ theirs.proj,
        Mistake("ln_pre is missing: it stands before the transformer", way=STACK): post(stack(embedded)[:, 0])
        @ theirs.proj,
        Mistake("ln_pre and ln_post are missing", way=STACK): stack(embedded)[:, 0] @ theirs.proj,
        Mistake("ln_pre and ln_post have changed places", way=STACK): pre(stack(post(embedded))[:, 0]) @ theirs.proj,
        Mistake("ln_pre comes after the transformer: it stands before", way=STACK): (
            post(pre(stack(embedded)[:, 0])) @ theirs.proj
        ),
        Mistake("ln_pre stands in the place of ln_post: it stands before the transformer", way=STACK): (
            pre(stack(embedded)[:, 0]) @ theirs.proj
        ),
        Mistake("ln_post comes before the transformer: it stands before proj", way=READ): (
            stack(post(pre(embedded)))[:, 0] @ theirs.proj
        ),
        Mistake("ln_post is used twice", way=READ): post(read) @ theirs.proj,
        Mistake("ln_pre is used twice before the transformer", way=STACK): (
            post(stack(pre(pre(embedded)))[:, 0]) @ theirs.proj
        ),
        Mistake(
            "the transformer gets [tokens, batch, width], as in OpenAI's code: ours wants the batch first", way=STACK
        ): (post(stack(pre(embedded).transpose(0, 1))[0]) @ theirs.proj),
        Mistake("CLS is taken away before the transformer: this is the first patch", way=STACK): (
            post(stack(pre(embedded[:, 1:]))[:, 0]) @ theirs.proj
        ),
        Mistake("ln_pre is used twice: ln_post stands before proj", way=READ): pre(tokens[:, 0]) @ theirs.proj,
        Mistake("proj is missing: it leads to the space of pictures and texts", way=READ): read,
        Mistake("proj is transposed: it is [width, embed_dim] already", way=READ): read @ theirs.proj.T,
        Mistake("proj comes before ln_post here, and it should come after", way=READ): post(tokens[:, 0] @ theirs.proj),
        Mistake(
            "the features have length 1 here: the encoder leaves it as it is, and only a comparison sets it to 1",
            way=READ,
        ): (F.normalize(theirs(image), dim=-1)),
        Mistake("the transformer is missing", way=STACK): post(pre(embedded)[:, 0]) @ theirs.proj,
        Mistake("the positions are added twice: the embedding has added them", way=STACK): post(again[:, 0])
        @ theirs.proj,
        Mistake("the transformer is used twice", way=STACK): post(stack(tokens)[:, 0]) @ theirs.proj,
    }
