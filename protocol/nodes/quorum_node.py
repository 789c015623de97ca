"""Several endpoints of one network as one node.

What a verdict rests on must be answered alike by all endpoints that answer; one that is silent is
passed over, so that one answer is enough. What differs for good reasons is made comparable first:
"latest" and "finalized" become the oldest such block that the endpoints report, and that block must
be the same for all. Estimates are taken from the first that answers: they are no evidence.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from protocol.errors import ChainDisagreementError, ChainError, ChainUnreachableError
from protocol.nodes.batches import Question, Reply, request_each
from protocol.nodes.blocks import is_state_missing
from protocol.nodes.node import Node, NodeError

REST_SECONDS: Final = 30.0
"""How long a silent endpoint is passed over, so that it does not cost its time limit each time."""
TAGS: Final = ("latest", "finalized", "safe")

_PLACES: Final[Mapping[str, int]] = {
    "eth_call": 1,
    "eth_getCode": 1,
    "eth_getBalance": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
}
"""Where the block stands among the parameters of a question about state."""

_BLOCK: Final = ("number", "hash", "parentHash", "timestamp")
_LOG: Final = ("address", "topics", "data", "blockHash", "transactionHash", "logIndex")
_COMPARED: Final[Mapping[str, tuple[str, ...]]] = {
    "eth_getBlockByNumber": _BLOCK,
    "eth_getBlockByHash": _BLOCK,
    "eth_getTransactionByHash": ("hash", "blockHash", "blockNumber"),
    "eth_getTransactionReceipt": ("transactionHash", "blockHash", "blockNumber", "status", "logs"),
    "eth_getLogs": (),
    "eth_chainId": (),
    **dict.fromkeys(_PLACES, ()),
}
"""Questions that need agreement, and the members of an object that matter.

