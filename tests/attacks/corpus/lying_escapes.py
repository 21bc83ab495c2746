"""Escapes, control and bidirectional characters wherever text is shown.

must: failed
"""

TEXT = "\x1b[2J\x1b]0;owned\x07\u202e\u2066\x00\x9b31m\ud800\r\x08<script>alert(1)</script>"


def double(x):
    print(TEXT.encode("utf-8", "replace").decode())
    raise type("E\x1b[31m", (ValueError,), {})(TEXT)
