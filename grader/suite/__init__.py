"""What suites are written with, and a pytest session inside a process."""