Other members differ by client.
"""


class QuorumNode(Node):
    """Endpoints that must agree."""

    def __init__(
        self,
        network_name: str,
        nodes: Sequence[Node],
        now_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask ``nodes``, at least one."""
        self._name = network_name
        self._nodes = tuple(nodes)
        self._now_seconds = now_seconds
        self._silent_until: dict[int, float] = {}
        self._fewest = len(self._nodes)
        self._has_disagreed = False

    @property
    def network_name(self) -> str:
        """Name of the network, for messages."""
        return self._name

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The endpoints."""
        return self._nodes

    def is_anyone_resting(self) -> bool:
        """Tell whether an endpoint was silent lately and is passed over."""
        return any(until > self._now_seconds() for until in self._silent_until.values())

    @property
    def endpoint_count(self) -> int:
        """How many endpoints are configured."""
        return len(self._nodes)

    @property
    def fewest_answers(self) -> int:
        """How many endpoints stood behind the weakest answer so far."""
        return self._fewest

    @property
    def has_disagreed(self) -> bool:
        """Tell whether the endpoints ever answered something differently."""
        return self._has_disagreed

    def request(self, method: str, params: Sequence[object]) -> object:
        """Return what the endpoints agree on (`Node.request`)."""
        if method == "eth_sendRawTransaction":
            return self._send_to_all(method, params)
        if method not in _COMPARED:
            return self._ask_first(method, params)
        if method == "eth_getBlockByNumber" and params[0] in TAGS:
            return self._find_common_block(params)
        return self._agree(method, self._pin(method, params))

    def request_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Return what the endpoints agree on for each question (`BatchNode.request_many`).

        Where they disagree, the reply is the disagreement. No question may name a tag.
        """
        given, silence = [], None
        for place in self._find_awake():
            try:
                given.append(request_each(self._nodes[place], questions))
            except ChainUnreachableError as error:
                self._rest(place)
                silence = error
        if not given:
            raise silence or self._report_silence()
        replies = zip(questions, zip(*given, strict=True), strict=True)
        return [self._settle(method, each) for (method, _), each in replies]

    def _settle(self, method: str, replies: Sequence[Reply]) -> Reply:
        """Return one reply for those of all endpoints."""
        refusals = [reply for reply in replies if isinstance(reply, NodeError)]
        answers = [reply for reply in replies if not isinstance(reply, ChainError)]
        if method not in _COMPARED:
            return answers[0] if answers else refusals[0]
        try:
            return self._agree_on(method, answers, refusals)
        except (NodeError, ChainDisagreementError) as error:
            return error

    def _send_to_all(self, method: str, params: Sequence[object]) -> object:
        """Return the first acceptance; any endpoint may bring it onto the chain."""
        answers, refusals = self._ask_all(method, params)
        if answers:
            return answers[0]
        raise refusals[0]

    def _ask_first(self, method: str, params: Sequence[object]) -> object:
        silence: ChainUnreachableError | None = None
        for place in self._find_awake():
            try:
                return self._ask(place, method, params)
            except ChainUnreachableError as error:
                silence = error
        raise silence or self._report_silence()

    def _agree(self, method: str, params: Sequence[object]) -> object:
        return self._agree_on(method, *self._ask_all(method, params))

    def _agree_on(self, method: str, answers: list[object], refusals: list[NodeError]) -> object:
        reverts = [refusal for refusal in refusals if not _is_inability(refusal)]
        self._count(len(answers) + len(reverts))
        if not answers:
            return self._agree_on_refusal(method, reverts or refusals)
        first = _pick(method, answers[0])
        if reverts or any(_pick(method, answer) != first for answer in answers[1:]):
            raise self._report_disagreement(method, answers)
        return answers[0]

    def _agree_on_refusal(self, method: str, refusals: list[NodeError]) -> object:
        if len({refusal.data for refusal in refusals}) > 1:
            raise self._report_disagreement(method, [])
        raise refusals[0]

    def _find_common_block(self, params: Sequence[object]) -> object:
        """Return the oldest of the endpoints' tagged blocks, once all agreed on that very block."""
        answers, refusals = self._ask_all("eth_getBlockByNumber", params)
        if not answers:
            raise refusals[0]
        oldest = min((_parse_number(answer) for answer in answers), key=_order)
        if oldest is None or len(self._nodes) == 1:
            return answers[0]
        return self._agree("eth_getBlockByNumber", [hex(oldest), *params[1:]])

    def _pin(self, method: str, params: Sequence[object]) -> Sequence[object]:
        """Replace a tag by the number of the block that the endpoints have in common."""
        place = _PLACES.get(method)
        if place is None or len(params) <= place or params[place] not in TAGS:
            return params
        block = self._find_common_block([params[place], False])
        number = _parse_number(block)
        if number is None:
            raise ChainUnreachableError(self._name, f"no endpoint has a block {params[place]}")
        return [*params[:place], hex(number), *params[place + 1 :]]

    def _ask_all(
        self, method: str, params: Sequence[object]
    ) -> tuple[list[object], list[NodeError]]:
        """Return all answers and refusals.

        Raises:
            ChainUnreachableError: nobody gave either.
        """
        answers: list[object] = []
        refusals: list[NodeError] = []
        silence: ChainUnreachableError | None = None
        for place in self._find_awake():
            try:
                answers.append(self._ask(place, method, params))
            except NodeError as error:
                refusals.append(error)
            except ChainUnreachableError as error:
                silence = error
        if not answers and not refusals:
            raise silence or self._report_silence()
        return answers, refusals

    def _ask(self, place: int, method: str, params: Sequence[object]) -> object:
        try:
            return self._nodes[place].request(method, params)
        except ChainUnreachableError:
            self._rest(place)
            raise

    def _rest(self, place: int) -> None:
        self._silent_until[place] = self._now_seconds() + REST_SECONDS

    def _find_awake(self) -> list[int]:
        """Return the endpoints to ask: all but those at rest, or all if all are at rest."""
        now = self._now_seconds()
        everyone = range(len(self._nodes))
        return [p for p in everyone if self._silent_until.get(p, now) <= now] or list(everyone)

    def _count(self, answers: int) -> None:
        self._fewest = min(self._fewest, answers)

    def _report_disagreement(
        self, method: str, answers: Sequence[object]
    ) -> ChainDisagreementError:
        """Say who shows how many, where lists of different lengths came from every endpoint."""
        self._has_disagreed = True
        sizes = [len(answer) for answer in answers if isinstance(answer, list)]
        detail = ""
        if len(sizes) == len(self._nodes) and len(set(sizes)) > 1:
            said = (f"endpoint {place} shows {size}" for place, size in enumerate(sizes, start=1))
            detail = ", ".join(said)
        return ChainDisagreementError(self._name, method, detail)

    def _report_silence(self) -> ChainUnreachableError:
        return ChainUnreachableError(self._name, "no endpoint is configured")


def _is_inability(refusal: NodeError) -> bool:
    """Tell whether a refusal says nothing about the chain, only about the endpoint."""
    reverted = refusal.data is not None or "revert" in refusal.message.lower()
    return is_state_missing(refusal) or not reverted


def _pick(method: str, answer: object) -> object:
    """Return what must be equal of an answer."""
    if isinstance(answer, dict):
        members = _COMPARED[method] or tuple(answer)
        return {name: _normalise(name, answer.get(name)) for name in members}
    return _normalise(
        "", [_pick_log(each) for each in answer] if isinstance(answer, list) else answer
    )


def _normalise(name: str, value: object) -> object:
    """Return hexadecimal in small letters, and logs without what clients add to them."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, list):
        return [_pick_log(each) if name == "logs" else _normalise("", each) for each in value]
    return value


def _pick_log(log: object) -> object:
    if not isinstance(log, dict):
        return _normalise("", log)
    return {name: _normalise(name, log.get(name)) for name in _LOG}


def _parse_number(block: object) -> int | None:
    number = block.get("number") if isinstance(block, dict) else None
    try:
        return int(number, 16) if isinstance(number, str) else None
    except ValueError:
        return None


def _order(number: int | None) -> tuple[bool, int]:
    """Put an answer without a block first: an endpoint that has none is behind all others."""
    return number is not None, number or 0
