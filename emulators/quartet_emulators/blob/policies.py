"""Set Container ACL and Get Container ACL: the stored access policies of a container. No container is public."""

from dataclasses import replace
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from aiohttp import web

from quartet_emulators.blob import lease
from quartet_emulators.blob.call import Call, version_headers
from quartet_emulators.blob.conditions import check_write
from quartet_emulators.blob.containers import existing_container
from quartet_emulators.blob.errors import BlobError, ErrorCode
from quartet_emulators.blob.records import new_etag

Policy = dict[str, str]
"""`Start`, `Expiry` and `Permission`, those that are there, as the client wrote them."""

_MOST = 5
_LONGEST_ID = 64
_FIELDS = ("Start", "Expiry", "Permission")


def set_container_policies(call: Call) -> web.Response:
    """Set Container ACL: 200; the policies replace the earlier ones."""
    container = existing_container(call)
    check_write(call.headers, container.etag, container.modified)
    lease.check_read(call.headers, container.lease, call.now, "container")
    if "x-ms-blob-public-access" in call.headers:
        raise BlobError(ErrorCode.PUBLIC_ACCESS_NOT_PERMITTED)
    changed = replace(container, etag=new_etag(), modified=call.now, policies=_read(call.body))
    call.store.save_container(changed)
    return web.Response(headers=version_headers(changed.etag, changed.modified))


def get_container_policies(call: Call) -> web.Response:
    """Get Container ACL: 200 with the policies in XML."""
    container = existing_container(call)
    lease.check_read(call.headers, container.lease, call.now, "container")
    items = "".join(_xml(name, policy) for name, policy in container.policies.items())
    document = f'<?xml version="1.0" encoding="utf-8"?><SignedIdentifiers>{items}</SignedIdentifiers>'
    headers = version_headers(container.etag, container.modified) | {"Content-Type": "application/xml"}
    return web.Response(body=document.encode(), headers=headers)


def _read(body: bytes) -> dict[str, Policy]:
    if not body:
        return {}
    try:
        # The caller holds the account's key, and expat bounds what entities may expand to.
        root = ET.fromstring(body)  # noqa: S314
    except ET.ParseError as error:
        raise BlobError(ErrorCode.INVALID_XML, str(error)) from None
    if root.tag != "SignedIdentifiers" or len(root) > _MOST:
        raise BlobError(ErrorCode.INVALID_XML, f"expected SignedIdentifiers with at most {_MOST} policies")
    policies: dict[str, Policy] = {}
    for item in root:
        name = item.findtext("Id") or ""
        if item.tag != "SignedIdentifier" or not 1 <= len(name) <= _LONGEST_ID or name in policies:
            raise BlobError(ErrorCode.INVALID_XML, f"a policy has an Id of its own of up to {_LONGEST_ID} characters")
        found = {field: item.findtext(f"AccessPolicy/{field}") for field in _FIELDS}
        policies[name] = {field: text for field, text in found.items() if text}
    return policies


def _xml(name: str, policy: Policy) -> str:
    fields = "".join(f"<{field}>{escape(text)}</{field}>" for field, text in policy.items())
    access = f"<AccessPolicy>{fields}</AccessPolicy>" if fields else ""
    return f"<SignedIdentifier><Id>{escape(name)}</Id>{access}</SignedIdentifier>"
