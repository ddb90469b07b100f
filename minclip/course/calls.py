"""Calls of a learner's code. Whatever it raises, and whatever it gives, ends in a verdict, in no traceback of ours."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Self

import numpy as np
from torch import Tensor

from minclip.course.answer_source import code_of
from minclip.course.comparison import copied, put_back_edited
from minclip.course.execution_guards import Stopped, by_user
from minclip.course.failures import Errors, Mistake, NotWritten, Wrong, remedy
from minclip.course.given_refusals import GUARDS_GONE, has_refusals
from minclip.course.global_state import GradientsOff, settings
from minclip.course.missing_names import advice
from minclip.course.value_words import Shown, answers_line, in_words, said, stub_of, where

EDITED = Mistake(
    "it changes what it was given",
    way="x = x + 1 makes a new one; x += 1 and x.add_(1) change the one that came in, also after x = x.float(), which "
    "hands on the same tensor if it is float32 already",
)
EDITED_COLLECTION = Mistake(
    "it changes what it was given",
    way="work on a copy, made first: dict(words), list(items); pop, append, sort, update, del and x[...] = change the "
    "one that came in",
)


class Calls:
    """The calls of one learner's object, and what came of them."""

    def __init__(self, mine: Any):
        self.mine = mine
        self.passed = 0  # claims
        self.passed_by: dict[str, int] = {}  # of a class: method -> the number of its claims, where all of them hold
        self.not_written: dict[str, NotWritten] = {}  # of a class: method -> what stopped its claims
        self.cell = ""
        with suppress(Exception):  # attributes of a class may be anything
            code = code_of(mine)
            self.cell = code.co_filename if code else ""
        self.errors: Errors = {}  # what Python says -> the mistake that causes it
        self.last = ""  # the last call, in words
        self.came: Any = None  # what it gave
        self.again: Callable[[], Any] = lambda: None  # makes the last call once more

    def run(self, check: Callable[[Self], None]) -> None:
        """check(self). Raises Wrong or NotWritten, or what stopped the code (a limit, the user's Ctrl-C), nothing else.

        A result at which the check itself stops is Wrong, too.
        """
        try:
            check(self)
        except BaseException as error:
            if is_verdict(error):
                raise
            raise self.failure(error, {}, in_check=True) from error
        if self.not_written:
            first = next(iter(self.not_written.values()))
            raise NotWritten(first.name, whole_name=first.whole_name)

    @contextmanager
    def method(self, name: str) -> Iterator[None]:
        """The claims inside are those of one method. Where it is not written, the check goes on behind them.

        with t.method("split"):
            t.same(t.call(mine.split, x), expected)
        """
        before = self.passed
        try:
            yield
        except NotWritten as stub:
            self.not_written[name] = stub
        except Wrong as wrong:
            wrong.method = wrong.method or name
            raise
        except BaseException as error:
            if is_verdict(error):
                raise
            failure = self.failure(error, {}, in_check=True)
            if isinstance(failure, NotWritten):
                self.not_written[name] = failure
                return
            failure.method = name
            raise failure from error
        else:
            self.passed_by[name] = self.passed_by.get(name, 0) + self.passed - before

    def methods_in_words(self) -> str:
        """What is known of the methods: "split ✓ · merge: not written yet · forward waits for merge"."""
        stubs = {name: stub.name for name, stub in self.not_written.items()}
        missing = [name for name, stub in stubs.items() if stub == name]
        parts = [f"{name} ✓" for name in self.passed_by]
        parts += [f"{', '.join(missing)}: not written yet"] if missing else []
        return " · ".join([*parts, *(f"{name} waits for {stub}" for name, stub in stubs.items() if stub != name)])

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.call(self.mine, *arguments, **named)

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        as_: str = "",
        in_place: bool = False,
        errors: Errors | None = None,
        **named: Any,
    ) -> Any:
        """function(*arguments, **named), where function is the learner's.

        as_: what to call it; errors: what Python says -> the mistake that causes it, for this call alone: a part of
        the words, or a function that sees it in the error. A Shown is handed over as its value. Wrong where it raises,
        changes one of its arguments (unless in_place) or a setting of PyTorch.
        """
        self.name_call(as_ or name_of(function), arguments, named)
        arguments, named = unpacked(arguments), dict(zip(named, unpacked(tuple(named.values())), strict=True))
        given = (*arguments, *named.values())
        before, switched = [copied(value) for value in given], settings()
        self.came, self.again = None, partial(function, *arguments, **named)
        try:
            self.came = result = function(*arguments, **named)
        except BaseException as error:
            if is_verdict(error):
                raise
            own = errors or {}
            rest = {sign: mistake for sign, mistake in self.errors.items() if sign not in own}
            raise self.failure(error, {**own, **rest}) from error
        finally:  # a check hands out the same collection again: to the next answer it must be what it was
            edited = [] if in_place else put_back_edited(given, before)
        if edited:
            of_numbers = isinstance(edited[0], Tensor | np.ndarray)
            raise Wrong(*self.heading("edits its input"), EDITED if of_numbers else EDITED_COLLECTION)
        for name, value in settings().items():
            if value != switched[name]:
                line = f"  {name}    {value} after the call, {switched[name]} before"
                raise Wrong(*self.heading("changes a setting for all code that runs later"), line)
        return result

    def works_without_grad(self) -> bool:
        """Whether the last call's code switches gradients off for its own work: the call is made once more."""
        with GradientsOff() as seen, suppress(Exception):
            self.again()
        return bool(seen.off)

    def name_call(self, name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        """Notes the call in words, for the line "called"."""
        parts = [in_words(value) for value in arguments] + [f"{key}={in_words(value)}" for key, value in named.items()]
        self.last = f"{name}({', '.join(parts)})"

    def failure(self, error: BaseException, known: Errors, in_check: bool = False) -> Wrong | NotWritten:
        """What an error of the answer is, or (in_check) one of a check that met a strange result."""
        if stub := stub_of(error):
            return NotWritten(stub[0], whole_name=stub[1])
        if isinstance(error, RecursionError):
            most = f"Python allows {sys.getrecursionlimit()} calls inside each other: which case needs no further call?"
            return Wrong(*self.heading("its calls go too deep"), *where(error, self.cell), most)
        if isinstance(error, MemoryError):
            return Wrong(*self.heading("asks for more memory than there is"), *answers_line(error, self.cell))
        line, words = answers_line(error, self.cell, elsewhere=not in_check), said(error)
        if not line and isinstance(error, AttributeError) and self.is_its_instance(error.obj):
            return Wrong(*self.heading("has not all its parts"), f"  {words:.200}")
        remedies = [*remedy(error, words, known), *self.missing_name(error)][:1]
        if line or self.came is None:
            return Wrong(*self.heading("raises an error"), *line, f"  {words:.200}", *remedies)
        came = f"  got       {type(self.came).__name__}: {in_words(self.came)}"
        return Wrong(*self.heading("gives something that cannot be judged"), came, f"  {words:.200}")

    def missing_name(self, error: BaseException) -> list[Mistake]:
        """What to do where the answer uses a name that is not there: run a cell, or import it."""
        name = error.name if isinstance(error, NameError) else None
        found = advice(name, getattr(self.mine, "__name__", "")) if name else None
        return [found] if found else []

    def is_its_instance(self, thing: Any) -> bool:
        return isinstance(self.mine, type) and isinstance(thing, self.mine)

    def heading(self, what: str) -> tuple[str, str]:
        return what, f"  called    {self.last}"

    def raises(
        self,
        error: type[Exception],
        function: Callable[..., Any],
        *arguments: Any,
        why: str,
        hint: str = "",
        instead: str = "",
    ) -> str:
        """Claims that the learner's function refuses these arguments; returns its message.

        why: what they are; hint: the mistake, where they are accepted; instead: where another error is raised.
        """
        guards = [GUARDS_GONE] if has_refusals(getattr(self.mine, "__name__", ""), function) else []
        self.name_call(name_of(function), arguments, {})
        self.came = None
        try:
            self.came = function(*unpacked(arguments))
        except error as refusal:
            if isinstance(refusal, NotImplementedError) and stub_of(refusal):
                raise self.failure(refusal, {}) from refusal
            self.passed += 1
            return said(refusal).partition(": ")[2]
        except BaseException as other:
            if is_verdict(other):
                raise
            if stub_of(other):
                raise self.failure(other, {}) from other
            lines = (f"  expected  a {error.__name__}: {why}", f"  got       {said(other):.90}")
            remedies = [*self.missing_name(other), *([instead] if instead else guards)][:1]
            raise Wrong(*self.heading("raises another error"), *lines, *remedies) from other
        lines = (f"  expected  a {error.__name__}: {why}", f"  got       {in_words(self.came)}")
        raise Wrong(*self.heading("accepts what it must refuse"), *lines, *([hint] if hint else guards))


def is_verdict(error: BaseException) -> bool:
    """Whether it is no error of the answer: a verdict, a limit that was reached, the user's Ctrl-C."""
    if isinstance(error, KeyboardInterrupt):
        return by_user(error)
    return isinstance(error, Wrong | NotWritten | Stopped)


def name_of(function: Any) -> str:
    """As it is called: a class by its name, an instance of it as Name(...)."""
    return getattr(function, "__name__", f"{type(function).__name__}(...)")


def unpacked(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """With the values of what is Shown."""
    return tuple(value.value if isinstance(value, Shown) else value for value in arguments)
