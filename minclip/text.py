"""The text encoder: a causal Transformer, read out at the end-of-text token.

Causal although nothing is generated: CLIP keeps GPT-2's form, and the last token has then seen the whole text.
Source: CLIP paper section 2.4.
"""

import torch
from torch import Tensor, nn

from minclip.transformer import LayerNorm, Transformer, causal_mask, initialise_blocks


class TextTransformer(nn.Module):
    """The text encoder. context_length: in tokens; width: of a token; embed_dim: of the features.

    EOT has the largest id of the vocabulary, so argmax finds it; what stands after it never matters.
    """

    def __init__(
        self,
        *,
        context_length: int,
        vocab_size: int,
        width: int,
        layers: int,
        heads: int,
        embed_dim: int,
        quick_gelu: bool = True,
    ):
        super().__init__()
        self.context_length, self.vocab_size = context_length, vocab_size
        self.token_embedding = nn.Embedding(vocab_size, width)
        self.positional_embedding = nn.Parameter(torch.empty(context_length, width))
        self.transformer = Transformer(
            width=width, layers=layers, heads=heads, mlp_width=4 * width, quick_gelu=quick_gelu
        )
        self.ln_final = LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, embed_dim))
        self.initialise(width)

    def initialise(self, width: int) -> None:
        """Random weights as openai/CLIP has them (model.py, initialize_parameters)."""
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.positional_embedding, std=0.01)
        initialise_blocks(self.transformer.resblocks, width)  # type: ignore[arg-type]
        nn.init.normal_(self.text_projection, std=width**-0.5)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens: int64 [batch, length ≤ context_length] -> features: float [batch, embed_dim], not normalised."""
        if tokens.ndim != 2 or tokens.shape[1] > self.context_length:
            raise ValueError(
                f"tokens has shape {list(tokens.shape)}, the model reads [batch, length ≤ {self.context_length}]: "
                f"make it with the model's own tokenizer"
            )
        length = tokens.shape[1]
        x = self.token_embedding(tokens) + self.positional_embedding[:length]  # [batch, length, width]
        x = x.to(self.text_projection.dtype)  # embeddings stay float32 in a half-precision model
        x = self.transformer(x, causal_mask(length, x.device))  # [batch, length, width]
        rows = torch.arange(x.shape[0], device=x.device)
        eot = x[rows, tokens.argmax(dim=-1)]  # [batch, width]
        return self.ln_final(eot) @ self.text_projection  # [batch, embed_dim]
