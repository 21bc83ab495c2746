"""Replaces the worker's reply with one of its own.

must: failed
rest: any
"""

from grader.sandbox.worker import Worker

Worker.answer = lambda self, request, body: self._returned(True)


def double(x):
    return x
