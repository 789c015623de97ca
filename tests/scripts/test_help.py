"""Every command explains itself, and every failure ends in one sentence and its exit code."""

import subprocess
import sys

import click
import pytest

from scripts import cli, failures
from tests.scripts.shell import Shell


def list_commands(group=cli.cli, path=()):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from list_commands(command, (*path, name))
        yield (*path, name), command


COMMANDS = dict(list_commands())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(shell, path):
    for option in ("--help", "-h"):
        told = shell.run(*path, option).expect(0)
        assert f"rootseal {' '.join(path)}" in told.out.partition("\n")[2]
        assert told.err == ""


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_takes_a_home_and_refuses_what_it_does_not_know(shell, path):
    assert "--nonsense" in shell.run(*path, "--nonsense").expect(64).err
    if not isinstance(COMMANDS[path], click.Group):
        assert "--home" in shell.run(*path, "--help").out


@pytest.mark.parametrize("name", ["issue", "verify", "deploy", "networks", "demo.command"])
def test_each_is_a_module_too(shell, name):
    command = [sys.executable, "-m", f"scripts.{name}", "--help"]
    done = subprocess.run(command, cwd=shell.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--home" in done.stdout


def test_the_installed_command_is_the_same(shell):
    answer = shell.call("--version").expect()
    assert answer.out.startswith("rootseal, version ")
    told = shell.call("no-such-command").expect(64)
    assert "no-such-command" in told.err
    assert len(told.err.strip().splitlines()) <= 4


def test_no_command_at_all_shows_the_three_lines(shell):
    answer = shell.run()
    assert "rootseal demo" in answer.out + answer.err


@pytest.mark.parametrize("path", ["issuer", "keys", "authority"])
def test_a_group_alone_shows_its_commands(shell, path):
    answer = shell.run(path)
    assert answer.code == 64
    assert "--help" in answer.out + answer.err


NOWHERE = ("--network", "nowhere")


@pytest.mark.parametrize(
    "arguments",
    [
        ("deploy", *NOWHERE),
        ("keys", "list", *NOWHERE),
        ("issuer", "register", *NOWHERE),
        ("issuer", "rotate", "--key", "anchor", *NOWHERE),
        ("authority", "suspend", "example.org", *NOWHERE),
        ("issuer", "init", "--name", "X", "--domain", "example.org", "--yes", *NOWHERE),
        ("deploy", "--network", "sepolia"),
        ("deploy", "--network", "../secrets"),
    ],
)
def test_a_network_that_is_not_configured_is_named(shell, arguments):
    answer = shell.run(*arguments)
    assert answer.code == (0 if arguments[:2] == ("keys", "list") else 64)
    assert "nowhere" in answer.err or "sepolia" in answer.err or "secrets" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("deploy", "--network", "local"),
        ("authority", "suspend", "example.org", "--network", "local"),
        ("authority", "register", "registration.json", "--network", "local"),
    ],
)
def test_a_silent_chain_ends_with_4(shell, arguments):
    silent = Shell(shell.folder, shell.variables | {"ROOTSEAL_RPC_LOCAL": "http://127.0.0.1:9"})
    silent.write(
        "registration.json",
        {
            "identifier": "did:web:example.org",
            "name": "X",
            "admin": "0x" + "12" * 20,
            "document_digest": "0x" + "12" * 32,
            "chain_id": 31_337,
        },
    )
    assert "local" in silent.run(*arguments).expect(4).err


def test_networks_are_listed_also_when_they_are_silent(shell):
    rows = shell.run("networks", "--json").expect().json
    assert [row["name"] for row in rows] == ["embedded", "local", "sepolia", "hoodi"]
    assert all(row["state"] for row in rows)
    shell.run("networks").expect()


def test_a_damaged_home_is_named_not_traced(desk):
    (file, *_) = desk.list_files("spring")
    for name, data in {
        "journal.sqlite3": b"rubbish" * 1000,
        "embedded/chain.sqlite3": b"rubbish" * 1000,
        "networks/local.toml": b"[",
    }.items():
        path = desk.home / name
        before = path.read_bytes() if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        answer = desk.run("revoke", file)
        assert answer.code in (0, 64, 65), (name, answer)
        desk.run("verify", file)
        desk.run("networks").expect()
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def test_a_mistake_of_ours_ends_with_70_and_tells_no_values(shell):
    script = (
        "import sys, scripts.verify\n"
        "from scripts import cli\n"
        "def fail(*_): raise KeyError('Aroha Ngawaka, 1001')\n"
        "scripts.verify._verify_one = fail\n"
        "sys.exit(cli.main(['verify', 'x.json']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=shell.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 70
    assert "KeyError" in done.stderr
    assert "Aroha" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_an_interrupted_command_ends_with_130():
    def interrupt():
        raise KeyboardInterrupt

    assert failures.run_guarded(interrupt) == 130
