"""What an audit may claim, in words: how much was seen, at which block, and on whose word."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.chain import Network
from protocol.primitives import render_hex
from verifier.audit.census import Result
from verifier.audit.chains import ChainKind
from verifier.audit.findings import Kind, find_worst
from verifier.audit.walk import ChainCount
from verifier.report import render_time

_UNITS: Final = {
    ChainKind.REGISTRY: ("entry", "entries", ""),
    ChainKind.AFFAIRS: ("change", "changes", "of the affairs of {} institution{}"),
    ChainKind.STATUS: ("status change", "status changes", "by {} institution{}"),
    ChainKind.KEY: ("anchor", "anchors", "by {} key{}"),
}


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who answered."""

    configured: int
    agreeing: int
    """How many endpoints stood behind the weakest answer."""
    is_own: bool = False
    """Whether it is this home's own embedded chain."""
    has_disagreed: bool = False
    """Whether something was answered differently by several."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A result, on which network, and by whose word."""

    network: Network
    result: Result
    witnesses: Witnesses

    @property
    def worst(self) -> Kind | None:
        """Return what is worst in it, None where it is complete."""
        return find_worst(finding.kind for finding in self.result.findings)


def tell(conclusion: Conclusion) -> Iterator[str]:
    """Yield the sentences that say what was seen, at which block, and what it rests on."""
    yield from _tell_counts(conclusion.result)
    yield _tell_block(conclusion)
    yield _tell_witnesses(conclusion)
    yield _tell_storage(conclusion)
    yield from _tell_limits(conclusion)
    yield _tell_end(conclusion)


def _tell_counts(result: Result) -> Iterator[str]:
    number = f"block {result.snapshot.block.number:,}"
    for kind in ChainKind:
        counts = [each for each in result.counts if each.name.kind is kind]
        if counts:
            yield _tell_count(kind, counts, number)


def _tell_count(kind: ChainKind, counts: list[ChainCount], number: str) -> str:
    expected, seen = sum(each.expected for each in counts), sum(each.seen for each in counts)
    one, many, of = _UNITS[kind]
    active = sum(each.expected > 0 for each in counts)
    which = f"{len(counts):,}" if active == len(counts) else f"{active:,} of {len(counts):,}"
    owners = of.format(which, "" if len(counts) == 1 else "s")
    where = "of the registry chain" if kind is ChainKind.REGISTRY else owners
    what = f"{expected:,} {one if expected == 1 else many} {where}"
    if not all(each.is_complete for each in counts):
        return f"{what}: {seen:,} of them seen, {number}."
    if expected == 0:
        return f"{what}, {number}."
    span = f"numbers 1 to {expected:,} all seen"
    if len(counts) > 1:
        span = "of each the numbers from 1 to its head all seen"
    return f"{what}, {span}, {number}."


def _tell_block(conclusion: Conclusion) -> str:
    block, final = conclusion.result.snapshot.block, conclusion.result.snapshot.is_final
    return (
        f"Block {block.number:,} of {conclusion.network.name} ({render_time(block.time)}) is "
        f"{render_hex(block.hash)}{'' if final else ', not yet final'}."
    )


def _tell_witnesses(conclusion: Conclusion) -> str:
    witnesses = conclusion.witnesses
    if witnesses.is_own:
        return "As told by this home's own embedded chain, up to that block."
    if witnesses.configured == 1:
        return (
            "As told by one endpoint: nothing is missing up to the heads that it shows, and "
            "only as far as its block is the network's."
        )
    if witnesses.agreeing < 2:  # noqa: PLR2004 (one of several)
        return (
            f"As told by one endpoint where the others of {witnesses.configured} were silent: "
            "complete only up to the heads that it shows."
        )
    what = "every answer that this rests on"
    if witnesses.has_disagreed:
        what = "every answer but those that the findings name as disputed"
    return f"{witnesses.agreeing} endpoints agreed on {what}."


def _tell_storage(conclusion: Conclusion) -> str:
    result = conclusion.result
    if result.refusal is None and result.proven:
        proven = f"{result.proven:,} words of storage proven against that block's hash"
        if conclusion.witnesses.is_own:
            return f"{proven}."
        return f"{proven}: confirm the hash elsewhere, and they need nobody's word."
    return f"Storage as told, not proven ({result.refusal or 'nothing was read'})."


def _tell_limits(conclusion: Conclusion) -> Iterator[str]:
    """Yield what is on somebody's word even where storage is proven, and what was left out."""
    if conclusion.result.counts and not conclusion.witnesses.is_own:
        yield (
            "Reasons, senders and transaction ids stand in no storage: no proof covers them, and "
            "they rest on the endpoints' word."
        )
    yield from conclusion.result.remarks


def _tell_end(conclusion: Conclusion) -> str:
    match conclusion.worst:
        case None if not conclusion.result.counts:
            return "In agreement: no difference."
        case None:
            return "Complete: no gap, no difference."
        case Kind.GAP | Kind.DIFFERENCE:
            return f"Not in order: {_count(conclusion)}."
        case _:
            return f"Could not be determined in full: {_count(conclusion)}."


def _count(conclusion: Conclusion) -> str:
    count = len(conclusion.result.findings) + conclusion.result.unlisted
    return "1 finding" if count == 1 else f"{count:,} findings"
