"""Exercises as they lie on disk, their known mistakes, their data."""
