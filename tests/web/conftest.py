"""A web verifier over what `rootseal demo` made: a real chain, real files, no stand-ins.

The demo runs once a session; every test has an application of its own, hence its own counts.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from scripts import cli
from scripts.config import Settings, load_settings
from scripts.serve import build_app, list_served_names
from verifier.policy import DEFAULT_POLICY
from verifier.web.config import Limits, WebConfig

FREELY = Limits(verifications_a_minute=1_000_000, seconds=600, request_seconds=600)
"""On a busy machine a verification may take longer than it should for people; then the answer is
that it is not known, which is no fault. Tests of the limits set their own."""


@dataclass(frozen=True)
class Demo:
    """The demo's home and its folder of files."""

    settings: Settings
    folder: Path

    def read(self, name: str) -> bytes:
        return (self.folder / f"{name}.json").read_bytes()

    def build_app(self, **changes: object):
        config = replace(WebConfig(limits=FREELY, demo_folder=self.folder), **changes)
        names = list_served_names(self.settings, config.network)
        return build_app(self.settings, config, DEFAULT_POLICY, names)


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    home, out = folder / "home", folder / "files"
    arguments = ["demo", "--no-serve", "--home", str(home), "--out", str(out)]
    hook = sys.excepthook
    assert cli.main(arguments) == 0
    sys.excepthook = hook
    return Demo(load_settings(home, {}), out)


@pytest.fixture
def site(demo):
    """The application, as a worker of `rootseal serve` builds it, without limit of rate or time."""
    return demo.build_app()


@pytest.fixture
def client(site) -> FlaskClient:
    return site.test_client()
