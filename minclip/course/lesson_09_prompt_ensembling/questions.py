"""Lesson 09: what the learner predicts."""

from minclip.course.question import Number, percent

QUESTIONS = {
    "best_and_worst_template": Number(
        "How many percentage points lie between the best of the templates and the worst?",
        right=5,
        close=13,
        unit="points",
        lowest=0,
        highest=100,
        misconceptions={(0, 5): "no, a sentence that no caption resembles leads the text encoder far astray"},
    ),
    "all_templates": percent(
        "What percentage does the mean of all templates name right?",
        right=1.5,
        close=4,
        misconceptions={
            (
                80.5,
                81.5,
            ): "no, that is the average of the accuracies; here directions are averaged, and oddities cancel",
            (92, 100): "no, no template can tell what the picture's feature does not hold",
        },
    ),
    "found_on_val": percent(
        "What percentage of the test pictures does it name right, then?",
        right=2,
        close=5,
        misconceptions={(88, 100): "no, it was chosen because it does well on those 104 pictures"},
    ),
}
