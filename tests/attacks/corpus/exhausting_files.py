"""Opens files until there are no more.

must: crashed
says: opened more than 256 files
"""

def double(x):
    kept = []
    while True:
        kept.append(open(__file__))
