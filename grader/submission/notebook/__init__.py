"""Notebooks: cells, their statements, and the slices that are graded."""
