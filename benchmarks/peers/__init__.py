"""Other programs, run as they are published."""
