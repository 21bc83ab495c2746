"""No attack: a right answer that needs a dozen threads, beside others that take all they can.

must: passed
"""

from concurrent.futures import ThreadPoolExecutor


def double(x):
    with ThreadPoolExecutor(12) as pool:
        futures = [pool.submit(lambda: 2 * x) for _ in range(12)]
        return [future.result() for future in futures][-1]
