"""Lesson 00: what the learner predicts."""

from minclip.course.question import Number, percent

QUESTIONS = {
    "cosine_of_two": Number(
        "What is the cosine of (3, 4) and (4, 3), from -1 to 1?",
        right=0.01,
        close=0.05,
        digits=2,
        lowest=-1,
        highest=1,
        misconceptions={
            (0.995, 1): "close, but 1 would mean exactly the same direction",
            (-0.005, 0.005): "no, 0 would be a right angle",
        },
    ),
    "right_or_swapped": percent(
        "For what percentage of these pictures does it choose the right sentence?",
        right=3,
        close=15,
        misconceptions={
            (47, 53): "near enough, a coin gets 50 % of so many pictures right, give or take 6",
            (70, 100): "no, it sees both things and hardly reads the order of the words",
        },
    ),
}
