"""The features that a training step needs, with less work: an encoder's last block answers for one token alone.

Both encoders are read at one token, CLS or EOT. So the last block needs the keys and values of all tokens, but only
that token's query, and its MLP only there. The pages are vision.py and text.py; these are the same numbers, to
rounding. What somebody has changed, wrapped or given a hook is computed whole, as it is.
Fewer patches and smaller pictures (masking.py) are read here, too: they belong to training alone.
"""

import inspect

import torch
from torch import Tensor, nn

from minclip import masking
from minclip import transformer as page  # attention is looked up in it at every call: somebody may replace it
from minclip.model import CLIP
from minclip.text import TextTransformer
from minclip.transformer import MLP, LayerNorm, MultiHeadAttention, Transformer, TransformerBlock
from minclip.vision import PatchEmbedding, VisionTransformer

# minclip's own, in dicts: `minclip train --mine` puts the learner's classes under the names above
ENCODE = {"visual": CLIP.encode_image, "text": CLIP.encode_text}
ENCODER: dict[str, type[nn.Module]] = {"visual": VisionTransformer, "text": TextTransformer}
STACK: dict[str, type[nn.Module]] = {"": Transformer, "resblocks": nn.ModuleList}
BLOCK: dict[str, type[nn.Module]] = {
    "": TransformerBlock,
    "ln_1": LayerNorm,
    "attn": MultiHeadAttention,
    "attn.out_proj": nn.Linear,
    "ln_2": LayerNorm,
    "mlp": MLP,
    "mlp.c_fc": nn.Linear,
    "mlp.c_proj": nn.Linear,
}
FORWARD = {kind: kind.forward for kinds in (ENCODER, STACK, BLOCK) for kind in kinds.values()}


def image_features(model: CLIP, pixels: Tensor, kept: Tensor | None = None) -> Tensor:
    """model.encode_image(pixels), float [batch, embed_dim], of the patches that are kept.

    kept: int64 [batch, k], the patches to read of each picture; None reads them all. An image encoder that is not
    minclip's gets it as its second argument. ValueError where it takes none.
    """
    if encodes_as_minclip(model, "visual"):
        return read_at_cls(model.visual, pixels, kept)  # type: ignore[arg-type]
    if kept is None:
        return model.encode_image(pixels)
    if not reads_some_patches(model):
        raise ValueError(
            f"patch_dropout leaves patches out in minclip's image encoder; this one, a {type(model.visual).__name__}, "
            f"takes no argument `kept`: set patch_dropout=0"
        )
    encode = model.encode_image if replaces_encode(model, "visual") else model.visual
    return encode(pixels, kept)  # type: ignore[call-arg]


def reads_some_patches(model: CLIP) -> bool:
    """Whether the image encoder can leave patches out: minclip's can, another if it takes an argument `kept`."""
    encode = model.encode_image if replaces_encode(model, "visual") else model.visual
    takes_kept = "kept" in inspect.signature(getattr(encode, "forward", encode)).parameters
    return encodes_as_minclip(model, "visual") or takes_kept


def reads_smaller_pictures(model: CLIP) -> bool:
    """Whether the image encoder can read smaller pictures: minclip's ViT can."""
    return encodes_as_minclip(model, "visual") and isinstance(model.visual.embedding, PatchEmbedding)


def text_features(model: CLIP, tokens: Tensor) -> Tensor:
    """model.encode_text(tokens), float [batch, embed_dim]."""
    return read_at_eot(model.text, tokens) if encodes_as_minclip(model, "text") else model.encode_text(tokens)


def read_at_cls(encoder: VisionTransformer, image: Tensor, kept: Tensor | None = None) -> Tensor:
    """encoder(image), of some of the patches. kept: int64 [batch, k]; None reads them all."""
    smaller = is_smaller(encoder, image)
    if not smaller and (image.ndim != 4 or image.shape[1:] != (3, encoder.image_size, encoder.image_size)):
        return encoder(image)  # which refuses it in words
    x = masking.embed_smaller(encoder.embedding, image) if smaller else encoder.embedding(image)
    if kept is not None:
        x = masking.keep_tokens(x, kept)  # [batch, 1 + k, width]
    cls = torch.zeros(x.shape[0], dtype=torch.int64, device=x.device)
    return encoder.ln_post(last_at(encoder.transformer, encoder.ln_pre(x), cls)) @ encoder.proj  # [batch, embed_dim]


