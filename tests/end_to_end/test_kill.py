"""Nothing acknowledged is lost, whenever the service is killed."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.api.posting import BATCH, STRUCTURED
from tests.end_to_end.forked import Forked
from tests.reported import event
from tests.running import command, start
from tests.servers.ports import free_port

KILLS = 50
SEED = 20_190_712
CALLERS = 6


class Callers:
    """Case systems that post facts, alone and in batches, and note which were acknowledged."""

    def __init__(self, seed: int) -> None:
        self.acknowledged: set[str] = set()
        self.unanswered: list[dict[str, object]] = []
        self.sent = 0
        self._random = random.Random(seed)

    def facts(self, count: int) -> list[dict[str, object]]:
        """New facts, and now and then one that was sent and never answered."""
        made = []
        for _ in range(count):
            if self.unanswered and self._random.random() < 0.3:
                made.append(self.unanswered.pop())
            else:
                self.sent += 1
                child = f"C{self._random.randrange(40)}"
                made.append(
                    event(
                        "ContactReceived", "2019-03-05", child, contact_id="K", id=f"k-{self.sent}", note="n"
                    )
                )
        return made

    async def post(self, client: httpx.AsyncClient) -> None:
        """Post for as long as there is an answer."""
        while True:
            facts = self.facts(self._random.choice((1, 1, 1, 20)))
            single = len(facts) == 1
            content_type = STRUCTURED if single else BATCH
            body = json.dumps(facts[0] if single else facts)
            try:
                answer = await client.post("/events", content=body, headers={"content-type": content_type})
            except httpx.HTTPError:
                self.unanswered += facts
                return
            assert answer.status_code in (200, 201), answer.text
            replies = [answer.json()] if single else answer.json()["results"]
            self.acknowledged |= {reply["id"] for reply in replies}

    async def until_killed(self, running: Forked, after_s: float) -> None:
        """Post from several sides at once, and kill the service under it."""
        async with httpx.AsyncClient(base_url=running.address, timeout=20) as client:
            posting = [asyncio.create_task(self.post(client)) for _ in range(CALLERS)]
            await asyncio.sleep(after_s)
            await asyncio.to_thread(running.kill)
            await asyncio.gather(*posting)


def recorded(folder: Path) -> Counter[str]:
    """How often each fact is in the log, as it is exported."""
    exported = command(folder, "export")
    assert exported.returncode == 0, exported.stderr
    return Counter(json.loads(line)["id"] for line in exported.stdout.splitlines())


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_acknowledged_fact_is_found_once_and_none_twice(tmp_path):
    callers = Callers(SEED)
    moments = random.Random(SEED)
    port = free_port()
    for kill in range(KILLS):
        running = Forked(tmp_path, port)
        try:
            running.wait()
            asyncio.run(callers.until_killed(running, moments.uniform(0.0, 0.4)))
        finally:
            running.kill()
        if kill % 10 == 9:
            found = recorded(tmp_path)
            assert callers.acknowledged <= found.keys()
            assert set(found.values()) == {1}
    assert len(callers.acknowledged) > KILLS
    verified = command(tmp_path, "verify", "--output", "json")
    assert verified.returncode == 0, verified.stdout


@pytest.mark.slow
def test_a_service_that_was_killed_finds_what_it_acknowledged(tmp_path):
    with_facts = start(tmp_path)
    with_facts.wait()
    with with_facts.client() as client:
        fact = event("ReferralReceived", "2019-03-05", "C1", referral_id="R-1")
        first = client.post("/events", json=fact, headers={"content-type": STRUCTURED})
        with_facts.kill()
    again = start(tmp_path)
    try:
        again.wait()
        with again.client() as client:
            repeated = client.post("/events", json=fact, headers={"content-type": STRUCTURED})
            assert repeated.json() == first.json() | {"status": "duplicate"}
            assert client.get("/children/C1/clocks").status_code == 200
    finally:
        again.end()
