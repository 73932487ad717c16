"""`python -m tests.recordings`: make the recordings of the samples again. See `make recordings`."""

import sys

from quartet.testing import save_recordings
from tests.recordings.acts import ACTS, SAMPLES, recorded


def main() -> None:
    for name in ACTS:
        path = SAMPLES / "recordings" / f"{name}.jsonl"
        world, sagas = recorded(name)
        save_recordings(world, path, sagas)
        sys.stdout.write(f"{path.relative_to(SAMPLES.parent)}\n")


if __name__ == "__main__":
    main()
