"""Is killed, as if by somebody else, in one test; what is run once more dies once more.

must: crashed
says: was killed
"""

import os
import signal


def double(x):
    os.kill(os.getpid(), signal.SIGTERM)
