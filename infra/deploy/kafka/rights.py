"""Who may do what on the service's topics: publishers, the service and auditors, what each needs and no more.

    python -m infra.deploy.kafka.rights FOLDER --log casetimeline.log --intake casetimeline.intake

makes the users on a cluster that was started in FOLDER with ``--security``, and gives them their rights: the
brokers know within a second. Run it again at will: what is there stays, and passwords are drawn once.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    KafkaAdminClient,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError

from infra.deploy.kafka.cluster import Cluster, at
from infra.deploy.kafka.guarded import ADMIN, password_of, reached_as

LOG, INTAKE = "casetimeline.log", "casetimeline.intake"
SERVICE, PUBLISHER, AUDITOR = "service", "publisher", "auditor"
EVERYBODY = "*"

READ, WRITE, CREATE = ACLOperation.READ, ACLOperation.WRITE, ACLOperation.CREATE
SEE_SETTINGS = ACLOperation.DESCRIBE_CONFIGS
NEVER = (ACLOperation.DELETE, ACLOperation.ALTER, ACLOperation.ALTER_CONFIGS)
"""What would take records away: deleting them or their topic, more partitions, other settings."""


class Refused(OSError):
    """The brokers did not take a user or a right; the message says which."""


@dataclass(frozen=True, slots=True)
class Topics:
    """The names of the topics of one service."""

    log: str = LOG
    intake: str = INTAKE

    @property
    def set_aside(self) -> str:
        return f"{self.intake}.set-aside"

    def all(self) -> tuple[str, ...]:
        return (self.log, self.intake, self.set_aside)


def rights(topics: Topics, publishers: Sequence[str], may_create: bool = True) -> Iterator[ACL]:
    """Each right to give. What is not given is refused, and what nobody may ever do is refused by name.

    ``may_create`` lets the service make its topics where they are absent; it can do nothing to them after.
    """
    for publisher in publishers:
        yield from _may(publisher, _topic(topics.intake), WRITE)
    yield from _may(SERVICE, _topic(topics.log), READ, WRITE, SEE_SETTINGS)
    yield from _may(SERVICE, _topic(topics.intake), READ, SEE_SETTINGS)
    yield from _may(SERVICE, _topic(topics.set_aside), READ, WRITE, SEE_SETTINGS)
    for name in (topics.log, topics.intake):
        yield from _may(SERVICE, _groups(name), READ)
    if may_create:
        for name in topics.all():
            yield from _may(SERVICE, _topic(name), CREATE)
    yield from _may(AUDITOR, _topic(topics.log), READ, SEE_SETTINGS)
    yield from _may(AUDITOR, _topic(topics.set_aside), READ, SEE_SETTINGS)
    for name in topics.all():
        yield from _right(EVERYBODY, ACLPermissionType.DENY, _topic(name), NEVER)


def give(admin: KafkaAdminClient, given: Iterable[ACL]) -> None:
    """Give rights; those already given stay. Raises Refused."""
    failed = admin.create_acls(list(given))["failed"]
    if failed:
        raise Refused(f"the brokers did not take {len(failed)} rights, the first of them {failed[0]}")


def make_users(admin: KafkaAdminClient, users: Sequence[str], folder: Path) -> None:
    """Let users in by the passwords that the folder keeps, drawn where it has none. Raises Refused."""
    wanted = [
        UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password_of(user, folder))
        for user in users
    ]
    failed = {user: said for user, said in admin.alter_user_scram_credentials(wanted).items() if said}
    if failed:
        raise Refused(f"the brokers did not take these users: {failed}")


def _topic(name: str) -> ResourcePattern:
    return ResourcePattern(ResourceType.TOPIC, name, ACLResourcePatternType.LITERAL)


def _groups(beginning: str) -> ResourcePattern:
    return ResourcePattern(ResourceType.GROUP, beginning, ACLResourcePatternType.PREFIXED)


def _may(user: str, what: ResourcePattern, *operations: ACLOperation) -> Iterator[ACL]:
    return _right(user, ACLPermissionType.ALLOW, what, operations)


def _right(
    user: str, permission: ACLPermissionType, what: ResourcePattern, operations: Iterable[ACLOperation]
) -> Iterator[ACL]:
    return (ACL(f"User:{user}", "*", operation, permission, what) for operation in operations)


def _as_admin(cluster: Cluster) -> KafkaAdminClient:
    if cluster.security is None:
        raise Refused("everybody may do everything on this cluster; start it with --security")
    return KafkaAdminClient(**reached_as(ADMIN, cluster.bootstrap, cluster.folder, cluster.security))


def main(arguments: Iterable[str] | None = None) -> None:
    """Make users and give rights, as the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.kafka.rights", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the cluster; the passwords come to be in FOLDER/users")
    parser.add_argument("--log", default=LOG, help="the topic of the log")
    parser.add_argument("--intake", default=INTAKE, help="the topic that case systems publish to")
    parser.add_argument("--publisher", action="append", metavar="USER", help="a case system; may be repeated")
    parser.add_argument("--no-create", action="store_true", help="the service may not make its topics")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    publishers = asked.publisher or [PUBLISHER]
    users = asked.folder / "users"
    try:
        admin = _as_admin(at(asked.folder))
        try:
            make_users(admin, [SERVICE, AUDITOR, *publishers], users)
            give(admin, rights(Topics(asked.log, asked.intake), publishers, not asked.no_create))
        finally:
            admin.close()
    except (OSError, KafkaError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"{', '.join([SERVICE, AUDITOR, *publishers])} have their rights; their passwords are in {users}")


if __name__ == "__main__":
    main()
