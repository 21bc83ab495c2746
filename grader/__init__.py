"""Grade PyTorch exercises across a process boundary."""
