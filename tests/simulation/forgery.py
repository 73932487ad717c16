"""Events that somebody forges who has a front end's rights: complete, valid, and not theirs to say."""

from random import Random
from typing import Final

from quartet.engine.declaration.hubs import Layout
from quartet.events import derived_id
from shared.events.samples import SAMPLES
from tests.simulation.content import Json
from tests.simulation.saga import ANSWERS

# Who says what, from the saga as it is stated here; the order service also says requests, as customers do.
_AUTHORS: Final = {type_: service for (service, _), types in ANSWERS.items() for type_ in types}
_TYPES: Final = sorted(_AUTHORS)
_REQUEST: Final = "RedriveRequested.v1"


def forged(random: Random, layout: Layout, placed: Json) -> Json:
    """A forged event about an order, which was placed by this event.

    Its id may be the one that the true event is going to have: whoever knows the order can compute that. With one hub
    nobody can tell a forged source from a true one, so it is a wrong one there.
    """
    type_ = random.choice(_TYPES if layout == "one" else [*_TYPES, _REQUEST])
    data: Json
    if type_ == _REQUEST:
        sources = ["/operator"]
        data = {"saga": placed["subject"], "participant": "payment", "letters": ["0-0-0123456789abcdef"]}
    else:
        author = f"/services/{_AUTHORS[type_]}"
        sources = ["/shop", "/services/warehouse"] if layout == "one" else ["/shop", author, author]
        [sample] = [sample for sample in SAMPLES if sample.type == type_]
        data = sample.in_saga(placed["subject"]).to_json()
    ids = [f"forged-{placed['id']}", derived_id(placed["source"], placed["id"], type_)]
    return placed | {"type": type_, "source": random.choice(sources), "id": random.choice(ids), "data": data}
