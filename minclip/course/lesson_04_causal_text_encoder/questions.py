"""Lesson 04: what the learner predicts."""

from math import inf

from minclip.course.question import Choice, Number, percent, share

QUESTIONS = {
    "share_of_token_0": share(
        "What share of its attention does token 2 (the third) pay to token 0, from 0 to 1?",
        right=0.01,
        close=0.05,
        misconceptions={
            (0, 0.001): "no, it may look back, and token 0 stands before it",
            (0.12, 0.13): "no, that would be a share for all 8 tokens, and it may not look ahead",
            (0.495, 0.505): "no, token 2 looks at itself, too",
        },
    ),
    "red_from_snow": Number(
        "What is the size of the gradient of the output at 'red' by the input at 'snow'?",
        right=0,
        close=0,
        digits=3,
        lowest=0,
        misconceptions={(1e-12, inf): "no, it is the number zero, not a small one"},
    ),
    "nearer_to_a_red_car": Choice(
        "Which is nearer to 'a red car'?",
        options={"a blue car": (), "a red automobile": ()},
    ),
    "read_at_the_last_place": percent(
        "What is the accuracy when the last place is read instead of EOT, in percent?",
        right=6,  # other pictures gave 22, 23 and 26
        close=15,
        misconceptions={
            (0, 4): "no, it does better than guessing, which gets 2 %",
            (90, 100): "no, so many are right only where EOT is read",
        },
    ),
    "cosine_of_two_orders": Number(
        "Without positions, what is the cosine of 'a red car next to a blue dog' and 'a blue car next to a red dog'?",
        right=0.03,
        close=0.09,
        digits=3,
        lowest=-1,
        highest=1,
        misconceptions={(0.9995, 1): "no, it is not 1: something else still tells the order"},
    ),
}
