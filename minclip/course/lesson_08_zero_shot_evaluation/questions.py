"""Lesson 08: what the learner predicts."""

from minclip.course.question import Number, percent, share

QUESTIONS = {
    "named_of_52": percent(
        "What percentage of the pictures does it name right, with 52 names to choose from?",
        right=4,
        close=12,
        misconceptions={(1, 3): "no, that is guessing: 1 of 52"},
        guessing=100 / 52,
    ),
    "all_alike_of_52": share(
        "A broken model gives every one of 52 classes the same score. What is its top-5 accuracy, from 0 to 1?",
        right=0.006,
        close=0.03,
        misconceptions={
            (0.99, 1): "no, it would be that only if a level class never counted as ahead",
            (0, 0.001): "no, it would be that only if every level class counted as ahead",
            (0.018, 0.021): "no, that is its top-1 accuracy, 1/52",
            (0.2, 0.2): "no, 1/5 would be one place for five; here five places are for 52",
        },
    ),
    "four_times_the_pictures": Number(
        "How wide is it with four times as many pictures, in percentage points?",
        right=0.7,
        close=1.3,
        digits=1,
        unit="points",
        lowest=0,
        misconceptions={
            (1.5, 2.5): "no, that is a quarter, and the width goes with the square root of the number",
            (7, 9): "no, so wide it is with 400",
        },
        named={"the same": 7.2, "equal": 7.2, "as wide": 7.2, "unchanged": 7.2}
        | dict.fromkeys(("half", "half as wide", "half of that", "half the width"), 3.6)
        | dict.fromkeys(("quarter", "quarter as wide", "quarter of that", "quarter of width"), 1.8),
    ),
    "left_or_right": percent(
        "How often does it choose the true one of the two sentences, in percent?",
        right=6,
        close=12,
        misconceptions={
            (80, 100): "no, it knows which two things are there and reads hardly any order",
            (0, 10): "no, to be wrong so often it would have to know what is right",
        },
        guessing=50,
        named={"equal": 50, "equally often": 50, "both equally often": 50},
    ),
    "two_wrong_labels": percent(
        "In what percentage of the pictures does one of two wrong labels get a share above 90 %?",
        right=8,
        close=18,
        misconceptions={(0, 10): "no, a softmax compares the two labels, and nothing else is there to take a share"},
    ),
}
