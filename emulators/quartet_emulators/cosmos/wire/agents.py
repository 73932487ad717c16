"""The sender of a request: the part of the User-Agent that the application has chosen."""

import re
from functools import lru_cache
from typing import Final

# [application] azsdk-python-cosmos-async/4.17.1 Python/3.11.7 (Linux-...) [suffix] [| F2]
_SDK: Final = re.compile(r"^(.*?)\s*azsdk-\S+ Python/\S+ \([^)]*\)\s*(.*?)\s*(?:\| F[0-9A-F]+)?$")


@lru_cache(maxsize=1024)
def agent_of(user_agent: str | None) -> str:
    """The ``user_agent`` that was given to the client, or its suffix, or all of the header, or ``unknown``."""
    if not user_agent:
        return "unknown"
    match = _SDK.match(user_agent)
    if match is None:
        return user_agent
    return match.group(1) or match.group(2) or user_agent
