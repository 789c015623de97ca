"""A home with an institution on a chain, as in tests/issuer."""

from tests.issuer.conftest import home, template_home

__all__ = ["home", "template_home"]
