"""The needs for assessment of one child, walked fact by fact: rules 1 to 5 and 7 of docs/true-clock.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.reference.days import twelve_months_after, working_days
from tests.reference.openings import Opening, all_openings
from tests.reference.told import Fact

CONTINUATION_WINDOW_DAYS = 28
NO_NEED_WORKING_DAYS = 10
RECEIPTS = {"ReferralReceived", "SteppedUp"}
BEGINNINGS = {"AssessmentStarted", "AssessmentReopened"}
SHORT_GAP_DAYS = 28
HAPPENED_TO_RECORDS = {"RecordDeleted", "RecordDisappeared", "RecordReappeared"}
START_OF_DAY = datetime.min.replace(tzinfo=UTC)  # "a date alone stands for the start of its day"


@dataclass(frozen=True)
class Flag:
    code: str
    value: Any
    because: tuple[Fact, ...]


@dataclass(eq=False)
class Record:
    """One assessment, from its start; a start after its completion is another record of that id."""

    id: str
    started: Fact
    step: int  # when the walk read its start: later steps came later
    referral_id: str | None
    state: str = "open"  # open, paused, closed, cancelled, completed
    deleted: bool = False
    vanished: bool = False
    completed: bool = False
    need_ended: bool = False  # its need ended, and no new referral or assessment continued it
    clock: "Need | None" = None
    # (step, day, what, fact) of all that happened to it, for spans and `recorded`
    happened: list[tuple[int, date, str, Fact]] = field(default_factory=list)

    def is_open(self) -> bool:
        return self.state in ("open", "paused")


@dataclass(eq=False)
class Need:
    """A need clock of timescale `assessment`."""

    subject: str
    start: date
    start_fact: Fact
    step: int
    start_flags: list[Flag]
    by_referral: bool
    status: str = "running"  # running, ended, stopped
    end: date | None = None
    end_fact: Fact | None = None
    end_step: int = 0
    end_reason: Any = None
    stop_record: Record | None = None
    referrals: list[Opening] = field(default_factory=list)  # all that ever joined
    records: list[Record] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    reopened_after_end: list[Record] = field(default_factory=list)
    only_by_reopening: bool = False
    last_end: date | None = None  # when it ended, until a new referral or assessment continues it

    def flag(self, code: str, fact: Fact, value: Any = None) -> None:
        self.flags.append(Flag(code, value, (fact,)))


@dataclass(frozen=True)
class Item:
    """One thing for the walk to read: a fact, or a referral opening or being over."""

    what: str
    fact: Fact
    day: date
    timed: bool
    opening: Opening | None = None


class Walk:
    """Reads the facts up to one day, in the order of one day, and keeps the needs."""

    def __init__(self, facts: Sequence[Fact], as_at: date) -> None:
        self.facts = facts
        self.as_at = as_at
        self.needs: list[Need] = []
        self.records: dict[str, Record] = {}  # the latest record of each id
        self.all_records: list[Record] = []
        self.open_referrals: list[Opening] = []
        self.on: dict[Opening, Need] = {}  # the clock that each referral is on
        self.over_days: list[tuple[int, date]] = []
        self.steps_of_day: dict[date, int] = {}
        self.opened_step: dict[Opening, int] = {}
        self.step = 0
        self.openings = all_openings(facts, "referral_id", RECEIPTS, as_at)
        self.items = self._items()
        days = sorted({item.day for item in self.items})
        for day in days:
            todays = self._todays(day)
            for place, item in enumerate(todays):
                self.step += 1
                self._read(item, todays[place + 1 :])
            self.steps_of_day[day] = self.step

    # -- what there is to read, and in which order ------------------------------------------

    def _items(self) -> list[Item]:
        items = []
        for opening in self.openings:
            r = opening.received
            items.append(Item("received", r.fact, r.day, r.timed, opening))
            over = opening.over()
            if over is not None:
                items.append(Item("over", over.fact, over.day, over.timed, opening))
        # "Only `child_and_family` assessments count here."
        counted = {
            f.data["assessment_id"]
            for f in self.facts
            if f.type == "AssessmentStarted" and is_child_and_family(f)
        }
        for fact in self.facts:
            counts = fact.data.get("assessment_id") in counted and (
                fact.type != "AssessmentStarted" or is_child_and_family(fact)
            )
            if (fact.type.startswith("Assessment") and counts) or fact.type in HAPPENED_TO_RECORDS:
                items.append(Item(fact.type, fact, fact.day, fact.instant is not None))
        return items

    def _todays(self, day: date) -> list[Item]:
        todays = [item for item in self.items if item.day == day]
        undated = [item for item in todays if not item.timed]
        timed = [item for item in todays if item.timed]
        # "What is still equal keeps log order"
        undated = sorted(undated, key=lambda item: (self._rank(item, undated), item.fact.order))
        timed.sort(key=lambda item: (item.fact.instant, item.fact.order))
        return undated + timed

    def _rank(self, item: Item, undated: Sequence[Item]) -> int:
        """the order of one day's facts without a time."""
        record = self.records.get(record_id(item.fact) or "")
        open_this_morning = record is not None and record.is_open()
        if item.what == "AssessmentCompleted":
            # "completions ... of assessments open that morning" ... "completions ... of the others"
            return 1 if open_this_morning else 8
        if item.what in (
            "AssessmentClosed",
            "AssessmentCancelled",
            "RecordDeleted",
            "RecordDisappeared",
        ):
            # "then closings and cancellings, of assessments open that morning" ... "of the others"
            return 2 if open_this_morning else 9
        if item.what == "received":
            return 3
        if item.what == "AssessmentStarted":
            return 4
        if item.what in ("AssessmentReopened", "RecordReappeared"):
            return 5
        if item.what == "AssessmentResumed":
            return 6
        if item.what == "AssessmentPaused":
            return 7
        # "last, referrals ending, except that one open that morning and both ended and opened
        # that day ends first"
        assert item.what == "over" and item.opening is not None
        reopened_today = any(
            other.what == "received"
            and other.opening is not None
            and other.opening.id == item.opening.id
            and other.opening is not item.opening
            for other in undated
        )
        return 0 if item.opening in self.open_referrals and reopened_today else 10

    # -- rule 6, first sentence, and cancelling, which look ahead -----------------------------

    def _ahead(self, fact: Fact, rest_of_day: Sequence[Item]) -> list[Fact]:
        """What is still to be read about the same assessment, in order."""
        today = [item.fact for item in rest_of_day if record_id(item.fact) == record_id(fact)]
        later = [
            item
            for item in self.items
            if item.day > fact.day
            and item.what not in ("received", "over")
            and record_id(item.fact) == record_id(fact)
        ]
        # of one day without times: the record is not open that morning if its end stands
        # (rule 6), and then its beginnings are read before its ends
        later.sort(
            key=lambda item: (
                item.day,
                item.fact.instant or START_OF_DAY,
                item.timed or item.what not in BEGINNINGS,
                item.fact.order,
            )
        )
        return today + [item.fact for item in later]

    def _is_reported_again(self, fact: Fact, rest_of_day: Sequence[Item]) -> bool:
        """Rule 6: "a kind of end came on the latest day ever reported for it with no new beginning
        between (a reopening is one)"."""
        for later in self._ahead(fact, rest_of_day):
            if later.type in BEGINNINGS:
                return False
            if later.type == fact.type:
                return True
        return False

    def _is_taken_back(self, fact: Fact, rest_of_day: Sequence[Item]) -> bool:
        """Rule 5: "cancelling it takes the completion back, as if it had never been reported";
        "a start of the same id dated after its completion is a new record"."""
        for later in self._ahead(fact, rest_of_day):
            if later.type == "AssessmentStarted":
                return False
            if later.type == "AssessmentCancelled":
                return True
        return False

    # -- reading one item ---------------------------------------------------------------------

    def _read(self, item: Item, rest: Sequence[Item]) -> None:
        fact = item.fact
        if item.what == "received":
            assert item.opening is not None
            self._receive(item.opening, item)
            return
        if item.what == "over":
            assert item.opening is not None
            self._end_referral(item.opening, item)
            return
        if item.what == "AssessmentStarted":
            self._start(fact)
            return
        if item.what in ("RecordDeleted", "RecordDisappeared", "RecordReappeared"):
            self._delete_or_vanish(fact)
            return
        record = self.records.get(fact.data["assessment_id"])
        # rule 7: "a completion of a record that was never started, or dated before its start
        # ... stops nothing"; and so does any fact that does not follow
        if record is None:
            return
        is_end = item.what in ("AssessmentClosed", "AssessmentCancelled", "AssessmentCompleted")
        if is_end and self._is_reported_again(fact, rest):
            return
        if item.what == "AssessmentReopened":
            self._reopen(record, fact)
        elif item.what == "AssessmentPaused" and record.state == "open":
            self._note(record, "paused", fact)
            clock = record.clock
            if clock and clock.status == "running" and not record.completed:
                clock.flag("PAUSED_STATUTORY_CLOCK", fact)
        elif item.what == "AssessmentResumed" and record.state == "paused":
            self._note(record, "open", fact)
        elif item.what == "AssessmentClosed":
            self._close(record, fact)
        elif item.what == "AssessmentCancelled":
            if not record.completed and record.state != "cancelled":
                self._note(record, "cancelled", fact)
        elif item.what == "AssessmentCompleted" and not self._is_taken_back(fact, rest):
            self._complete(record, fact)

    def _note(self, record: Record, state: str, fact: Fact) -> None:
        record.state = state
        record.happened.append((self.step, fact.day, state, fact))

    def _running(self) -> Need | None:
        running = [need for need in self.needs if need.status == "running"]
        # rule 2: "a child never has two running assessment clocks"
        assert len(running) <= 1
        return running[0] if running else None

    def _in_window(self, need: Need, day: date) -> bool:
        """Rule 3: "28 calendar days from that day"."""
        return (
            need.status == "ended"
            and need.end is not None
            and day <= need.end + timedelta(days=CONTINUATION_WINDOW_DAYS)
        )

    def leaves_no_clock(self, need: Need) -> bool:
        """Rule 3: "a need that ends within `no_need_days` of its start, never decided for
        assessment or strategy_discussion, with nothing ever started on it (an assessment that
        names the referral counts, whenever it starts), leaves no clock"."""
        if need.status != "ended" or need.end is None or need.records:
            return False
        if working_days(need.start, need.end) > NO_NEED_WORKING_DAYS:
            return False
        if any(opening.is_for_assessment() for opening in need.referrals):
            return False
        ids = {opening.id for opening in need.referrals}
        return not any(
            f.type == "AssessmentStarted" and is_child_and_family(f) and f.data.get("referral_id") in ids
            for f in self.facts
        )

    def _made_one(self, needs: Sequence[Need]) -> Need:
        """Rule 2: "where two would run they are one, from the earlier start, with the earlier's
        flags about the start"."""
        first = min(needs, key=lambda need: (need.start, need.step))
        running = [need for need in needs if need.status == "running"]
        by_reopening = bool(running) and all(need.only_by_reopening for need in running)
        for other in needs:
            if other is first:
                continue
            first.referrals += other.referrals
            first.records += other.records
            first.flags += other.flags
            first.reopened_after_end += other.reopened_after_end
            for record in other.records:
                record.clock = first
            for opening in [o for o, need in self.on.items() if need is other]:
                self.on[opening] = first
            self.needs.remove(other)
        first.only_by_reopening = by_reopening
        first.last_end = max((n.last_end for n in needs if n.last_end), default=None)
        first.status, first.end, first.end_fact = "running", None, None
        return first

    def _join(self, fact: Fact, is_start: bool) -> Need | None:
        """The clock that a new referral or assessment joins or sets running again, if any.

        Rule 2: while a clock runs it joins it. Rule 3: within the window it sets the same clock
        running again; of two in the window "both continue, as one".
        """
        running = self._running()
        ended = [n for n in self.needs if self._in_window(n, fact.day)]
        continued = [n for n in ended if not self.leaves_no_clock(n)]
        if is_start and running is None:
            # rule 3: "only an assessment started within the window, while no clock runs, continues it"
            continued = ended
        joined = ([running] if running else []) + continued
        if not joined:
            return None
        if running and is_start:
            self._flag_restart(running, fact)
        need = self._made_one(joined)
        need.only_by_reopening = False
        window = timedelta(days=CONTINUATION_WINDOW_DAYS)
        if need.last_end is not None and fact.day <= need.last_end + window:
            need.flag("CONTINUATION_WITHIN_WINDOW", fact)
            need.last_end = None
            for record in need.records:
                record.need_ended = False
        return need

    def _flag_restart(self, need: Need, fact: Fact) -> None:
        """Rule 2: "another started after the last one started was closed
        (`RESTARTED_ON_OPEN_REFERRAL`) or was cancelled or deleted"."""
        if not need.records:
            return
        last = max(need.records, key=lambda record: record.step)
        if last.state == "cancelled" or last.deleted or last.vanished:
            need.flag("CANCELLED_THEN_RESTARTED", fact)
        elif last.state == "closed":
            need.flag("RESTARTED_ON_OPEN_REFERRAL", fact)

    def _bring_open_referrals(self, need: Need) -> None:
        """Rule 2: "an assessment that starts, goes on or is reopened brings every referral then
        open"."""
        for opening in self.open_referrals:
            if self.on.get(opening) is not need:
                self.on[opening] = need
                need.referrals.append(opening)

    # -- referrals ------------------------------------------------------------------------------

    def _receive(self, opening: Opening, item: Item) -> None:
        self.open_referrals.append(opening)
        self.opened_step[opening] = self.step
        need = self._join(item.fact, is_start=False)
        if need is None:
            # rule 1: "a referral starts a clock on the day it is received, unless one runs"
            need = Need(opening.id, item.day, item.fact, self.step, [], by_referral=True)
            need.start_flags = self._referral_flags(opening)
            self.needs.append(need)
        need.referrals.append(opening)
        self.on[opening] = need

    def _end_referral(self, opening: Opening, item: Item) -> None:
        self.open_referrals.remove(opening)
        self.over_days.append((self.step, item.day))
        need = self.on[opening]
        if need.status != "running":
            return
        # rule 3: "on the day its last open referral is over"
        if any(self.on[other] is need for other in self.open_referrals):
            return
        # "... so does reopening one of its records, at any time, until every record so reopened
        # is closed again"
        if need.reopened_after_end:
            need.only_by_reopening = True
            return
        self._end(need, item.day, item.fact)

    def _end(self, need: Need, day: date, fact: Fact) -> None:
        need.status, need.end, need.end_fact, need.end_step = "ended", day, fact, self.step
        need.last_end = day
        need.only_by_reopening = False
        need.reopened_after_end = []
        data = fact.data
        reasons = {
            "ReferralDecided": data.get("outcome"),
            "SteppedDown": data.get("to"),
            "TransferredOut": None,
        }
        need.end_reason = reasons.get(fact.type, data.get("reason"))
        # ... which "closes its open records (`CLOSED_WITH_OPEN_ASSESSMENT` if there were any)"
        still_open = [record for record in need.records if record.is_open()]
        if any(not record.deleted and not record.vanished for record in still_open):
            need.flag("CLOSED_WITH_OPEN_ASSESSMENT", fact)
        for record in still_open:
            record.state = "closed"
            record.happened.append((self.step, day, "closed", fact))
        for record in need.records:
            record.need_ended = True

    # -- assessments ----------------------------------------------------------------------------

    def _start(self, fact: Fact) -> None:
        current = self.records.get(fact.data["assessment_id"])
        if current is not None and not current.completed and not current.deleted:
            # rule 2: "a start of an id that is closed or cancelled counts as a reopening";
            # of an open one it changes nothing
            if not current.is_open():
                self._reopen(current, fact)
            return
        # rule 5: "a start of the same id dated after its completion is a new record"
        record = Record(fact.data["assessment_id"], fact, self.step, fact.data.get("referral_id"))
        record.happened.append((self.step, fact.day, "open", fact))
        self.records[record.id] = record
        self.all_records.append(record)
        need = self._join(fact, is_start=True)
        if need is None:
            need = Need(record.id, fact.day, fact, self.step, [], by_referral=False)
            if self.open_referrals:
                # rule 5: "so does an assessment started later while the referral is open"
                need.start_flags = [self._subsequent(record, None)]
            else:
                # rule 1: "value: working days since the last was over"
                last_over = max((day for _, day in self.over_days), default=None)
                value = working_days(last_over, fact.day) if last_over else None
                need.start_flags = [Flag("NO_OPEN_REFERRAL", value, (fact,))]
            self.needs.append(need)
        need.records.append(record)
        record.clock = need
        self._bring_open_referrals(need)

    def _subsequent(self, record: Record | None, opening: Opening | None) -> Flag:
        """Rule 5: `SUBSEQUENT_ON_OPEN_REFERRAL`, value: working days since its referral."""
        if opening is not None:
            return Flag("SUBSEQUENT_ON_OPEN_REFERRAL", 0, (opening.received.fact,))
        assert record is not None
        named = [o for o in self.open_referrals if o.id == record.referral_id]
        before = sorted(named or self.open_referrals, key=lambda o: self.opened_step[o])
        since = before[0].received.day if before else None
        value = working_days(since, record.started.day) if since else None
        return Flag("SUBSEQUENT_ON_OPEN_REFERRAL", value, (record.started,))

    def _reopen(self, record: Record, fact: Fact) -> None:
        need = record.clock
        assert need is not None
        if record.is_open():
            return  # rule 2: "reopening an open record ... changes nothing"
        if record.completed:
            # rule 5: "reopening the completed record leaves the clock stopped"
            self._note(record, "open", fact)
            return
        self._note(record, "open", fact)
        if need.status == "running":
            need.flag("REOPENED_SAME_RECORD", fact)
        elif need.status == "ended":
            # rule 3: "so does reopening one of its records, at any time (flagged
            # `REOPENED_SAME_RECORD` only)"
            running = self._running()
            need.flag("REOPENED_SAME_RECORD", fact)
            need.reopened_after_end.append(record)
            need = self._made_one([need, running] if running else [need])
            need.only_by_reopening = running is None or need.only_by_reopening
        else:
            # rule 5: "a record ... reopened ... later, from its own start"
            need = self._goes_on([record], [], [record])
        self._bring_open_referrals(need)

    def _close(self, record: Record, fact: Fact) -> None:
        need = record.clock
        assert need is not None
        if record.is_open():
            self._note(record, "closed", fact)
        if record in need.reopened_after_end:
            # rule 3: "until every record so reopened is closed again"
            need.reopened_after_end.remove(record)
            others_open = any(self.on[o] is need for o in self.open_referrals)
            alone = need.only_by_reopening and not need.reopened_after_end
            if alone and not others_open and need.status == "running":
                self._end(need, fact.day, fact)

    def _complete(self, record: Record, fact: Fact) -> None:
        """an `AssessmentCompleted` of a record "that is not cancelled (before or after) nor
        deleted before it"."""
        if record.state == "cancelled" or record.deleted:
            return
        if record.completed:
            if record.is_open():
                self._note(record, "completed", fact)
            return
        self._note(record, "completed", fact)
        record.completed = True
        need = record.clock
        assert need is not None
        if need.status == "stopped":
            # rule 5: "a record completed later without being reopened makes a stopped clock and
            # joins none"
            need.records.remove(record)
            own = Need(record.id, record.started.day, record.started, record.step, [], False)
            own.start_flags = [self._subsequent(record, None)]
            own.records = [record]
            record.clock = own
            self.needs.append(own)
            self._stop(own, record, fact)
            return
        if record.need_ended:
            # rule 3: "a completion after the end stops it, on its own day"; that its record was
            # reopened first does not make it in time
            need.flag("COMPLETED_AFTER_CLOSING", fact)
        was_running = need.status == "running"
        self._stop(need, record, fact)
        if was_running:
            self._answer(need, record)

    def _stop(self, need: Need, record: Record, fact: Fact) -> None:
        need.status, need.end, need.end_fact = "stopped", fact.day, fact
        need.end_step = self.step
        need.stop_record = record

    def _answer(self, need: Need, record: Record) -> None:
        """Rule 5: "a completion answers for its own record, for records closed before it, and for
        referrals received before that record was started"; what else is on the clock goes on."""
        referrals = [
            o for o in self.open_referrals if self.on[o] is need and self.opened_step[o] > record.step
        ]
        records = [r for r in need.records if r is not record and r.is_open()]
        if not referrals and not records:
            return
        # "a referral that goes on takes with it the records that name it"
        ids = {o.id for o in referrals}
        named = [
            r
            for r in need.records
            if r is not record and not r.completed and r.referral_id in ids and r not in records
        ]
        self._goes_on(records, referrals, records + named)

    def _goes_on(
        self, open_records: Sequence[Record], referrals: Sequence[Opening], takes: Sequence[Record]
    ) -> Need:
        """Rule 5: "an open referral received later, from its receipt; a record still open, or
        reopened or completed later, from its own start"; rule 2: one clock, from the earliest."""
        starts: list[tuple[date, int, Opening | Record]] = [
            (o.received.day, self.opened_step[o], o) for o in referrals
        ]
        starts += [(r.started.day, r.step, r) for r in open_records]
        day, step, first = min(starts, key=lambda start: start[:2])
        if isinstance(first, Opening):
            need = Need(first.id, day, first.received.fact, step, [], by_referral=True)
            need.start_flags = [self._subsequent(None, first), *self._referral_flags(first)]
        else:
            need = Need(first.id, day, first.started, step, [], by_referral=False)
            need.start_flags = [self._subsequent(first, None)]
        for record in takes:
            old = record.clock
            assert old is not None
            old.records.remove(record)  # "what goes on is no longer on the stopped clock"
            if record in old.reopened_after_end:
                old.reopened_after_end.remove(record)
                need.reopened_after_end.append(record)
                need.only_by_reopening = old.only_by_reopening
                need.last_end = old.last_end
            record.clock = need
            need.records.append(record)
        for opening in referrals:
            self.on[opening] = need
            need.referrals.append(opening)
        if open_records:
            self._bring_open_referrals(need)
        running = self._running()
        self.needs.append(need)
        return self._made_one([need, running]) if running else need

    def _delete_or_vanish(self, fact: Fact) -> None:
        """Deleting and disappearing never stop the clock; they are flagged."""
        kind, id = fact.data["record_kind"], fact.data["record_id"]
        needs: list[Need] = []
        if kind == "assessment" and id in self.records:
            record = self.records[id]
            what = {
                "RecordDeleted": "deleted",
                "RecordDisappeared": "vanished",
                "RecordReappeared": "reappeared",
            }[fact.type]
            record.deleted = record.deleted or what == "deleted"
            record.vanished = what == "vanished" or (record.vanished and what != "reappeared")
            record.happened.append((self.step, fact.day, what, fact))
            assert record.clock is not None
            needs = [record.clock]
        if kind == "referral":
            needs = list({n.step: n for o, n in self.on.items() if o.id == id}.values())
        for need in needs:
            if fact.type == "RecordDisappeared" and need.status != "stopped":
                need.flag("DISAPPEARED_FROM_SNAPSHOT", fact)
            if fact.type != "RecordReappeared" and need.status == "running":
                need.flag("DELETED_WITH_OPEN_CLOCK", fact)

    # -- rule 4's flags -----------------------------------------------------------------------

    def _referral_flags(self, opening: Opening) -> list[Flag]:
        """Rule 4: the flags on a clock that a referral starts."""
        flags = []
        fact, day, step = opening.received.fact, opening.received.day, self.opened_step[opening]
        earlier = [o for o, opened in self.opened_step.items() if opened < step]
        if earlier:
            previous = max(earlier, key=lambda o: self.opened_step[o]).received
            if day <= twelve_months_after(previous.day):
                flags.append(Flag("RE_REFERRAL_WITHIN_12_MONTHS", None, (fact, previous.fact)))
        over = [over_day for at, over_day in self.over_days if at < step]
        if over and (day - max(over)).days <= SHORT_GAP_DAYS:
            flags.append(Flag("SHORT_GAP_RE_REFERRAL", None, (fact,)))
        contacts = [
            f
            for f in self.facts
            if f.type == "ContactReceived"
            and f.data["contact_id"] == fact.data.get("contact_id")
            and f.day <= day
        ]
        if contacts:
            contact = min(contacts, key=lambda f: f.day)
            waited = working_days(contact.day, day)
            if waited > 1:
                flags.append(Flag("REFERRAL_AFTER_CONTACT", waited, (fact, contact)))
        return flags


def is_child_and_family(start: Fact) -> bool:
    """`kind` is "child_and_family by default"."""
    return start.data.get("kind") in (None, "child_and_family")


def record_id(fact: Fact) -> str | None:
    """The assessment that a fact is about."""
    if fact.type in ("RecordDeleted", "RecordDisappeared", "RecordReappeared"):
        return fact.data["record_id"] if fact.data["record_kind"] == "assessment" else None
    return fact.data.get("assessment_id") if fact.type.startswith("Assessment") else None
