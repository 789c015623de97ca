"""What this home planned, signed and sent: one committed row for each step, in one SQLite file.

A step is done when its row is committed, and not before. Killing the process between any two
commits and running the same command again therefore ends in the same files and one anchor.
"""
