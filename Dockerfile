# One image for the services, the command line, the console and the emulators: what runs is the argument.
#   docker run quartet services.order        docker run --entrypoint quartet quartet --help
#
# Nothing here needs BuildKit: a container registry's own builds in Azure do without it.
#
# checkov:skip=CKV_DOCKER_2: one image runs several programs; compose and the platform have a probe for each of them
#
# The base is literal, so that Dependabot reads it: it does not look into an ARG. The digest is that of the index of all
# platforms; docs/compose.md says how to renew it by hand.
FROM docker.io/library/python:3.13-slim-trixie@sha256:70729b46c69b4f1e97c4822c1af3df53a1476cf5ddc6c087c0c10bc3a5678c2f AS base


FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /build

# The tools, and apart from them the environment that the image gets: it has no pip, and nothing that only builds.
RUN python3 -m venv /tools && python3 -m venv --without-pip /opt/quartet

# Every package is fetched as a wheel and held against the hash in the lock file; from here on there is no index.
COPY requirements/runtime.txt requirements/shop.in ./
RUN /tools/bin/pip download --quiet --require-hashes --only-binary :all: --dest /wheels --requirement runtime.txt
ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels
RUN /tools/bin/pip install --quiet hatchling

COPY pyproject.toml README.md LICENSE ./
COPY emulators ./emulators
COPY quartet ./quartet
# Only the locked versions are in /wheels, so that is what the project's own dependencies resolve to. The console and the
# orchestrator need more than the library does.
RUN /tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels ./emulators . \
    && /tools/bin/pip --python /opt/quartet/bin/python install --quiet 'quartet[console,telemetry-azure]' quartet-emulators --requirement shop.in

# The application is no package: it lies in the image as it lies in the checkout.
COPY shared /app/shared
COPY services /app/services
# By hash: copying may change the times that byte code is otherwise held against.
RUN python3 -m compileall -q --invalidation-mode unchecked-hash /app


FROM base
# The base image's own pip: nothing is installed into a running container.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.*/site-packages/pip* /usr/local/lib/python3.*/ensurepip
COPY --from=build /opt/quartet /opt/quartet
COPY --from=build /app /app
# For `quartet seed samples/catalogue.json` and `quartet publish samples/orders.jsonl`.
COPY samples /app/samples
WORKDIR /app

# Nothing is written: byte code is compiled above, and a home directory that exists is what some libraries insist on.
ENV PATH=/opt/quartet/bin:$PATH PYTHONPATH=/app QUARTET_APP=services.shop:SHOP HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
# Exec form: the signal arrives at Python, which finishes what it has begun and moves its checkpoints.
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m"]

ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Quartet" \
      org.opencontainers.image.description="A choreography-based saga on Azure: four services, their tools, and emulators" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
