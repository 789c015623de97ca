"""The demo's files, offered on the first page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from verifier.web.config import WebConfig

WORDS: Final = {
    "genuine": "Everything passes",
    "tampered": "One number was changed after it was issued",
    "revoked": "Withdrawn by the institution",
    "suspended": "On hold, and may come back",
    "stranger": "Recorded with another institution's key",
}


@dataclass(frozen=True, slots=True)
class Example:
    """One of the demo's files."""

    name: str
    words: str
    path: Path


def list_examples(config: WebConfig) -> tuple[Example, ...]:
    """Return the files that are there, in the order of the story."""
    folder = config.demo_folder
    if folder is None:
        return ()
    listed = (Example(name, words, folder / f"{name}.json") for name, words in WORDS.items())
    return tuple(example for example in listed if example.path.is_file())


def find_example(config: WebConfig, name: str) -> Example | None:
    """Return an example by its name, which is never used as a path."""
    return next((each for each in list_examples(config) if each.name == name), None)
