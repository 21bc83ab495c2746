"""Prints the hidden suite, and raises it as a message.

must: failed
"""

def double(x):
    text = open("@solutions@/01_toy/test_toy.py").read()
    print(text)
    raise RuntimeError(text)
