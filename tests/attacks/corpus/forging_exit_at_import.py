"""Ends the process while it is imported.

must: crashed
rest: lost
"""

import os

os._exit(0)
