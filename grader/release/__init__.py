"""Releases from the instructor's repository: the students' repository, and bundles for CI."""
