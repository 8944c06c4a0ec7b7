"""As whom Kafka is reached, and whether what is said is encrypted: the settings of its client."""

import logging
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

# Its client logs every attempt to reach a broker; what comes of them is raised, and told once.
logging.getLogger("kafka").addHandler(logging.NullHandler())


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

    def problems(self, prefix: str) -> list[str]:
        """What does not fit together, by the names of the settings, which begin with this."""
        said = []
        with_user, with_tls = self.protocol.startswith("sasl"), self.protocol.endswith("tls")
        security = f"{prefix}SECURITY={self.protocol}"
        if with_user and not (self.user and self.password):
            said.append(f"{security} needs {prefix}USER and {prefix}PASSWORD_FILE (or {prefix}PASSWORD)")
        if not with_user and (self.user or self.password):
            said.append(f"{security} uses no {prefix}USER and no {prefix}PASSWORD; set it to sasl_tls")
        if not with_tls and (self.ca_file or self.cert_file or self.key_file):
            said.append(f"{security} uses no {prefix}CA_FILE, {prefix}CERT_FILE and {prefix}KEY_FILE")
        if (self.cert_file is None) != (self.key_file is None):
            said.append(f"{prefix}CERT_FILE and {prefix}KEY_FILE go together; set both")
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
