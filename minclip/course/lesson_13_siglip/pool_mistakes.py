"""What people write in place of the forward of lesson 13's MAPHead: each mistake, and what it gives."""

import torch
from torch import Tensor

from minclip.course.assertions import Known, Mistake
from minclip.siglip import MAPHead
from minclip.transformer import attention


def of_pool(head: MAPHead, x: Tensor) -> Known:
    """What is written in place of the pool's forward, by name."""
    batch = len(x)
    query, _, _ = head.attn.split(head.probe.expand(batch, 1, -1))
    own_query, key, value = head.attn.split(x)
    pooled = head.attn.merge(attention(query, key, value)).squeeze(1)
    whole = head.attn.merge(attention(own_query, key, value))  # every token asks
    _, probe_key, probe_value = head.attn.split(head.probe.expand(batch, 1, -1))
    raw = head.attn.heads
    plain_query = head.probe.expand(batch, 1, -1).unflatten(-1, (raw, -1)).transpose(1, 2)

    def asks(probe: Tensor, tokens: Tensor) -> Tensor:
        """What attention gives to a probe that asks tokens."""
        (q, _, _), (_, k, v) = head.attn.split(probe.expand(batch, 1, -1)), head.attn.split(tokens)
        return head.attn.merge(attention(q, k, v)).squeeze(1)

    def end(z: Tensor) -> Tensor:
        return z + head.mlp(head.ln(z))

    residual = "x + self.mlp(self.ln(x)), where x is what attention gave"
    ask = "query, _, _ = self.attn.split(probe), then attention(query, key, value) with key and value of x"
    return {
        Mistake("the MLP is missing", way=residual): lambda: pooled,
        Mistake("the sum is missing: what attention gave must be added to the MLP's output", way=residual): lambda: (
            head.mlp(head.ln(pooled))
        ),
        Mistake("the norm is missing before the MLP", way=residual): lambda: pooled + head.mlp(pooled),
        Mistake("the norm stands before the sum, too: only the MLP reads the normed x", way=residual): lambda: (
            head.ln(pooled) + head.mlp(head.ln(pooled))
        ),
        Mistake("the norm comes last, and it comes before the MLP", way=residual): lambda: (
            head.ln(pooled + head.mlp(pooled))
        ),
        Mistake("the probe was added to what attention gave: there is no sum around the attention", way=ask): lambda: (
            end(head.probe[0] + pooled)
        ),
        Mistake("the mean of the tokens was added, too", way=ask): lambda: end(x.mean(dim=1) + pooled),
        Mistake("this is the mean of the tokens, and no probe asked", way=ask): (lambda: end(x.mean(dim=1))),
        Mistake("this is the mean of the tokens alone: no probe asked", way=ask): (lambda: x.mean(dim=1)),
        Mistake("every token asked, and the mean was taken: the probe alone asks", way=ask): (
            lambda: end(whole).mean(dim=1)
        ),
        Mistake("every token asked, and their mean was taken: the probe alone asks", way=ask): (
            lambda: end(whole.mean(dim=1))
        ),
        Mistake("the first token asked, as a CLS would: the probe asks", way=ask): lambda: end(whole[:, 0]),
        Mistake("the first token is read, as if it were CLS", way=ask): lambda: end(x[:, 0]),
        Mistake(
            "the probe asked itself, or the tokens asked the probe: keys and values belong to the tokens x",
            way=ask,
        ): lambda: end(head.attn.merge(attention(query, probe_key, probe_value)).squeeze(1)),
        Mistake("the tokens asked the probe: the probe asks, keys and values belong to the tokens x", way=ask): (
            lambda: end(head.attn.merge(attention(own_query, probe_key, probe_value)))
        ),
        Mistake("the tokens were normed before the attention: self.ln belongs to the MLP", way=residual): lambda: (
            end(asks(head.probe, head.ln(x)))
        ),
        Mistake("the probe was normed before it asked: self.ln belongs to the MLP", way=residual): lambda: (
            end(asks(head.ln(head.probe), x))
        ),
        Mistake("probe and tokens were normed before the attention: self.ln belongs to the MLP", way=residual): (
            lambda: end(asks(head.ln(head.probe), head.ln(x)))
        ),
        Mistake("the scores were divided twice by the root of head_width: attention does it itself", way=ask): lambda: (
            end(head.attn.merge(attention(query / key.shape[-1] ** 0.5, key, value)).squeeze(1))
        ),
        Mistake("the scores were not divided by the root of head_width: attention does it", way=ask): lambda: (
            end(head.attn.merge(attention(query * key.shape[-1] ** 0.5, key, value)).squeeze(1))
        ),
        Mistake("the scores were divided by the root of width, and a head has a width of its own", way=ask): lambda: (
            end(head.attn.merge(attention(query * (key.shape[-1] / x.shape[-1]) ** 0.5, key, value)).squeeze(1))
        ),
        Mistake("the MLP's output was added to the probe, not to what attention gave", way=residual): lambda: (
            head.probe[0] + head.mlp(head.ln(pooled))
        ),
        Mistake("the norm stands behind the MLP, and it comes before", way=residual): lambda: (
            pooled + head.ln(head.mlp(pooled))
        ),
        Mistake("what attention gave was added twice", way=residual): lambda: pooled + end(pooled),
        Mistake("the mean of the tokens was added to the MLP, not what attention gave", way=residual): lambda: (
            x.mean(dim=1) + head.mlp(head.ln(pooled))
        ),
        Mistake("the MLP was used twice", way=residual): lambda: end(end(pooled)),
        Mistake("the MLP was used twice, one in the other", way=residual): lambda: (
            pooled + head.mlp(head.mlp(head.ln(pooled)))
        ),
        Mistake("the probe was asked with its raw numbers: it goes through the query's matrix like a token", way=ask): (
            lambda: end(head.attn.merge(attention(plain_query, key, value)).squeeze(1))
        ),
        Mistake("keys and values are swapped", way="split gives query, key, value, in this order"): lambda: (
            end(head.attn.merge(attention(query, value, key)).squeeze(1))
        ),
        Mistake("the heads lie side by side and were not mixed: self.attn.merge does that", way=ask): lambda: (
            end(attention(query, key, value).transpose(1, 2).flatten(2).squeeze(1))
        ),
        Mistake("a dimension too many is left: one vector for each picture is asked, [batch, width]", way="x[:, 0]"): (
            lambda: end(pooled)[:, None]
        ),
        Mistake("one vector for the whole batch comes back", way="[batch, width]: one for each picture"): (
            lambda: end(pooled).mean(dim=0)
        ),
        Mistake("a vector for each token comes back: the probe asks once for all of them", way=ask): lambda: end(whole),
        Mistake("the probe stands among the tokens, so it also answers: it only asks", way=ask): lambda: (
            end(head.attn(torch.cat([head.probe.expand(batch, 1, -1), x], dim=1))[:, 0])
        ),
    }  # fmt: skip
