"""How somebody may try to get points without the work, and what comes of it. A test tries each that can be tried.

The grader runs in the same process as the notebook. So whoever writes code in order to deceive it can, and all that can
be said is which ways are seen. A teacher who has a doubt asks the student to explain the answer.
"""

from dataclasses import dataclass

NO_POINTS, NOTED, UNSEEN = "seen, no points", "seen and noted", "not seen"


@dataclass(frozen=True)
class Cheat:
    """One way. seen: NO_POINTS, NOTED or UNSEEN."""

    name: str
    what: str
    seen: str
    then: str  # what comes of it


CHEATS = (
    Cheat("library", "the answer calls or inherits minclip's own", NO_POINTS, "named in the report"),
    Cheat("text", "minclip's own is looked up by its name as a text", NO_POINTS, "named in the report"),
    Cheat(
        "library_state",
        "a check, a reference or the grader of minclip is replaced",
        NO_POINTS,
        "for every later exercise",
    ),
    Cheat("modules", "another module stands in sys.modules", NO_POINTS, "for every later exercise"),
    Cheat("builtins", "a function of Python itself is replaced", NO_POINTS, "for every later exercise"),
    Cheat("frames", "the answer reads the variables of who calls it", NO_POINTS, "named in the report"),
    Cheat("environment", "the answer asks whether it is graded", NO_POINTS, "named in the report"),
    Cheat("points", "`points_of` is replaced, or the cell shows no number", NO_POINTS, "by `minclip classroom grade`"),
    Cheat(
        "check", "`check` is replaced in the notebook", NOTED, "nothing is gained: the answer is judged all the same"
    ),
    Cheat("torch", "a function of PyTorch, NumPy or math is replaced", NOTED, "the original is used for judging"),
    Cheat(
        "memory",
        "the numbers that the notebook's check draws are written into the answer",
        NOTED,
        "the hidden tests' quarter is lost",
    ),
    Cheat(
        "copy",
        "the text of the library, of a solution or of another student is copied",
        UNSEEN,
        "a right answer looks like that",
    ),
    Cheat("hidden_name", "the name of minclip's own is put together while the answer runs", UNSEEN, "full points"),
    Cheat("forgery", "code displays a forged record of points, of the right form", UNSEEN, "the points that it says"),
)


def table() -> list[str]:
    """The lines of a Markdown table."""
    rows = [(cheat.what, cheat.seen, cheat.then) for cheat in CHEATS]
    return [
        "| what somebody does | is it seen? | what comes of it |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
