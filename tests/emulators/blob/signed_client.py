"""An HTTP client that signs by the documentation, independently of the emulator's own code."""

import base64
import hashlib
import hmac
from email.utils import formatdate
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import aiohttp
from multidict import CIMultiDict
from yarl import URL

ACCOUNT = "devstoreaccount1"
WELL_KNOWN_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Answer:
    """What came back: status, headers, body, and the error code in both of its places."""

    def __init__(self, status: int, headers: CIMultiDict[str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def error(self) -> tuple[int, str]:
        header = self.headers["x-ms-error-code"]
        if self.body:
            assert ET.fromstring(self.body).findtext("Code") == header
        return self.status, header

    @property
    def xml(self) -> ET.Element:
        return ET.fromstring(self.body)


class SignedClient:
    """Requests below `/devstoreaccount1`, each one signed with `key`."""

    def __init__(self, port: int, *, key: str = WELL_KNOWN_KEY, date: float | None = None) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.key = key
        self.date = date
        self.session = aiohttp.ClientSession(
            skip_auto_headers=["Content-Type", "Accept-Encoding", "User-Agent"], auto_decompress=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()

    async def __call__(self, method: str, path: str, body: bytes = b"", /, **headers: str) -> Answer:
        """Send `path` (below the account, encoded, with its query); `x_ms_date` stands for `x-ms-date`."""
        wire_path = f"/{ACCOUNT}/{path}"
        sent = {name.replace("__", "\0").replace("_", "-").replace("\0", "_"): v for name, v in headers.items()}
        sent = {"x-ms-date": formatdate(self.date, usegmt=True), "x-ms-version": "2019-07-07"} | sent
        sent["Authorization"] = f"SharedKey {ACCOUNT}:{self.signature(method, wire_path, sent, len(body))}"
        return await self.raw(method, wire_path, body, sent)

    async def raw(self, method: str, wire_path: str, body: bytes, headers: dict[str, str]) -> Answer:
        url = URL(self.base + wire_path, encoded=True)
        async with self.session.request(method, url, data=body or None, headers=headers) as response:
            return Answer(response.status, response.headers.copy(), await response.read())

    def signature(self, method: str, wire_path: str, headers: dict[str, str], length: int) -> str:
        path, _, query = wire_path.partition("?")
        lower = {name.lower(): value for name, value in headers.items()}
        text = "\n".join(
            [
                method,
                lower.get("content-encoding", ""),
                lower.get("content-language", ""),
                str(length or ""),
                lower.get("content-md5", ""),
                lower.get("content-type", ""),
                "",  # the date is in x-ms-date
                lower.get("if-modified-since", ""),
                lower.get("if-match", ""),
                lower.get("if-none-match", ""),
                lower.get("if-unmodified-since", ""),
                lower.get("range", ""),
                *(f"{name}:{lower[name]}" for name in sorted(lower) if name.startswith("x-ms-")),
                f"/{ACCOUNT}{path}",
                *(f"{name}:{value}" for name, value in sorted(parse_qsl(query, keep_blank_values=True))),
            ]
        )
        digest = hmac.new(base64.b64decode(self.key), text.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()
