"""Raises pytest's own skip and exit.

must: failed
"""

def double(x):
    try:
        import pytest
    except ImportError:
        raise RuntimeError("no pytest here") from None
    pytest.exit("all passed", returncode=0)
