"""An object that equals, contains and converts to whatever is asked.

must: failed
"""

class Evil:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __bool__(self):
        return True

    def __float__(self):
        return 0.0

    def __array__(self, *args, **kwargs):
        raise SystemExit


def double(x):
    return Evil()
