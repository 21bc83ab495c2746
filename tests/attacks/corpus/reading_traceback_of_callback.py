"""Learns from the traceback, frames and closure of the judge's callable.

must: failed
target: twice
"""

import gc
import sys


def twice(f, x):
    found = [ascii(vars(f)), ascii(getattr(f, "__closure__", None)), dir(f)]
    try:
        f("nonsense")
    except Exception as error:
        trace = error.__traceback__
        while trace:
            found.append(ascii(trace.tb_frame.f_locals)[:2000])
            trace = trace.tb_next
        found.append(ascii(error))
    print(found)
    print([ascii(thing)[:200] for thing in gc.get_referents(f)])
    for name in ("__globals__", "__code__", "__self__", "__func__"):
        try:
            print(getattr(f, name))
        except AttributeError:
            pass
    return x
