"""Never finishes its import.

must: timed out, crashed
rest: lost
says: didn't finish within|of processor time
"""

while True:
    pass
