"""The folders of the command line's tests serve here too."""

from tests.scripts.conftest import desk, new_desk, shell, stages

__all__ = ["desk", "new_desk", "shell", "stages"]
