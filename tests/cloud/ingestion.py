"""The ingestion endpoint of Application Insights, as its exporter meets it: TLS, a token, and JSON.

Source: what azure-monitor-opentelemetry-exporter 1.0.0b58 sends. It was not compared with the service.
"""

import gzip
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from quartet_emulators.tokens import TokenCheck, TokenRefusedError

from tests.cloud.certificates import Certificate
from tests.cloud.managed_identity import TOKEN_KEY

INSTRUMENTATION_KEY: Final = "0badc0de-0000-4000-8000-000000000001"
AUDIENCE: Final = "https://monitor.azure.com/"


@dataclass(slots=True)
class Ingestion:
    """What has come in.

    Attributes:
        refuses: the identity has no role, so every request gets this status; None accepts.
        envelopes: what was accepted.
        url: where it listens.
    """

    refuses: int | None = None
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={INSTRUMENTATION_KEY};IngestionEndpoint={self.url}"

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of one kind: RequestData, RemoteDependencyData, MetricData."""
        return [one["data"]["baseData"] for one in self.envelopes if one["data"]["baseType"] == kind]

    async def track(self, request: web.Request) -> web.Response:
        """Take what an exporter sends, on a connection that is not kept: it never closes one."""
        answer = await self._take(request)
        answer.force_close()
        return answer

    async def _take(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return web.json_response({"error": "a component with DisableLocalAuth wants a token"}, status=401)
        try:
            TokenCheck(TOKEN_KEY).expiry(token, {AUDIENCE}, time.time())
        except TokenRefusedError as error:
            return web.json_response({"error": str(error)}, status=401)
        if self.refuses is not None:
            return web.json_response({"error": "no role"}, status=self.refuses)
        body = await request.read()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        sent = json.loads(body)
        self.envelopes += sent
        return web.json_response({"itemsReceived": len(sent), "itemsAccepted": len(sent), "errors": []})


@asynccontextmanager
async def running_ingestion(ingestion: Ingestion, certificate: Certificate) -> AsyncIterator[Ingestion]:
    """Serve it on a free port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    app = web.Application()
    app.router.add_post("/{slash:/?}v2.1/track", ingestion.track)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        ingestion.url = f"https://127.0.0.1:{runner.addresses[0][1]}/"
        yield ingestion
    finally:
        await runner.cleanup()
