"""Rules of the house that are kept by tests rather than by memory."""

import ast
import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import cli, config
from verifier import checks

HOUSE = Path(__file__).parent.parent
PACKAGES = ("protocol", "issuer", "verifier", "scripts")
MODULE_LINES = 300
FUNCTION_LINES = 30
COMMAND_LINES = 25
KEEPS_CLASSES = {
    "cli.py": "the table of commands is a click group",
    "config.py": "the settings are one frozen value",
    "terminal.py": "progress remembers its stage",
    "export_abi.py": "one error for whatever keeps the compiler from its work",
    "chains.py": "the configured chains are a directory that readers are asked of",
}


def modules() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("*.py"))


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            yield node


def count_code_lines(function: ast.FunctionDef, source: list[str]) -> int:
    """Lines of the body that are neither docstring, blank nor comment."""
    body = function.body
    first = body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(body) > 1:
        body = body[1:]
    lines = source[body[0].lineno - 1 : function.end_lineno]
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_modules_and_functions_stay_readable(path: Path) -> None:
    source = path.read_text(encoding="utf-8").splitlines()
    assert len(source) <= MODULE_LINES
    long = {
        function.name: length
        for function in functions(path)
        if (length := count_code_lines(function, source)) > FUNCTION_LINES
    }
    assert not long


@pytest.mark.parametrize(
    "path", sorted((HOUSE / "scripts").rglob("*.py")), ids=lambda path: path.name
)
def test_scripts_are_thin(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    classes = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    assert not classes or path.name in KEEPS_CLASSES
    long = {
        function.name
        for function in functions(path)
        if count_code_lines(function, source.splitlines()) > COMMAND_LINES
    }
    assert not long


def test_every_check_is_in_the_procedure() -> None:
    """Nobody can write a check and forget to run it."""
    written = {
        node.name
        for path in (HOUSE / "verifier" / "checks").glob("*.py")
        for node in functions(path)
        if node.name.startswith("check_")
    }
    assert written == {check.function.__name__ for check in checks.CHECKS}


def test_checks_cite_the_procedure_in_its_order() -> None:
    numbers = []
    for check in checks.CHECKS:
        cited = re.match(r"(\d+)", inspect.getdoc(check.function) or "")
        assert cited, check.function.__name__
        assert int(cited[1]) == check.step
        numbers.append(check.step)
    assert numbers == sorted(numbers)


def test_the_document_has_no_step_without_a_check() -> None:
    procedure = (HOUSE / "docs" / "receipt.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| *(\d+) *\|(.+?)\|", procedure, flags=re.MULTILINE)
    rows = [
        (int(step), name) for step, names in documented for name in re.findall(r"`(\w+)`", names)
    ]
    assert rows == [(check.step, check.id) for check in checks.CHECKS]


def test_the_core_of_the_verifier_loads_no_web_and_no_keys() -> None:
    program = (
        "import sys, verifier.verify;"
        "kept_out = ('flask', 'web3', 'eth_account', 'blockcerts_merkletools');"
        "print([name for name in kept_out if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout.strip() == "[]", answer.stderr


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("verifier/report.py", "import issuer.batches.plan"),
        ("issuer/batches/plan.py", "import verifier.report"),
        ("verifier/report.py", "import eth_account"),
        ("protocol/chain.py", "import eth_account"),
        ("issuer/batches/plan.py", "import flask"),
        ("verifier/report.py", "import blockcerts_merkletools"),
        ("protocol/proofs/merkle.py", "import issuer.batches.plan"),
        ("issuer/batches/plan.py", "import protocol.embedded"),
    ],
)
def test_a_forbidden_import_is_caught(tmp_path: Path, module: str, planted: str) -> None:
    """Plant one import that the house forbids, in a copy, and see the contracts break."""
    for package in PACKAGES:
        shutil.copytree(
            HOUSE / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(HOUSE / "pyproject.toml", tmp_path)
    path = tmp_path / module
    path.write_text(f"{planted}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    linter = Path(sys.executable).parent / "lint-imports"
    answer = subprocess.run(
        [linter, "--no-cache"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "BROKEN" in answer.stdout, answer.stderr


def test_every_command_has_help_with_an_example() -> None:
    for name in cli.COMMANDS:
        command = cli.cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None
        commands = getattr(command, "commands", {name: command})
        for each in commands.values():
            assert "rootseal " in (each.help or ""), f"{name} {each.name}"


def test_the_table_of_variables_is_complete() -> None:
    operations = (HOUSE / "docs" / "operations.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(ROOTSEAL_\w+)", operations, flags=re.MULTILINE))
    written = {config.HOME_VARIABLE, config.RPC_PREFIX, config.PASSPHRASE_VARIABLE}
    assert documented == written


def test_the_project_speaks_of_itself_alone() -> None:
    """No machine path anywhere in what is committed."""
    listed = subprocess.run(["git", "ls-files"], cwd=HOUSE, capture_output=True, text=True)
    suffixes = {".py", ".md", ".js", ".json", ".toml", ".sol", ".html", ".css", ".lock"}
    guilty = [
        name
        for name in listed.stdout.splitlines()
        if Path(name).suffix in suffixes
        and re.search(
            r"/(?:work|opt)/(?:main|shared|pypi)\b", (HOUSE / name).read_text(encoding="utf-8")
        )
    ]
    assert not guilty
