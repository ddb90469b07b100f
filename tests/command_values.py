"""What users give by mistake, for each kind of argument."""

WEB = "https://example.org/model.safetensors"
NO_NUMBER = {"word": "ten", "nothing": "", "spaces": "  ", "comma": "0,5", "not a number": "nan", "infinite": "inf"}
NO_NUMBER |= {"minus": "-", "below": "-1", "far below": "-1000000000000000000000000000000"}
NO_PATH = {"nothing": "", "spaces": "   ", "a minus": "-", "a web address": WEB}
TO_READ = {
    "not there": "nowhere/x.bin",
    "too long": "x" * 300,
    "below a file": "words.txt/x",
    "home of nobody": "~nobody-here/x",
}
BAD: dict[str, dict[str, str]] = {
    "whole number": NO_NUMBER | {"zero": "0", "half": "1.5", "huge": str(10**12), "beyond": str(10**30)},
    "number": NO_NUMBER | {"beyond": "1e400"},
    "choice": {"near": "opencli", "other": "xyz", "nothing": "", "spaces": " ", "capitals": "OPENCLIP"},
    "name": {"near": "tinny", "nothing": "", "spaces": "  ", "a minus": "-", "a web address": WEB, "not there": "xyz"},
    "word": {"nothing": "", "spaces": "  ", "not there": "xyz"},
    "words": {"nothing": "", "spaces": "   ", "too long": "a very long text " * 40},
    "label": {"nothing": "", "spaces": "   "},
    "pattern": {"nothing": "", "spaces": "  "},
    "model": NO_PATH | TO_READ | {
        "empty file": "empty.file", "half": "half.safetensors", "noise": "noise.bin", "text": "words.txt",
        "picture": "old.png", "empty folder": "empty", "folder of pictures": "photos", "zip": "other.zip",
    },
    "data set": NO_PATH | TO_READ | {
        "near": "pciturebook", "empty file": "empty.file", "noise": "noise.bin", "text": "words.txt",
        "picture": "old.png", "empty folder": "empty", "model": "model.safetensors", "zip": "other.zip",
        "JSON": "list.json", "no pictures": "old",
    },
    "file to read": NO_PATH | TO_READ | {
        "folder": "photos", "empty file": "empty.file", "blank": "blank.txt", "noise": "noise.bin",
        "latin-1": "latin-1.txt", "picture": "old.png",
    },
    "picture": NO_PATH | TO_READ | {
        "folder": "photos", "empty file": "empty.file", "noise": "noise.bin", "half": "half.png", "text": "words.txt",
        "folder like a picture": "folder.png",
    },
    "folder to read": NO_PATH | TO_READ | {
        "file": "words.txt", "empty folder": "empty", "no pictures": "old",
    },
    "file to write": NO_PATH | {
        "folder": "old", "folder of it": "old/", "below a file": "words.txt/x.png", "too long": "x" * 300 + ".png",
        "home of nobody": "~nobody-here/x.png", "here": ".",
    },
    "folder to write": NO_PATH | {
        "file": "words.txt", "below a file": "words.txt/x", "too long": "x" * 300, "full": "old", "here": ".",
        "home of nobody": "~nobody-here/x",
    },
    "run to write": NO_PATH | {
        "file": "words.txt", "below a file": "words.txt/x", "too long": "x" * 300, "full": "old", "here": ".",
        "home of nobody": "~nobody-here/x",
    },
    "workbook": NO_PATH | TO_READ | {"file": "words.txt", "empty folder": "empty", "folder of pictures": "photos"},
    "class": NO_PATH | TO_READ | {"file": "words.txt", "empty folder": "empty", "folder of pictures": "photos"},
    "flag": {"with a value": "1"},
    "passed on": {},
}  # fmt: skip
# argument: values of its kind that are right for it, and why
RIGHT_ALL_THE_SAME: dict[str, dict[str, str]] = {
    "classify -k": dict.fromkeys(("huge", "beyond"), "all labels are shown"),
    "search -k": dict.fromkeys(("huge", "beyond"), "all pictures are shown"),
    "embed --batch": dict.fromkeys(("huge", "beyond"), "a batch is as large as the folder at most"),
    "serve --port": {"zero": "any free port"},
    "train --seed": {"zero": "a seed"},
    "train --samples": dict.fromkeys(("huge", "beyond"), "a training without an end: Ctrl-C keeps what it has"),
    "train --patience": dict.fromkeys(("huge", "beyond"), "it never ends early"),
    "train --micro-batch": dict.fromkeys(("huge", "beyond"), "the whole batch at a time"),
    "train --out": {"full": "a run stands beside other files, and replaces none"},
    "course lab folder": dict.fromkeys(("not there", "empty folder"), "a workbook is made there"),
    "classroom collect given": dict.fromkeys(("file", "empty folder", "no pictures"), "exit code 1: nothing is in it"),
    "classroom grade --jobs": dict.fromkeys(("huge", "beyond"), "as many as there are notebooks"),
    "classroom grade --seconds": dict.fromkeys(("huge", "beyond"), "no bound"),
    "classroom grade --memory": dict.fromkeys(("huge", "beyond"), "no bound"),
    "data --per-shard": dict.fromkeys(("huge", "beyond"), "all pictures in one shard"),
}
