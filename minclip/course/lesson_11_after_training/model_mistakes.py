"""What people write in place of the encoder of embeddings and of mixed weights: each mistake, and what it gives."""

from collections.abc import Callable
from functools import partial

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
POSITION_OF_A_TEXT = Mistake(
    "a position belongs to each token of a text, and here one is taken for each text", way=POSITIONS
)
EOT_IS_GIVEN = Mistake(
    "no number of a vector says where EOT is: the argument eot holds its place in each text", way=AT_EOT
)
FOR_IDS = Mistake("the encoder itself takes ids; these are embeddings, so its steps are made here", way=POSITIONS)

COUNTS = Mistake(
    "a batch norm counts its batches in whole numbers, and these cannot be mixed: they stay those of after",
    way="if weight.is_floating_point(): mixes the others",
)
OF_DICTS = Mistake("a dict cannot be multiplied; its weights can, one by one", way=LERP)
AS_MODEL = Mistake(
    "a model is asked, whatever holds its weights", way="load_state_dict puts a dict of weights into one"
)
COPY = "model = copy.deepcopy(after), and change that"
SAME_MODEL = Mistake("a model that was given came back; a new one is asked", way=COPY)
SAME_CHANGED = {
    name: Mistake(f"{name} has other weights now and came back; a new model is asked", way=COPY)
    for name in ("before", "after")
}
CHANGED = Mistake("a model that was given has other weights now", way="work on a copy of its own: copy.deepcopy(after)")
SHARED = Mistake(
    "what is changed there in one of them changes in the other, too; a new model has storage of its own",
    way="copy_ writes into the tensors of a copy; load_state_dict with assign=True takes the given tensors themselves",
)
SWITCHED = {
    "mode": Mistake(
        "eval() and train() switch the model that they are called on, and it belongs to the caller",
        way="call eval() on the new model alone",
    ),
    "requires_grad": Mistake(
        "a model that was given learns other weights now than before",
        way="with torch.no_grad(): is enough, and requires_grad stays what it is",
    ),
}

MEASURES: dict[str, Callable[[Tensor], Tensor]] = {  # of each vector, by which somebody may look for EOT
    "largest number": lambda x: x.amax(dim=-1),
    "largest sum": lambda x: x.sum(dim=-1),
    "largest length": lambda x: torch.linalg.vector_norm(x, dim=-1),
    "place of the largest number": lambda x: x.argmax(dim=-1),
}


def switches(model: nn.Module) -> dict[str, list[bool]]:
    """What eval(), train() and requires_grad_() of a model change: by the names in SWITCHED."""
    return {
        "mode": [module.training for module in model.modules()],
        "requires_grad": [weight.requires_grad for weight in model.parameters()],
    }


def shared(one: nn.Module, other: nn.Module) -> str:
    """The first weight or count of the one whose storage the other uses, too; "" where they share none."""
    places = {tensor.untyped_storage().data_ptr() for tensor in other.state_dict().values()}
    tensors = one.state_dict().items()
    return next((name for name, tensor in tensors if tensor.untyped_storage().data_ptr() in places), "")


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

    def at_largest(of: str, measure: Callable[[Tensor], Tensor]) -> Tensor:
        x = {"the embeddings": embeddings, "the vectors with positions": placed}.get(of, through(placed))
        return ended(through(placed)[rows, measure(x).argmax(dim=-1)])

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
        **{
            Mistake(f"the {what} of {of} says nothing of EOT; its place is given", way=AT_EOT): partial(
                at_largest, of, measure
            )
            for what, measure in MEASURES.items()
            for of in ("the embeddings", "the vectors with positions", "the vectors after the blocks")
        },
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

    def only(mixes: Callable[[str, Tensor], bool]) -> Callable[[], Tensor]:
        """Some weights are mixed, by name and weight; the others are those of after."""

        def given() -> Tensor:
            old, rows = before.state_dict(), []
            for name, weight in after.state_dict().items():
                if weight.is_floating_point():
                    mixture = torch.lerp(old[name], weight, share) if mixes(name, weight) else weight
                    rows.append(mixture.flatten())
            return torch.cat(rows)

        return given

    buffers = {name for name, _ in after.named_buffers()}

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
            only(lambda name, _: name.startswith("visual.")),
        Mistake("only the text encoder was mixed", way=LERP): only(
            lambda name, _: name.startswith("text.")
        ),
        Mistake("logit_scale was not mixed, and it is a weight like the others", way=LERP):
            only(lambda name, _: name != "logit_scale"),
        Mistake("only matrices were mixed; biases, gains and logit_scale are weights like them", way=LERP):
            only(lambda _, weight: weight.dim() > 1),
        Mistake("only what is called weight was mixed; biases, positions and projections are weights, too", way=LERP):
            only(lambda name, _: name.endswith("weight")),
        Mistake("what a batch norm remembers was not mixed: it is in state_dict(), and no parameter",
                way="go through state_dict().items(), not through parameters()"):
            only(lambda name, _: name not in buffers),
    }  # fmt: skip
