"""The command line of `python -m quartet_emulators`."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from quartet_emulators.env_file import read_setting

BUILT_IN_CONFIG = Path(__file__).parent / "default_hubs.json"
MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class Options:
    """What to run and where.

    Attributes:
        data_dir: where the data, the lock and, unless said otherwise, the settings file are.
        event_hubs_config: a `Config.json` as Microsoft's Event Hubs emulator reads it.
        host: the address that the emulators listen on; the control endpoint stays on loopback.
        tls_certificate, tls_key: PEM files; with them, the emulators speak TLS.
        accept_tokens_signed_with: with it, the emulators accept bearer tokens that are signed with this key.
        faults: a plan of faults to begin with; None means none.
        cosmos_advertised_endpoint: the address that the Cosmos DB account names as its own; None means the one at which
            a client asks.
        durable_tasks_port: with it, the emulator of the Durable Task Scheduler runs; None means that it does not.
        env_file: the settings file; None means `.env` in `data_dir`.
        end_with_stdin: whether to end, too, when standard input closes: with the program that has started them.
        settings: further variables for the settings file, for the clients that read it.

    The other ports are those of Microsoft's emulators by default; 0 takes any free one.
    """

    data_dir: Path
    event_hubs_config: Path
    host: str
    event_hubs_port: int
    cosmos_port: int
    blob_port: int
    control_port: int
    env_file: Path | None
    end_with_stdin: bool = False
    durable_tasks_port: int | None = None
    cosmos_advertised_endpoint: str | None = None
    faults: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    accept_tokens_signed_with: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings_path(self) -> Path:
        """Where the settings of the running emulators are written."""
        return self.env_file or self.data_dir / ".env"


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; `None` means that of this process.

    Raises:
        SystemExit: with status 2 if it is wrong, 0 after `--help`.
    """
    parser = argparse.ArgumentParser(
        prog="emulators",
        description="Run emulators of Event Hubs, Cosmos DB and Blob Storage until SIGTERM or Ctrl-C;"
        " with --durable-tasks-port, also of the Durable Task Scheduler.",
    )
    parser.add_argument("--data-dir", type=Path, default=Path(".quartet"), metavar="D", help="default: .quartet")
    parser.add_argument(
        "--event-hubs-config",
        type=Path,
        default=BUILT_IN_CONFIG,
        metavar="FILE",
        help="hubs and consumer groups; default: one hub, saga-events, with 4 partitions",
    )
    parser.add_argument("--event-hubs-port", type=_port, default=5672, metavar="N", help="default: 5672; 0: any")
    parser.add_argument("--cosmos-port", type=_port, default=8081, metavar="N", help="default: 8081; 0: any")
    parser.add_argument(
        "--cosmos-advertised-endpoint",
        type=_endpoint,
        metavar="URL",
        help="where the Cosmos DB account says that it is; default: where a client asks",
    )
    parser.add_argument("--blob-port", type=_port, default=10000, metavar="N", help="default: 10000; 0: any")
    parser.add_argument(
        "--durable-tasks-port",
        type=_port,
        metavar="N",
        help="run the Durable Task Scheduler too; 8080 is that of Microsoft's emulator; 0: any",
    )
    parser.add_argument("--control-port", type=_port, default=0, metavar="N", help="default: any; always loopback")
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on; default: 127.0.0.1")
    parser.add_argument(
        "--env-file", type=Path, metavar="F", help="settings for clients; default: DATA_DIR/.env; NAME.json: as JSON"
    )
    parser.add_argument(
        "--setting",
        dest="settings",
        action="append",
        type=_setting,
        default=[],
        metavar="NAME=VALUE",
        help="a further variable for the settings file; may be repeated, the last one of a name counts",
    )
    parser.add_argument(
        "--end-with-stdin", action="store_true", help="also end when standard input closes: with who has started them"
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="faults to inject; see docs/emulators.md")
    tls = parser.add_argument_group("TLS and tokens", "for tests of what uses identities instead of keys")
    tls.add_argument("--tls-certificate", type=Path, metavar="FILE", help="PEM; the emulators then speak TLS only")
    tls.add_argument("--tls-key", type=Path, metavar="FILE", help="PEM; the certificate's private key")
    tls.add_argument(
        "--accept-tokens-signed-with", metavar="KEY", help="accept bearer tokens (JWT, HS256); the keys stay good"
    )
    given = vars(parser.parse_args(arguments))
    return Options(**{**given, "settings": dict(given["settings"])})


def _setting(text: str) -> tuple[str, str]:
    try:
        return read_setting(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _endpoint(text: str) -> str:
    try:
        url = urlsplit(text)
        is_endpoint = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_endpoint = False
    if not is_endpoint or url.path.strip("/") or url.query or url.fragment:
        raise argparse.ArgumentTypeError(f"{text!r} is not an endpoint: expected one like https://cosmos.test:8081/")
    return f"{text.rstrip('/')}/"


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: expected 0 to {MAX_PORT}")
    return int(text)
