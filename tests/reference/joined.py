"""The timescales on which what is begun again joins the clock that runs: enquiries, tracks, parenting.

Where the rules leave two readings, the one that hides no time is taken:

- "while a clock runs, whatever is started or reopened joins it": so for parenting assessments, strategy
  discussions and tracks; there is one running clock of each.
- "the StrategyDiscussionHeld with outcome section_47 that began the enquiry": with or without a
  `Section47Started`; an enquiry without such a discussion starts none.
- "or Section47Completed no_conference": of an enquiry that was started and is on the clock, once every other
  enquiry on it came to no conference too. An enquiry completed twice came to what was said last.
- "one of the same kind starts within the window": another discussion, or another enquiry.
- "step_down not followed by a restart": nor with another track of the clock still open. After the issue of
  proceedings nothing is continued.
"""

from collections.abc import Sequence
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
from tests.reference.walk import RECEIPTS, Flag, Need, Record, Walk

CONTINUATION_WINDOW_DAYS = 28
PRE_PROCEEDINGS_LINK_DAYS = 90
ABOUT_A_REFERRAL = {"NO_OPEN_REFERRAL", "SUBSEQUENT_ON_OPEN_REFERRAL"}


# -- parenting assessments ----------------------------------------------------------------------------


def parenting(facts: Sequence[Fact], as_at: date) -> list[Need]:
    """The needs for parenting assessments: the rules of the assessment clock, without referrals."""
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
    assert not any(f.type in RECEIPTS for f in told)
    needs = Walk(told, as_at).needs
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

    def run_on(self, need: Need) -> None:
        need.status, need.end, need.end_fact, need.end_step = "running", None, None, 0


Item = tuple[str, Fact, Life | None]


def _in_order(items: Sequence[Item], is_running_this_morning: bool) -> list[Item]:
    """One day's: what ran that morning is stopped first, then what begins begins, then the others stop."""
    undated = [item for item in items if item[1].instant is None]
    timed = [item for item in items if item[1].instant is not None]
    begin = [item for item in undated if item[0] == "begins"]
    end = [item for item in undated if item[0] != "begins"]
    undated = [*end, *begin] if is_running_this_morning else [*begin, *end]
    return undated + timed


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
        self.over: set[int] = set()
        items = self._items(facts)
        for day in sorted({fact.day for _, fact, _ in items}):
            todays = [item for item in items if item[1].day == day]
            running = self._running()
            unused = [i for i in _in_order(todays, running is not None) if not self._read(i)]
            # "completions of the others": of what began that day
            for item in unused:
                if item[0] != "begins" and item[1].instant is None:
                    self._read(item)

    def _items(self, facts: Sequence[Fact]) -> list[Item]:
        discussed = [
            f for f in facts if f.type == "StrategyDiscussionHeld" and f.data.get("outcome") == "section_47"
        ]
        items: list[Item] = [("begins", h.reports[0], None) for h in happenings(discussed, "meeting_id")]
        enquiries = lives_of_each(
            facts, "enquiry_id", of_type("Section47Started"), of_type("Section47Completed")
        )
        for enquiry in enquiries:
            items.append(("begins", enquiry.start, enquiry))
            if enquiry.end is not None:
                items.append(("enquiry ends", enquiry.end, enquiry))
        held = meetings(facts, "initial_conference", must_be_quorate=True)
        items += [("conference", meeting.last, None) for meeting in held]
        return sorted(items, key=lambda item: place(item[1]))

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

    def _read(self, item: Item) -> bool:
        what, fact, enquiry = item
        if what == "conference":
            need = self._running()
            if need is None:
                return False
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
        need = self._running() or self._continued(fact)
        if need is None:
            need = self.need(fact.data["meeting_id"], fact)
            self.needs.append(need)
        elif need.records:
            need.flag("SECOND_STRATEGY_DISCUSSION", fact)
        self.record(fact.data["meeting_id"], fact, need)
        self.enquiries.setdefault(need.step, []).extend(self.unattached)
        self.unattached = []

    def _begin_enquiry(self, enquiry: Life, fact: Fact) -> None:
        named = [need for need in self.needs for r in need.records if r.id == fact.data.get("meeting_id")]
        need = named[-1] if named and named[-1].status == "running" else None
        need = need or self._running() or self._continued(fact)
        if need is not None:
            self.enquiries.setdefault(need.step, []).append(enquiry)
        elif not named:
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


# -- pre-proceedings ----------------------------------------------------------------------------------


def pre_proceedings(facts: Sequence[Fact]) -> list[Need]:
    """From the decision to the issue of proceedings, or to a stepping down not followed by a restart."""
    return _PreProceedings(facts).needs


class _PreProceedings(_Steps):
    def __init__(self, facts: Sequence[Fact]) -> None:
        super().__init__()
        self.needs: list[Need] = []
        self.record_of: dict[int, Record] = {}
        tracks = lives_of_each(
            facts, "track_id", of_type("PreProceedingsDecided"), of_type("PreProceedingsEnded")
        )
        items: list[Item] = []
        for track in tracks:
            items.append(("begins", track.start, track))
            if track.end is not None:
                items.append(("ends", track.end, track))
        issued = [f for f in facts if f.type == "ProceedingsIssued"]
        items += [("issued", h.last, None) for h in happenings(issued, "case_id")]
        items.sort(key=lambda item: place(item[1]))
        for day in sorted({fact.day for _, fact, _ in items}):
            todays = [item for item in items if item[1].day == day]
            unused = [i for i in _in_order(todays, self._running() is not None) if not self._read(i)]
            for item in unused:
                if item[1].instant is None:
                    self._read(item)

    def _running(self) -> Need | None:
        return next((need for need in self.needs if need.status == "running"), None)

    def _read(self, item: Item) -> bool:
        what, fact, track = item
        if what == "begins":
            assert track is not None
            self._begin(track, fact)
            return True
        if what == "ends":
            assert track is not None
            return self._end(track, fact)
        need = self._running()
        if need is None:
            return False
        self.stop(need, fact)
        return True

    def _begin(self, track: Life, fact: Fact) -> None:
        need = self._running()
        if need is None and self.needs:
            last = self.needs[-1]
            assert last.end is not None and last.end_fact is not None
            is_stepped_down = last.end_fact.data.get("outcome") == "step_down"
            if is_stepped_down and fact.day <= last.end + timedelta(days=PRE_PROCEEDINGS_LINK_DAYS):
                need = last
                self.run_on(need)
        if need is None:
            need = self.need(track.id, fact)
            self.needs.append(need)
        else:
            need.flag("PRE_PROCEEDINGS_RESTARTED", fact)
        self.record_of[id(track)] = self.record(track.id, fact, need)

    def _end(self, track: Life, fact: Fact) -> bool:
        record = self.record_of.get(id(track))
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
