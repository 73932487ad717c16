"""The routes of dead letters: what there is, and what an operator does about it."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from quartet.console.letters.desk import LettersDesk
from quartet.console.views import ActionView, Choice
from quartet.console.web.replies import problem, view
from quartet.engine.errors import ConfigurationError
from quartet.terminal.user_error import UserError

READ_ONLY: Final = "this page is read-only: set CONSOLE_ACTIONS=on"
MOST_TOGETHER: Final = 200
"""Dead letters in one action. An operator waits for the answer."""

_NAME: Final = "x-ms-client-principal-name"
_ID: Final = "x-ms-client-principal-id"
_LONGEST_NAME: Final = 200


def letter_routes(desk: LettersDesk, names: tuple[str, ...], *, can_act: bool) -> APIRouter:
    """`/api/dead-letters…`. `names`: of the participants. Without `can_act`, nothing is changed, nor planned."""
    routes = APIRouter(prefix="/api/dead-letters")

    @routes.get("")
    async def letters() -> Response:
        return view(await desk.groups())

    @routes.get("/{participant}/{letter_id}")
    async def letter(participant: str, letter_id: str) -> Response:
        if participant not in names:
            return problem(404, f"there is no participant {participant}")
        try:
            return view(await desk.letter(participant, letter_id))
        except UserError as error:
            return problem(404, str(error))
        except ConfigurationError as error:
            return problem(503, str(error))

    @routes.post("/redrive")
    async def redrive(request: Request, choice: Choice) -> Response:
        return _refusal(choice, names, can_act=can_act) or await _act(request, choice, desk.redrive)

    @routes.post("/discard")
    async def discard(request: Request, choice: Choice) -> Response:
        return _refusal(choice, names, can_act=can_act) or await _act(request, choice, desk.discard)

    return routes


def _refusal(choice: Choice, names: tuple[str, ...], *, can_act: bool) -> Response | None:
    if not can_act:
        return problem(403, READ_ONLY)
    if choice.participant not in names:
        return problem(404, f"there is no participant {choice.participant}")
    if not 1 <= len(set(choice.ids)) <= MOST_TOGETHER:
        return problem(400, f"choose 1 to {MOST_TOGETHER} dead letters")
    return None


async def _act(request: Request, choice: Choice, action: Callable[[Choice, str], Awaitable[ActionView]]) -> Response:
    try:
        return view(await action(choice, _who(request)))
    except UserError as error:
        return problem(409, str(error))
    except ConfigurationError as error:
        return problem(503, str(error))


def _who(request: Request) -> str:
    """Who has signed in, as the platform says."""
    return (request.headers.get(_NAME) or request.headers.get(_ID) or "")[:_LONGEST_NAME]
