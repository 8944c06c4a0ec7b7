"""An authority of one's own for the certificates by which Kafka's nodes and clients know each other."""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = ("localhost", "127.0.0.1")
_VALID = timedelta(days=3_650)
_NAME = "Kafka of this case timeline"


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates. Its own, which everybody trusts, is in ``folder``, and so is its key."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def issue(self, name: str, hosts: Sequence[str] = ()) -> tuple[Path, Path]:
        """The files of a certificate and of its key, for a node at such hosts or a client; made once."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        if not certificate.exists():
            private = ec.generate_private_key(ec.SECP256R1())
            builder = _builder(name, private.public_key()).issuer_name(_named(_NAME))
            if hosts:
                names = x509.SubjectAlternativeName([_alternative(host) for host in hosts])
                builder = builder.add_extension(names, critical=False)
            _write(key, _private(private))
            _write(certificate, _public(builder.sign(self._key(), hashes.SHA256())))
        return certificate, key

    def both(self, name: str, hosts: Sequence[str]) -> Path:
        """One file with the key and then the certificate, as Kafka reads them."""
        certificate, key = self.issue(name, hosts)
        both = self.folder / f"{name}.both.pem"
        _write(both, key.read_bytes() + certificate.read_bytes())
        return both

    def _key(self) -> ec.EllipticCurvePrivateKey:
        read = serialization.load_pem_private_key((self.folder / "ca.key").read_bytes(), None)
        assert isinstance(read, ec.EllipticCurvePrivateKey)
        return read


def authority(folder: Path) -> Authority:
    """The authority whose files are in a folder; made where there is none."""
    found = Authority(folder)
    if not found.certificate.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_NAME, key.public_key()).issuer_name(_named(_NAME))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        _write(folder / "ca.key", _private(key))
        _write(found.certificate, _public(builder.sign(key, hashes.SHA256())))
    return found


def _builder(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A clock that is an hour behind reads a certificate made just now.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _VALID)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, plain)


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
