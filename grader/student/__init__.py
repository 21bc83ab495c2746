"""What runs on the student's own machine."""
