from tests.chain_fixtures import story

__all__ = ["story"]
