"""Prints, raises and names what a CI system would take for its own commands.

must: failed
"""

print("::set-output name=grade::100")
print("##[set-env name=GRADE;]100")


def double(x):
    raise ValueError("\n::error::" + "wrapped " * 20 + "::add-mask::0\n##vso[task.complete result=Succeeded;]")
