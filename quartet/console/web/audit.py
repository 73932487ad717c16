"""The route of the audit."""

from fastapi import APIRouter
from starlette.responses import Response

from quartet.console.auditing.running import RunningAudit
from quartet.console.web.replies import view


def audit_routes(audit: RunningAudit) -> APIRouter:
    """`/api/audit`."""
    routes = APIRouter(prefix="/api")

    @routes.get("/audit")
    async def the_audit() -> Response:
        return view(audit.view())

    return routes
