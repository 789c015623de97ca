"""Steps 6 and 7: who answers, and is it the register that is trusted?"""

from protocol.chain import Block, Network
from protocol.primitives import render_address, render_hex
from verifier.checks.finding import Finding, build_failed, build_passed, build_unknown
from verifier.evidence import Cause, Evidence, Unknown, find_obstacle
from verifier.report import Fact, render_time


def check_network(evidence: Evidence) -> Finding:
    """6: a configured network with the receipt's chain id answers, and is not behind."""
    facts = _list_facts(evidence)
    obstacle = find_obstacle(evidence)
    if obstacle is not None:
        return build_unknown(_address(obstacle), facts)
    return build_passed("The public record answered and is up to date.", facts)


def check_contract(evidence: Evidence) -> Finding:
    """7: the trusted contract's address holds the known code at the pinned block."""
    obstacle = find_obstacle(evidence)
    if obstacle is not None:
        return build_unknown(obstacle)
    network, actual = evidence.network.network, evidence.network.code_hash
    if not isinstance(network, Network) or network.contract is None:
        reason = "No register is recorded for this network here."
        return build_unknown(Unknown(Cause.NO_REGISTER, reason))
    facts: dict[str, Fact] = {
        "contract": render_address(network.contract),
        "record": network.record,
        "expected": None if network.code_hash is None else render_hex(network.code_hash),
    }
    if isinstance(actual, Unknown):
        return build_unknown(actual, facts)
    facts["actual"] = None if actual is None else render_hex(actual)
    if network.code_hash is None:
        reason = "The register's code is not recorded here, so it could not be compared."
        return build_unknown(Unknown(Cause.NO_REGISTER, reason), facts)
    if actual == network.code_hash:
        return build_passed("The register we read is the one we trust.", facts)
    if actual is None:
        reason = "There is no register at the address we trust, at that moment. Do not rely on it."
        return build_failed(reason, facts)
    return build_failed("The register there is not the one we trust. Do not rely on it.", facts)


def _address(obstacle: Unknown) -> Unknown:
    """Add for the network check that the trouble is not the credential's."""
    return Unknown(obstacle.cause, f"{obstacle.reason} This is on our side.")


def _list_facts(evidence: Evidence) -> dict[str, Fact]:
    seen = evidence.network
    facts: dict[str, Fact] = {"chain_id_named": evidence.opened.receipt.chain_id}
    if isinstance(seen.network, Network):
        facts["network"] = seen.network.name
        facts["record"] = seen.network.record
        facts["genesis_expected"] = (
            None if seen.network.genesis is None else render_hex(seen.network.genesis)
        )
    if not isinstance(seen.chain_id, Unknown):
        facts["chain_id"] = seen.chain_id
    if not isinstance(seen.genesis, Unknown):
        facts["genesis"] = render_hex(seen.genesis)
    if isinstance(seen.latest, Block):
        facts["newest_block"] = seen.latest.number
        facts["newest_block_time"] = render_time(seen.latest.time)
    return facts
