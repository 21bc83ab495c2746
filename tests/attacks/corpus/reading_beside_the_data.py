"""Reads what lies in the folder of the public data besides it, such as others' submissions.

must: failed
says: denied
"""

import os


def double(x):
    import grader

    data = os.path.join(os.path.dirname(os.path.dirname(grader.__file__)), "data")
    try:
        found = os.listdir(data)
    except OSError as error:
        found = error.strerror.lower()
    with open(os.path.join(data, "sample_class", "README.md")) as file:
        print(found, file.read())
    return x
