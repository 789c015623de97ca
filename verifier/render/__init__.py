"""A report as JSON and as text; both look nothing up."""
