"""How the answers of lesson 08 are judged: the classifier.

Counting is judged in counting_checks.py, intervals in interval_checks.py.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from minclip import zero_shot as library
from minclip.course.answer_dependencies import namespace
from minclip.course.assertions import Errors, Known, Mistake, Trial
from minclip.course.battery import OF_BEFORE, in_turn
from minclip.course.lesson_08_zero_shot_evaluation import counting_checks, interval_checks
from minclip.course.lesson_08_zero_shot_evaluation.classifier_mistakes import wrong_columns, wrong_ensembles
from minclip.tokenizer import BPETokenizer

top_k_correct, bootstrap_interval = counting_checks.top_k_correct, interval_checks.bootstrap_interval

NAMES, OTHERS = ("cat", "hat", "red car"), ("dog", "owl", "bus", "blue kite")
ONE, SEVERAL = ("this is a {}",), ("{}", "a photo of a {}", "look, a {}!", "{} in the snow")
EMBED_DIM = 8  # no number of classes or templates is that
IN_TRAINING = Mistake(
    "these features are those of training: dropout is at work in them",
    way="encode_texts puts the model into eval mode, and back; or model.eval(), and model.train(mode) afterwards",
)

NO_CHECK = Mistake(
    "a template without a place for the name makes all classes the same, and nobody hears of it; so does no template",
    way="prompts_for(name, templates) refuses both; format() and replace() do not",
)
NO_CHECK_OF_NAMES = Mistake(
    "two names are one class, and which of them is right is chance", way="keep the lines that stand in the exercise"
)
ANOTHER_MODEL = Mistake(
    "this model's features have 8 numbers: another model was asked, that of the notebook",
    way="use the model that comes in as an argument",
)


class TextModel(nn.Module):
    """What a classifier needs of a CLIP, small: a text's feature is made of its tokens, of any length, with dropout."""

    def __init__(self, tokenizer: BPETokenizer):
        super().__init__()
        self.table = nn.Embedding(tokenizer.vocab_size, EMBED_DIM)
        self.weights = nn.Parameter(torch.linspace(0.2, 3, tokenizer.context_length))
        self.dropout = nn.Dropout(0.5)
        self.logit_scale = nn.Parameter(torch.tensor(2.0))

    def encode_text(self, tokens: Tensor) -> Tensor:
        mixed = (self.table(tokens) * self.weights[:, None] * (tokens > 0)[..., None]).sum(dim=1)  # [texts, embed_dim]
        return self.dropout(mixed)

    def __repr__(self) -> str:
        return "model"


class NamedTokenizer(BPETokenizer):
    """A tokenizer with a short name in the messages."""

    def __repr__(self) -> str:
        return "tokenizer"


def text_model(t: Trial) -> tuple[TextModel, NamedTokenizer]:
    """A fresh one, of which nobody knows the features, and its tokenizer."""
    texts = [template.replace("{}", name) for name in NAMES + OTHERS for template in ONE + SEVERAL]
    tokenizer = NamedTokenizer.train(texts, 560, 16)
    model = TextModel(tokenizer).eval()
    with torch.no_grad():
        model.table.weight.copy_(t.normal(*model.table.weight.shape))
    return model, tokenizer  # type: ignore[return-value]


