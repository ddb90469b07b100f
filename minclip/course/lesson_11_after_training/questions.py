"""Lesson 11: what the learner predicts."""

from minclip.course.question import Choice, Number, Question, percent, yes_or_no

MORE_TOGETHER = "no, names and shots know different things, and together they name more than either"

QUESTIONS: dict[str, Question] = {
    "means_of_one": percent(
        "What percentage of the test pictures do class means of one shot of each class name right?",
        right=4,
        close=10,
        misconceptions={
            (1, 3): "no, that is guessing: 1 of 52",
            (58, 100): "no, one drawing says less of a class than its name does",
        },
        guessing=100 / 52,
    ),
    "tip_of_16": percent(
        "What percentage of the test pictures does Tip-Adapter name right, with 16 shots of each class?",
        right=3,
        close=7,
        misconceptions={(57, 62): MORE_TOGETHER, (90, 100): "no, that is more than it names of the styles of training"},
    ),
    "adapter_of_16": percent(
        "What percentage does CLIP-Adapter name right, trained with the same 16 shots?",
        right=3,
        close=7,
        misconceptions={
            (0, 58): "no, with r = 0.2 most of the feature stays, and a loss would be seen on validation",
            (95, 100): "no, that is for the shots themselves; these are other pictures",
        },
    ),
    "new_classes": yes_or_no(
        "Is the learned context worse than the words 'a picture of' on classes that it had no shots of?",
    ),
    "half_way": Choice(
        "Of the pictures in other styles, is half of each weight below, like, or above the model after? (Like: within "
        "half a point.)",
        options={
            "above": ("more", "higher", "better", "above after", "more than after", "better than after"),
            "like": ("alike", "the same", "equal", "as many", "like after", "level"),
            "below": ("fewer", "less", "lower", "worse", "below after", "fewer than after", "worse than after"),
        },
        misconceptions={
            "like": "no, half of the way back undoes what the fine-tuning had forgotten",
            "below": "no, that holds for two networks that were trained apart",
        },
    ),
    "chosen_on_test": Number(
        "By how many points is the gain on the test that chose larger than on the other pictures, on average?",
        right=1,
        close=2,
        digits=1,
        unit="points",
        misconceptions={(0, 0): "no, it was chosen because it does well on these 104 pictures"},
    ),
}
