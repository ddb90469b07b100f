"""Lesson 10: what the learner predicts."""

from minclip.course.question import Choice, percent

QUESTIONS = {
    "level_recall": percent(
        "A model says the same of everything. 100 pictures have one caption each. What is its R@1, in percent?",
        right=0.5,
        close=2,
        misconceptions={
            (99, 100): "no, that is what comes out where a tie counts as found; the model knows nothing",
            (45, 55): "no, a half would be right if there were two captions to choose from, and there are 100",
            (0, 0.4): "no, that is what comes out where a tie counts as missed; one in a hundred draws is lucky",
        },
    ),
    "five_captions": Choice(
        "With five captions for each picture instead of one, does a picture find one of its own first more often?",
        {
            "more often": ("yes", "more", "oftener", "up"),
            "less often": ("no", "less", "down"),
            "just as often": ("same",),
        },
        {
            "less often": "no: there are five times as many wrong captions, but also five right ones, and any will do",
            "just as often": "no: the easiest of five right captions counts, and that outweighs the wrong ones",
        },
    ),
    "larger_gallery": percent(
        "90 % of 100 captions find their picture first, among 100. How many percent of 1,000 do, among 1,000?",
        right=5,
        close=12,
        misconceptions={
            (85, 100): "no, each caption has ten times as many pictures to be mistaken for",
            (0, 15): "no, the pictures that were added are no rivals for most captions",
        },
    ),
    "weakest_fact": Choice(
        "Which change works least often?",
        {
            "scene": ("snow", "the scene"),
            "colour": ("color", "the colour"),
            "style": ("the style",),
            "count": ("counting", "number", "the count"),
            "relation": ("left and right", "left or right", "the relation"),
        },
        {
            "scene": "no, of the five this works best",
            "colour": "no, this works nearly always",
            "style": "no, this works nearly always",
            "relation": "no, though it works in less than half of the cases",
        },
    ),
}
