"""CoOp: the words around a class name are learned, as vectors that need not be the embedding of any word.

The text encoder stays as it is. It reads embeddings in place of token ids, and the gradient of the classes' logits
reaches the context. Training it on shots: adapters.py. Source: Zhou et al. 2021 (CoOp).
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from minclip.model import CLIP
from minclip.similarity import unit_rows
from minclip.text import TextTransformer
from minclip.transformer import causal_mask
from minclip.zero_shot import Tokenizer, wrong_names


def encode_embeddings(encoder: TextTransformer, embeddings: Tensor, eot: Tensor) -> Tensor:
    """The text encoder from its second step on: of token embeddings in place of token ids.

    embeddings: float [batch, length ≤ context_length, width], without positions; eot: int64 [batch], where each text
    has its end-of-text token. Of ids it is the place of the largest: encoder(tokens) is
    encode_embeddings(encoder, encoder.token_embedding(tokens), tokens.argmax(dim=-1)).
    Returns features: float [batch, embed_dim], not normalised. Raises ValueError for another shape, as of a long text.
    """
    if embeddings.ndim != 3 or embeddings.shape[1] > encoder.context_length:
        raise ValueError(
            f"embeddings has shape {list(embeddings.shape)}, the model reads [batch, length ≤ "
            f"{encoder.context_length}, width]: make the context or the names shorter"
        )
    batch, length = embeddings.shape[:2]
    x = embeddings + encoder.positional_embedding[:length]  # [batch, length, width]
    x = encoder.transformer(x.to(encoder.text_projection.dtype), causal_mask(length, x.device))
    x = x[torch.arange(batch, device=x.device), eot]  # [batch, width]
    return encoder.ln_final(x) @ encoder.text_projection  # [batch, embed_dim]


class PromptLearner(nn.Module):
    """CoOp: the prompt of class c is [SOT, v_1 … v_M, name of c, EOT], and only v, shared by all classes, is trained.

    names: of the classes; context: the words whose embeddings v starts as, so M is the number of their tokens.
    The model itself stays as it is. Raises ValueError for names that cannot be used, and a context without a word.
    Source: Zhou et al. 2021, section 3.2 (a unified context).
    """

    def __init__(self, model: CLIP, tokenizer: Tokenizer, names: Sequence[str], context: str = "a picture of"):
        super().__init__()
        if problem := wrong_names(names) or wrong_names([context], "context"):
            raise ValueError(problem)
        device = model.logit_scale.device
        tokens = tokenizer([f"{context} {name}" for name in names]).to(device)  # [classes, context_length]
        start = tokenizer([context])[0]  # SOT, the context, EOT, padding
        with torch.no_grad():
            embeddings = model.text.token_embedding(tokens)  # [classes, length, width]
        self.encoder = copy.deepcopy(model.text).requires_grad_(False)
        self.eot = tokens.argmax(dim=-1)  # [classes]
        longest, m = int(self.eot.max()) + 1, int(start.argmax()) - 1
        if m == 0:
            raise ValueError(f"context must hold a word to begin with, found {context!r}, which has no token")
        self.sot, self.rest = embeddings[:, :1], embeddings[:, 1 + m : longest]
        self.context = nn.Parameter(embeddings[0, 1 : 1 + m].clone())  # v: [M, width]
        self.scale = model.logit_scale.exp().item()

    def classifier(self) -> Tensor:
        """Unit columns, float32 [embed_dim, classes]: the features of the prompts with the context as it is now."""
        shared = self.context.expand(len(self.eot), -1, -1)  # [classes, M, width]
        embeddings = torch.cat([self.sot, shared, self.rest], dim=1)  # [classes, length, width]
        return unit_rows(encode_embeddings(self.encoder, embeddings, self.eot)).T

    def forward(self, features: Tensor) -> Tensor:
        """features: unit rows [n, embed_dim] -> logits, float [n, classes]."""
        return self.scale * features @ self.classifier()
