"""The command `rootseal`: its table of commands, loaded when they are called."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata
from typing import Final

import click

from scripts import failures

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "scripts.demo.command:demo",
    "issuer": "scripts.issuer:issuer",
    "issue": "scripts.issue:issue",
    "verify": "scripts.verify:verify",
    "serve": "scripts.serve:serve",
    "revoke": "scripts.status:revoke",
    "suspend": "scripts.status:suspend",
    "reinstate": "scripts.status:reinstate",
    "status": "scripts.status_publish:status",
    "keys": "scripts.keys:keys",
    "networks": "scripts.networks:networks",
    "deploy": "scripts.deploy:deploy",
    "authority": "scripts.authority:authority",
    "audit": "scripts.audit:audit",
}
"""In the order in which somebody meets them."""


class CommandTable(click.Group):
    """A group whose commands are imported when they are needed: web3 and the EVM take a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click calls it so)
        """Return the names in their own order, not the alphabet's."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click calls it so)
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command by its name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=CommandTable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(metadata.version("rootseal"), prog_name="rootseal")
def cli() -> None:
    """Issue, anchor and check micro-credentials.

    \b
    Try it:       rootseal demo
    Your own:     rootseal issuer init --name "Example Institute" --domain example.org --yes
                  rootseal issue --roster people.csv --achievement achievement.json --out spring
                  rootseal verify spring/*.json
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    sys.excepthook = failures.report_bug
    return failures.run_guarded(lambda: cli.main(args=arguments, standalone_mode=False))


if __name__ == "__main__":
    sys.exit(main())
