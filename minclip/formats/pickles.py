"""A pickle read as data: a pickle is a program for a small stack machine, and running it is what can do harm.

Here its steps are followed, and each call is noted instead of made: nothing is imported, looked up or run. It does not
give Python objects back. Source: pickletools of the standard library, which knows every opcode.
"""

import pickletools
from dataclasses import dataclass, field
from mmap import mmap
from typing import IO, Any

# opcodes that push their own argument
VALUES = {"BININT", "BININT1", "BININT2", "INT", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
VALUES |= {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"}
VALUES |= {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
ORDERED_DICT = "collections.OrderedDict"
MOST_STEPS = 1_000_000  # the largest CLIP and its optimizer, 4,000 tensors, take a fifth of it
LONGEST_NAME, MOST_ARGUMENTS = 1_000, 100  # of a function, and to it: no file of weights comes near


# notes are compared by identity and never printed: a hundred bytes can nest what takes for ever to walk through
@dataclass(eq=False, repr=False)
class Name:
    """A function or class that the pickle asks for."""

    name: str


@dataclass(eq=False, repr=False)
class Outside:
    """Something kept outside of the pickle: in PyTorch's files, a storage."""

    id: Any


@dataclass(eq=False, repr=False)
class Call:
    """A call that was not made, and the state that its result would have been given."""

    function: str
    arguments: tuple[Any, ...]
    state: Any = None


@dataclass(eq=False, repr=False)
class Pickle:
    """The root, made of dicts, lists, tuples, numbers, text and notes; and all notes in the order of the file."""

    root: Any = None
    names: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)


def read_pickle(file: IO[bytes] | mmap) -> Pickle:
    """One pickle; the file stands behind it then. Raises ValueError where it is damaged or cut off."""
    machine = Machine()
    try:
        for opcode, argument, _ in pickletools.genops(file):  # type: ignore[arg-type]
            machine.spend(1)
            machine.step(opcode.name, argument)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"its pickle is damaged or cut off ({error!s:.200}): fetch the file again") from error
    return machine.pickle


class Machine:
    """The stack machine of the pickle format, without the calls. Sets are kept as lists.

    What a step puts on the stack or moves from it was put there by another step, so that steps bound the memory. The
    one that copies what may be used again, a dict made of pairs, pays for each pair like for a step.
    """

    def __init__(self) -> None:
        self.pickle = Pickle()
        self.spent = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack
        self.memo: dict[int, Any] = {}

    def spend(self, steps: int) -> None:
        self.spent += steps
        if self.spent > MOST_STEPS:
            raise ValueError(f"it has more than {MOST_STEPS:,} steps")

    def step(self, opcode: str, argument: Any) -> None:
        match opcode:
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = self.stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = self.stack[-1]
            case "MARK":
                self.marks.append(len(self.stack))
            case "SETITEM":
                items = self.pop(2)
                fill(self.stack[-1], items)
            case "SETITEMS":
                items = self.since_mark()
                fill(self.stack[-1], items)
            case "APPEND":
                items = self.pop(1)
                extend(self.stack[-1], items)
            case "APPENDS" | "ADDITEMS":
                items = self.since_mark()
                extend(self.stack[-1], items)
            case "BUILD":
                (state,) = self.pop(1)
                if isinstance(self.stack[-1], Call):
                    self.stack[-1].state = state
            case "POP":
                self.pop(1)
            case "POP_MARK":
                self.since_mark()
            case "STOP":
                (self.pickle.root,) = self.pop(1)
            case "PROTO" | "FRAME":
                pass
            case _:
                self.stack.append(self.value(opcode, argument))

    def value(self, opcode: str, argument: Any) -> Any:
        """What an opcode puts on the stack."""
        if opcode in VALUES:
            return argument
        if opcode in CONSTANTS:
            return CONSTANTS[opcode]
        if opcode in TUPLES:
            return tuple(self.pop(TUPLES[opcode]))
        match opcode:
            case "GET" | "BINGET" | "LONG_BINGET":
                return self.memo[argument]
            case "DUP":
                return self.stack[-1]
            case "TUPLE":
                return tuple(self.since_mark())
            case "EMPTY_LIST" | "EMPTY_SET":
                return []
            case "LIST" | "FROZENSET":
                return self.since_mark()
            case "EMPTY_DICT":
                return {}
            case "DICT":
                return fill({}, self.since_mark())
            case "PERSID":
                return self.outside(argument)
            case "BINPERSID":
                return self.outside(*self.pop(1))
            case "GLOBAL":
                return self.name(*argument.split(" ", 1))
            case "STACK_GLOBAL":
                return self.name(*self.pop(2))
            case "REDUCE" | "NEWOBJ":
                return self.call(*self.pop(2))
            case "NEWOBJ_EX":
                return self.call(*self.pop(3)[:2])
            case "INST":
                return self.call(self.name(*argument.split(" ", 1)), tuple(self.since_mark()))
            case "OBJ":
                function, *arguments = self.since_mark()
                return self.call(function, tuple(arguments))
        raise ValueError(f"it uses {opcode}, which no file of weights needs")

    def pop(self, count: int) -> list[Any]:
        if not 0 <= count <= len(self.stack):
            raise ValueError("it takes more from its stack than is there")
        height = len(self.stack) - count
        items = self.stack[height:]
        del self.stack[height:]
        return items

    def since_mark(self) -> list[Any]:
        return self.pop(len(self.stack) - self.marks.pop())

    def name(self, module: Any, name: Any) -> Name:
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("it asks for a function whose name is no text")
        if len(module) + len(name) > LONGEST_NAME:  # both may be used again, and are copied each time
            raise ValueError(f"it asks for a function whose name has more than {LONGEST_NAME:,} characters")
        self.pickle.names.append(f"{module}.{name}")
        return Name(f"{module}.{name}")

    def outside(self, id: Any) -> Outside:
        if isinstance(id, tuple) and len(id) > MOST_ARGUMENTS:
            raise ValueError(f"it describes a storage in more than {MOST_ARGUMENTS} parts")
        self.pickle.outside.append(Outside(id))
        return self.pickle.outside[-1]

    def call(self, function: Any, arguments: Any) -> Any:
        match function:
            case (
                Name(name=name) | Outside(id=("module", Name(name=name), *_))
            ):  # the latter: old files, with source code
                pass
            case _:
                raise ValueError("it calls what is no function")
        if not isinstance(arguments, tuple) or len(arguments) > MOST_ARGUMENTS:
            raise ValueError(f"it calls {name!r:.80} without arguments, or with more than {MOST_ARGUMENTS}")
        if name == ORDERED_DICT:  # from nothing, or from a list of pairs
            return self.ordered_dict(*arguments[:1])
        self.pickle.calls.append(Call(name, arguments))
        return self.pickle.calls[-1]

    def ordered_dict(self, pairs: Any = ()) -> Any:
        made: dict[str | int | float, Any] = {}
        for pair in pairs:
            self.spend(1)
            key, value = pair
            fill(made, [key, value])
        return made


def fill(target: Any, items: list[Any]) -> Any:
    """Sets [key, value, key, value, ...] in a dict. Other keys than text and numbers are of no interest here."""
    if isinstance(target, dict):
        for key, value in zip(items[::2], items[1::2], strict=True):
            if isinstance(key, str | int | float):
                target[key] = value
    return target


def extend(target: Any, items: list[Any]) -> None:
    if isinstance(target, list):
        target.extend(items)
