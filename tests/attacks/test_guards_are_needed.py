"""Each attack of CH, ID and ST succeeds where its guard is left out: the tests can fail.

A guard is left out by running the same function with one expression of its source replaced. If the
expression is not there exactly once any more, the test says so.
"""

import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType, ModuleType

import pytest

from protocol.credentials import status_index
from tests.attacks import test_ch_chain as ch
from tests.attacks import test_id_identity as id_
from tests.attacks import test_st_status as st
from tests.verifier.world import World
from verifier import evidence, gather, gather_anchor, gather_issuer, gather_status, questions
from verifier.checks import anchor, finding, issuer, key, network, signature, status, validity
from verifier.report import Verdict

YES = "True"
NO = "False"
UNGUARDED = {
    "ch_09": "who disagrees with whom is the reader's to find; here it is only told",
    "id_09": "documents are read by the strict parser that JS attacks",
    "st_18": "nothing is kept, so there is nothing to leave out",
}
"""Attack ids whose guard is no expression of the verifier's."""


@dataclass(frozen=True)
class Weakening:
    """A guard that is left out, and the attack that it stops."""

    attack: Callable[..., None]
    guard: FunctionType
    expression: str
    instead: str
    arguments: tuple[object, ...] = ()
    also: "Weakening | None" = None
    """A second guard that stops the same attack."""

    @property
    def id(self) -> str:
        words = re.sub(r"\W+", "-", self.expression)[:40].strip("-")
        return f"{self.attack.__name__.removeprefix('test_')[:30]}-{self.guard.__name__}-{words}"

    def leave_out(self, patch: pytest.MonkeyPatch) -> None:
        source = textwrap.dedent(inspect.getsource(self.guard))
        assert source.count(self.expression) == 1, f"{self.expression} in {self.guard.__name__}"
        names = dict(self.guard.__globals__)
        weak = compile(source.replace(self.expression, self.instead), "weakened", "exec")
        exec(weak, names)
        patch.setattr(self.guard, "__code__", names[self.guard.__name__].__code__)
        if self.also is not None:
            self.also.leave_out(patch)


