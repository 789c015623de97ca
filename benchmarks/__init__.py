"""Measurements beside named peers; ratios count, absolute numbers depend on the machine."""
