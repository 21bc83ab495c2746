"""Sleeps in its import: no processor time, but time.

must: timed out
says: didn't finish within
rest: lost
"""

import time

time.sleep(1000)
