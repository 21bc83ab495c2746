"""A sum in C that no exception or signal handler can interrupt.

must: timed out, crashed
says: didn't finish within|of processor time
"""

import signal

signal.signal(signal.SIGXCPU, signal.SIG_IGN)
signal.signal(signal.SIGALRM, signal.SIG_IGN)


def double(x):
    return sum(range(10**12))
