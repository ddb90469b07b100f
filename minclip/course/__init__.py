"""The course's machine: what a lesson's notebook calls. The lessons themselves stand in lessons/.

    from minclip.course import built, check, predict, progress

It judges what a learner wrote, keeps it, and hands it to the next lesson. Building notebooks is in build.py.
"""

from minclip.course.checking import check
from minclip.course.learner_library import built
from minclip.course.predictions import predict
from minclip.course.progress_diagram import progress

__all__ = ["built", "check", "predict", "progress"]
