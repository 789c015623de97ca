"""Domains as identifiers hold them: one spelling, no look-alike in disguise (ID-02)."""

import pytest

from protocol.identifiers import hash_achievement, hash_identifier, name_did, parse_domain


@pytest.mark.parametrize(
    "domain",
    ["issuer.example", "a.b", "xn--issuer-9cf.example", "issuer.example.evil.example", "1.a2"],
)
def test_a_host_name_is_taken_as_it_is(domain: str) -> None:
    assert parse_domain(domain) == domain
    assert name_did(domain) == f"did:web:{domain}"


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "issuer",
        "Issuer.Example",
        "issuer.example.",
        ".issuer.example",
        "issuer..example",
        "-issuer.example",
        "issuer-.example",
        "issu\u0435r.example",
        "\u0131ssuer.example",
        "issuer\u3002example",
        "issuer.example\u2024evil",
        "issuer.example@evil.example",
        "evil.example#issuer.example",
        "evil.example/issuer.example",
        "issuer.example%3A8443",
        "issuer.example:8443",
        "issuer.example:..:..:evil",
        "https://issuer.example",
        "issuer.example\n",
        " issuer.example",
        "192.168.0.1",
        "a." * 126 + "toolong",
        "a" * 64 + ".example",
    ],
)
def test_anything_else_is_refused(domain: str) -> None:
    with pytest.raises(ValueError, match="a domain"):
        parse_domain(domain)


def test_hashes_are_keccak_of_the_utf_8() -> None:
    """Known values: Keccak-256 of nothing, and of ``abc`` (Keccak team's test vectors)."""
    assert hash_identifier("").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
    assert hash_achievement("abc").hex() == (
        "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    )
