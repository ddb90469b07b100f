"""Lesson 15: what the learner predicts."""

from minclip.course.question import Number, percent

QUESTIONS = {
    "raw_above": percent(
        "In what percent of the questions is the heat of these tokens higher at the thing that is named?",
        right=6,
        close=12,
        misconceptions={
            (45, 55): "no, and it is not as with a coin: these tokens do know where the thing is",
            (56, 100): "no, the other way round: the heat is higher at the other thing",
        },
    ),
    "values_above": percent(
        "In what percent of the questions is the heat of the values higher at the thing that is named?",
        right=6,
        close=12,
        misconceptions={(0, 55): "no, it is far above the coin now: values point at the thing that is named"},
    ),
    "rollout_above": percent(
        "In what percent of the questions is rollout's heat higher at the thing that is named?",
        right=1,
        close=5,
        misconceptions={
            (56, 100): "no, rollout knows no text: both questions about a picture get the same heat",
            (0, 44): "no, rollout knows no text: it is right about one of the two questions of each picture",
        },
    ),
    "passes": Number(
        "How many times does the image encoder run over each picture, for 4 × 4 cells?",
        right=0,
        close=1,
        lowest=0,
        misconceptions={(16, 16): "close: the whole picture is needed, too, to know what fell"},
    ),
}
