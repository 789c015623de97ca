"""Revoking, suspending and reinstating."""
