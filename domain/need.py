"""The need to have a child assessed: from a referral until an assessment of it is completed."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum

from domain.assessment_life import AssessmentLife
from domain.flag import Flag
from domain.policy import Policy
from domain.referral_episode import Episode
from domain.telling import Told


class NeedStatus(Enum):
    RUNNING = "open"
    STOPPED = "stopped"
    ENDED = "ended_without_completion"


@dataclass(slots=True, eq=False)
class Need:
    """A need and all that attached to it.

    ``start`` and ``place`` tell what began it and where that stands in the reading order; ``end`` the fact
    that stopped or ended it. ``episodes`` and ``records`` are the referrals and assessments on it.
    ``reopened`` holds the open records whose reopening set it running again after its end. ``is_sustained``
    tells that an assessment that began with no referral open keeps it running, whatever is closed.
    ``late_after`` is the end that reopening alone set aside: a completion then still comes after it.
    ``things`` are others, by kind and id, whose facts are on it.
    """

    start: Told
    place: int
    subject: str
    start_flags: list[Flag] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    records: list[AssessmentLife] = field(default_factory=list)
    status: NeedStatus = NeedStatus.RUNNING
    end: Told | None = None
    end_place: int | None = None
    reason: str | None = None
    completed: AssessmentLife | None = None
    reopened: set[AssessmentLife] = field(default_factory=set)
    is_sustained: bool = False
    late_after: date | None = None
    things: set[tuple[str, str]] = field(default_factory=set)

    @property
    def started_on(self) -> date:
        return self.start.day

    @property
    def ended_on(self) -> date | None:
        return self.end.day if self.end else None

    def bring(self, episodes: list[Episode]) -> None:
        self.episodes += [episode for episode in episodes if episode not in self.episodes]

    def attach(self, record: AssessmentLife) -> None:
        self.records.append(record)
        record.need = self

    def detach(self, record: AssessmentLife) -> None:
        self.records.remove(record)

    def run_again(self) -> None:
        self.status = NeedStatus.RUNNING
        self.end = self.end_place = self.reason = None

    def finish(self, status: NeedStatus, told: Told, place: int, reason: str | None = None) -> None:
        self.status, self.end, self.end_place, self.reason = status, told, place, reason
        self.reopened.clear()
        self.is_sustained = False

    def join(self, told: Told, policy: Policy) -> None:
        """A new referral or assessment joined: in the window of an end set aside, it continues the need."""
        if self.late_after is not None and is_in_window(self.late_after, told.day, policy):
            self.late_after = None
            self.flags.append(Flag("CONTINUATION_WITHIN_WINDOW", None, (told.reference,)))

    def absorb(self, later: "Need") -> None:
        """Make one of two needs, from the earlier start, with the earlier's flags about the start."""
        self.bring(later.episodes)
        for record in later.records:
            self.attach(record)
        self.records.sort(key=lambda record: record.place)
        self.flags += later.flags
        self.reopened |= later.reopened
        self.is_sustained = self.is_sustained or later.is_sustained
        self.late_after = self.late_after or later.late_after

    def can_continue_on(self, day: date, policy: Policy) -> bool:
        ended_on = self.ended_on
        return (
            self.status is NeedStatus.ENDED and ended_on is not None and is_in_window(ended_on, day, policy)
        )


def is_in_window(ended_on: date, day: date, policy: Policy) -> bool:
    """Whether a day is within the window in which a need that ended goes on."""
    return day <= ended_on + timedelta(days=policy.days("continuation_window_days", ended_on))
