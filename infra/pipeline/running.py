"""Whether every service of a deployment has the image that was deployed, and no other.

az containerapp list -g "$AZURE_RESOURCE_GROUP" -o json | python3 -m infra.pipeline.running REGISTRY/quartet@sha256:…
"""

import json
import sys
from typing import Any

from infra.pipeline import SERVICES, UnusableError, command


def problems(apps: list[dict[str, Any]], image: str) -> list[str]:
    """What is not as it must be; a line each."""
    found = {
        app["tags"]["azd-service-name"]: [one["image"] for one in app["properties"]["template"]["containers"]]
        for app in apps
        if "azd-service-name" in (app.get("tags") or {})
    }
    missing = [
        f"{service}: there is no container app with the tag azd-service-name={service}"
        for service in SERVICES
        if service not in found
    ]
    return missing + [
        f"{service}: runs {one}, not {image}" for service, images in found.items() for one in images if one != image
    ]


def main(image: str) -> str:
    """Every service with its image.

    Raises:
        UnusableError: a service has another image, or is not there.
    """
    if wrong := problems(json.load(sys.stdin), image):
        raise UnusableError("\n".join(wrong))
    return f"{', '.join(SERVICES)}: {image}"


if __name__ == "__main__":
    command(main, "IMAGE")