WEAKENINGS = (
    Weakening(
        ch.test_ch_01_naming_the_genuine_key_in_the_proof_does_not_help,
        key.check_anchoring_key,
        "_find_holder_trouble(evidence) or _find_time_trouble(evidence) or _judge_method(evidence)",
        "None",
    ),
    Weakening(
        id_.test_id_13_nobody_issues_in_a_name_that_is_not_his,
        key._find_holder_trouble,
        "key.issuer_id != choose_issuer(evidence.issuer, evidence.anchor)",
        NO,
    ),
    Weakening(
        ch.test_ch_01_the_root_of_a_forgery_sent_by_a_stranger_fails,
        key.check_anchoring_key,
        "if trouble is None",
        "if True",
    ),
    Weakening(
        ch.test_ch_01_an_unregistered_sender_leaves_no_entry,
        anchor.check_anchor,
        'build_failed(\n            "There is no such entry: the transaction was refused.',
        'build_passed(\n            "There is no such entry: the transaction was refused.',
    ),
    Weakening(
        ch.test_ch_02_a_look_alike_event_of_another_contract_is_no_entry,
        anchor.check_anchor,
        "build_failed(reason, facts)",
        "build_passed(reason, facts)",
    ),
    Weakening(
        ch.test_ch_02_the_look_alike_is_refused_even_if_the_reader_hands_it_on,
        anchor._compare,
        'build_failed(f"{reason} Do not',
        'build_passed(f"{reason} Do not',
    ),
    Weakening(
        ch.test_ch_03_a_reverted_transaction_is_no_entry,
        anchor.check_anchor,
        "not transaction.succeeded",
        NO,
    ),
    Weakening(
        ch.test_ch_03_a_reverted_transaction_is_no_entry,
        anchor.check_anchor,
        "build_failed(reason, facts)",
        "build_passed(reason, facts)",
    ),
    Weakening(
        ch.test_ch_04_a_pending_entry_is_unknown,
        questions.explain,
        "case TransactionPendingError():",
        "case TransactionPendingError() if False:",
    ),
    Weakening(
        ch.test_ch_04_an_entry_that_is_not_final_is_unknown_until_it_is,
        anchor.check_finality,
        "block.number <= final.number",
        YES,
    ),
    Weakening(
        ch.test_ch_04_an_entry_that_is_not_final_is_unknown_until_it_is,
        anchor.check_finality,
        "block.number <= final.number",
        "block.number < final.number",
    ),
    Weakening(
        ch.test_ch_05_a_chain_rewritten_while_it_was_read_is_unknown,
        gather._find_rewriting,
        "again.hash != pinned.hash",
        NO,
    ),
    Weakening(
        ch.test_ch_05_a_transaction_in_a_block_that_is_not_kept_is_unknown,
        anchor._compare,
        "block.hash != transaction.block_hash",
        NO,
    ),
    *(
        Weakening(
            ch.test_ch_06_another_chain_under_this_name_is_unknown,
            evidence.find_obstacle,
            expression,
            NO,
            (lie,),
        )
        for lie, expression in (
            ("chain id", "seen.chain_id != network.chain_id"),
            ("genesis", "network.genesis not in (None, seen.genesis)"),
        )
    ),
    Weakening(
        ch.test_ch_07_the_receipt_chooses_among_configured_networks_only,
        gather_anchor._find_events,
        "event.position.contract == reader.network.contract",
        YES,
    ),
    Weakening(
        ch.test_ch_11_a_node_that_is_behind_denies_nothing,
        evidence.find_obstacle,
        "seen.latest.time < oldest",
        NO,
    ),
    Weakening(
        ch.test_ch_11_freshness_holds_to_the_second,
        evidence.find_obstacle,
        "seen.latest.time < oldest",
        "seen.latest.time <= oldest",
    ),
    Weakening(
        ch.test_ch_11_a_node_that_is_up_to_date_may_deny,
        anchor._judge_without_transaction,
        "return build_failed(",
        "return build_passed(",
    ),
    *(
        Weakening(
            ch.test_ch_13_an_entry_belongs_to_its_own_sequence, anchor._agrees, expression, instead
        )
        for expression, instead in (
            ("record.seq", "event.seq"),
            ("record.block)", "transaction.block)"),
            ("record.root", "event.root"),
        )
    ),
    Weakening(
        ch.test_ch_14_times_come_from_the_block_not_the_proof,
        anchor._compare,
        '{"recorded_at": render_time(record.time)',
        '{"recorded_at": str(evidence.opened.credential.merkle["created"])',
    ),
    Weakening(
        ch.test_ch_15_a_relayed_entry_counts_and_is_told,
        anchor._list_facts,
        "seen.transaction.input == opened.root",
        YES,
    ),
    Weakening(
        ch.test_ch_16_another_batchs_transaction_is_no_entry,
        gather_anchor._find_events,
        "event.root == opened.root",
        YES,
    ),
    Weakening(
        ch.test_ch_17_a_register_whose_code_is_gone_denies_nothing,
        network.check_contract,
        "actual == network.code_hash",
        YES,
    ),
    Weakening(
        ch.test_ch_17_a_replaced_register_is_not_asked_for_anybodys_key,
        gather._find_register_obstacle,
        "seen.code_hash != known",
        NO,
    ),
    Weakening(
        ch.test_ch_20_a_pruned_history_is_unknown_where_storage_has_the_root,
        anchor._judge_without_transaction,
        "isinstance(seen.record, AnchorRecord)",
        NO,
    ),
    Weakening(
        ch.test_ch_24_what_is_recorded_after_the_pinned_block_is_not_denied,
        gather_anchor._ask_transaction,
        "transaction.block > pinned.number",
        NO,
        (1,),
    ),
    Weakening(
        ch.test_ch_24_all_state_is_read_at_one_block_that_the_report_names,
        gather_issuer.gather_issuer,
        "reader.read_issuer_id(named, pinned)",
        "reader.read_issuer_id(named, reader.read_block(0))",
    ),
    Weakening(
        id_.test_id_01_a_name_in_the_file_proves_nothing,
        issuer._judge_stranger,
        "if bound is None:",
        "if False:",
    ),
    Weakening(
        id_.test_id_01_the_registered_name_is_shown_whatever_the_file_says,
        issuer._list_facts,
        "= seen.names.name",
        '= credential.view["issuer"]["name"]',
    ),
    Weakening(
        id_.test_id_02_a_look_alike_identifier_is_another,
        issuer._judge_stranger,
        "if bound is None:",
        "if False:",
        ("did:web:issuer.example.",),
    ),
    *(
        Weakening(id_.test_id_03_issuer_and_both_methods_are_one, guard, expression, NO, (proof,))
        for proof, guard, expression in (
            (0, key._judge_method, "split_method(credential.merkle) != credential.issuer"),
            (1, signature.check_signature, "split_method(credential.eddsa) != credential.issuer"),
        )
    ),
    Weakening(
        id_.test_id_03_the_method_must_be_the_key_that_anchored,
        key._judge_method,
        "named != event.key",
        NO,
    ),
    Weakening(
        id_.test_id_03_a_key_that_the_own_document_does_not_list_fails,
        key._judge_method,
        "document is not None",
        NO,
    ),
    Weakening(
        id_.test_id_03_a_key_with_another_role_does_not_anchor,
        key._find_holder_trouble,
        "Role.ANCHOR not in key.roles",
        NO,
    ),
    Weakening(
        id_.test_id_03_a_registered_document_that_contradicts_the_register_fails,
        issuer._find_contradiction,
        "address != event.key",
        NO,
    ),
    Weakening(
        id_.test_id_03_a_registered_document_of_somebody_else_fails,
        issuer._find_contradiction,
        "None if renamed else",
        "None if True else",
    ),
    *(
        Weakening(
            id_.test_id_04_an_entry_after_the_compromise_fails_and_one_before_stands,
            key._find_time_trouble,
            "block.time >= key.compromised_at",
            instead,
        )
        for instead in (NO, "block.time > key.compromised_at")
    ),
    *(
        Weakening(
            id_.test_id_05_a_key_is_live_from_its_first_second,
            key._find_time_trouble,
            "block.time < key.not_before",
            instead,
        )
        for instead in (NO, "block.time <= key.not_before")
    ),
    *(
        Weakening(
            id_.test_id_05_a_key_is_live_until_the_second_before_its_end,
            key._find_time_trouble,
            "block.time >= key.not_after",
            instead,
        )
        for instead in (NO, "block.time > key.not_after")
    ),
    *(
        Weakening(
            id_.test_id_05_a_worthless_endorsement_saves_nothing,
            key._vouches,
            expression,
            instead,
            (spoiled,),
        )
        for spoiled, expression, instead in (
            ("compromised", "not compromised", YES),
            ("other issuer", "key.issuer_id == choose", "choose"),
            ("role", "Role.ANCHOR in key.roles", YES),
        )
    ),
    Weakening(
        id_.test_id_05_a_key_cannot_vouch_for_itself,
        key._vouches,
        "key.index != record.key_index",
        YES,
    ),
    Weakening(
        id_.test_id_06_a_copy_with_another_digest_counts_as_not_had,
        gather_issuer._find_document,
        "documents.find(digest)",
        "documents.find(digest) or next(iter(documents.copies.values()))",
    ),
    Weakening(
        id_.test_id_12_both_names_are_there_the_registered_one_in_the_facts,
        issuer._list_facts,
        "= seen.names.name",
        '= credential.view["issuer"]["name"]',
    ),
    Weakening(
        id_.test_id_13_a_name_that_moved_on_keeps_what_its_former_holder_recorded,
        evidence.choose_issuer,
        "(seen.bound, seen.bound_then)",
        "(seen.bound,)",
    ),
    Weakening(
        id_.test_id_13_a_name_that_moved_on_is_told_by_its_present_holders_registered_name,
        finding.name_institution,
        "{names.name}",
        "{names.identifier}",
    ),
    Weakening(
        st.test_st_09_an_index_has_one_spelling,
        status_index._read_number,
        "int(value) >= limit",
        NO,
        ("131072",),
    ),
    *(
        Weakening(
            st.test_st_09_an_index_has_one_spelling,
            status_index._read_number,
            "not _DECIMAL.match(value)",
            NO,
            (index,),
            Weakening(
                st.test_st_09_an_index_has_one_spelling,
                status_index.parse_status,
                'member["id"] != f"{address}#{index}"',
                NO,
            ),
        )
        for index in ("05", "+5", "٥", "-1")
    ),
    Weakening(
        st.test_st_10_an_index_finds_its_own_bit_and_no_neighbours,
        status_index.locate,
        "WORD_ENTRIES - 1 - index % WORD_ENTRIES",
        "index % WORD_ENTRIES",
        (5,),
    ),
    Weakening(
        st.test_st_11_a_status_of_unknown_type_or_doubled_is_refused,
        status_index.parse_status,
        "member[name] != expected",
        NO,
    ),
    Weakening(
        st.test_st_11_without_an_entry_only_the_batch_can_be_withdrawn,
        status.check_revocation,
        "record.revoked_at is not None",
        NO,
    ),
    *(
        Weakening(
            st.test_st_13_valid_until_includes_its_own_second,
            validity._judge,
            "moment > credential.valid_until",
            instead,
            arguments,
        )
        for instead, arguments in (
            (NO, (1, Verdict.FAILED)),
            ("moment >= credential.valid_until", (0, Verdict.PASSED)),
        )
    ),
    Weakening(
        st.test_st_13_a_clock_that_the_chain_contradicts_leaves_the_dates_open,
        validity.check_validity,
        "latest.time <= evidence.at + SKEW",
        YES,
    ),
    *(
        Weakening(
            st.test_st_13_five_minutes_of_skew_are_borne,
            validity.check_validity,
            "latest.time <= evidence.at + SKEW",
            instead,
            arguments,
        )
        for instead, arguments in (
            (YES, (301, Verdict.UNKNOWN)),
            ("latest.time < evidence.at + SKEW", (300, Verdict.PASSED)),
        )
    ),
    *(
        Weakening(
            st.test_st_14_valid_from_includes_its_own_second,
            validity._judge,
            "moment < credential.valid_from",
            instead,
            arguments,
        )
        for instead, arguments in (
            (NO, (-1, Verdict.FAILED)),
            ("moment <= credential.valid_from", (0, Verdict.PASSED)),
        )
    ),
    Weakening(
        st.test_st_16_suspended_fails_and_may_come_back,
        status._judge,
        "not purpose.read_bits(word) & _find_mask(evidence)",
        YES,
    ),
    Weakening(
        st.test_st_16_revoked_after_a_suspension_fails_in_both,
        status._judge,
        "not purpose.read_bits(word) & _find_mask(evidence)",
        YES,
    ),
    Weakening(
        st.test_st_16_a_whole_batch_is_withdrawn_with_reason_and_time,
        status.check_revocation,
        "record.revoked_at is not None",
        NO,
    ),
    Weakening(
        st.test_st_16_another_institutions_bit_withdraws_nothing,
        gather_status.gather_status,
        "reader.read_status(record.issuer_id, number, pinned)",
        "reader.read_status(3 - record.issuer_id, number, pinned)",
    ),
    Weakening(
        st.test_st_16_a_withdrawal_too_far_back_fails_without_its_date,
        questions.walk_back,
        "range(WALK_LIMIT_BLOCKS)",
        "range(10_000)",
        (3,),
    ),
    Weakening(
        st.test_st_16_a_gap_in_the_log_costs_the_date_only,
        questions.walk_back,
        'Unknown(Cause.DISAGREEMENT, f"Entry {seq} is missing from the register\'s log.")',
        "None",
    ),
    Weakening(
        st.test_st_17_what_changes_after_the_pinned_block_does_not_count,
        gather_status.gather_status,
        "number, pinned)",
        "number, reader.chain.blocks[-1])",
    ),
)


@pytest.mark.parametrize("weakening", WEAKENINGS, ids=lambda weakening: weakening.id)
def test_an_attack_succeeds_where_its_guard_is_left_out(
    weakening: Weakening, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = weakening.arguments
    if "monkeypatch" in inspect.signature(weakening.attack).parameters:
        arguments = (monkeypatch, *arguments)
    weakening.leave_out(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        weakening.attack(World(), *arguments)


@pytest.mark.parametrize("module", [ch, id_, st], ids=lambda module: module.__name__)
def test_every_attack_has_a_guard_that_is_needed(module: ModuleType) -> None:
    attacks = {name[5:10] for name in vars(module) if re.match(r"test_\w\w_\d\d_", name)}
    needed = {weakening.attack.__name__[5:10] for weakening in WEAKENINGS}
    assert attacks <= needed | set(UNGUARDED)
