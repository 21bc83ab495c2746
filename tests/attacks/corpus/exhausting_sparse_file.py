"""A file that says it is enormous.

must: crashed
says: wrote a file of more than
"""

def double(x):
    with open("sparse", "wb") as file:
        file.truncate(1 << 40)
    return x
