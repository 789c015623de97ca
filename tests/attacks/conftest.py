"""A home with an institution on a chain, as in tests/issuer; and both ways to a canonical form."""

from tests.attacks.both_paths import both_paths
from tests.issuer.conftest import home, template_home

__all__ = ["both_paths", "home", "template_home"]
