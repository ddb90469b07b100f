"""Lesson 13: what the learner predicts."""

from minclip.course.question import Number

QUESTIONS = {
    "loss_without_bias": Number(
        "What is the loss of 64 pairs whose cosines are all 0, if the bias is 0?",
        right=1.5,
        close=6,
        digits=1,
        lowest=0,
        misconceptions={
            (4.1, 4.2): "no, ln 64 is what CLIP's loss begins with, and no softmax is here",
            (0.65, 0.72): "no, ln 2 is what one pair costs, and each picture has 64 of them",
            (2800, 2860): "no, that is the sum over all 4,096 pairs: it is divided by the 64 pictures",
        },
    ),
    "loss_at_minus_ten": Number(
        "And what is it with the bias of the paper, -10?",
        right=0.3,
        close=1.5,
        digits=1,
        lowest=0,
        misconceptions={
            (600, 660): "no, a wrong pair costs nearly nothing there: it already gets a no",
            (0, 0.5): "no, the wrong pairs cost nothing, and the right one gets a no as well",
        },
    ),
    "push_of_the_others": Number(
        "At bias 0, with 64 pairs: how many times as strong as the pull of the right text is the push of all others?",
        right=1,
        close=6,
        unit="times",
        lowest=0,
        misconceptions={
            (1, 1): "no, each wrong text pushes as strongly as the right one pulls, and there are 63 of them",
            (64, 64): "close, but one of the 64 texts is the right one",
        },
    ),
}
