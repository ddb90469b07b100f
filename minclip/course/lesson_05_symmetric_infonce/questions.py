"""Lesson 05: what the learner predicts."""

from minclip.course.question import Number, share

QUESTIONS = {
    "fresh_loss": Number(
        "What is the loss of a fresh model, on 64 pairs?",
        right=0.1,
        close=0.5,
        digits=2,
        lowest=0,
        misconceptions={
            (0.015, 0.016): "no, 1/64 is the share of the right caption, and the loss is minus its logarithm",
            (0, 0.1): "no, the loss is that small only if the model gets everything right",
            (0.68, 0.7): "no, ln 2 would be the loss with two captions to choose from",
            (1.8, 1.81): "no, that is the logarithm to base 10, and the loss takes the natural one",
            (5.99, 6.01): "no, that is the logarithm to base 2, and the loss takes the natural one",
            (8.2, 8.4): "no, that is both directions added up, and the loss is their mean",
        },
    ),
    "share_at_scale_100": share(
        "What is the share of the right caption at scale 100, from 0 to 1?",
        right=0.02,
        close=0.1,
        misconceptions={
            (0.305, 0.315): "no, that is the caption's cosine",
            (0.16, 0.22): "no, so equal are the shares at scale 1, and 100 sharpens them",
            (0.995, 1): "no, a lead of 0.02 makes it only e² = 7 times as likely as the next",
        },
    ),
}
