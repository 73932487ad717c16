"""Who may ask the page, what a browser may do with it, and what it answers without its other parts."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from quartet.console.flow import Flow
from quartet.console.live import Live
from quartet.console.looking import Looking
from quartet.console.overviews import Overviews, Standing
from quartet.console.projection.sqlite.store import SqliteProjection
from quartet.console.views import OverviewView, RawView, SagasView, SagaView
from quartet.console.vocabulary import Vocabulary
from quartet.console.web.app import create_app
from quartet.console.web.security import POLICY, Security
from quartet.console.web.server import Server, address_of, listen
from services.shop import SHOP
from tests.console.made import Maker, saga_id

ORDERS: Final = 43
OWN: Final = {"sec-fetch-site": "same-origin"}
JSON: Final = {"content-type": "application/json"}
PATHS: Final = ("/api/app", "/api/overview", "/api/sagas", "/api/dead-letters", "/api/audit", "/", "/no/such/page.js")


class Still:
    """A follower that has read everything."""

    flow = Flow()

    def standing(self, now: int) -> Standing:
        del now
        return Standing(following=True, behind_events=0, behind_seconds=0, problem="")


@asynccontextmanager
async def serving(
    directory: Path,
    security: Security = Security("127.0.0.1", "none", can_act=False),  # noqa: B008 -- it is frozen
) -> AsyncIterator[str]:
    """The page's server on a free port, with a few sagas; gives its address."""
    page = directory / "page"
    page.mkdir()
    (page / "index.html").write_text("<p>the page</p>")
    projection = SqliteProjection(directory / "data")
    for batch in Maker().batches(ORDERS):
        await projection.take(batch)
    vocabulary = Vocabulary(SHOP)
    overviews = Overviews(projection, Still(), stuck_after=60, lags=None, letters=None, audit=None)
    looking = Looking(projection, vocabulary, overviews)
    live = Live(looking.overview)
    view = vocabulary.view(can_act=security.can_act, stuck_after=60)
    server = Server(create_app(view, looking, live, security, page=page))
    listening = listen("127.0.0.1", 0)
    tasks = [asyncio.create_task(server.serve([listening])), asyncio.create_task(live.run())]
    try:
        yield address_of(listening)
    finally:
        live.close()
        server.should_exit = True
        await tasks[0]
        tasks[1].cancel()
        listening.close()
        await projection.close()


@asynccontextmanager
async def asked(
    address: str, path: str, headers: Mapping[str, str] | None = None, *, body: str | None = None, method: str = "GET"
) -> AsyncIterator[aiohttp.ClientResponse]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, address + path, headers=headers, data=body) as answer,
    ):
        yield answer


async def got(address: str, path: str) -> Any:  # noqa: ANN401 -- JSON
    async with asked(address, path) as answer:
        return await answer.json()


async def status(address: str, path: str, headers: Mapping[str, str], *, method: str = "GET", body: str = "") -> int:
    async with asked(address, path, headers, body=body or None, method=method) as answer:
        return answer.status


async def test_every_answer_has_the_headers_that_bind_a_browser(tmp_path: Path) -> None:
    async with serving(tmp_path) as address:
        for path in PATHS:
            async with asked(address, path) as answer:
                assert answer.headers["content-security-policy"] == POLICY
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert answer.headers["referrer-policy"] == "no-referrer"
                assert answer.headers["cache-control"] == ("no-store" if path.startswith("/api") else "no-cache")
                assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:1", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.", 421),
        ("[", 421),
        ("", 421),
    ],
)
async def test_only_names_of_this_machine_are_served(tmp_path: Path, host: str, expected: int) -> None:
    async with serving(tmp_path) as address:
        for path in ("/api/app", "/"):
            assert await status(address, path, {"host": host}) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({**JSON, **OWN}, 503),
        ({**JSON, "origin": "SAME"}, 503),
        (JSON, 403),
        ({**OWN, "content-type": "text/plain"}, 415),
        ({**JSON, "origin": "http://evil.example"}, 403),
        ({**JSON, "origin": "null"}, 403),
        ({**JSON, **OWN, "origin": "http://evil.example"}, 403),
        ({**JSON, "origin": "SAME", "sec-fetch-site": "cross-site"}, 403),
        ({**JSON, "sec-fetch-site": "same-site"}, 403),
    ],
)
async def test_an_action_comes_from_the_page_itself(tmp_path: Path, headers: dict[str, str], expected: int) -> None:
    async with serving(tmp_path, Security("127.0.0.1", "none", can_act=True)) as address:
        sent = {name: address if value == "SAME" else value for name, value in headers.items()}
        path = "/api/dead-letters/redrive"
        assert await status(address, path, sent, method="POST", body="{}") == expected


