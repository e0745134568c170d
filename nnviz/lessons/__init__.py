"""Lessons: one Markdown file each, with text, tasks, questions and goals. No Qt.

- ``document``: a file becomes a :class:`~nnviz.lessons.document.Lesson` of steps.
- ``directives``: what a step does to the window, and the solution of its goals.
- ``goals``: conditions on facts, parsed and evaluated.
- ``catalogue``: the names that a lesson may use.
- ``folder``: the files that a lesson names, in its folder.
- ``package``: a lesson and its files in one file.
- ``included``: the lessons of the program.
- ``progress``: what a pupil has done.
- ``report``: the page to hand in, and the printed text.
- ``texts``: what the player says, in one place.
- ``start``: the beginning of a new lesson.
"""
