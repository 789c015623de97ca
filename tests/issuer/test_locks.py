"""KO-06, KO-18: one account, one process at a time."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from issuer.errors import LockedError
from issuer.sending.locks import hold_account
from protocol.primitives import Address, ChainId

ACCOUNT = Address(b"a" * 20)
OTHER_ACCOUNT = Address(b"b" * 20)
CHAIN = ChainId(31337)

HOLD_UNTIL_TOLD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from issuer.sending.locks import hold_account
    from protocol.primitives import Address, ChainId
    with hold_account(Path(sys.argv[1]), ChainId(31337), Address(b"a" * 20),
                      on_wait=lambda: None, wait_seconds=10):
        print("held", flush=True)
        sys.stdin.readline()
    """
)


def start_holder(home: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_UNTIL_TOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_process_waits_says_so_and_then_gives_up(tmp_path: Path) -> None:
    waits: list[str] = []
    with start_holder(tmp_path) as holder:
        with (
            pytest.raises(LockedError),
            hold_account(
                tmp_path, CHAIN, ACCOUNT, on_wait=lambda: waits.append("w"), wait_seconds=0.5
            ),
        ):
            pytest.fail("two processes hold one account")
        assert waits == ["w"]
        holder.communicate("go\n")


def test_a_second_process_goes_on_once_the_first_has_ended(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:

        def tell() -> None:
            assert holder.stdin is not None
            holder.stdin.write("go\n")
            holder.stdin.flush()

        with hold_account(tmp_path, CHAIN, ACCOUNT, on_wait=tell, wait_seconds=10):
            pass


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        holder.kill()
        holder.wait()
        with hold_account(
            tmp_path, CHAIN, ACCOUNT, on_wait=lambda: pytest.fail("waited"), wait_seconds=0
        ):
            pass


def test_accounts_and_chains_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        for chain, account in ((CHAIN, OTHER_ACCOUNT), (ChainId(1), ACCOUNT)):
            with hold_account(
                tmp_path, chain, account, on_wait=lambda: pytest.fail("waited"), wait_seconds=0
            ):
                pass
        holder.communicate("go\n")
