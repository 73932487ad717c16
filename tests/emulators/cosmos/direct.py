"""Requests without a network: signed like a client's, answered by the dispatcher."""

import base64
import hmac
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from multidict import CIMultiDict
from quartet_emulators.cosmos.exchange import Answer, Call
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.resources.account import Account
from quartet_emulators.cosmos.wire.authorisation import WELL_KNOWN_KEY, signed_resource
from quartet_emulators.cosmos.wire.dispatch import Dispatcher

DATE = "fri, 15 jan 2027 08:00:00 gmt"


def signed(method: str, segments: list[str], key: str = WELL_KNOWN_KEY) -> dict[str, str]:
    """The two headers that prove knowledge of the key."""
    resource_type, link = signed_resource(segments)
    text = f"{method.lower()}\n{resource_type}\n{link}\n{DATE}\n\n"
    digest = hmac.digest(base64.b64decode(key), text.encode("utf-8", "surrogatepass"), "sha256")
    token = f"type=master&ver=1.0&sig={base64.b64encode(digest).decode()}"
    return {"x-ms-date": DATE, "authorization": quote(token, safe="-_.!~*'()")}


class Direct:
    def __init__(self, data_dir: Path, clock: Callable[[], float]) -> None:
        self.account = Account(data_dir)
        self.dispatcher = Dispatcher(self.account, Counter(), clock)
        self("POST", "dbs", {"id": "shop"})
        key = {"paths": ["/pk"], "kind": "Hash", "version": 2}
        self("POST", "dbs/shop/colls", {"id": "orders", "partitionKey": key})

    def __call__(self, method: str, path: str, body: Json = None, **headers: str) -> Answer:
        """Send a request; underscores in header names stand for dashes, bytes go out as they are."""
        segments = [part for part in path.split("/") if part]
        sent = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
        sent.update(signed(method, segments))
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.dispatcher.answer(Call(method, segments, sent, raw, "localhost:1"))

    def unsigned(self, method: str, path: str, **headers: str) -> Answer:
        """Send a request with these headers and no others."""
        segments = [part for part in path.split("/") if part]
        return self.dispatcher.answer(Call(method, segments, CIMultiDict(headers), b"", "localhost:1"))

    def items(self, method: str, body: Json = None, *, item: str = "", key: str = "b1", **headers: str) -> Answer:
        """A request on the items of `shop/orders` under one partition key."""
        path = f"dbs/shop/colls/orders/docs/{item}"
        return self(method, path, body, x_ms_documentdb_partitionkey=json.dumps([key]), **headers)

    def batch(self, operations: Json, key: str = "b1") -> Answer:
        return self.items(
            "POST", operations, key=key, x_ms_cosmos_is_batch_request="True", x_ms_cosmos_batch_atomic="True"
        )

    def query(self, text: str, parameters: Json = None, **headers: str) -> Answer:
        """A query over all partitions, unless a header says otherwise."""
        body = {"query": text, **({"parameters": parameters} if parameters else {})}
        allowed = {"x_ms_documentdb_isquery": "true", "x_ms_documentdb_query_enablecrosspartition": "True"}
        return self("POST", "dbs/shop/colls/orders/docs", body, **(allowed | headers))

    def contents(self) -> dict[str, Json]:
        """All items of `shop/orders` by id, without system properties."""
        container = self.account.container("shop", "orders")
        documents = [json.loads(item.body) for item in container.items.scan()]
        return {doc["id"]: {k: v for k, v in doc.items() if not k.startswith("_")} for doc in documents}

    def close(self) -> None:
        self.account.close()
