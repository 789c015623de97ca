"""Options that many commands share."""

from pathlib import Path
from typing import Final

import click

PUBLISHED_FOLDER: Final = "status"
"""Where in the home status lists are published, and served from."""
home_option: Final = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Journal, key files, embedded chain.  [default: $ROOTSEAL_HOME, else .rootseal]",
)
network_option: Final = click.option(
    "--network",
    default="embedded",
    show_default=True,
    help="Name of a network (rootseal networks).",
)
issuer_option: Final = click.option(
    "--issuer",
    "selector",
    metavar="DOMAIN|DID",
    help="Which institution; needed only where this home has several.",
)
json_option: Final = click.option("--json", "as_json", is_flag=True, help="Answer for a program.")
yes_option: Final = click.option("--yes", is_flag=True, help="Do not ask.")