def is_smaller(encoder: VisionTransformer, image: Tensor) -> bool:
    """Whether these are pictures smaller than the model's, cut into whole patches, as `small_pictures` makes them."""
    conv1, size = getattr(encoder.embedding, "conv1", None), image.shape[-1]
    square = image.ndim == 4 and image.shape[1:] == (3, size, size)
    return square and size < encoder.image_size and isinstance(conv1, nn.Conv2d) and size % conv1.kernel_size[0] == 0


def read_at_eot(encoder: TextTransformer, tokens: Tensor) -> Tensor:
    """encoder(tokens)."""
    if tokens.ndim != 2 or tokens.shape[1] > encoder.context_length:
        return encoder(tokens)  # which refuses them in words
    length = tokens.shape[1]
    x = encoder.token_embedding(tokens) + encoder.positional_embedding[:length]  # [batch, length, width]
    x = x.to(encoder.text_projection.dtype)
    x = last_at(encoder.transformer, x, tokens.argmax(dim=-1), page.causal_mask(length, x.device))  # [batch, width]
    return encoder.ln_final(x) @ encoder.text_projection  # [batch, embed_dim]


def last_at(transformer: Transformer, x: Tensor, token: Tensor, mask: Tensor | None = None) -> Tensor:
    """transformer(x, mask) at one token of each row.

    x: float [batch, tokens, width]; token: int64 [batch], which one -> float [batch, width].
    """
    rows = torch.arange(x.shape[0], device=x.device)
    if not is_minclips(transformer):
        return transformer(x, mask)[rows, token]
    *blocks, last = transformer.resblocks
    for block in blocks:
        x = block(x, mask)
    return block_at(last, x, rows, token, mask)  # type: ignore[arg-type]


def block_at(block: TransformerBlock, x: Tensor, rows: Tensor, token: Tensor, mask: Tensor | None) -> Tensor:
    """block(x, mask)[rows, token]: the query of one token, the keys and values of all."""
    query, key, value = block.attn.split(block.ln_1(x))  # three of [batch, heads, tokens, head_width]
    query = query[rows, :, token].unsqueeze(2)  # [batch, heads, 1, head_width]
    mask = None if mask is None else mask[token][:, None, None]  # [batch, 1, 1, tokens]
    x = x[rows, token] + block.attn.merge(page.attention(query, key, value, mask)).squeeze(1)  # [batch, width]
    return x + block.mlp(block.ln_2(x))


# --- what may be computed so --------------------------------------------------------------------------------------


def encodes_as_minclip(model: CLIP, name: str) -> bool:
    """Whether an encoder's `forward`, and the model's call of it, are minclip's. Its parts may be changed."""
    return not replaces_encode(model, name) and is_plain(getattr(model, name), ENCODER[name])


def replaces_encode(model: CLIP, name: str) -> bool:
    """Whether a subclass, or the model itself, encodes in another way than CLIP."""
    ours = ENCODE[name]
    return ours.__name__ in vars(model) or getattr(type(model), ours.__name__) is not ours


def is_minclips(transformer: nn.Module) -> bool:
    """Whether the last block may be computed at one token: nothing in it, or in the stack, was changed."""
    if not all(is_plain(transformer.get_submodule(name), kind) for name, kind in STACK.items()):
        return False
    last = dict(transformer.resblocks[-1].named_modules())  # type: ignore[index, union-attr]
    return last.keys() == BLOCK.keys() and all(is_plain(module, BLOCK[name]) for name, module in last.items())


def is_plain(module: nn.Module, kind: type[nn.Module]) -> bool:
    """Whether a module is exactly of that class, and a call of it runs that class's forward and nothing else."""
    if type(module) is not kind or kind.forward is not FORWARD[kind] or "forward" in vars(module):
        return False
    hooks = module._forward_hooks or module._forward_pre_hooks or module._backward_hooks or module._backward_pre_hooks
    return not hooks and module._compiled_call_impl is None
