"""What crosses the boundary: structs, codec, channel, and the peer that calls and serves."""
