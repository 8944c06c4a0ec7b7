"""What a node is told so that only who has a right may do anything.

Nodes know each other by certificates. Clients come as ``security`` says: by a certificate (``tls``), or by a
user and a password that is never sent (SCRAM), over TLS (``sasl_tls``) or not (``sasl_plaintext``).
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from infra.deploy.kafka.certificates import LOOPBACK, Authority, authority

Security = Literal["tls", "sasl_plaintext", "sasl_tls"]

PROTOCOLS: Mapping[Security, str] = {"tls": "SSL", "sasl_plaintext": "SASL_PLAINTEXT", "sasl_tls": "SASL_SSL"}
MECHANISM = "SCRAM-SHA-512"
ADMIN = "admin"
"""The user who may do everything, and gives the others their rights."""

_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


def settings(number: int, nodes: int, port: int, signing: Authority, security: Security) -> dict[str, str]:
    """The settings of one node of so many, whose clients come to ``port``; nodes meet on the two after it."""
    who = [f"User:node-{each}" for each in range(1, nodes + 1)]
    return {
        "listeners": (
            f"CLIENTS://127.0.0.1:{port},CONTROLLER://127.0.0.1:{port + 1},NODES://127.0.0.1:{port + 2}"
        ),
        "advertised.listeners": f"CLIENTS://127.0.0.1:{port},NODES://127.0.0.1:{port + 2}",
        "inter.broker.listener.name": "NODES",
        "listener.security.protocol.map": f"CLIENTS:{PROTOCOLS[security]},CONTROLLER:SSL,NODES:SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(signing.both(f"node-{number}", LOOPBACK)),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(signing.certificate),
        "ssl.client.auth": "required",
        # With SCRAM over TLS the password says who it is.
        **({"listener.name.clients.ssl.client.auth": "none"} if security == "sasl_tls" else {}),
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
        "sasl.enabled.mechanisms": MECHANISM,
        f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": _LOGIN,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": ";".join((f"User:{ADMIN}", *who)),
    }


def password_of(user: str, folder: Path) -> str:
    """The password of a user, kept in a file of the folder that its owner alone reads; drawn once."""
    file = folder / f"{user}.password"
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(24))
    return file.read_text().strip()


def reached_as(user: str, bootstrap: str, folder: Path, security: Security) -> dict[str, Any]:
    """How kafka-python reaches a cluster made in a folder as a user who was let in."""
    signing = authority(folder / "certificates")
    told = {"bootstrap_servers": bootstrap.split(","), "security_protocol": PROTOCOLS[security]}
    if security != "sasl_plaintext":
        told["ssl_cafile"] = str(signing.certificate)
    if security == "tls":
        certificate, key = signing.issue(user)
        return told | {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)}
    password = password_of(user, folder / "users")
    return told | {
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": user,
        "sasl_plain_password": password,
    }


def first_user(folder: Path) -> str:
    """The admin as the storage tool takes it: somebody must be there before anybody may make users."""
    return f"{MECHANISM}=[name={ADMIN},password={password_of(ADMIN, folder)}]"
