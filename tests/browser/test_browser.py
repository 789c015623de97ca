"""Debian's Chromium walks the pages; each story is a file beside this one.

Needs `npm ci` and /usr/bin/chromium (or CHROMIUM). Pictures are kept in ``artefacts/``.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.site import build_site, list_cases, serve

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PATIENCE_SECONDS = 840
"""A story alone takes half a minute at most; on a busy machine it takes its time."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(PATIENCE_SECONDS + 60),
    pytest.mark.skipif(not shutil.which(CHROMIUM), reason="no Chromium here"),
    pytest.mark.skipif(
        not (ROOT / "node_modules" / "playwright-core").is_dir(), reason="npm ci was not run"
    ),
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    with serve(build_site(folder)) as address:
        yield os.environ | {"SITE": address, "FILES": str(folder), "CASES": list_cases()}


def run_story(name: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["node", f"tests/browser/{name}.mjs"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_accessibility_checks_find_nothing_in_any_state(environment):
    run_story("axe", environment)


def test_nothing_scrolls_sideways_and_the_verdict_comes_first(environment):
    run_story("layout", environment)


def test_every_story_works_with_and_without_scripts_and_by_keyboard(environment):
    run_story("stories", environment)


def test_hostile_text_executes_nothing_and_moves_nothing(environment):
    run_story("hostile", environment)


def test_pictures_of_every_state_are_kept_for_people_to_look_at(environment):
    run_story("shots", environment)
    assert len(list((HERE / "artefacts").glob("*.png"))) >= 4 * 20
