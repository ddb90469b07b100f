"""The classroom: an nbgrader course made of the lessons, and what a teacher does with what a class hands in.

    minclip classroom DIR            course_folder.py: source, release and configuration; notebook.py makes a lesson's
    minclip classroom collect DIR F  collecting.py: takes in what a learning platform hands out
    minclip classroom check DIR      inspection.py: repairs or names what would stop the grading
    minclip classroom grade DIR      grading.py: points, each notebook on its own
    minclip classroom report DIR     report.py: tables, a page for the teacher, feedback

execution.py takes the place of nbgrader's own execution: each notebook runs in a process and a folder of its own
(run_notebook.py), with bounds (process_tree.py), and its kernel in a sandbox (sandbox.py, with landlock.py and
namespaces.py on Linux). points.py gives the points of an answer there: by marking.py with the hidden tests of
hidden_tests/, and tampering.py.
"""
