"""The figures that are drawn, from the file that `quartet bench --json` has written."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field, ValidationError

from quartet.events.problems import explain
from quartet.terminal.files import read_text
from quartet.terminal.user_error import UserError

Amount: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Percentile: TypeAlias = Annotated[str, Field(pattern=r"^p\d+$")]


class LoadFigures(BaseModel):
    """One load. Latencies are milliseconds by percentile, CPU time is seconds, counts are totals.

    Attributes:
        load: its name.
        latency_ms: by `p1` to `p100`; empty if no saga has ended.
    """

    load: str
    sagas: int
    latency_ms: dict[Percentile, Amount]
    cpu_seconds: dict[str, Amount]
    cosmos_requests: Amount
    sends: Amount
    checkpoint_writes: Amount

    @property
    def distribution(self) -> list[tuple[float, float]]:
        """Each percentile: the milliseconds, and the percentage of the sagas that took no longer. Both ascend."""
        return sorted((ms, float(name.removeprefix("p"))) for name, ms in self.latency_ms.items())


class ComparedFigures(BaseModel):
    """The same loads in another style."""

    style: str
    loads: list[LoadFigures]


class Figures(BaseModel):
    """All figures of a run."""

    application: str
    loads: list[LoadFigures]
    compared: ComparedFigures | None = None

    @property
    def with_sagas(self) -> list[LoadFigures]:
        """The loads in which sagas have ended: not those of an idle system. Each is followed by that which it met."""
        loads = list(self.loads)
        if self.compared is not None:
            others = [
                one.model_copy(update={"load": f"{one.load}, {self.compared.style}"}) for one in self.compared.loads
            ]
            loads = [one for pair in zip(loads, others, strict=True) for one in pair]
        return [one for one in loads if one.sagas]


def figures_of(content: dict[str, Any]) -> Figures:
    """What is drawn of all figures of a run."""
    return Figures.model_validate(content)


def read_figures(path: Path) -> Figures:
    """Read what `quartet bench --json` has written.

    Raises:
        UserError: the file cannot be read, or has something else in it.
    """
    try:
        return Figures.model_validate_json(read_text(path))
    except ValidationError as error:
        raise UserError(f"{path} is not a file of quartet bench --json: {explain(error)}") from error
