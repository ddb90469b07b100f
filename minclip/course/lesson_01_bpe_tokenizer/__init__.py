"""Lesson 01, Byte-pair encoding: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Byte-pair encoding",
    question="How does a sentence become numbers, whatever its letters?",
    exercises=(
        Exercise("bytes_to_unicode", "bpe", difficulty=1, minutes=10, points=1, box="tokenizer"),
        Exercise("count_pairs", "bpe", difficulty=1, minutes=10, points=1, box="tokenizer"),
        Exercise("merge_pair", "bpe", difficulty=2, minutes=15, points=2, box="tokenizer"),
        Exercise("train_bpe", "bpe", difficulty=2, minutes=20, points=3, box="tokenizer"),
        Exercise("apply_merges", "bpe", difficulty=2, minutes=15, points=2, box="tokenizer"),
        Exercise(
            "BPETokenizer",
            "tokenizer",
            difficulty=3,
            minutes=40,
            points=5,
            box="tokenizer",
            write=("encode", "encode_word", "decode", "__call__"),
        ),
    ),
)
