"""Requests out of what aiohttp's parser lets through."""

import asyncio

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import RequestHandler
from yarl import URL


def new_request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: RequestHandler,
    writer: AbstractStreamWriter,
    task: "asyncio.Task[None]",
    *,
    client_max_size: int,
) -> web.BaseRequest:
    """A request whose body has a limit of `client_max_size` bytes.

    aiohttp's parser lets a CONNECT without a target through, and its request fails on that: past every handler, without
    an answer. It gets a target here, and is answered like any other method that is not served.
    """
    if getattr(message, "url", None) is None:
        message = message._replace(path="/", url=URL("/"))
    return web.BaseRequest(message, payload, protocol, writer, task, task.get_loop(), client_max_size=client_max_size)
