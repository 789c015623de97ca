"""Load ready-made credentials (``--credentials DIR``): unsigned, drafted by another system.

They get an id and ``validFrom`` where they have none, and their status entry. Nothing else changes
but an issuer given by its DID alone, and a creator that repeats the issuer.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from issuer.errors import BadInputError
from issuer.inputs.achievement import (
    describe_schema,
    find_place_faults,
    find_remedy,
    parse_json_file,
    reduce_creator,
)
from issuer.inputs.draft import PROBE, Awarder, build_issuer, render_day_time
from issuer.inputs.input_files import refuse_file
from issuer.inputs.problems import Problem
from issuer.inputs.randomness import derive_credential_id
from issuer.progress import Progress
from protocol.credentials.canonical import canonicalise
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.schema import find_schema_problems, parse_moment
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import GuardError, ProtocolError
from protocol.primitives import Digest

CHECKING: Final = "Checking the credentials"
RESERVED_BYTES: Final = 20 << 10
"""Room for both proofs, the status entry and the members that are added."""
SUFFIX: Final = ".json"
_RANDOM_ID: Final = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"
)
_HEAD: Final = ("@context", "id", "type", "name", "description", "issuer", "validFrom")
"""Members that come first in what is drafted, as in drafts from a roster."""
Fault = tuple[str, str, str]
"""Member, reason and remedy."""


@dataclass(frozen=True, slots=True)
class ReadyMade:
    """One credential as it was given, with the issuer's profile and no second word about it."""

    file: Path
    row: int
    """Its place among the files, ordered by name."""
    content: Mapping[str, object]

    @property
    def digest(self) -> bytes:
        """SHA-256 of its content, however the JSON is spaced."""
        form = json.dumps(self.content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
        return sha256(form.encode("ascii")).digest()


@dataclass(frozen=True, slots=True)
class CredentialsSource:
    """A folder of good credentials: a `Source`.

    They stand in the order of their content's digests, so that renaming files changes nothing.
    """

    credentials: tuple[ReadyMade, ...]
    digest: Digest
    kind: str = "credentials"
    first: int = 0
    """Position of the first one, where this is a part of a folder."""

    @property
    def count(self) -> int:
        """How many credentials there are."""
        return len(self.credentials)

    def check_moment(self, moment: datetime) -> None:
        """Refuse a moment at which a credential has ended or not begun.

        Raises:
            BadInputError: listing every such file.
        """
        problems = list(_find_untimely(self.credentials, moment))
        if problems:
            raise BadInputError(problems)

    def draft(
        self, position: int, *, seed: bytes, status: Mapping[str, object], moment: datetime
    ) -> dict[str, object]:
        """Return the unsigned credential at a position: the same bytes for the same arguments."""
        return _complete(
            self.credentials[position - self.first].content,
            derive_credential_id(seed, position),
            status,
            moment,
        )

    def take(self, start: int, stop: int) -> "CredentialsSource":
        """Return the source for some positions alone."""
        chosen = self.credentials[start - self.first : stop - self.first]
        return replace(self, credentials=chosen, first=start)

    def manifest_row(self, position: int) -> Mapping[str, str]:
        """Return ``row`` (the file's place by name), the learner's ``name`` and ``source_file``."""
        each = self.credentials[position - self.first]
        name = _find_name(each.content)
        return {"row": str(each.row), "name": name, "source_file": each.file.name}


def load_credentials_source(
    folder: Path, awarder: Awarder, progress: Progress, *, now: datetime | None = None
) -> CredentialsSource:
    """Return what a folder of ready-made credentials makes.

    ``now`` lets credentials that have already ended be listed with all other problems.

    Raises:
        BadInputError: everything that is wrong with any of its files.
    """
    paths = _list_files(folder)
    found: list[ReadyMade] = []
    problems: list[Problem] = []
    for row, path in enumerate(paths, start=1):
        try:
            found.append(ReadyMade(path, row, _load(path, awarder)))
        except BadInputError as error:
            problems += error.problems
        progress.report(CHECKING, row, len(paths))
    problems += _find_doubled(found)
    if problems:
        raise BadInputError([*problems, *_find_untimely(found, now)])
    ordered = tuple(sorted(found, key=lambda each: each.digest))
    state = sha256(b"rootseal/credentials/1\x00" + b"".join(each.digest for each in ordered))
    return CredentialsSource(ordered, Digest(state.digest()))


def _list_files(folder: Path) -> list[Path]:
    try:
        paths = sorted(
            path
            for path in folder.iterdir()
            if path.suffix.lower() == SUFFIX and not path.name.startswith(".")
        )
    except OSError as error:
        refuse_file(folder, f"cannot be read as a folder ({error.strerror})", "correct the path")
    if not paths:
        refuse_file(folder, "holds no file that ends in .json", "put the credentials there")
    return paths


def _load(path: Path, awarder: Awarder) -> Mapping[str, object]:
    document = parse_json_file(path, "give one unsigned credential as JSON in UTF-8")
    faults = [*_find_form_faults(document), *_find_issuer_faults(document.get("issuer"), awarder)]
    prepared = _prepare(document, awarder)
    if not faults:
        faults = list(_find_credential_faults(prepared))
    if faults:
        raise BadInputError(
            Problem(path, None, member or None, reason, remedy) for member, reason, remedy in faults
        )
    return prepared


def _prepare(document: Mapping[str, object], awarder: Awarder) -> dict[str, object]:
    """Return the credential with the issuer's profile in full, and no second word about it."""
    prepared = dict(document)
    if isinstance(prepared.get("issuer"), str):
        prepared["issuer"] = build_issuer(awarder)
    subject = prepared.get("credentialSubject")
    achievement = subject.get("achievement") if isinstance(subject, Mapping) else None
    if isinstance(subject, Mapping) and isinstance(achievement, Mapping):
        reduced = reduce_creator(achievement, awarder)
        prepared["credentialSubject"] = {**subject, "achievement": reduced}
    return prepared


def _find_form_faults(document: Mapping[str, object]) -> Iterator[Fault]:
    """Yield what keeps a credential from being a draft of ours."""
    if "proof" in document:
        yield "proof", "it is signed already", "give the credential as it was before signing"
    if "credentialStatus" in document:
        yield "credentialStatus", "it has a status entry already", "remove it: one is added"
    if document.get("@context") != list(CREDENTIAL_CONTEXTS):
        contexts = " and ".join(CREDENTIAL_CONTEXTS)
        yield "@context", "is not the list of the two known contexts", f"write {contexts}"
    name = document.get("id")
    if "id" in document and not (isinstance(name, str) and _RANDOM_ID.match(name)):
        reason = "is no random urn:uuid: (version 4, lower case), so it could be guessed"
        yield "id", reason, "remove it: one is drawn"
    if "credentialSchema" in document:
        yield "credentialSchema", "is not used in credentials of ours", "remove it"


def _find_issuer_faults(issuer: object, awarder: Awarder) -> Iterator[Fault]:
    named = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if named != awarder.did:
        yield "issuer", f"is not {awarder.did}", f"write {awarder.did}, or choose another --issuer"
    elif isinstance(issuer, Mapping) and issuer.get("name", awarder.name) != awarder.name:
        yield "issuer.name", f"is not the registered one, {awarder.name}", "correct or remove it"


def _find_credential_faults(prepared: Mapping[str, object]) -> Iterator[Fault]:
    """Yield what schema, guard and canonical form say to the credential that it will become."""
    name = derive_credential_id(PROBE.seed, PROBE.position)
    document = _complete(prepared, name, PROBE.status, PROBE.moment)
    size = len(json.dumps(document, ensure_ascii=False, indent=2).encode())
    if size > CREDENTIAL_LIMIT_BYTES - RESERVED_BYTES:
        reason = f"takes {size:,} bytes, too many for {CREDENTIAL_LIMIT_BYTES:,} with its proofs"
        yield "", reason, "shorten its texts, or give a file's digest instead of the file"
        return
    guarded = list(find_place_faults(document))
    yield from guarded
    members = {member for member, _, _ in guarded}
    problems = [each for each in find_schema_problems(document) if each[0] not in members]
    yield from describe_schema(problems)
    if not (guarded or problems):
        yield from _find_guard_fault(document)


def _find_guard_fault(document: Mapping[str, object]) -> Iterator[Fault]:
    try:
        canonicalise(document)
    except GuardError as error:
        yield error.member, error.reason, find_remedy(error)
    except ProtocolError as error:
        yield "", str(error), find_remedy(error)


def _complete(
    content: Mapping[str, object], name: str, status: Mapping[str, object], moment: datetime
) -> dict[str, object]:
    added = {"id": name, "validFrom": render_day_time(moment.astimezone(UTC)), **content}
    head: dict[str, object] = {member: added[member] for member in _HEAD if member in added}
    return {**head, **added, "credentialStatus": dict(status)}


def _find_doubled(found: Sequence[ReadyMade]) -> Iterator[Problem]:
    """Yield files with the id of another one, and files that say the same as another one."""
    first_ids: dict[object, str] = {}
    first_digests: dict[bytes, str] = {}
    for each in found:
        name = each.content.get("id")
        first = first_ids.setdefault(name, each.file.name) if name else each.file.name
        same = first_digests.setdefault(each.digest, each.file.name)
        if same != each.file.name:
            yield Problem(each.file, None, None, f"says the same as {same}", "remove one of them")
        elif first != each.file.name:
            reason = f"is the id of {first} too"
            yield Problem(each.file, None, "id", reason, "remove it: one is drawn")


def _find_untimely(found: Sequence[ReadyMade], now: datetime | None) -> Iterator[Problem]:
    if now is None:
        return
    for each in found:
        for member, reason in _find_wrong_times(each.content, now):
            yield Problem(each.file, None, member, reason, "correct the date")


def _find_wrong_times(content: Mapping[str, object], moment: datetime) -> Iterator[tuple[str, str]]:
    start, end = (_read_time(content, member) for member in ("validFrom", "validUntil"))
    if start is not None and start > moment:
        yield "validFrom", "is still to come"
    if end is not None and end < max(moment, start or moment):
        yield "validUntil", "has already passed"


def _read_time(content: Mapping[str, object], member: str) -> datetime | None:
    value = content.get(member)
    return parse_moment(value) if isinstance(value, str) else None


def _find_name(content: Mapping[str, object]) -> str:
    """Return the learner's name where the subject has it in plain text."""
    subject = content.get("credentialSubject")
    identifiers = subject.get("identifier") if isinstance(subject, Mapping) else None
    for entry in identifiers if isinstance(identifiers, list) else ():
        if not isinstance(entry, Mapping) or entry.get("hashed") is not False:
            continue
        if entry.get("identityType") == "name":
            return str(entry.get("identityHash"))
    return ""
