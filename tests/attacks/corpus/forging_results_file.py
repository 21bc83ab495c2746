"""Writes a results file, a report and a gradebook of its own.

must: failed
"""

import json


def double(x):
    text = json.dumps({"results": [{"submission": "me", "score": 100}]})
    for name in ("results.json", "result.json", "report.xml", "@out@/results.json",
                 "@out@/gradebook.sqlite"):
        with open(name, "w") as file:
            file.write(text)
    return x
