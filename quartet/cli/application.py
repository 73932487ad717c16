"""The application that the commands work for."""

from quartet.choreography import Choreography
from quartet.engine.errors import ConfigurationError
from quartet.process.application import Application, find_application, load, missing_application

_current: Application | None = None


def use(application: Application | None) -> None:
    """Let the commands of this process work for an application."""
    global _current  # noqa: PLW0603 -- one command line has one application
    _current = application


def any_application() -> Application | None:
    """The application of this process: the one that was set, or that `find_application` finds; None if there is none.

    Raises:
        ConfigurationError: the name is not that of an application.
    """
    if _current is None:
        use(find_application())
    return _current


def the_application() -> Application:
    """As `any_application`, for what cannot do without.

    Raises:
        ConfigurationError: there is none, or the name is not that of an application.
    """
    application = any_application()
    if application is None:
        raise missing_application()
    return application


def choreography() -> Choreography:
    """The choreography of `the_application`. Raises as it does."""
    return the_application().choreography


def runnable() -> Choreography:
    """The choreography, if it can be run.

    Raises:
        ConfigurationError: there is none, or it has no services.
    """
    found = choreography()
    if not found.services:
        raise ConfigurationError(f"application {found.name} has no services: it can be tested, but not run")
    return found


def in_style(name: str) -> Application:
    """The application that runs the same sagas in this style.

    Raises:
        ConfigurationError: there is no such style, or it is no application; or as `the_application`.
    """
    styles = choreography().styles
    if name not in styles:
        has = f"the styles {', '.join(sorted(styles))}" if styles else "no other style"
        raise ConfigurationError(f"there is no style {name}: {choreography().name} has {has}")
    found = load(styles[name], f"style {name}")
    if not isinstance(found, Choreography):
        raise ConfigurationError(f"style {name}: {styles[name]} is no Choreography")
    return Application(styles[name], found)
