"""The container that waits for emulators which cannot be asked from inside."""

import runpy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.deployment.compose_file import ROOT

wait: Callable[..., bool] = runpy.run_path(str(ROOT / "infra" / "compose" / "await_http.py"))["wait"]


@contextmanager
def server(*answers: int) -> Iterator[str]:
    """A server that gives these answers, one after the other, and then the last one forever."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/health"
        finally:
            running.shutdown()
            thread.join()


class Clock:
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.time = 0.0
        self.said: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def wait(self, *urls: str) -> bool:
        return wait(urls, limit=10, now=lambda: self.time, sleep=self.sleep, say=self.said.append)


@pytest.mark.parametrize("status", [200, 400, 404])
def test_a_server_that_answers_is_there(status: int) -> None:
    clock = Clock()
    with server(status) as url:
        assert clock.wait(url)
    assert clock.time == 0
    assert clock.said == [f"{url} answers"]


def test_it_waits_while_a_server_says_not_yet() -> None:
    clock = Clock()
    with server(503, 503, 200) as url:
        assert clock.wait(url)
    assert clock.time == 2
    assert clock.said == [f"waiting for {url}: status 503", f"{url} answers"]


def test_it_gives_up_and_names_who_did_not_answer() -> None:
    clock = Clock()
    with server(200) as there, server(503) as busy:
        assert not clock.wait(there, busy)
    assert clock.time > 10
    assert clock.said[-1].startswith(f"{busy} does not answer: status 503")


def test_a_port_without_a_listener_is_waited_for() -> None:
    clock = Clock()
    with server(200) as gone:
        pass
    assert not clock.wait(gone)
    assert "refused" in clock.said[-1]
