"""The tests' own certificate authority, so that verifiers of others speak real TLS to us."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def write_certificates(folder: Path, names: list[str]) -> tuple[Path, Path]:
    """Write an authority's certificate, and one with its key for these names; return both."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _name("Test authority")
    root = _begin(authority, authority, authority_key.public_key())
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    root = root.add_extension(_list_usage(signs=True), critical=True)
    leaf = _begin(_name(names[0]), authority, key.public_key())
    hosts = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
    leaf = leaf.add_extension(hosts, critical=False)
    known = folder / "authority.pem"
    known.write_bytes(root.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    served = folder / "server.pem"
    served.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + leaf.sign(authority_key, hashes.SHA256()).public_bytes(Encoding.PEM)
    )
    return known, served


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begin(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey):
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )


def _list_usage(*, signs: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(**no, key_cert_sign=signs, crl_sign=signs)
