"""Documents hang together: links lead somewhere, decisions have their parts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from issuer.affairs.treasury import ALLOWANCE_WEI
from protocol.nodes.networks import LOCAL_CHAIN_ID, LOCAL_ENDPOINT
from scripts.cli import COMMANDS

HOUSE = Path(__file__).parent.parent
DECISIONS = sorted((HOUSE / "docs" / "adr").glob("*.md"))
DOCUMENTS = [HOUSE / "README.md", *sorted((HOUSE / "docs").rglob("*.md"))]
PARTS = ("Context", "Decision", "Consequences")


def list_links(document: Path) -> Iterator[tuple[Path, str]]:
    """Yield file and anchor of each link that stays in the house."""
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", target):
            name, _, anchor = target.partition("#")
            yield (document.parent / name if name else document), anchor


def list_anchors(document: Path) -> set[str]:
    """Return the anchors of the headings, as the usual renderers of Markdown make them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for path, anchor in list_links(document):
        assert path.exists(), path
        assert not anchor or anchor in list_anchors(path), f"{path.name}#{anchor}"


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(len(DECISIONS)))


@pytest.mark.parametrize("decision", DECISIONS[1:], ids=lambda path: path.name)
def test_a_decision_says_what_was_decided_and_what_follows(decision: Path) -> None:
    text = decision.read_text("utf-8")
    assert re.match(rf"# {decision.name[:4]}: \S.*\n\nStatus: (accepted|superseded)\. ", text)
    for part in PARTS:
        assert len(re.findall(rf"^## {part}\n\S", text, flags=re.MULTILINE)) == 1, part


def test_the_local_network_stands_in_the_documents_as_it_is_built_in() -> None:
    text = (HOUSE / "docs" / "operations.md").read_text(encoding="utf-8")
    (section,) = re.findall(r"^## A node of your own\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert (
        f"chain id {LOCAL_CHAIN_ID}, at `{LOCAL_ENDPOINT}` unless `ROOTSEAL_RPC_LOCAL`" in section
    )
    assert f"{ALLOWANCE_WEI // 10**18} ether" in section
    for line in re.findall(r"^rootseal .*", section, re.MULTILINE):
        assert "--network local" in line
        _, *words = line.split()
        assert words[0] in COMMANDS
