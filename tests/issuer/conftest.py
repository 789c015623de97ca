"""A home with an institution on a chain, made once a run."""

from pathlib import Path

import pytest

from tests.issuer.scene import build_home, copy_home


@pytest.fixture(scope="session")
def template_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("scene") / "home"
    build_home(home)
    return home


@pytest.fixture
def home(template_home: Path, tmp_path: Path) -> Path:
    return copy_home(template_home, tmp_path / "home")
