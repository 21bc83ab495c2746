"""Has the judge call back what it was called with, deeper and deeper.

must: failed
target: twice
"""

def twice(f, x):
    def again(y):
        return f(again)

    return f(again)
