"""Blob Batch: up to 256 requests to delete blobs in one, each with rights and a result of its own."""

import email
import secrets
from collections.abc import Mapping
from dataclasses import replace
from email.message import Message
from email.parser import HeaderParser
from http import HTTPStatus

from aiohttp import web
from multidict import CIMultiDict

from quartet_emulators.blob.authorisation import ACCOUNT_NAME
from quartet_emulators.blob.blobs import delete_blob
from quartet_emulators.blob.call import Call, parse_query, parse_target
from quartet_emulators.blob.dates import http_date
from quartet_emulators.blob.errors import BlobError, ErrorCode

_MOST = 256


def batch(call: Call) -> web.Response:
    """Blob Batch: 202 with an answer for each request, in their order."""
    kind = call.headers.get("Content-Type", "")
    message = email.message_from_bytes(b"Content-Type: " + kind.encode("utf-8", "replace") + b"\r\n\r\n" + call.body)
    parts = message.get_payload()
    if not kind.startswith("multipart/mixed") or not isinstance(parts, list) or not 1 <= len(parts) <= _MOST:
        raise BlobError(ErrorCode.INVALID_INPUT, f"expected multipart/mixed with 1 to {_MOST} requests")
    boundary = f"batchresponse_{secrets.token_hex(8)}"
    answers = [_answer(call, part) for part in parts if isinstance(part, Message)]
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), answer) for answer in answers)
    headers = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
    return web.Response(status=202, body=body + f"--{boundary}--\r\n".encode(), headers=headers)


def _answer(call: Call, part: Message) -> bytes:
    """The answer to one request, as it stands in the answer to the batch."""
    payload = part.get_payload(decode=True)
    try:
        response = _run(call, payload if isinstance(payload, bytes) else b"")
    except BlobError as error:
        document = error.document(call.headers.get("x-ms-client-request-id", ""), http_date(call.now))
        headers = error.headers | {"x-ms-error-code": error.error.code, "Content-Type": "application/xml"}
        response = web.Response(status=error.error.status, body=document, headers=headers)
    body = response.body if isinstance(response.body, bytes) else b""
    response.headers["Content-Length"] = str(len(body))
    head = [
        "Content-Type: application/http",
        *([f"Content-ID: {part['Content-ID']}"] if "Content-ID" in part else []),
        "",
        f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}",
        *(f"{name}: {value}" for name, value in response.headers.items()),
        "",
        "",
    ]
    return "\r\n".join(head).encode("utf-8", "replace") + body


def _run(call: Call, payload: bytes) -> web.Response:
    """Carry out one request.

    Raises:
        BlobError: it is none, asks for something else, or is refused.
    """
    line, _, rest = payload.decode("utf-8", "replace").lstrip().partition("\n")
    method, _, address = line.strip().removesuffix(" HTTP/1.1").partition(" ")
    path, _, query_text = address.partition("?")
    headers: Mapping[str, str] = CIMultiDict(HeaderParser().parsestr(rest).items())
    query = parse_query(query_text)
    # The SDKs for Python sign the path below the account; others have the account in it.
    whole = path if path.startswith(f"/{ACCOUNT_NAME}/") else f"/{ACCOUNT_NAME}{path}"
    target = parse_target(whole)
    if method != "DELETE" or target.level != "blob" or "comp" in query or "snapshot" in query:
        raise BlobError(ErrorCode.NOT_IMPLEMENTED, f"{method} {path} in a batch is not supported: only Delete Blob is")
    if call.target.container not in {"", target.container}:
        raise BlobError(ErrorCode.INVALID_INPUT, f"the blob is not in the container {call.target.container}")
    call.admission.check("delete", method, path, target, query, headers=headers)
    single = {name: values[0] for name, values in query.items()}
    return delete_blob(replace(call, method=method, target=target, query=single, headers=headers, body=b""))
