"""Canonical forms by learned shapes: a hundred times as fast as JSON-LD proper, and never other."""

from protocol.credentials.shapes.canonicaliser import Canonicaliser, Counts
from protocol.credentials.shapes.folding import Folded
from protocol.credentials.shapes.reasons import Reason
from protocol.credentials.shapes.shared import SharedCanonicaliser

__all__ = ["Canonicaliser", "Counts", "Folded", "Reason", "SharedCanonicaliser"]
