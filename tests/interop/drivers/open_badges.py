"""openbadgeslib's verifier for Data Integrity proofs: open_badges.py PORT [without-status]

Run by the environment that has openbadgeslib, never by ours. Names are looked up nowhere: every
https address leads to the tests' own web server, over real TLS (SSL_CERT_FILE makes its authority
known). The library downloads by itself, with its own headers, told that this address is private.
It forgives a clock one minute, for which no test can wait: its clock is ten ahead.
"""

import json
import socket
import sys
from datetime import datetime, timedelta
from functools import partial

from openbadgeslib.ob3 import verifier
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3VerificationError
from openbadgeslib.util import download_file

PORT = int(sys.argv[1])
CHECK_STATUS = "without-status" not in sys.argv[2:]
connect = socket.create_connection


class Later(datetime):
    """Now, ten minutes later."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(minutes=10)


def resolve(_host, port, *_arguments, **_options):
    address = ("127.0.0.1", PORT if port == 443 else port)
    return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address)]


def dial(_address, *arguments, **options):
    return connect(("127.0.0.1", PORT), *arguments, **options)


def answer(question):
    try:
        OB3LdpVerifier().verify(
            question["document"],
            check_status=CHECK_STATUS,
            download=partial(download_file, allow_private=True),
        )
    except OB3VerificationError as error:
        return {"accepted": False, "said": [str(error)]}
    return {"accepted": True, "said": []}


verifier.datetime = Later
socket.getaddrinfo = resolve
socket.create_connection = dial
for line in sys.stdin:
    sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
    sys.stdout.flush()
