"""Lesson 15: what the learner predicts."""

from minclip.course.question import percent

QUESTIONS = {
    "raw_above": percent(
        "In what percent of the questions is the heat of these tokens higher at the thing that is named?",
        right=6,
        close=12,
        misconceptions={
            (45, 55): "no, it is not as with a coin: of the two centres these tokens prefer one",
            (56, 100): "no, the other way round: the heat is more often higher at the other thing",
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
    "covered_above": percent(
        "In what percent of the questions is occlusion's heat higher at the thing that is named?",
        right=6,
        close=12,
        misconceptions={
            (0, 55): "no, it is far above the coin: the text plays a part, and a covered thing lowers its cosine"
        },
    ),
}
