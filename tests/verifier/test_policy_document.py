"""docs/policy.md says what `verifier.policy` reads: every setting, every value, every default."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from protocol.errors import ConfigurationError
from verifier.policy import (
    DEFAULT_POLICY,
    POLICY_LIMIT_BYTES,
    Demand,
    Policy,
    Unanchored,
    load_policy,
)

DOCUMENT = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\| `([\w.]+)` \| (.+?) \| (.+?) \| (.+?) \|$", DOCUMENT, flags=re.MULTILINE)
CHOICES = {"unanchored": Unanchored}
"""All others that have choices are demands."""


def load(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path)


def write(setting: str, value: str) -> str:
    table, _, name = setting.rpartition(".")
    return f"{f'[{table}]' if table else ''}\n{name} = {value}\n"


def list_values() -> list[tuple[str, str]]:
    return [(name, value) for name, cell, *_ in ROWS for value in re.findall(r"`(.+?)`", cell)]


def test_the_example_is_loaded_as_it_reads(tmp_path: Path) -> None:
    policy = load(tmp_path, EXAMPLE)
    assert policy.networks == ("sepolia",)
    assert policy.unanchored is Unanchored.UNKNOWN
    assert policy.find_demand("accreditation") is Demand.REQUIRED
    assert policy.find_demand("evidence") is Demand.REPORTED
    assert policy.find_demand("endorsements") is Demand.OFF
    assert policy.name.startswith("policy.toml sha256:")


def test_the_example_has_every_setting() -> None:
    table = tomllib.loads(EXAMPLE)
    checks = table.pop("checks")
    assert [*table, *(f"checks.{name}" for name in checks)] == [name for name, *_ in ROWS]


def test_every_setting_of_a_policy_is_documented() -> None:
    documented = {name.removeprefix("checks.") for name, *_ in ROWS}
    assert documented == {field.name for field in fields(Policy)} - {"name"} | {"did_web"}


@pytest.mark.parametrize(("setting", "value"), list_values())
def test_every_documented_value_is_taken(tmp_path: Path, setting: str, value: str) -> None:
    load(tmp_path, write(setting, value))


@pytest.mark.parametrize("name", [name for name, *_ in ROWS if name not in ("networks", "did_web")])
def test_every_value_is_documented(name: str) -> None:
    values = {value.strip('"') for setting, value in list_values() if setting == name}
    assert values == set(CHOICES.get(name, Demand))


@pytest.mark.parametrize(("setting", "default"), [(name, default) for name, _, default, _ in ROWS])
def test_the_documented_default_is_the_default(tmp_path: Path, setting: str, default: str) -> None:
    if setting == "networks":
        assert (default, DEFAULT_POLICY.networks) == ("every configured network", None)
        return
    stated = load(tmp_path, write(setting, default.strip("`")))
    silent = load(tmp_path, "")
    for field in fields(Policy):
        if field.name != "name":
            value = getattr(silent, field.name)
            assert getattr(stated, field.name) == value == getattr(DEFAULT_POLICY, field.name)


@pytest.mark.parametrize("text", ['accreditation = "required"', '[checks]\npath = "off"', "x = 1"])
def test_a_setting_that_is_not_in_the_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no setting"):
        load(tmp_path, text)


@pytest.mark.parametrize("setting", [name for name, *_ in ROWS])
def test_a_value_that_is_not_in_the_table_is_refused(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ConfigurationError):
        load(tmp_path, write(setting, '"perhaps"'))


def test_a_file_above_the_documented_size_is_refused(tmp_path: Path) -> None:
    assert f"At most {POLICY_LIMIT_BYTES:,} bytes" in DOCUMENT
    load(tmp_path, "#" * POLICY_LIMIT_BYTES)
    with pytest.raises(ConfigurationError, match="larger than 64 KiB"):
        load(tmp_path, "#" * (POLICY_LIMIT_BYTES + 1))
