"""Answers to the exercises of lesson 01: here bytes_to_unicode, the others in the files that are joined below."""

from functools import partial

from minclip.course.lesson_01_bpe_tokenizer import (
    lookup_answers,
    pair_answers,
    rank_answers,
    row_answers,
    tokenizer_answers,
    training_answers,
)
from minclip.course.planted_answers import Answer, answer_of, edited

SETUP = """
import functools
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
import regex
import torch
from torch import LongTensor, Tensor
import minclip
from minclip import bpe
from minclip.bpe import END_OF_WORD, Pair, apply_merges, bytes_to_unicode, count_pairs, merge_pair, word_symbols
from minclip.data.left_out import text_too_long
from minclip.data.tokenizer_file import StoredTokenizer, as_ids, as_texts
from minclip.engine import bpe as fast_bpe
from minclip.tokenizer import EOT, FIXED_SYMBOLS, SOT, WORD, clean
"""
table = partial(answer_of, "bytes_to_unicode", "def bytes_to_unicode():\n")

PRINT = "own = [*range(33, 127), *range(161, 173), *range(174, 256)]\n"
OTHERS = "others = [byte for byte in range(256) if byte not in own]\n"
TABLE = "table = {byte: chr(byte) for byte in own}\n"
BORROW = "for place, byte in enumerate(others):\n    table[byte] = chr(256 + place)\nreturn table"
FILL = OTHERS + TABLE + BORROW
OPENAIS = """bs = list(range(ord("!"), ord("~")+1))+list(range(ord("¡"), ord("¬")+1))+list(range(ord("®"), ord("ÿ")+1))
cs = bs[:]
n = 0
for b in range(2**8):
    if b not in bs:
        bs.append(b)
        cs.append(2**8+n)
        n += 1
cs = [chr(n) for n in cs]
return dict(zip(bs, cs))"""