async def test_an_action_has_a_bounded_body_and_a_known_method(tmp_path: Path) -> None:
    async with serving(tmp_path, Security("127.0.0.1", "none", can_act=True)) as address:
        path = "/api/dead-letters/discard"
        assert await status(address, path, {**JSON, **OWN}, method="POST", body="x" * 200_000) == 413
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            assert await status(address, path, {**JSON, **OWN}, method=method) == 405


async def test_without_actions_the_page_only_reads(tmp_path: Path) -> None:
    async with serving(tmp_path) as address:
        assert (await got(address, "/api/app"))["can_act"] is False
        path = "/api/dead-letters/redrive"
        assert await status(address, path, {**JSON, **OWN}, method="POST", body="{}") == 403


async def test_behind_a_sign_in_every_request_says_who_asks(tmp_path: Path) -> None:
    async with serving(tmp_path, Security("0.0.0.0", "container-apps", can_act=False)) as address:
        signed_in = {"x-ms-client-principal-id": "someone", "host": "console.example"}
        for path in ("/api/app", "/", "/api/live"):
            assert await status(address, path, {"host": "console.example"}) == 401
        assert await status(address, "/api/app", signed_in) == 200
        assert await status(address, "/health/live", {}) == 204


async def test_parts_that_are_not_running_are_unknown_and_never_empty(tmp_path: Path) -> None:
    async with serving(tmp_path) as address:
        for path in ("/api/dead-letters", "/api/dead-letters/payment/1", "/api/audit"):
            async with asked(address, path) as answer:
                assert (answer.status, await answer.json()) == (
                    503,
                    {"problem": "this part of the console is not running"},
                )
        overview = OverviewView.model_validate(await got(address, "/api/overview"))
        for part in (overview.lag, overview.letters, overview.findings):
            assert getattr(part, "problem", "").endswith("is not running")
        saga = SagaView.model_validate(await got(address, f"/api/sagas/{saga_id(1)}"))
        for name in ("states", "owed", "parts", "letters", "findings"):
            assert getattr(getattr(saga, name), "problem", "").endswith("is not running")


async def test_sagas_are_found_and_shown_with_their_messages(tmp_path: Path) -> None:
    async with serving(tmp_path) as address:
        page = SagasView.model_validate(await got(address, "/api/sagas?q=status:failed&limit=5"))
        assert len(page.sagas) == 5
        assert page.next is not None
        more = SagasView.model_validate(await got(address, f"/api/sagas?q=status:failed&limit=5&cursor={page.next}"))
        assert not {one.id for one in page.sagas} & {one.id for one in more.sagas}
        saga = SagaView.model_validate(await got(address, f"/api/sagas/{page.sagas[0].id}"))
        assert [event.number for event in saga.events] == list(range(1, saga.row.events + 1))
        raw = RawView.model_validate(await got(address, f"/api/sagas/{saga.row.id}/events/2"))
        assert raw.is_text
        assert raw.is_whole
        assert json.loads(raw.body)["id"] == saga.events[1].event_id


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/sagas/unknown", 404),
        ("/api/sagas/%00%1b/events/1", 404),
        (f"/api/sagas/{saga_id(0)}/events/0", 404),
        (f"/api/sagas/{saga_id(0)}/events/99", 404),
        (f"/api/sagas/{saga_id(0)}/events/x", 400),
        ("/api/sagas?q=after:x", 400),
        ("/api/sagas?cursor=x", 400),
        ("/api/sagas?limit=0", 400),
        ("/api/sagas?limit=100000", 400),
        ("/api/nothing", 404),
        ("/missing.js", 404),
        ("/..%2f..%2fviews.py", 404),
    ],
)
async def test_what_is_not_there_is_said_in_a_sentence(tmp_path: Path, path: str, expected: int) -> None:
    async with serving(tmp_path) as address, asked(address, path) as answer:
        assert answer.status == expected
        assert (await answer.json())["problem"]


async def test_a_link_to_a_saga_opens_the_page(tmp_path: Path) -> None:
    async with serving(tmp_path) as address, asked(address, "/saga/ord.1") as answer:
        assert answer.status == 200
        assert "the page" in await answer.text()


async def test_a_stream_ends_with_the_server(tmp_path: Path) -> None:
    async with serving(tmp_path) as address:
        session = aiohttp.ClientSession()
        answer = await session.get(f"{address}/api/live")
        assert answer.headers["content-type"].startswith("text/event-stream")
        while not (await answer.content.readline()).startswith(b"event: overview"):
            pass
    rest = (await answer.content.read()).decode()
    await session.close()
    assert "event: bye" in rest
