"""The classroom: an nbgrader course made of the lessons, and how its submissions are graded.

course_folder.py makes the folder, grading.py grades what lies in it. execution.py takes the place of nbgrader's own
execution: each notebook runs in a process and a folder of its own (run_notebook.py), with bounds (process_tree.py), and
its kernel in a sandbox (sandbox.py, with landlock.py and namespaces.py on Linux).
"""
