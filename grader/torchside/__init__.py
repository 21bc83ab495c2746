"""Torch on both sides of the boundary: the simulated accelerator, what ran, seeding."""
