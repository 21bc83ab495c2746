"""What isolation costs an honest submission: graded with every layer and with none, in turns.

Prints the medians and their difference; exits with 1 where that is more than 15 ms or 5 %.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

# Before torch: one thread, as in the judges that `grader grade` starts.
os.environ["OMP_NUM_THREADS"] = "1"

from grader.assignment.exercises import find_exercises
from grader.grading.engine import Setup, Task, task_result
from grader.judge.isolation import Isolation
from grader.submission import Submission

ROOT = Path(__file__).parents[1]
MILLISECONDS, SHARE = 15.0, 0.05


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--solutions", type=Path, default=ROOT / "solutions")
    options.add_argument("--exercise", default="01_losses")
    options.add_argument("--rounds", type=int, default=40)
    told = options.parse_args()
    exercises = {e.name: e for e in find_exercises(told.solutions)}
    if told.exercise not in exercises:
        sys.exit(f"No exercise {told.exercise} in {told.solutions}.")
    exercise = exercises[told.exercise]
    honest = Submission("honest", {exercise.file.name: exercise.file.read_bytes()})
    tasks = {
        name: Task(
            Setup(told.solutions, isolation=Isolation(lock_down=on)),
            honest,
            seed=7,
            only=frozenset({told.exercise}),
        )
        for name, on in (("on", True), ("off", False))
    }
    spent: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(-3, told.rounds):  # the first ones warm up
        for name, task in list(tasks.items())[:: 1 if turn % 2 else -1]:
            started = time.perf_counter()
            result = task_result(task)
            if not result.graded:
                sys.exit(f"It could not be graded: {result.fault}")
            if turn >= 0:
                spent[name].append(1000 * (time.perf_counter() - started))
    on, off = statistics.median(spent["on"]), statistics.median(spent["off"])
    pairs = [a - b for a, b in zip(spent["on"], spent["off"], strict=True)]
    more = statistics.median(pairs)
    print(f"{told.exercise}, {told.rounds} rounds each")
    print(f"  isolation on   {on:7.1f} ms (least {min(spent['on']):.1f})")
    print(f"  isolation off  {off:7.1f} ms (least {min(spent['off']):.1f})")
    print(f"  difference     {more:+7.1f} ms, {more / off:+.1%} (median of pairs)")
    if more > MILLISECONDS or more / off > SHARE:
        sys.exit(f"More than {MILLISECONDS:g} ms or {SHARE:.0%}.")


if __name__ == "__main__":
    main()
