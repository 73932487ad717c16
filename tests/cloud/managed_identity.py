"""The managed identity of a container app, as `DefaultAzureCredential` meets it: a URL and a secret header.

Source: "How to use managed identities for App Service and Azure Functions", Microsoft, REST endpoint reference.
"""

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from quartet_emulators.tokens import TokenCheck

TOKEN_KEY = "a key that only the tests know"
EVENT_HUBS = "https://eventhubs.azure.net/"
HEADER = "a header that only the tests know"


@dataclass(slots=True)
class ManagedIdentity:
    """What the endpoint answers.

    Attributes:
        lifetime: seconds that a token is good for.
        claimed_lifetime: seconds that it is said to be good for; None is the truth.
        stillborn: this many tokens of each audience have expired before they are issued.
        mistaken: the tokens for this audience are meant for another one.
        is_away: it refuses to answer.
        issued: how many tokens, by audience.
        url: where it listens.
    """

    lifetime: float = 3600
    claimed_lifetime: float | None = None
    stillborn: int = 0
    mistaken: str | None = None
    is_away: bool = False
    issued: Counter[str] = field(default_factory=Counter)
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What a container app's environment says of it."""
        return {
            "IDENTITY_ENDPOINT": self.url,
            "IDENTITY_HEADER": HEADER,
            "AZURE_TOKEN_CREDENTIALS": "managedidentitycredential",
        }

    async def answer(self, request: web.Request) -> web.Response:
        """A token for the resource that the request names."""
        if self.is_away:
            return web.json_response({"error": "away"}, status=400)
        if request.headers.get("X-IDENTITY-HEADER") != HEADER:
            return web.json_response({"error": "who are you"}, status=401)
        resource, now = request.query["resource"], time.time()
        self.issued[resource] += 1
        lifetime = self.lifetime if self.issued[resource] > self.stillborn else -1
        claims = {
            "aud": "nobody" if resource == self.mistaken else resource,
            "exp": now + lifetime,
            "oid": "an-object-of-the-tests",
            "jti": self.issued[resource],
        }
        said = self.lifetime if self.claimed_lifetime is None else self.claimed_lifetime
        return web.json_response(
            {
                "access_token": TokenCheck(TOKEN_KEY).sign(claims),
                "expires_on": str(int(now + said)),
                "resource": resource,
                "token_type": "Bearer",
            }
        )


@asynccontextmanager
async def running_identity(identity: ManagedIdentity) -> AsyncIterator[ManagedIdentity]:
    """Serve the endpoint on a free port."""
    app = web.Application()
    app.router.add_get("/token", identity.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        identity.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
        yield identity
    finally:
        await runner.cleanup()
