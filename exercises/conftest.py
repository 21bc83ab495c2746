"""The fixtures, and what you see after a run, come from grader's pytest plugin."""


def pytest_addoption(pluginmanager):
    # Not `pytest_plugins`: pytest refuses that here when it is started in a folder above.
    pluginmanager.import_plugin("grader.student.plugin")
