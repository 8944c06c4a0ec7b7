"""A seeded, invented authority: believable histories for demonstrations and benchmarks."""
