"""Set Blob Tags, Get Blob Tags and Find Blobs by Tags."""

from dataclasses import replace
from xml.sax.saxutils import quoteattr

from aiohttp import web

from quartet_emulators.blob import lease
from quartet_emulators.blob.blobs import check_transfer
from quartet_emulators.blob.call import Call
from quartet_emulators.blob.conditions import check_tag_access
from quartet_emulators.blob.named_blob import existing_blob
from quartet_emulators.blob.pages import answer_page, name_xml, read_page
from quartet_emulators.blob.tag_condition import TagCondition
from quartet_emulators.blob.tags import read_tags_xml, tags_xml


def set_blob_tags(call: Call) -> web.Response:
    """Set Blob Tags: 204; they replace the earlier ones. The ETag stays."""
    blob = existing_blob(call)
    check_tag_access(call.headers, blob.etag, blob.modified, blob.tags)
    lease.check_write(call.headers, blob.lease, call.now)
    check_transfer(call)
    call.store.save_blob(replace(blob, tags=read_tags_xml(call.body)))
    return web.Response(status=204)


def get_blob_tags(call: Call) -> web.Response:
    """Get Blob Tags: 200 in XML."""
    blob = existing_blob(call)
    check_tag_access(call.headers, blob.etag, blob.modified, blob.tags)
    lease.check_read(call.headers, blob.lease, call.now)
    document = f'<?xml version="1.0" encoding="utf-8"?>{tags_xml(blob.tags)}'
    return web.Response(body=document.encode(), headers={"Content-Type": "application/xml"})


def find_blobs(call: Call) -> web.Response:
    """Find Blobs by Tags: 200 with a page of the blobs that fulfil `where`, in one container or in all."""
    condition = TagCondition(call.query.get("where", ""))
    only = condition.container or call.target.container
    page = read_page(call.query, set())
    items: list[str] = []
    next_place = ""
    for container in call.store.containers(only or page.start.partition("/")[0]):
        if only and container.name != only:
            break
        for blob in call.store.blobs(container.name, ""):
            place = f"{container.name}/{blob.name}"
            if place < page.start or not condition.holds(blob.tags):
                continue
            if len(items) == page.limit:
                next_place = place
                break
            shown = {key: blob.tags[key] for key in condition.keys if key in blob.tags}
            items.append(
                f"<Blob>{name_xml(blob.name)}<ContainerName>{container.name}</ContainerName>{tags_xml(shown)}</Blob>"
            )
        if next_place:
            break
    attributes = f"ServiceEndpoint={quoteattr(call.base_url + '/')}"
    return answer_page(attributes, page, "", f"<Blobs>{''.join(items)}</Blobs>", next_place)
