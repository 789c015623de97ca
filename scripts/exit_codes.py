"""What a program learns from the exit code (README, docs/operations.md)."""

from typing import Final

DONE: Final = 0
SOME_FAILED: Final = 1
SOME_UNKNOWN: Final = 2
NOT_A_CREDENTIAL: Final = 3
CHAIN_UNREACHABLE: Final = 4
CHAIN_REFUSES: Final = 5
USAGE: Final = 64
BAD_INPUT: Final = 65
OUR_BUG: Final = 70
WORKER_ENDED: Final = 71
INTERRUPTED: Final = 130
UNREAD: Final = 141
