"""What leaves the instructor's repository: the students' one, and bundles for CI."""
