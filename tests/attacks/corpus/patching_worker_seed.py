"""Answers the request to seed, which every test begins with, with exceptions.

must: failed
rest: any
"""

import gc

from grader.wire.structs import Raised, Seed
from grader.sandbox.worker import Worker

OLD = Worker._serve


def serve(self, message, body):
    if isinstance(message, Seed):
        raise NotImplementedError("later")
    OLD(self, message, body)


Worker._serve = serve


def double(x):
    return x
