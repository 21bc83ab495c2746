"""Searches its own memory for what the zygote may have left there.

must: failed
"""

import ctypes
import gc


def double(x):
    for thing in gc.get_objects(0) + gc.get_objects(1) + gc.get_objects(2):
        if isinstance(thing, (str, bytes, dict, list)) and len(thing) < 10_000:
            text = ascii(thing)
            if "CANARY"[::-1] in text[::-1] and "CANA" "RY" in text:
                print(text)
    print(ctypes.string_at(id(x), 4096))
    return x
