"""No public function without fuzz: introspection lists what people import, and each name has a case or a reason."""

import inspect
from importlib import import_module

import test_fuzz_public

import minclip

# the pages at the top whole, of the folders what they export; what a lesson's reader or an importer is told to use
PAGES = [
    *("bpe", "tokenizer", "prompts", "preprocess", "similarity", "ties", "accuracy", "retrieval", "config", "loss"),
    *("transformer", "vision", "text", "resnet", "model", "optim", "training", "zero_shot", "checkpoint"),
    "masking",
    *("data", "evaluation", "figures", "search"),
]
ALSO = {"experiments.fit.fit", "data.memory.from_pairs"}
MERGES = "reads OpenAI's merges, which are fetched apart; BPETokenizer's own method has a case"
NOT_FUZZED = {
    "tokenizer.openai_tokenizer": MERGES,
    "tokenizer.encode": MERGES,
    "tokenizer.decode": MERGES,
    "tokenizer.tokenize": MERGES,
    "evaluation.probe_model": "reads whole data sets, for seconds; its parts, fit_probe and evaluate_task, have cases",
    "ties.Rank": "a named tuple: it takes what it is given; its method has a case",
}


def public(page: str) -> dict[str, object]:
    """The names that a page exports, or all without an underscore that it defines."""
    module = import_module(f"minclip.{page}")
    names = getattr(module, "__all__", None) or [
        name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__
    ]
    return {f"{page}.{name}": getattr(module, name) for name in names if not name.startswith("_")}


def methods(name: str, owner: type) -> set[str]:
    """Its public methods, also those of its minclip ancestors."""
    lines = [one for one in owner.__mro__ if one.__module__.startswith("minclip")]
    found = {method for one in lines for method, value in vars(one).items() if is_method(method, value)}
    return {f"{name}.{method}" for method in found}


def is_method(name: str, value: object) -> bool:
    named = not name.startswith("_") or name == "__call__"
    return named and (inspect.isfunction(value) or isinstance(value, classmethod | staticmethod))


def listed() -> set[str]:
    found = set(ALSO)
    homes = {id(value): name for page in PAGES for name, value in reversed(public(page).items())}
    for page in PAGES:
        for name, value in public(page).items():
            if inspect.isclass(value):
                found |= {name} | methods(name, value)
            elif callable(value) and not inspect.ismodule(value):
                found.add(name)
    exported = [getattr(minclip, name) for name in minclip.__all__]
    there = {id(value) for value in exported if callable(value)} - {id(minclip.fit)}
    assert there <= homes.keys(), "minclip exports what no page here defines: add its page"
    return found


def test_every_public_function_is_fuzzed_or_has_a_reason():
    cases = [case.name for case in test_fuzz_public.CASES]
    assert len(set(cases)) == len(cases), "two cases have one name"
    missing = listed() - set(cases) - NOT_FUZZED.keys()
    assert not missing, f"give each a Case in tests/fuzz_*.py: {', '.join(sorted(missing))}"


def test_no_reason_and_no_case_is_left_over():
    there = listed()
    assert NOT_FUZZED.keys() <= there and not NOT_FUZZED.keys() & {case.name for case in test_fuzz_public.CASES}
    left = {case.name for case in test_fuzz_public.CASES} - there
    assert not left, f"these are not public: {', '.join(sorted(left))}"
