"""As whom Kafka is reached, and whether what is said is encrypted: the settings of its client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

Protocol = Literal["plaintext", "tls", "sasl_plaintext", "sasl_tls"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)

_NAMES: Mapping[Protocol, str] = {
    "plaintext": "PLAINTEXT",
    "tls": "SSL",
    "sasl_plaintext": "SASL_PLAINTEXT",
    "sasl_tls": "SASL_SSL",
}
MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """With ``sasl_…``: a user and their password. With ``…tls``: the authority that signed the brokers'
    certificates, where the system does not know it; with ``tls``, a certificate of one's own.
    """

    protocol: Protocol = "plaintext"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def problems(self) -> list[str]:
        """What does not fit together, in the words of the settings' names after CASETIMELINE_KAFKA_."""
        said = []
        if self.protocol.startswith("sasl") and not (self.user and self.password):
            said.append(f"SECURITY={self.protocol} needs USER and PASSWORD_FILE (or PASSWORD)")
        if not self.protocol.startswith("sasl") and (self.user or self.password):
            said.append(f"USER and PASSWORD are told, and SECURITY={self.protocol} does not use them")
        if not self.protocol.endswith("tls") and (self.ca_file or self.cert_file or self.key_file):
            said.append(f"CA_FILE, CERT_FILE or KEY_FILE is told, and SECURITY={self.protocol} uses none")
        if (self.cert_file is None) != (self.key_file is None):
            said.append("CERT_FILE and KEY_FILE go together")
        return said

    def client(self) -> dict[str, Any]:
        """The same for kafka-python."""
        told: dict[str, Any] = {"security_protocol": _NAMES[self.protocol]}
        if self.protocol.startswith("sasl"):
            told["sasl_mechanism"] = MECHANISM
            told["sasl_plain_username"] = self.user
            told["sasl_plain_password"] = self.password
        files = {"ssl_cafile": self.ca_file, "ssl_certfile": self.cert_file, "ssl_keyfile": self.key_file}
        told |= {name: str(path) for name, path in files.items() if path is not None}
        return told
