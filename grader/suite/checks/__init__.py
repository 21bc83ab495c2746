"""The words that suites are written in; docs/suites.md has an example of each."""
