"""Lesson 06: what the learner predicts."""

from minclip.course.question import Number, percent

QUESTIONS = {
    "stream_of_24_blocks": Number(
        "Behind 24 blocks without the factor, the stream is how many times as large as at its start?",
        right=0.6,
        close=2,
        digits=1,
        unit="times",
        lowest=0,
        misconceptions={
            (0.99, 1.01): "no, every branch adds something to it",
            (24, 24): "no, so it would be if every block added 1 in the same direction",
            (48, 48): "no, so it would be if all 48 branches pointed in one direction",
        },
    ),
    "tokens_of_vit_b_32": percent(
        "ViT-B/32 has 151 million parameters. What percentage of them lies in its table of tokens?",
        right=3,
        close=8,
        misconceptions={(0, 1): "no, the table has a row of 512 numbers for each of 49,408 tokens"},
    ),
    "loss_by_heart": Number(
        "What is the loss on those 64 pairs after 100 steps, to one digit?",
        right=0.05,
        close=0.15,
        digits=1,
        lowest=0,
        misconceptions={
            (0.3, 1.5): "no, it has room for 64 pairs, and learns them all",
            (4.1, 4.2): "no, ln 64 = 4.16 is where guessing begins",
        },
    ),
}
