"""The course's machine: what a lesson's notebook calls. The lessons themselves stand in lessons/.

    from minclip.course import built, check, predict, progress

It judges what a learner wrote, keeps it, and hands it to the next lesson. Building notebooks is in build.py.
"""

from minclip.course.diagram import progress
from minclip.course.guesses import predict
from minclip.course.judge import check
from minclip.course.mine import built

__all__ = ["built", "check", "predict", "progress"]
