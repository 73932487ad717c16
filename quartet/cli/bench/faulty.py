"""A plan of faults that the emulators follow during a benchmark, such as delays like those of a cloud."""

import aiohttp

from quartet.terminal.user_error import UserError


async def switch_on_faults(control_url: str, plan: str) -> None:
    """Put a plan of faults in place.

    Args:
        control_url: where the emulators are controlled.
        plan: the plan, as JSON.

    Raises:
        UserError: the plan is wrong, or the emulators do not answer.
    """
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.put(f"{control_url}/faults", data=plan.encode()) as response,
        ):
            answer = await response.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UserError(f"the emulators do not take the faults at {control_url}: {error}") from error
    if "error" in answer:
        raise UserError(f"the plan of faults is wrong: {answer['error']}")
