"""Lesson 01: what the learner predicts."""

from minclip.course.question import Letters, Number

QUESTIONS = {
    "bytes_of_cactus": Number(
        "How many bytes does the one character 🌵 take?",
        right=0,
        close=1,
        unit="bytes",
        lowest=0,
        misconceptions={
            (1, 1): "no, 1 byte is enough for an English letter only",
            (2, 2): "no, 2 bytes are enough for é and for Greek letters, not for an emoji",
        },
    ),
    "most_frequent_pair": Letters(
        "Which pair of symbols is the most frequent one in the captions?",
        how_many=2,
        misconceptions={
            "th": "close: as letters it is the first here, but h at the end of a word is another symbol, h</w>",
            "th</w>": "no, at the end of a word it is rare here: t h, without the mark, is second",
            "he": "close, that one is near the top",
            "he</w>": "close, that one is third",
        },
    ),
    "saved_by_first_merge": Number(
        "By how many symbols do the captions get shorter, all together?",
        right=10,
        close=60,
        unit="symbols",
        lowest=0,
        misconceptions={
            (1, 1): "no, the pair becomes one symbol in every place where it stands",
            (1100, 1180): "no, two symbols become one, so each place saves one symbol and not two",
        },
    ),
    "saved_by_counting_once": Number(
        "How many times fewer pairs does the faster form look at?",
        right=10,
        close=30,
        unit="times",
        lowest=1,
        means="2 times fewer means half as many",
    ),
    "symbols_of_mushrooms": Number(
        "How many symbols does the word mushrooms become?",
        right=0,
        close=1,
        unit="symbols",
        lowest=1,
        misconceptions={(2, 2): "a good guess, mushroom and s, but not what the merges make of it"},
    ),
    "tokens_per_caption": Number(
        "How many tokens does a caption have on average, with a vocabulary of 1000 ids?",
        right=0.5,
        close=2,
        digits=1,
        unit="tokens",
        lowest=0,
        misconceptions={(0, 5.79): "too low, since no token holds more than one of the 5.8 words"},
    ),
    "found_from_the_left": Number(
        "How many of the 64 captions find their picture first, with merges from the left?",
        right=2,
        close=8,
        lowest=0,
        highest=64,
        whole=64,
        misconceptions={
            (0, 3): "too low, since most words get the same ids either way",
            (28, 40): "close, 15 such sets gave 28 to 43, and 36 on average",
            (57, 64): "no, so many are found only with the right ids",
        },
    ),
}
