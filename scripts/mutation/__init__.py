"""Mutation testing: where code can be flipped, and whether a test notices."""
