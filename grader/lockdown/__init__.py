"""What a process can be locked down with, and the proof that it holds."""
