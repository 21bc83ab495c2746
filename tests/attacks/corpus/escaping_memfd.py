"""Executes a program that lies in memory only.

must: failed
"""

import os


def double(x):
    descriptor = os.memfd_create("program")
    os.write(descriptor, b"#!/bin/sh\ntouch @marker@\n")
    os.execve(descriptor, ["program"], {})
    return x
