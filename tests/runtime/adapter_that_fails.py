"""A module that cannot be imported: what it needs is not installed."""

import no_such_sdk  # type: ignore[import-not-found]  # noqa: F401 -- that is the point
