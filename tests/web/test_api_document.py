"""The examples of docs/api.md run as they stand, and say what the document says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.test_server import SECONDS, run_site
from verifier.web.problems import NOT_A_CREDENTIAL, PROBLEMS, URN
from verifier.web.uploads import FIELDS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def find_examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, flags=re.DOTALL)


@pytest.fixture(scope="module")
def site(demo, tmp_path_factory):
    with run_site(demo, tmp_path_factory.mktemp("document"), "--workers", "1") as running:
        yield running


def run(site, demo, command: list[str]) -> str:
    answer = subprocess.run(
        command,
        cwd=demo.folder,
        env={"PATH": os.environ["PATH"], "SITE": f"http://127.0.0.1:{site.port}"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_the_examples_in_curl_run_and_answer_as_shown(site, demo):
    commands, shown = find_examples("sh"), find_examples("json")
    assert len(commands) == len(shown) == 2
    for command, example in zip(commands, shown, strict=True):
        answer = json.loads(run(site, demo, ["sh", "-c", command]))
        expected = json.loads(example)
        assert list(answer) == list(expected)
        for member in ("verdict", "status", "type", "title", "detail"):
            assert answer.get(member) == expected.get(member)
    report, example = json.loads(run(site, demo, ["sh", "-c", commands[0]])), json.loads(shown[0])
    assert list(report["checks"][0]) == list(example["checks"][0])
    assert list(report["block"]) == list(example["block"])


def test_the_example_in_python_runs(site, demo):
    (program,) = find_examples("python")
    lines = run(site, demo, [sys.executable, "-c", program]).splitlines()
    assert lines[0] == "failed"
    assert lines[1].startswith("recipient failed ")
    assert len(lines) == 2


def test_the_example_in_javascript_runs(site, demo, tmp_path):
    (program,) = find_examples("javascript")
    script = tmp_path / "example.mjs"
    script.write_text(program)
    node = shutil.which("node")
    assert node, "the tests need Node 20"
    lines = run(site, demo, [node, str(script)]).splitlines()
    assert lines == ["genuine.json passed", "revoked.json failed", "tampered.json failed"]


def test_the_table_of_problems_is_complete():
    rows = re.findall(r"^\| (\d+) \| `([a-z-]+)`", DOCUMENT, flags=re.MULTILINE)
    known = {(int(status), problem.name) for status, problem in PROBLEMS.items()}
    known.add((400, NOT_A_CREDENTIAL.name))
    assert {(int(status), name) for status, name in rows} == known
    assert URN in DOCUMENT


def test_every_field_is_told():
    for field in FIELDS:
        assert f"`{field}`" in DOCUMENT
