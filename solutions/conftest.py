"""The fixtures of the suites come from grader's pytest plugin."""

pytest_plugins = ["grader.student.plugin"]
