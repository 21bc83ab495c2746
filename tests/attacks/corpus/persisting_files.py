"""Leaves files in every place that the next submission could read.

must: failed
"""

import os
import sys
import tempfile


def double(x):
    places = ("/tmp", "/var/tmp", "/dev/shm", "/run", os.path.dirname(os.getcwd()),
              tempfile.gettempdir(), *sys.path, os.path.expanduser("~"))
    for place in places:
        try:
            with open(f"{place}/torchgrade-attack-@token@", "w") as file:
                file.write("answer")
        except OSError:
            pass
    return x
