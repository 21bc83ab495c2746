"""Many submissions: the engine, the gradebook, and the proof of an assignment."""
