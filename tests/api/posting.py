"""Talking to the API as a caller does."""

import json
from collections.abc import Sequence
from typing import Any

import httpx

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
NDJSON = "application/x-ndjson"


class Posting:
    """A client, with the few requests that most tests make."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.get = client.get

    def raw(self, body: bytes | str, content_type: str = STRUCTURED, **headers: str) -> httpx.Response:
        return self.client.post("/events", content=body, headers={"content-type": content_type, **headers})

    def one(self, event: Any) -> httpx.Response:
        return self.raw(json.dumps(event))

    def batch(self, events: Sequence[Any]) -> httpx.Response:
        return self.raw(json.dumps(list(events)), BATCH)

    def lines(self, lines: Sequence[Any]) -> httpx.Response:
        return self.raw("\n".join(json.dumps(line) for line in lines), NDJSON)

    def binary(self, event: dict[str, Any]) -> httpx.Response:
        headers = {f"ce-{name}": value for name, value in event.items() if name != "data"}
        return self.raw(json.dumps(event["data"]), "application/json", **headers)

    def known(self, events: Sequence[Any]) -> None:
        """Record events, all of them."""
        answer = self.batch(events)
        assert answer.status_code == 200, answer.text

    def facts_of(self, child: str) -> list[str]:
        """The ids of the facts of a child, in log order."""
        return [fact["id"] for fact in self.get("/events", params={"child": child}).json()["events"]]


def is_problem(answer: httpx.Response, status: int, kind: str) -> bool:
    """Whether an answer is a problem of a kind, told as RFC 9457 has it."""
    told = answer.json()
    return (
        answer.status_code == status == told["status"]
        and answer.headers["content-type"] == "application/problem+json"
        and told["type"] == f"urn:casetimeline:problem:{kind}"
        and bool(told["title"] and told["detail"])
    )
