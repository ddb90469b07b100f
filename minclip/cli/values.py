"""What the values of options may be: numbers, paths, names. A wrong one is an error that says what is wanted."""

import argparse
import errno
import re
from collections.abc import Iterable
from pathlib import Path

SHOWN = 60  # letters of a name that is too long


def whole_number(text: str) -> int:
    """A whole number; which ones are right is the command's to say."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r:.80} must be a whole number, such as 8") from None


def positive(text: str) -> int:
    """A whole number, at least 1."""
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} must be at least 1")
    return number


def number(text: str) -> float:
    """A number with a point."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r:.80} must be a number, such as 0.5") from None


def local_path(text: str) -> Path:
    """A path of this computer. ~ is the home folder, also where no shell has written it out (--out=~/mine)."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is blank: give a path, or leave it out")
    if text == "-":
        raise argparse.ArgumentTypeError("'-' is no path: minclip reads and writes files, give the name of one")
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text!r:.200} is a web address: fetch it first, then give the file's path")
    try:
        found = Path(text).expanduser()
    except RuntimeError:
        raise argparse.ArgumentTypeError(f"nobody's home folder is {text!r:.80}: write the whole path") from None
    try:
        found.stat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise argparse.ArgumentTypeError(f"'{text[:SHOWN]}...' is too long a name: choose a shorter one") from None
    return found


def name_or_path(text: str) -> str:
    """The name of a model or a data set, or a path as `local_path` takes it."""
    found = local_path(text)
    return str(found) if text.startswith("~") else text


def as_given(message: str, options: Iterable[argparse.Action]) -> str:
    """A message of the library with the options of the command: `batch_size=1 must be` is `--batch 1 must be`."""
    for action in options:
        if action.option_strings:
            option = max(action.option_strings, key=len)
            message = re.sub(rf"(?<![\w.(=]){action.dest}=(?=\S)", f"{option} ", message)
    return message


def said(error: Exception) -> str:
    """What an error says, without the system's number."""
    if isinstance(error, OSError) and error.strerror:
        if error.filename is None:
            return error.strerror
        return f"{error.filename}: {error.strerror}: choose another name or place"
    return str(getattr(error, "plain", error))  # a TextTooLong without truncate=True, which no command takes
