"""What the known mistakes of lesson 03 give, and what to do about the errors that Python names in its own words.

The checks themselves are in checks.py.
"""

from torch import Tensor
from torch.nn import functional as F

from minclip.vision import VisionTransformer

# what Python says -> what to do about it
ATTENTION = {
    "Expected size for first two dimensions": "query @ key does not fit: turn the key round, key.transpose(-2, -1)",
    "at non-singleton dimension 1": "key.transpose(-2, -1) swaps the last two dimensions alone; .T swaps all four",
    "ambiguous": "whether there is a mask asks `if mask is not None:`",
    "'NoneType'": "mask is None where there is none: add it only `if mask is not None:`",
    "must be Tensor, not int": "query.shape[-1] is a plain number: query.shape[-1] ** 0.5 is its root",
}
SPLIT = {
    "view size is not compatible": (
        "cut width into heads, view(batch, tokens, heads, head_width); then transpose(1, 2) brings heads before tokens"
    ),
    "cannot be multiplied": "in_proj_weight is [3 · width, width]: F.linear(x, weight, bias), or x @ weight.T + bias",
    "is invalid for input": "chunk into query, key, value first; each: view(batch, tokens, heads, width // heads)",
}
MERGE = {
    "view size is not compatible": (
        "after a transpose the numbers lie in another order: .flatten(2) or .reshape instead of .view"
    ),
    "cannot be multiplied": "out_proj wants [batch, tokens, width]: transpose(1, 2) first, then flatten(2)",
}
SIZES = {"is invalid for input": "now 2 heads and width 18: read the sizes from x.shape and self.heads"}
BLOCK = {"positional argument": "only attn takes a mask: ln_1, ln_2 and mlp take x alone"}
ENCODER = {
    "'Parameter' object is not callable": "proj is a matrix and no layer: multiply by it, @ self.proj",
    "cannot be multiplied": "proj is [width, embed_dim] already: x @ self.proj, with no .T",
}


def features(theirs: VisionTransformer, image: Tensor) -> dict[str, Tensor]:
    """For the encoder's mistakes, what each gives."""
    embedded, stack, pre, post = theirs.embedding(image), theirs.transformer, theirs.ln_pre, theirs.ln_post
    tokens = stack(pre(embedded))  # [3, 1 + 9, 16]
    again = stack(pre(embedded + theirs.embedding.positional_embedding))
    return {
        "this is the last token: CLS is the first": post(tokens[:, -1]) @ theirs.proj,
        "this is the mean over all tokens: CLIP reads CLS, the first": post(tokens.mean(dim=1)) @ theirs.proj,
        "this is the mean over all tokens: CLIP reads CLS, the first one": post(tokens).mean(dim=1) @ theirs.proj,
        "this is the mean over the patches: CLIP reads CLS, the first token": post(tokens[:, 1:].mean(1)) @ theirs.proj,
        "here are all tokens: only CLS, the first one, is read": post(tokens) @ theirs.proj,
        "this is the first picture of the batch: the first token of every picture is [:, 0]": post(tokens[0])
        @ theirs.proj,
        "ln_post is missing: it comes before proj": tokens[:, 0] @ theirs.proj,
        "ln_pre is missing: it comes before the transformer": post(stack(embedded)[:, 0]) @ theirs.proj,
        "ln_pre and ln_post are missing": stack(embedded)[:, 0] @ theirs.proj,
        "ln_pre and ln_post are swapped": pre(stack(post(embedded))[:, 0]) @ theirs.proj,
        "ln_pre is used twice: ln_post comes before proj": pre(tokens[:, 0]) @ theirs.proj,
        "proj is missing: it leads to the space that pictures share with texts": post(tokens[:, 0]),
        "proj is transposed: it is [width, embed_dim] already": post(tokens[:, 0]) @ theirs.proj.T,
        "proj comes after ln_post": post(tokens[:, 0] @ theirs.proj),
        "leave the features as long as they are: the loss brings them to length 1": F.normalize(theirs(image), dim=-1),
        "the transformer is missing": post(pre(embedded)[:, 0]) @ theirs.proj,
        "the embedding has added the positions already": post(again[:, 0]) @ theirs.proj,
    }
