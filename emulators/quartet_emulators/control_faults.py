"""Faults over the control endpoint: switched on and off, counted; outages."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from quartet_emulators.control import read_json
from quartet_emulators.faults import FaultsError, Injector, Plan, read_plan
from quartet_emulators.faults.catalogue import KINDS
from quartet_emulators.parts.local import about_faults
from quartet_emulators.parts.part import Part, Question, RefusedError

LONGEST_OUTAGE = 3600.0  # seconds


class FaultRoutes:
    """The routes of the faults.

    Args:
        parts: what faults and outages strike, by name.
        plan: the faults that they have begun with.
    """

    def __init__(self, parts: Mapping[str, Part], plan: Plan) -> None:
        self._parts = parts
        self._seed = plan.seed
        self._one_plan = asyncio.Lock()
        # Rules for a server that does not run are kept and reported, and strike nothing.
        self._absent = {name: Injector(name) for name in KINDS if name not in parts}
        for injector in self._absent.values():
            injector.replace(plan.rules, plan.seed)

    def all(self) -> list[web.RouteDef]:
        """The routes."""
        return [
            web.get("/faults", self._get_faults),
            web.put("/faults", self._put_faults),
            web.delete("/faults", self._delete_faults),
            web.post("/outage", self._post_outage),
        ]

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return web.json_response(await self._ask_all(Question.FAULTS))

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            plan = read_plan(await read_json(request))
        except FaultsError as error:
            raise RefusedError(str(error)) from error
        async with self._one_plan:
            self._seed = plan.seed
            return web.json_response(await self._ask_all(Question.SWITCH_ON, plan))

    async def _delete_faults(self, _request: web.Request) -> web.Response:
        async with self._one_plan:
            return web.json_response(await self._ask_all(Question.SWITCH_OFF))

    async def _ask_all(self, question: Question, plan: Plan | None = None) -> dict[str, Any]:
        """The reports of all servers as one."""
        reports = await asyncio.gather(*(self._ask(name, question, plan) for name in KINDS))
        return {
            "seed": self._seed,
            "rules": [rule for report in reports for rule in report["rules"]],
            "injected": {name: report["injected"] for name, report in zip(KINDS, reports, strict=True)},
        }

    async def _ask(self, name: str, question: Question, plan: Plan | None) -> dict[str, Any]:
        if name in self._absent:
            return about_faults(self._absent[name], question, plan)
        report: dict[str, Any] = await self._parts[name].ask(question, plan)
        return report

    async def _post_outage(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        name = body.get("server") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(name, str) or name not in self._parts:
            raise RefusedError(f"server: expected one of {', '.join(self._parts)}, not {name!r}")
        seconds = body.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_OUTAGE:
            raise RefusedError(f"seconds: expected a number from 0 to {LONGEST_OUTAGE:g}, not {seconds!r}")
        await self._parts[name].ask(Question.OUTAGE, seconds)
        return web.json_response({"server": name, "seconds": seconds}, status=202)
