"""One run: projectors and rebuilds killed again and again as facts come in, and what is in the views then."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine

from infra.views.engine import open_engine
from services.compose import Parts, composed
from services.config import read_config
from services.simulate.simulation import simulate
from tests.authority_of_facts import put
from tests.kills.commands import Command
from tests.kills.deck import Card, What, When, deck
from tests.kills.places import Places
from tests.kills.standing import Making, Standing, faults, standing
from tests.rows import digests_of, rows_of
from tests.running import is_alive
from tests.untidy import untidy

ENDS_WITHIN_S = 30.0
"""How soon a rebuild, and all that work for it, have to end once one of them is killed."""

MOVES_WITHIN_S = 90.0
"""How long nothing at all may move while a rebuild is at work, or a projector behind."""

BUILT_WITHIN_S = 180.0
TOLD_EVERY = 10
STEPS = 4
"""How many a projector takes for the facts that come between two kills."""

LOOK_AGAIN_S = 0.005
STARTING_S = 1.2
REACH = 0.6
"""Of the shares that are wanting, how many are filled at most before a kill: the last go by unseen."""

PASSING = 4
"""How many rebuilds may take over unhurt before a kill is put off."""

TRIES = 5
"""How often, at most, a kill is tried that comes too late."""

Tell = Callable[[str], object]


class Violated(Exception):
    """Something was not as it must be, and there is no going on."""


@dataclass(slots=True)
class Report:
    """What was killed in what state, and what was not as it must be."""

    seed: int
    name: str
    killed: Counter[tuple[str, Making]] = field(default_factory=Counter)
    restarts: int = 0
    taken_over: int = 0
    longest_s: float = 0.0
    facts: int = 0
    rows: int = 0
    minutes: float = 0.0
    violations: list[str] = field(default_factory=list)

    def half_filled(self, what: What | None = None) -> int:
        """How many kills there were, of all or of some kind, while builds were filled in part."""
        return sum(
            count
            for (who, making), count in self.killed.items()
            if making is Making.HALF and (what is None or who.startswith(what))
        )

    def told(self) -> str:
        """The report as text."""
        whom = [
            who for what in What for who in sorted({who for who, _ in self.killed if who.startswith(what)})
        ]
        lines = [
            f"{self.name}, seed {self.seed}: {self.killed.total()} kills, {self.half_filled()} of them while "
            f"builds were half filled; {self.restarts} restarts of the database; {self.taken_over} rebuilds "
            f"took over",
            f"  {'killed':<38}{''.join(f'{making:>16}' for making in Making)}{'all':>8}",
        ]
        for who in whom:
            counts = [self.killed[who, making] for making in Making]
            lines.append(f"  {who:<38}{''.join(f'{count:>16}' for count in counts)}{sum(counts):>8}")
        lines += [
            f"  all of a rebuild had ended {self.longest_s:.1f} s after the kill at the latest",
            f"  {self.facts} facts, {self.rows} rows compared; {self.minutes:.1f} minutes",
            f"  {len(self.violations)} violations",
        ]
        return "\n".join([*lines, *(f"    {said}" for said in self.violations[:20])])


def run(places: Places, *, seed: int, kills: int, children: int, tell: Tell = lambda said: None) -> Report:
    """Kill so many times, let all come to its end, and compare."""
    began = time.monotonic()
    draw = Random(seed)
    facts = untidy(simulate(children, seed, showcase=True), seed, amended=20, merged=6, late=10, twice=20)
    report = Report(seed, places.name)
    with ExitStack() as stack:
        # What records is not what is killed: its views are nobody's.
        nobody = f"sqlite:///{places.killed['CASETIMELINE_DATA']}/nobody.sqlite3"
        recording = stack.enter_context(_service({**places.killed, "CASETIMELINE_VIEWS": nobody}))
        with _service(places.killed) as first:
            put(recording, facts[: len(facts) // 2])
            first.projector.catch_up()
        engine = open_engine(places.killed["CASETIMELINE_VIEWS"])
        stack.callback(engine.dispose)
        reaper = _Reaper(places, len(facts) // (2 * STEPS * kills) or 1, engine, report, tell)
        stack.callback(reaper.end)
        try:
            left = facts[len(facts) // 2 :]
            reaper.reap(deck(kills, draw), [left[number::kills] for number in range(kills)], recording, draw)
            report.facts = sum(recording.log.heads())
            reaper.come_to_rest(recording.log.heads())
        except Violated as violated:
            report.violations.append(str(violated))
        else:
            report.violations += _differences(places, report)
    report.minutes = (time.monotonic() - began) / 60
    return report


class _Reaper:
    """Keeps a projector and a rebuild running, and kills them."""

    def __init__(self, places: Places, page: int, engine: Engine, report: Report, tell: Tell) -> None:
        self._places = places
        self._engine = engine
        self._report = report
        self._tell = tell
        self._page = page
        self._begun = 0
        self._projector: Command | None = None
        self._rebuild: Command | None = None

    def end(self) -> None:
        for one in (self._projector, self._rebuild):
            if one is not None:
                one.kill()

    def reap(
        self, cards: list[Card], parts: Sequence[Sequence[dict[str, Any]]], recording: Parts, draw: Random
    ) -> None:
        tries = Counter[Card]()
        coming = iter(parts)
        while cards:
            card = self._next(cards)
            self._keep(card, cards)
            before = standing(self._engine).read
            heads = sum(recording.log.heads())
            if not tries[card]:
                put(recording, next(coming))
            is_new = sum(recording.log.heads()) > heads
            is_killed = self._reach(card, before, is_new) and self._kill(card, recording.log.heads(), draw)
            if card.restarts:
                self._restart()
            done = self._report.killed.total()
            self._report.violations += [f"after kill {done}: {one}" for one in faults(self._engine)]
            if not is_killed:
                tries[card] += 1
                if tries[card] == TRIES:
                    raise Violated(f"{card.what} was never at hand while {card.when}, {TRIES} times")
                cards.append(card)
            elif done % TOLD_EVERY == 0:
                self._tell(
                    f"  {done} killed, {self._report.half_filled()} while builds were half filled; "
                    f"{self._report.taken_over} rebuilds took over; {len(self._report.violations)} violations"
                )

    def come_to_rest(self, heads: Sequence[int]) -> None:
        """Let the projector catch up, and a rebuild take over, each in a process that nobody kills."""
        self._keep_projecting()
        assert self._projector is not None
        waiting = _Waiting(self._engine)
        while (now := waiting.look()).read < sum(heads):
            self._keep_projecting()
        self._projector.tell_to_stop()
        if not self._projector.end(ENDS_WITHIN_S):
            raise Violated(f"the projector, told to stop, had not ended after {ENDS_WITHIN_S:.0f} s")
        if self._rebuild is not None and not self._rebuild.end(BUILT_WITHIN_S):
            raise Violated(f"a rebuild had not ended after {BUILT_WITHIN_S:.0f} s")
        self._note_end()
        self._begin_rebuild(2)
        assert self._rebuild is not None
        if not self._rebuild.end(BUILT_WITHIN_S):
            raise Violated(f"the last rebuild had not ended after {BUILT_WITHIN_S:.0f} s")
        self._note_end()
        last = standing(self._engine)
        if last.served == now.served or last.making is not Making.NONE:
            raise Violated(f"the last rebuild did not take over: {last}")
        self._report.violations += [f"in the end: {one}" for one in faults(self._engine)]

    def _next(self, cards: list[Card]) -> Card:
        """The next that fits the rebuild that runs; where none does, it is let come to its end."""
        self._note_end()
        if self._rebuild is not None:
            count = self._processes(self._rebuild)
            for card in cards:
                if card.processes in (None, count):
                    cards.remove(card)
                    return card
            if not self._rebuild.end(BUILT_WITHIN_S):
                raise Violated(f"a rebuild had not ended after {BUILT_WITHIN_S:.0f} s")
            self._note_end()
        return cards.pop(0)

    def _keep(self, card: Card, cards: Sequence[Card]) -> None:
        self._keep_projecting()
        if self._rebuild is None:
            counts = [one.processes for one in (card, *cards) if one.processes is not None]
            self._begin_rebuild(counts[0] if counts else 2)

    def _keep_projecting(self) -> None:
        if self._projector is not None and (code := self._projector.code) is not None:
            if not self._projector.is_excused:
                raise Violated(f"a projector ended by {code}: {self._projector.said[-500:]}")
            self._projector = None
        if self._projector is None:
            self._projector = self._begin("project")

    def _begin_rebuild(self, processes: int) -> None:
        self._rebuild = self._begin("rebuild", "--processes", str(processes))

    def _begin(self, *words: str) -> Command:
        self._begun += 1
        folder = Path(self._places.killed["CASETIMELINE_DATA"])
        return Command(self._places.killed, words, folder / f"said-{self._begun}.txt", self._page)

    @staticmethod
    def _processes(rebuild: Command) -> int:
        return int(rebuild.words[-1])

    def _note_end(self) -> None:
        """Look how a rebuild ended, if it has."""
        if self._rebuild is None or (code := self._rebuild.code) is None:
            return
        said = self._rebuild.said
        if code == 0:
            self._report.taken_over += 1
            if "were not what the log tells" in said:
                self._report.violations.append(said)
        elif not self._rebuild.is_excused:
            raise Violated(f"a rebuild that nobody killed ended by {code}: {said[-500:]}")
        self._rebuild = None

    def _reach(self, card: Card, before: int, is_new: bool) -> bool:
        """Wait for the moment of a kill; whether it has come."""
        waiting = _Waiting(self._engine)
        if card.when is When.MOVING:
            while is_new and waiting.look().read <= before:
                self._keep_projecting()
            time.sleep(card.later_s)
            return True
        if card.when is When.STARTING:
            if card.what is What.WORKER and not self._wait_for_worker(waiting):
                return False
            time.sleep(card.part * STARTING_S)
            return card.what is not What.WORKER or self._has_worker()
        aim: tuple[int, int] | None = None
        since = self._report.taken_over
        while self._report.taken_over < since + PASSING:
            now = waiting.look()
            self._note_end()
            self._keep(card, ())
            if card.when is When.FILLED:
                if now.making in (Making.FILLED, Making.NEXT):
                    time.sleep(card.later_s * 4)
                    return card.what is not What.WORKER or self._has_worker()
            elif now.making not in (Making.EMPTY, Making.HALF):
                aim = None
            elif aim is None or aim[0] != now.served:
                aim = (now.served, now.shares + 1 + int(card.part * REACH * (now.of - now.shares)))
            elif now.shares >= aim[1]:
                time.sleep(card.later_s)
                return self._has_what(card)
        return False

    def _has_what(self, card: Card) -> bool:
        return standing(self._engine).making is Making.HALF and (
            card.what not in (What.WORKER, What.BOTH) or self._has_worker()
        )

    def _has_worker(self) -> bool:
        return self._rebuild is not None and bool(self._rebuild.workers())

    def _wait_for_worker(self, waiting: "_Waiting") -> bool:
        while not self._has_worker():
            waiting.look()
            self._note_end()
            if self._rebuild is None:
                return False
        return True

    def _kill(self, card: Card, heads: Sequence[int], draw: Random) -> bool:
        """Kill, and see how all ends that has to do with it; whether there was still something to kill."""
        who = str(card.what)
        if card.what is What.PROJECTOR:
            then = self._kill_projector()
            who += ", behind the log" if then and then.read < sum(heads) else ", up with the log"
        else:
            then = self._kill_rebuild(card.what, draw)
        if then is None:
            return False
        self._report.killed[who, then.making] += 1
        return True

    def _kill_projector(self) -> Standing | None:
        assert self._projector is not None
        self._projector.kill()
        killed, self._projector = self._projector, None
        return standing(self._engine) if killed.code == -signal.SIGKILL else None

    def _kill_rebuild(self, what: What, draw: Random) -> Standing | None:
        rebuild = self._rebuild
        assert rebuild is not None
        workers = sorted(rebuild.workers())
        victims = [] if what is What.WORKER else [rebuild.pid]
        if what in (What.WORKER, What.BOTH):
            if not workers:
                return None
            victims.append(draw.choice(workers))
        draw.shuffle(victims)
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        then = standing(self._engine)
        if not rebuild.end(ENDS_WITHIN_S):
            raise Violated(f"a rebuild had not ended {ENDS_WITHIN_S:.0f} s after the {what} was killed")
        while left := [pid for pid in workers if is_alive(pid)]:
            if time.monotonic() > began + ENDS_WITHIN_S:
                raise Violated(f"{len(left)} workers had not ended {ENDS_WITHIN_S:.0f} s after their parent")
            time.sleep(LOOK_AGAIN_S)
        self._report.longest_s = max(self._report.longest_s, time.monotonic() - began)
        if what is not What.WORKER and rebuild.code == -signal.SIGKILL:
            self._rebuild = None
            return then
        # Killed when nothing was left for it to do, a worker is not missed.
        rebuild.is_excused = True
        self._note_end()
        return then if what is What.WORKER else None

    def _restart(self) -> None:
        self._engine.dispose()
        if self._places.restart is not None:
            for one in (self._projector, self._rebuild):
                if one is not None:
                    one.is_excused = True
            self._places.restart()
            self._report.restarts += 1


class _Waiting:
    """Looks how builds stand, again and again, as long as something moves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._last: Standing | None = None
        self._moved = time.monotonic()

    def look(self) -> Standing:
        time.sleep(LOOK_AGAIN_S)
        now = standing(self._engine)
        if now != self._last:
            self._last, self._moved = now, time.monotonic()
        elif time.monotonic() - self._moved > MOVES_WITHIN_S:
            raise Violated(f"nothing moved for {MOVES_WITHIN_S:.0f} s: {now}")
        return now


@contextmanager
def _service(settings: Mapping[str, str]) -> Iterator[Parts]:
    with composed(read_config(settings)) as parts:
        yield parts


def _differences(places: Places, report: Report) -> list[str]:
    """In what the views differ from those that grew in one go, from the same log, where nobody was killed."""
    with _service(places.killed) as killed, _service(places.untouched) as untouched:
        untouched.projector.catch_up()
        found = []
        if killed.log.heads() != untouched.log.heads():
            found.append(f"the log has {killed.log.heads()} events, and read anew {untouched.log.heads()}")
        one, other = digests_of(killed.views), digests_of(untouched.views)
        rows, others = rows_of(killed.views), rows_of(untouched.views)
        report.rows = sum(map(len, rows.values()))
        for name in one.keys() | other.keys():
            if one.get(name) != other.get(name) or rows[name] != others[name]:
                more = sorted(set(rows[name]) - set(others[name]))
                less = sorted(set(others[name]) - set(rows[name]))
                found.append(
                    f"{name} differs: {len(more)} more, as {more[:2]}; {len(less)} less, as {less[:2]}"
                )
        return found
