"""Fails where it is to seed, which every test begins with.

must: failed, crashed
rest: any
"""

from grader.sandbox.worker import Worker
from grader.wire.structs import Seed

OLD = Worker.hear


def hear(self, notice):
    if isinstance(notice, Seed):
        raise NotImplementedError("later")
    OLD(self, notice)


Worker.hear = hear


def double(x):
    return x
