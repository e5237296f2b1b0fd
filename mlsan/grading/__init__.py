"""Grades notebooks of strangers: ``mlsan grade FOLDER --out grades.csv``.

Three processes. ``grade`` walks the folder and keeps the table. For each submission it starts a
``judge``, which holds the hidden tests (Otter-Grader's files). The judge starts a ``worker`` within
a ``sandbox``, which executes the student's cells and answers calls over a ``pipe`` that carries
plain values and nothing else: no score, no object, no program comes out of it.
"""
