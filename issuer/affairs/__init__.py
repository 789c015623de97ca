"""Institutions, the authority that registers them, and the registry they are registered in."""
