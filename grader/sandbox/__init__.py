"""The far side of the boundary: where student code runs."""
