"""The course's machine, and one folder for each lesson. The lessons' notebooks call five functions:

    from minclip.course import built, check, compare, predict, progress

`check` judges what a learner wrote and keeps it, `built` hands it to the next lesson. `predict` keeps what a learner
expects, and `compare` holds it against what was measured. `progress` draws what is built so far.

The folder lesson_NN_name/ holds a lesson's exercises (__init__.py), how they are judged (checks.py), wrong and right
answers that test the checks (answers.py), what is asked before it is measured (questions.py), and its figures
(pictures.py). outline.py collects the lessons, and build.py makes the notebooks out of lessons/NN_name/lesson.md.

workbook.py says where a learner's work is. workbook_start.py and workbook_lessons.py make a workbook and bring it up to
date, with notebook_merge.py and workbook_links.py; lab.py opens it.
"""

from minclip.course.checking import check
from minclip.course.learner_library import built
from minclip.course.missing_answer import explain_missing_answers
from minclip.course.predictions import compare, predict
from minclip.course.progress_diagram import progress

__all__ = ["built", "check", "compare", "predict", "progress"]

explain_missing_answers()  # in a notebook, from its first cell on