WRONG = [
    table("return {byte: chr(byte) for byte in range(256)}", "every byte stands for itself"),
    table("return dict(enumerate(bytes(range(256)).decode('latin-1')))", "every byte stands for itself"),
    table(edited(PRINT + FILL, "256 + place", "256 + byte"), "one after the other"),
    table(edited(PRINT + FILL, "256 + place", "257 + place"), "256 is free"),
    table(edited(PRINT + FILL, "256 + place", "place"), "the characters of their places"),
    table(PRINT + "own.append(32)\n" + FILL, "the space stands for itself", "127"),
    table("own = [byte for byte in range(256) if chr(byte).isprintable()]\n" + FILL, "the space stands for itself"),
    table("own = [*range(33, 126), *range(161, 172), *range(174, 255)]\n" + FILL, "~, ¬ and ÿ are missing"),
    table("own = [*range(33, 126), *range(161, 172), *range(174, 256)]\n" + FILL, "~ and ¬ are missing", "ÿ"),
    table("own = [*range(33, 128), *range(161, 173), *range(174, 256)]\n" + FILL, "127, behind ~", "missing"),
    table("own = [*range(33, 127), *range(160, 173), *range(174, 256)]\n" + FILL, "160, before ¡"),
    table("own = [*range(33, 127), *range(161, 256)]\n" + FILL, "soft hyphen"),
    table("own = list(range(33, 127))\n" + FILL, "only ASCII"),
    table("import string\nown = [ord(c) for c in string.digits + string.ascii_letters + string.punctuation]\n" + FILL,
          "only ASCII"),
    table(PRINT + "return {byte: chr(byte) for byte in own}", "the 68 bytes that do not print are missing"),
    table(edited(PRINT + FILL, "return table", "return {c: byte for byte, c in table.items()}"),
          "the keys are the characters"),
    table(edited(PRINT + FILL, "return table", "return {bytes([b]): c for b, c in table.items()}"), "type bytes"),
    table(edited(PRINT + FILL, "return table", "return {b: ord(c) for b, c in table.items()}"), "these are numbers"),
    table(edited(PRINT + FILL, "return table", "return dict(sorted(table.items()))"), "keys stand in ascending order"),
    table(PRINT + OTHERS + "table = {b: chr(256 + i) for i, b in enumerate(others)}\n"
          "table.update({b: chr(b) for b in own})\nreturn table", "the others come first"),
    table(edited(PRINT + FILL, "return table", ""), "is there a return"),
    table(edited(PRINT + FILL, "return table", "return list(table.values())"), "this is a list"),
    table(edited(PRINT + FILL, "return table", "return list(table), list(table.values())"), "these are two lists"),
    table(edited(PRINT + FILL, "return table", "return list(table.items())"), "wrong type", "this is a list"),
    table(edited(OPENAIS, "cs = [chr(n) for n in cs]\n", ""), "these are numbers"),
    table(edited(OPENAIS, "        n += 1\n", ""), "have the same character"),
    table("return {b: chr(b + 256) for b in range(256)}", "every byte borrows", "one after the other"),
    table("return {b: chr(b) if chr(b).isprintable() else chr(b + 256) for b in range(256)}", "32 (the space)"),
    table("own = [*range(34, 127), *range(161, 173), *range(174, 256)]\n" + FILL, "for themselves here: !", "missing"),
    table("own = [*range(33, 127), *range(161, 173), *range(174, 255)]\n" + FILL, "for themselves here: ÿ", "~"),
    table("own = [*range(33, 127), *range(161, 172), *range(174, 256)]\n" + FILL, "for themselves here: ¬"),
    table("own = [*range(33, 127), *range(161, 173), *range(175, 256)]\n" + FILL, "for themselves here: ®"),
    table("own = [*range(33, 127), *range(162, 173), *range(174, 256)]\n" + FILL, "for themselves here: ¡"),
    table("own = [*range(32, 127), *range(160, 173), *range(174, 256)]\n" + FILL, "32 (the space), 160"),
    table("own = [b for b in range(256) if chr(b).isalnum()]\n" + FILL, "for themselves here: ! \" # $ ..."),
    table("own = [b for b in range(256) if chr(b).isascii() and chr(b).isprintable()]\n" + FILL, "32 (the space)"),
    table("own = [b for b in range(256) if not chr(b).isspace()]\n" + FILL, "do not print: 0, 1, 2, 3, ..."),
    table(PRINT + "return {b: chr(b) for b in own} | {b: ' ' for b in range(256) if b not in own}",
          "the same character"),
    table(PRINT + OTHERS + "return dict(zip(own + others, map(chr, range(256))))", "do not stand for themselves"),
    table(PRINT + OTHERS + "return dict(zip(own, map(chr, own))) | {b: chr(323 - i) for i, b in enumerate(others)}",
          "256, 257, 258", "one after the other"),
    table("own = [*range('!', '~'), *range('¡', '¬'), *range('®', 'ÿ')]\n" + FILL, "range and chr take numbers"),
    table(edited(PRINT + FILL, "chr(byte) for", "bytes([byte]) for"), "of type bytes", "do not stand for themselves"),
    table(PRINT + "return {b: bytes([b]) for b in range(256)}", "of type bytes"),
    table(edited(PRINT + FILL, "chr(byte) for", "byte for"), "of type int", "do not stand for themselves"),
    table(edited(PRINT + FILL, "chr(byte) for", "str(byte) for"), "this is none: '33'", "do not stand for"),
    table(edited(PRINT + FILL, "return table", "return {chr(b): c for b, c in table.items()}"), "the keys are chr"),
    table(edited(PRINT + FILL, "{byte: chr", "{chr(byte): chr"), "of type str"),
    table(edited(PRINT + FILL, "return table", "return {str(b): c for b, c in table.items()}"), "of type str"),
    table("own = [*range(33, 127), *range(161, 173), *range(174, 255)]\n"
          + FILL.replace("range(256)", "range(255)"), "the key 255 is missing"),
    table(PRINT + FILL.replace("range(256)", "range(1, 256)"), "some are missing: 0"),
    table(PRINT + FILL.replace("range(256)", "range(257)"), "some are too many: 256"),
    Answer("bytes_to_unicode", "OWN = [*range(33, 127), *range(161, 173), *range(174, 256)]\n"
           "def bytes_to_unicode():\n    others = [b for b in range(256) if b not in OWN]\n    OWN.extend(others)\n"
           "    return {b: chr(b) if i < 188 or not others else chr(68 + i) for i, b in enumerate(OWN)}\n",
           "the result of a second call"),
    *pair_answers.WRONG,
    *training_answers.WRONG,
    *rank_answers.WRONG,
    *tokenizer_answers.WRONG,
    *lookup_answers.WRONG,
    *row_answers.WRONG,
]  # fmt: skip

CORRECT = [
    table("own = [byte for byte in range(256) if chr(byte).isprintable() and byte != 32]\n" + FILL),
    table("table, place = {}, 0\nfor byte in range(256):\n    if 33 <= byte <= 126 or 161 <= byte != 173:\n"
          "        table[byte] = chr(byte)\nfor byte in range(256):\n    if byte not in table:\n"
          "        table[byte] = chr(256 + place)\n        place += 1\nreturn table"),
    table(OPENAIS),
    Answer("bytes_to_unicode", "@functools.lru_cache()\n" + table(OPENAIS).code),
    table("table = {b: chr(b) for b in range(256) if chr(b).isprintable() and not chr(b).isspace()}\nn = 256\n"
          "for b in range(256):\n    if b not in table:\n        table[b] = chr(n)\n        n += 1\nreturn table"),
    table(PRINT + "borrowed = iter(range(256, 324))\nkeys = own + sorted(set(range(256)) - set(own))\n"
          "return {b: chr(b if b in own else next(borrowed)) for b in keys}"),
    *pair_answers.CORRECT,
    *training_answers.CORRECT,
    *rank_answers.CORRECT,
    *tokenizer_answers.CORRECT,
]  # fmt: skip
