"""The outputs of a deployment of infra/main.bicep as lines NAME=VALUE, with the image of each service.

    az deployment sub create … -o json | python3 -m infra.pipeline.outputs sha256:… >> "$GITHUB_ENV"

infra/services/*.bicepparam read these names, and so does the `quartet` command.
"""

import json
import re
import sys
from typing import Any, Final

from infra.pipeline import SERVICES, UnusableError, command

REPOSITORY: Final = "quartet"


def lines(deployment: dict[str, Any], digest: str) -> list[str]:
    """What follows from a deployment and the digest of the image in the deployment's own registry."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise UnusableError(f"{digest!r} is no digest: give sha256: and 64 hexadecimal digits")
    properties = deployment.get("properties", {})
    if properties.get("provisioningState") != "Succeeded":
        raise UnusableError(f"the deployment is {properties.get('provisioningState')!r}, not 'Succeeded'")
    # Azure returns the names of outputs in another case.
    values = {name.upper(): str(one["value"]) for name, one in properties["outputs"].items()}
    values["AZURE_ENV_NAME"] = properties["parameters"]["environmentName"]["value"]
    image = f"{values['AZURE_CONTAINER_REGISTRY_ENDPOINT']}/{REPOSITORY}@{digest}"
    values |= {f"SERVICE_{service.upper()}_IMAGE_NAME": image for service in SERVICES}
    for name, value in values.items():
        if "\n" in value or not re.fullmatch(r"[A-Z_]+", name):
            raise UnusableError(f"the output {name} is {value!r}, which is not one line")
    return [f"{name}={value}" for name, value in values.items()]


if __name__ == "__main__":
    command(lambda digest: "\n".join(lines(json.load(sys.stdin), digest)), "DIGEST")
