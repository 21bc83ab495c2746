"""Takes all memory in its import.

must: crashed
rest: lost
says: used more than 320 MiB of memory
"""

KEPT = bytearray(1 << 34)
