"""What people write in place of the encoder of embeddings and of mixed weights: each mistake, and what it gives."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.course.assertions import Known, Mistake
from minclip.model import CLIP
from minclip.text import TextTransformer
from minclip.transformer import causal_mask

POSITIONS = "embeddings + encoder.positional_embedding[:length]"
MASK = "encoder.transformer(x, causal_mask(length, x.device))"
AT_EOT = "x[torch.arange(batch, device=x.device), eot]"
END = "encoder.ln_final(x) @ encoder.text_projection"
LERP = "(1 - share) * before + share * after, for each weight"

EMBEDDED_TWICE = Mistake(
    "token_embedding looks up rows for whole numbers, and these are vectors already: that step is left out",
    way=f"begin with {POSITIONS}",
)
WHOLE_CONTEXT = Mistake("the positions of the whole context are added, and these texts are shorter", way=POSITIONS)
NINE_BY_NINE = Mistake("the mask is for another number of tokens than the texts have", way=MASK)
NORM_FIRST = Mistake("ln_final is for vectors of width numbers, so it comes before text_projection", way=END)
EOT_FOR_ALL = Mistake("each text gives one vector, and here is one for each pair of texts", way=AT_EOT)
NO_CALL = Mistake("ln_final and transformer are modules: they are called", way=f"{MASK}, and {END}")
FOR_IDS = Mistake("the encoder itself takes ids; these are embeddings, so its steps are made here", way=POSITIONS)


def wrong_features(encoder: TextTransformer, embeddings: Tensor, eot: Tensor) -> Known:
    """Of what is written in place of encode_embeddings, by name."""
    length, rows = embeddings.shape[1], torch.arange(len(eot))
    positions = encoder.positional_embedding[:length]
    placed, mask = embeddings + positions, causal_mask(length)

    def through(x: Tensor, mask: Tensor | None = mask) -> Tensor:
        return encoder.transformer(x, mask)

    def ended(x: Tensor) -> Tensor:
        return encoder.ln_final(x) @ encoder.text_projection

    def right() -> Tensor:
        return ended(through(placed)[rows, eot])

    return {
        Mistake("the positions are not added", way=POSITIONS): lambda: ended(through(embeddings)[rows, eot]),
        Mistake("the mask is missing: each token sees what comes after it", way=MASK): lambda: ended(
            through(placed, None)[rows, eot]
        ),
        Mistake("positions and mask are missing", way=f"{POSITIONS}; {MASK}"): lambda: ended(
            through(embeddings, None)[rows, eot]
        ),
        Mistake("the positions come after the blocks; the blocks must see them", way=POSITIONS): lambda: ended(
            (through(embeddings) + positions)[rows, eot]
        ),
        Mistake("the positions are added twice", way=POSITIONS): lambda: ended(
            through(placed + positions)[rows, eot]
        ),
        Mistake("this reads the last token; EOT stands at the place eot", way=AT_EOT): lambda: ended(
            through(placed)[:, -1]
        ),
        Mistake("this reads the first token, which has seen no other; EOT stands at the place eot", way=AT_EOT):
            lambda: ended(through(placed)[:, 0]),
        Mistake("this reads the token before EOT", way=AT_EOT): lambda: ended(through(placed)[rows, eot - 1]),
        Mistake("this reads the token after EOT", way=AT_EOT): lambda: ended(
            through(placed)[rows, (eot + 1).clamp(max=length - 1)]
        ),
        Mistake("all texts are read at the place of the first one's EOT", way=AT_EOT): lambda: ended(
            through(placed)[:, int(eot[0])]
        ),
        Mistake("this is the mean over the tokens; one token is read, EOT", way=AT_EOT): lambda: ended(
            through(placed).mean(dim=1)
        ),
        Mistake("the largest number of the vectors says nothing of EOT; its place is given", way=AT_EOT): lambda: (
            ended(through(placed)[rows, placed.amax(dim=-1).argmax(dim=-1)])
        ),
        Mistake("ln_final is missing", way=END): lambda: through(placed)[rows, eot] @ encoder.text_projection,
        Mistake("text_projection is missing", way=END): lambda: encoder.ln_final(through(placed)[rows, eot]),
        Mistake("the blocks are missing", way=MASK): lambda: ended(placed[rows, eot]),
        Mistake("the blocks run twice", way=MASK): lambda: ended(through(through(placed))[rows, eot]),
        Mistake("the mask is on the wrong side: each token sees what comes after it, and nothing before", way=MASK):
            lambda: ended(through(placed, mask.T)[rows, eot]),
        Mistake("the features were brought to length 1; here they are not", way="whoever needs that does it"):
            lambda: F.normalize(right(), dim=-1),
        Mistake("every token has a feature here; one is read, EOT", way=AT_EOT): lambda: ended(through(placed)),
    }  # fmt: skip


def weights(model: nn.Module) -> Tensor:
    """All weights in a row, float32 [n]; what a batch norm has counted is none of them."""
    state = model.state_dict().values()
    return torch.cat([weight.flatten() for weight in state if weight.is_floating_point()]).float()


def wrong_mixtures(before: CLIP, after: CLIP, share: float) -> Known:
    """The weights of what is written in place of mixed, by name."""
    a, b = weights(before), weights(after)

    def of_part(part: str, inside: bool) -> Callable[[], Tensor]:
        def given() -> Tensor:
            rows = []
            for name, weight in after.state_dict().items():
                if not weight.is_floating_point():
                    continue
                old = before.state_dict()[name]
                mixes = name.startswith(part) == inside
                rows.append((torch.lerp(old, weight, share) if mixes else weight).flatten())
            return torch.cat(rows)

        return given

    buffers = {name for name, _ in after.named_buffers()}

    def but_buffers() -> Tensor:
        rows = [
            (weight if name in buffers else torch.lerp(before.state_dict()[name], weight, share)).flatten()
            for name, weight in after.state_dict().items()
            if weight.is_floating_point()
        ]
        return torch.cat(rows)

    return {
        Mistake("before and after are swapped: share 0 is before, share 1 is after", way=LERP): lambda: torch.lerp(
            b, a, share
        ),
        Mistake("these are the weights of after: nothing was mixed", way=LERP): lambda: b,
        Mistake("these are the weights of before: nothing was mixed", way=LERP): lambda: a,
        Mistake("this is the mean, whatever the share", way=LERP): lambda: (a + b) / 2,
        Mistake("before counts whole here; it gets 1 - share", way=LERP): lambda: a + share * b,
        Mistake("after counts whole here; it gets the share", way=LERP): lambda: (1 - share) * a + b,
        Mistake("the weights were added, and the share is not used", way=LERP): lambda: a + b,
        Mistake("before is missing: these are share times after", way=LERP): lambda: share * b,
        Mistake("after is missing: these are 1 - share times before", way=LERP): lambda: (1 - share) * a,
        Mistake("the difference after - before was taken for the weights", way=LERP): lambda: share * (b - a),
        Mistake("the difference was added to after; it starts at before", way=LERP): lambda: b + share * (b - a),
        Mistake("the difference has the wrong sign: before - after leads away from after", way=LERP): lambda: (
            a + share * (a - b)
        ),
        Mistake("only the image encoder was mixed; the text encoder and logit_scale belong to it, too", way=LERP):
            of_part("visual.", True),
        Mistake("only the text encoder was mixed", way=LERP): of_part("text.", True),
        Mistake("logit_scale was not mixed, and it is a weight like the others", way=LERP):
            of_part("logit_scale", False),
        Mistake("what a batch norm remembers was not mixed: it is in state_dict(), and no parameter",
                way="go through state_dict().items(), not through parameters()"): but_buffers,
    }  # fmt: skip
