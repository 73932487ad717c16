"""What the command line names, read and checked before anything is started."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from quartet_emulators.faults import FaultsError, Injector, Plan
from quartet_emulators.faults.reading import read_plan_file
from quartet_emulators.options import Options
from quartet_emulators.security import Security, read_security
from quartet_emulators.start_error import StartError

if TYPE_CHECKING:
    from quartet_emulators.event_hubs.config import NamespaceConfig

EVENT_HUBS, COSMOS, BLOB, DURABLE_TASKS = "event_hubs", "cosmos", "blob", "durable_tasks"
NO_GRPC = "--durable-tasks-port needs gRPC: pip install 'quartet-emulators[durable-tasks]'"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a part is made of. It can be sent to another process.

    Attributes:
        options: the command line.
        plan: the faults to begin with.
        namespace: the event hubs; None for a part that has none, which then does not load their code.
    """

    options: Options
    plan: Plan
    namespace: "NamespaceConfig | None"

    def for_part(self, name: str) -> "Inputs":
        """What a part of this name needs of it."""
        return self if name == EVENT_HUBS else replace(self, namespace=None)

    def faults_of(self, name: str) -> Injector:
        """The faults of a part of this name, with the plan to begin with."""
        faults = Injector(name)
        faults.replace(self.plan.rules, self.plan.seed)
        return faults

    @property
    def first_hub(self) -> str:
        """The name of the event hub that clients use unless they say otherwise."""
        return self.namespace.hubs[0].name if self.namespace else ""


def part_names(options: Options) -> list[str]:
    """The parts that the command line asks for."""
    further = [] if options.durable_tasks_port is None else [DURABLE_TASKS]
    return [EVENT_HUBS, COSMOS, BLOB, *further]


def read_inputs(options: Options) -> Inputs:
    """Read the files that the command line names, and check what can be checked before a start.

    Raises:
        StartError: one of them cannot be used, or a part needs what is not installed.
    """
    from quartet_emulators.event_hubs.config import ConfigError, load_config

    try:
        namespace = load_config(options.event_hubs_config)
        plan = Plan() if options.faults is None else read_plan_file(options.faults)
    except (ConfigError, FaultsError) as error:
        raise StartError(str(error)) from error
    security_of(options)
    if options.durable_tasks_port is not None:
        if options.tls_certificate is not None:
            raise StartError("the emulator of the Durable Task Scheduler has no TLS: leave out --durable-tasks-port")
        if not (find_spec("grpc") and find_spec("durabletask")):
            raise StartError(NO_GRPC)
    return Inputs(options, plan, namespace)


def security_of(options: Options) -> Security:
    """How the emulators are entered.

    Raises:
        StartError: what the command line says about it cannot be used.
    """
    try:
        return read_security(options.tls_certificate, options.tls_key, options.accept_tokens_signed_with)
    except ValueError as error:
        raise StartError(str(error)) from error
    except OSError as error:
        raise StartError(f"the certificate or its key cannot be used: {error.strerror or error}") from error