def zero_shot_classifier(t: Trial) -> None:
    model, tokenizer = text_model(t)
    right: Callable[..., Tensor] = library.zero_shot_classifier
    t.errors = errors_of_texts()
    came = t(model, tokenizer, NAMES, ONE)
    known: Known = {ANOTHER_MODEL: lambda: came if is_of_another_model(t, came) else None}
    t.same(came, right(model, tokenizer, NAMES, ONE), {**known, **wrong_columns(model, tokenizer, NAMES, ONE[0])},
           "with one template, the result")  # fmt: skip
    lazy = Mistake(
        "the classifier asks for a gradient, and so keeps all that the text encoder computed",
        way="encode_texts computes without gradients; so does what stands below with torch.no_grad():",
    )
    t.holds(not came.requires_grad, "is no plain tensor", lazy)
    turned = Mistake("it was in eval mode before, and is in training now", way="encode_texts puts every mode back")
    t.holds(not model.training and not model.dropout.training, "changes the model's mode", turned)
    again: Known = {OF_BEFORE: lambda: right(model, tokenizer, NAMES, ONE)}
    known = {**again, **wrong_ensembles(model, tokenizer, NAMES, SEVERAL)}
    came = t(model, tokenizer, NAMES, SEVERAL)
    t.same(came, right(model, tokenizer, NAMES, SEVERAL), known, "with four templates, the result")
    lost = Mistake(
        "a dimension of size 1 is lost: one class, too, is a column [embed_dim, 1]",
        way="leave out squeeze() and [0]; unflatten keeps a dimension of size 1",
    )
    for names, templates, words in ((NAMES[:1], ONE, "one class and one template"), (NAMES[:1], SEVERAL, "one class")):
        expected = right(model, tokenizer, names, templates)
        known = {lost: lambda expected=expected: expected.squeeze()}  # type: ignore[misc]
        t.same(t(model, tokenizer, names, templates), expected, known, f"the result for {words}")
    many = list(OTHERS) + [f"{colour} {name}" for colour in ("red", "green", "pink") for name in OTHERS]
    t.same(t(model, tokenizer, many, list(SEVERAL[:2])), right(model, tokenizer, many, SEVERAL[:2]),
           what="the result for 16 classes and two templates, in lists,")  # fmt: skip
    other, its_tokenizer = text_model(t)
    calls = [(model, tokenizer, NAMES, SEVERAL), (other, its_tokenizer, OTHERS, SEVERAL[1:])]
    in_turn(t, *((t.mine, right, inputs) for inputs in calls))
    mode_is_kept(t, model, tokenizer)
    half = model.to(torch.bfloat16)
    expected = right(half, tokenizer, NAMES, ONE)
    coarse = Mistake(
        "the classifier is float32 whatever the model computes in", way=".float(), or unit_rows, which does it"
    )
    t.same(t(half, tokenizer, NAMES, ONE), expected, {coarse: lambda: expected.bfloat16()},
           "the result for a model in bfloat16")  # fmt: skip
    model.float()
    t.on_a_gpu(t.mine, model, tokenizer, NAMES, SEVERAL)
    t.raises(ValueError, t.mine, model, tokenizer, NAMES, ["a photo of it"], why="no {} stands for the name",
             hint=NO_CHECK)  # fmt: skip
    t.raises(ValueError, t.mine, model, tokenizer, NAMES, [], why="there is no template", hint=NO_CHECK)
    t.raises(ValueError, t.mine, model, tokenizer, ["cat", "cat"], ONE, why="one name is there twice",
             hint=NO_CHECK_OF_NAMES)  # fmt: skip


def is_of_another_model(t: Trial, came: object) -> bool:
    """Whether the features have another length than the model's, where the notebook has a model of its own."""
    others = any(isinstance(value, nn.Module) for value in namespace(t.mine).values())
    return others and isinstance(came, Tensor) and came.ndim == 2 and not {EMBED_DIM, 1} & {*came.shape}


def mode_is_kept(t: Trial, model: TextModel, tokenizer: BPETokenizer) -> None:
    """Claims the features of eval mode from a model that is in training, which stays in training."""
    expected = library.zero_shot_classifier(model, tokenizer, NAMES, ONE)  # type: ignore[arg-type]
    model.train()
    came = t(model, tokenizer, NAMES, ONE)
    same_size = isinstance(came, Tensor) and came.shape == expected.shape
    at_work: Known = {IN_TRAINING: lambda: came if same_size else None}
    t.same(came, expected, at_work, "the result for a model in training")
    left = Mistake("it was in training before, and is in eval mode now", way="encode_texts puts every mode back")
    t.holds(model.training and model.dropout.training, "changes the model's mode", left)
    model.eval()


def errors_of_texts() -> Errors:
    """What Python says of wrong ways to a classifier -> the mistake that causes it."""
    no_tokens = Mistake(
        "the text encoder reads tokens, and here are texts",
        way="model.encode_text(tokenizer(prompts)), or encode_texts",
    )
    return {
        "Provided sizes [3, -1] don't multiply up to the size of dim 0 (1)": Mistake(
            "there are three names, and only one prompt was encoded",
            way="a list of all prompts: [prompt for name in class_names for prompt in prompts_for(name, templates)]",
        ),
        "argument 'indices' (position 2) must be Tensor, not": no_tokens,
        "'>' not supported between instances of 'list' and 'int'": no_tokens,
        "'>' not supported between instances of 'tuple' and 'int'": no_tokens,
        "index out of range in self": Mistake(
            "these tokens are no ids of this model's vocabulary: was another tokenizer used than the given one?",
            way="use the tokenizer that comes in as an argument, not that of the notebook",
        ),
        "texts must be a list, found the string": Mistake(
            "encode_texts takes a list of texts, and here is one text", way="[prompt], or all prompts at once"
        ),
        "'TextModel' object has no attribute 'encode_image'": Mistake(
            "no picture is needed here: the names make the classifier", way="encode_texts(model, tokenizer, prompts)"
        ),
        'is missing the required "forward" function': Mistake(
            "the model itself is called, which is for pictures and texts together", way="model.encode_text(tokens)"
        ),
        "'tuple' object has no attribute 'replace'": Mistake(
            "templates are several, and here they are used as one text",
            way="for template in templates: ..., or prompts_for(name, templates)",
        ),
        "'tuple' object has no attribute 'format'": Mistake(
            "templates are several, and here they are used as one text",
            way="for template in templates: ..., or prompts_for(name, templates)",
        ),
        "templates must be a list such as": Mistake(
            "prompts_for wants all the templates, and here it got one text", way="prompts_for(name, templates)"
        ),
    }
