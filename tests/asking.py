"""Asking a service in this process over HTTP, where a test needs hold of its parts."""

import asyncio
from typing import Any

import httpx

from services.api.app import application
from services.compose import Parts


class Client:
    """Asks a service in this process."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._app = application(parts, [], max_body_bytes=1_000_000, max_batch_events=100)

    def request(self, method: str, path: str, **asked: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(method, path, **asked)

        return asyncio.run(ask())

    def get(self, path: str, **asked: Any) -> httpx.Response:
        return self.request("GET", path, **asked)

    def post(self, path: str) -> httpx.Response:
        return self.request("POST", path)

    def all_of(self, path: str, **asked: str) -> list[dict[str, Any]]:
        """All that a list has, page by page."""
        found: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            reply = self.get(path, params={"limit": "1000", **asked, **more})
            assert reply.status_code == 200, reply.text
            (rows,) = (value for value in reply.json().values() if isinstance(value, list))
            found += rows
            if reply.json()["next"] is None:
                return found
            more = {"cursor": reply.json()["next"]}
