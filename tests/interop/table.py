"""Write docs/interoperability.md's tables anew: ``python -m tests.interop.table [--check]``."""

import difflib
import json
import re
import sys
from collections.abc import Iterable

from tests.interop.answers import gather
from tests.interop.packages import HERE, VERIFIERS

DOCUMENT = HERE.parents[1] / "docs" / "interoperability.md"
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
LETTERS = [each.letter for each in VERIFIERS]
CHANGING = (
    (r"z6Mk\w+", "z6Mk…"),
    (r"zQ3s\w+", "zQ3s…"),
    (r"urn:uuid:[0-9a-f-]{36}", "urn:uuid:…"),
    (r"0x[0-9a-f]{40,}", "0x…"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)?", "(a moment)"),
    (r"[A-Z][a-z]{2} \d{1,2}, \d{4}", "(a day)"),
    (r"index \d+", "index …"),
)
"""What differs from run to run, and what stands for it."""


def render(document: str, answers: dict) -> str:
    """Return the document with its tables made from these answers."""
    tables = {name: "\n".join(make(answers)) + "\n" for name, make in TABLES.items()}
    found = {match[2] for match in BLOCK.finditer(document)}
    assert found == set(tables), f"the document has the places {sorted(found)}"
    return BLOCK.sub(lambda match: match[1] + tables[match[2]] + match[3], document)


def list_packages(_: dict) -> Iterable[str]:
    """One row a package: letter, name and the version that is pinned."""
    yield from _head("", "package", "version")
    for each in VERIFIERS:
        yield _row(each.letter, f"`{each.package}`", read_version(each.package))


def list_situations(answers: dict) -> Iterable[str]:
    """One row a situation, one column a verifier."""
    yield from _head("", "Rootseal", *LETTERS)
    group = ""
    for row in answers["rows"]:
        if row["group"] != group:
            group = row["group"]
            yield _row(f"**{group}**", *[""] * 5)
        cells = (judge(row[letter]) for letter in LETTERS)
        yield _row(row["title"], describe_ours(row["ours"]), *cells)


def list_overlooked(answers: dict) -> Iterable[str]:
    """One line a situation that we do not pass and somebody accepts."""
    for row in answers["rows"]:
        accepting = [letter for letter in LETTERS if row[letter]["accepted"]]
        if row["ours"]["verdict"] != "passed" and accepting:
            ours, they = describe_ours(row["ours"]), _join(accepting)
            yield f"- {row['group']}: {row['title']}. Rootseal: {ours}. Accepted by {they}."


def list_stricter(answers: dict) -> Iterable[str]:
    """One line a situation that we pass and somebody refuses."""
    for row in answers["rows"]:
        refusing = [letter for letter in LETTERS if not row[letter]["accepted"]]
        if row["ours"]["verdict"] == "passed" and refusing:
            said = "; ".join(f"{letter}: {_say(row[letter])}" for letter in refusing)
            yield f"- {row['group']}: {row['title']}. {said}."


def list_settings(answers: dict) -> Iterable[str]:
    """What the same packages say to a caller who asks for less, or reads less of the answer."""
    yield from _head("", "D, `verified` alone", "O, `check_status` left out")
    for row in answers["rows"]:
        if row["group"].startswith("Status"):
            alone = "accepts" if row["D"]["verified"] else "refuses"
            title = f"{row['group'].removeprefix('Status, ')}, {row['title']}"
            yield _row(title, alone, judge(row["without status"]))


def list_requests(answers: dict) -> Iterable[str]:
    """How each package asks for a status list."""
    yield from _head("", "`Accept` it sends for a status list")
    for letter in LETTERS:
        asked = {accept for path, accept in answers["requests"][letter] if "/status/" in path}
        yield _row(letter, *(f"`{each}`" if each else "none" for each in asked))


def list_words(answers: dict) -> Iterable[str]:
    """Every reason that a package gave, and in which situations."""
    yield from _head("", "what it said", "in")
    for letter in LETTERS:
        for said, rows in _gather_words(answers["rows"], letter).items():
            yield _row(letter, said, "; ".join(rows))


TABLES = {
    "packages": list_packages,
    "situations": list_situations,
    "overlooked": list_overlooked,
    "stricter": list_stricter,
    "settings": list_settings,
    "requests": list_requests,
    "words": list_words,
}


def judge(answer: dict) -> str:
    return "accepts" if answer["accepted"] else "refuses"


def describe_ours(ours: dict) -> str:
    """Our verdict, with the checks that it rests on."""
    named = ours["failed"] or ours["unknown"]
    first = ", ".join(f"`{each}`" for each in named[:2]) + (" …" if len(named) > 2 else "")
    return f"{ours['verdict']}: {first}" if named else ours["verdict"]


def read_version(package: str) -> str:
    """The version that is pinned, wherever that is."""
    npm = json.loads((HERE / "package.json").read_bytes())["devDependencies"]
    if package in npm:
        return npm[package]
    pins = (HERE / "install_blockcerts.mjs").read_text() + (HERE / "requirements.in").read_text()
    found = re.search(re.escape(package) + r"(?:\[\w+\])?(?:@|==)([\w.]+)", pins)
    assert found, package
    return found[1]


def _gather_words(rows: list[dict], letter: str) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for row in rows:
        if not row[letter]["accepted"]:
            where = f"*{row['group']}*" if row["group"].startswith("One") else row["title"]
            places = words.setdefault(_say(row[letter]), [])
            if where not in places:
                places.append(where)
    return words


def _say(answer: dict) -> str:
    """The last words of a refusal, without what differs from run to run."""
    text = answer["said"][-1] if answer["said"] else "nothing"
    for pattern, instead in CHANGING:
        text = re.sub(pattern, instead, text)
    text = text.replace("|", "\\|").replace("<", "&lt;").rstrip(".")
    return text if len(text) <= 240 else text[:240] + "…"


def _head(*titles: str) -> tuple[str, str]:
    return _row(*titles), "|" + " --- |" * len(titles)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _join(letters: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(letters[:-1]), letters[-1]]))


def main() -> int:
    """Write the tables, or compare them; 1 if they differ."""
    before = DOCUMENT.read_text("utf-8")
    after = render(before, gather())
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_text(after, "utf-8")
        return 0
    name = DOCUMENT.name
    different = difflib.unified_diff(before.splitlines(), after.splitlines(), name, "made anew", "")
    sys.stdout.writelines(f"{line}\n" for line in different)
    return int(before != after)


if __name__ == "__main__":
    sys.exit(main())
