"""The timescales on which what is begun again joins the clock that runs: enquiries, tracks, parenting.

Where the rules leave two readings, the one that hides no time is taken:

- "while a clock runs, whatever is started or reopened joins it": so for strategy discussions and tracks;
  there is one running clock of each. Of parenting assessments each has its own clock, which closing it or
  beginning another does not stop ("only `child_and_family` assessments count here").
- "the StrategyDiscussionHeld with outcome section_47 that began the enquiry": with or without a
  `Section47Started`; an enquiry without such a discussion starts none.
- "or Section47Completed no_conference": of an enquiry that was started and is on the clock, once every other
  enquiry on it came to no conference too. An enquiry completed twice came to what was said last.
- "one of the same kind starts within the window": another discussion, or another enquiry.
- "step_down not followed by a restart": nor with another track of the clock still open. After the issue of
  proceedings nothing is continued.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from tests.reference.lives import (
    Life,
    happenings,
    lives_of_each,
    meetings,
    of_type,
    place,
)
from tests.reference.told import Fact
from tests.reference.walk import HAPPENED_TO_RECORDS, Flag, Need, Record, Walk, record_id

CONTINUATION_WINDOW_DAYS = 28
PRE_PROCEEDINGS_LINK_DAYS = 90
ABOUT_A_REFERRAL = {"NO_OPEN_REFERRAL", "SUBSEQUENT_ON_OPEN_REFERRAL"}


# -- parenting assessments ----------------------------------------------------------------------------


def parenting(facts: Sequence[Fact], as_at: date) -> list[Need]:
    """The needs for parenting assessments: the rules of the assessment clock for each of them by itself."""
    told = []
    for fact in facts:
        if fact.type == "AssessmentStarted":
            if fact.data.get("kind") == "parenting":
                data = {**fact.data, "kind": "child_and_family", "referral_id": None}
                told.append(replace(fact, data=data))
        elif fact.type.startswith("Assessment") or (
            fact.type in ("RecordDeleted", "RecordDisappeared", "RecordReappeared")
            and fact.data.get("record_kind") == "assessment"
        ):
            told.append(fact)
    ids = sorted({f.data["assessment_id"] for f in told if f.type == "AssessmentStarted"})
    needs = [need for id in ids for need in Walk([f for f in told if record_id(f) == id], as_at).needs]
    for need in needs:
        need.start_flags = [flag for flag in need.start_flags if flag.code not in ABOUT_A_REFERRAL]
    return needs


# -- the days of a history, read in order -------------------------------------------------------------


class _Steps:
    """Numbers what happens to records, in the order in which it is read."""

    def __init__(self) -> None:
        self.step = 0

    def note(self, record: Record, what: str, fact: Fact) -> None:
        self.step += 1
        record.state = what
        record.happened.append((self.step, fact.day, what, fact))

    def record(self, id: str, fact: Fact, need: Need) -> Record:
        self.step += 1
        record = Record(id, fact, self.step, None, clock=need)
        record.happened.append((self.step, fact.day, "open", fact))
        need.records.append(record)
        return record

    def need(self, id: str, fact: Fact) -> Need:
        self.step += 1
        return Need(id, fact.day, fact, self.step, [], by_referral=False)

    def stop(self, need: Need, fact: Fact) -> None:
        for record in need.records:
            if record.is_open():
                self.note(record, "closed", fact)
        need.status, need.end, need.end_fact, need.end_step = "stopped", fact.day, fact, self.step

    def gone(self, needs: Sequence[Need], fact: Fact) -> None:
        """A record deleted, vanished or back: its latest life, if it has begun."""
        what = {
            "RecordDeleted": "deleted",
            "RecordDisappeared": "vanished",
            "RecordReappeared": "reappeared",
        }
        of_id = [r for need in needs for r in need.records if r.id == fact.data["record_id"]]
        if of_id:
            self.step += 1
            of_id[-1].happened.append((self.step, fact.day, what[fact.type], fact))

    def run_on(self, need: Need) -> None:
        need.status, need.end, need.end_fact, need.end_step = "running", None, None, 0


Item = tuple[str, Fact, Life | None]
Read = Callable[[Item, Sequence[Item]], bool]
_RANKS = {
    "conference": 0,
    "issued": 0,
    "issue": 1,
    "enquiry ends": 2,
    "ends": 2,
    "begins": 3,
    "enquiry begins": 4,
}


def _read_days(items: Sequence[Item], is_running: Callable[[], bool], read: Read) -> None:
    """Reads day by day; each item with those that come after it.

    Of what has no time, what ran that morning is stopped first, then what begins begins, then the others
    stop; last come deletions.
    """
    items = sorted(items, key=lambda item: place(item[1]))
    for day in sorted({fact.day for _, fact, _ in items}):
        todays = [item for item in items if item[1].day == day]
        later = _as_begun([item for item in items if item[1].day > day])
        undated = sorted(
            (item for item in todays if item[1].instant is None), key=lambda i: _RANKS.get(i[0], 5)
        )
        timed = [item for item in todays if item[1].instant is not None]
        gone = [item for item in undated if item[0] in HAPPENED_TO_RECORDS]
        begin = [item for item in undated if item[0].endswith("begins")]
        end = [item for item in undated if item not in begin and item not in gone]
        unread = []
        was_running = is_running()
        for n, item in enumerate(end):
            is_of_the_morning = item[2].start.day < day if item[2] is not None else was_running
            is_read = is_of_the_morning and read(item, [*end[n + 1 :], *begin, *timed, *later])
            # what stops the clock, whatever it is about, has answered for that morning's
            if not is_of_the_morning or (not is_read and item[0] in ("ends", "issue")):
                unread.append(item)
        queue = [*begin, *unread, *gone, *timed]
        for n, item in enumerate(queue):
            read(item, [*queue[n + 1 :], *later])


def _as_begun(items: Sequence[Item]) -> list[Item]:
    """What is to come, of one day without a time first what begins."""
    return sorted(
        items,
        key=lambda item: (*place(item[1])[:3], not item[0].endswith("begins"), item[1].order),
    )


def _is_reported_again(fact: Fact, id_field: str, beginning: str, rest: Sequence[Item]) -> bool:
    """ "On the latest day ever reported for it with no new beginning between"."""
    for what, later, _ in rest:
        if later.type == beginning and what == "begins":
            return False
        if later.type == fact.type and later.data.get(id_field) == fact.data.get(id_field):
            return True
    return False


def _gone(facts: Sequence[Fact], kind: str) -> list[Item]:
    return [
        (f.type, f, None)
        for f in facts
        if f.type in HAPPENED_TO_RECORDS and f.data.get("record_kind") == kind
    ]


# -- initial conferences ------------------------------------------------------------------------------


def initial_conferences(facts: Sequence[Fact]) -> list[Need]:
    """From the strategy discussion that began the enquiry to a quorate conference, or to the enquiry's
    end with no conference."""
    return _InitialConferences(facts).needs


class _InitialConferences(_Steps):
    def __init__(self, facts: Sequence[Fact]) -> None:
        super().__init__()
        self.needs: list[Need] = []
        self.enquiries: dict[int, list[Life]] = {}  # those on each need
        self.unattached: list[Life] = []
        self.naming: dict[str, list[Life]] = {}  # those begun, by the discussion that they name
        self.over: set[int] = set()
        _read_days(self._items(facts), lambda: self._running() is not None, self._read)

    def _items(self, facts: Sequence[Fact]) -> list[Item]:
        discussed = [
            f for f in facts if f.type == "StrategyDiscussionHeld" and f.data.get("outcome") == "section_47"
        ]
        items: list[Item] = [("begins", fact, None) for fact in discussed]
        enquiries = lives_of_each(
            facts, "enquiry_id", of_type("Section47Started"), of_type("Section47Completed")
        )
        for enquiry in enquiries:
            begun = [f for f in facts if _is_told_of(enquiry, f, enquiries)]
            items += [("enquiry begins", fact, enquiry) for fact in begun]
            if enquiry.end is not None:
                items.append(("enquiry ends", enquiry.end, enquiry))
        for held in meetings(facts, "initial_conference", must_be_quorate=True):
            items += [("conference", fact, None) for fact in held.reports]
        return items + _gone(facts, "meeting")

    def _running(self) -> Need | None:
        return next((need for need in self.needs if need.status == "running"), None)

    def _continued(self, fact: Fact) -> Need | None:
        """ "an enquiry's clock that stopped with no conference, runs on if one of the same kind starts
        within `continuation_window_days`"."""
        window = timedelta(days=CONTINUATION_WINDOW_DAYS)
        last = self.needs[-1] if self.needs else None
        if last is None or last.status != "stopped" or last.end_fact is None or last.end is None:
            return None
        if last.end_fact.type != "Section47Completed" or fact.day > last.end + window:
            return None
        self.run_on(last)
        last.flag("CONTINUATION_WITHIN_WINDOW", fact)
        return last

    def _read(self, item: Item, rest: Sequence[Item]) -> bool:
        what, fact, enquiry = item
        if what in HAPPENED_TO_RECORDS:
            self.gone(self.needs, fact)
            return True
        if what == "conference":
            need = self._running()
            if need is None:
                return False
            if not _is_reported_again(fact, "meeting_id", "StrategyDiscussionHeld", rest):
                self.stop(need, fact)
        elif what == "enquiry ends":
            assert enquiry is not None
            return self._end(enquiry, fact)
        elif enquiry is not None:
            self._begin_enquiry(enquiry, fact)
        else:
            self._discuss(fact)
        return True

    def _discuss(self, fact: Fact) -> None:
        running = self._running()
        need = running or self._continued(fact)
        if need is None:
            need = self.need(fact.data["meeting_id"], fact)
            self.needs.append(need)
        elif running and any(r.id == fact.data["meeting_id"] for r in need.records):
            return  # reported again
        elif running:
            need.flag("SECOND_STRATEGY_DISCUSSION", fact)
        self.record(fact.data["meeting_id"], fact, need)
        on_it = self.enquiries.setdefault(need.step, [])
        named = self.naming.get(fact.data["meeting_id"], [])
        elsewhere = [e for step, those in self.enquiries.items() if step != need.step for e in those]
        on_it += [e for e in [*named, *self.unattached] if e not in on_it and e not in elsewhere]
        self.unattached = []

    def _begin_enquiry(self, enquiry: Life, fact: Fact) -> None:
        self.naming.setdefault(str(fact.data.get("meeting_id")), []).append(enquiry)
        named = [need for need in self.needs for r in need.records if r.id == fact.data.get("meeting_id")]
        if named and named[-1].status != "running":
            need: Need | None = self._continued(fact) or named[-1]
        else:
            need = named[-1] if named else self._running() or self._continued(fact)
        if need is not None:
            on_it = self.enquiries.setdefault(need.step, [])
            # one begun again comes to what is said of it in the end
            self.enquiries[need.step] = [e for e in on_it if e.id != enquiry.id] + [enquiry]
        else:
            self.unattached.append(enquiry)

    def _end(self, enquiry: Life, fact: Fact) -> bool:
        self.over.add(id(enquiry))
        if enquiry in self.unattached:
            self.unattached.remove(enquiry)
        need = self._running()
        if need is None or enquiry not in self.enquiries.get(need.step, []):
            return False
        others = self.enquiries[need.step]
        is_over_without = all(
            id(e) in self.over and e.end is not None and e.end.data.get("outcome") == "no_conference"
            for e in others
        )
        if is_over_without:
            self.stop(need, fact)
        return True


