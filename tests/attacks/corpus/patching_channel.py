"""Replaces the channel so that every message is sent twice, and received ones are kept.

must: failed
rest: any
"""

import sys

from grader.wire.channel import Channel

SEND = Channel.send


def twice_over(self, message, blobs=(), notices=()):
    SEND(self, message, blobs, notices)
    SEND(self, message, blobs, notices)


Channel.send = twice_over


def double(x):
    return x
