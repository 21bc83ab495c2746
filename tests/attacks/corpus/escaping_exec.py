"""Starts programs in every way there is.

must: failed
"""

import multiprocessing
import os
import subprocess
import sys


def double(x):
    for start in (
        lambda: subprocess.run(["/bin/sh", "-c", "cat @solutions@/*/*"], check=True),
        lambda: os.posix_spawn("/bin/sh", ["sh", "-c", "touch @marker@"], {}),
        lambda: multiprocessing.get_context("spawn").Process(target=print).start(),
        lambda: os.popen("touch @marker@").read(),
        lambda: os.execv(sys.executable, [sys.executable, "-c", "1"]),
    ):
        try:
            start()
        except OSError as error:
            print(error.strerror)
    return x