def _is_told_of(enquiry: Life, fact: Fact, enquiries: Sequence[Life]) -> bool:
    """Whether a fact reports the beginning of an enquiry, for the first time or again while it lasts."""
    if fact.type != "Section47Started" or fact.data["enquiry_id"] != enquiry.id:
        return False
    begun = [e for e in enquiries if e.id == enquiry.id and place(e.start) <= place(fact)]
    return bool(begun) and begun[-1] is enquiry


# -- pre-proceedings ----------------------------------------------------------------------------------


def pre_proceedings(facts: Sequence[Fact]) -> list[Need]:
    """From the decision to the issue of proceedings, or to a stepping down not followed by a restart."""
    return _PreProceedings(facts).needs


class _PreProceedings(_Steps):
    def __init__(self, facts: Sequence[Fact]) -> None:
        super().__init__()
        self.needs: list[Need] = []
        self.record_of: dict[str, Record] = {}
        tracks = lives_of_each(
            facts, "track_id", of_type("PreProceedingsDecided"), of_type("PreProceedingsEnded")
        )
        items: list[Item] = []
        for track in tracks:
            if track.end is not None:
                # of one day, the substantive stop comes first
                is_issue = track.end.data.get("outcome") == "issue"
                items.append(("issue" if is_issue else "ends", track.end, None))
        decided = [f for f in facts if f.type == "PreProceedingsDecided"]
        items += [("begins", fact, None) for fact in decided]
        for issued in happenings([f for f in facts if f.type == "ProceedingsIssued"], "case_id"):
            items += [("issued", fact, None) for fact in issued.reports]
        items += _gone(facts, "track")
        _read_days(items, lambda: self._running() is not None, self._read)

    def _running(self) -> Need | None:
        return next((need for need in self.needs if need.status == "running"), None)

    def _read(self, item: Item, rest: Sequence[Item]) -> bool:
        what, fact, _ = item
        if what in HAPPENED_TO_RECORDS:
            self.gone(self.needs, fact)
            return True
        if what == "begins":
            self._begin(fact.data["track_id"], fact)
            return True
        if what in ("ends", "issue"):
            return self._end(fact.data["track_id"], fact)
        need = self._running()
        if need is None:
            return False
        named = self.record_of.get(str(fact.data.get("track_id")))
        is_of_another = named is not None and named.clock is not need
        if not is_of_another and not _is_reported_again(fact, "case_id", "PreProceedingsDecided", rest):
            self.stop(need, fact)
        return True

    def _begin(self, track: str, fact: Fact) -> None:
        need = self._running()
        record = self.record_of.get(track)
        if record is not None and record.clock is need and record.is_open():
            return  # reported again
        if need is None and self.needs:
            last = self.needs[-1]
            assert last.end is not None and last.end_fact is not None
            is_stepped_down = last.end_fact.data.get("outcome") == "step_down"
            if is_stepped_down and fact.day <= last.end + timedelta(days=PRE_PROCEEDINGS_LINK_DAYS):
                need = last
                self.run_on(need)
        if need is None:
            need = self.need(track, fact)
            self.needs.append(need)
        else:
            need.flag("PRE_PROCEEDINGS_RESTARTED", fact)
        self.record_of[track] = self.record(track, fact, need)

    def _end(self, track: str, fact: Fact) -> bool:
        record = self.record_of.get(track)
        if record is None:
            return False
        need = record.clock
        assert need is not None
        if need.status != "running" or not record.is_open():
            return True
        if fact.data.get("outcome") != "issue":
            self.note(record, "closed", fact)
            if any(other.is_open() for other in need.records):
                return True
        self.stop(need, fact)
        return True


__all__ = ["Flag", "initial_conferences", "parenting", "pre_proceedings"]
