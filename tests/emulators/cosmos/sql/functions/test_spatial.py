"""Functions on places: the examples of Microsoft's pages, and what they leave open."""

from math import isclose

import pytest
from quartet_emulators.cosmos.errors import UnsupportedError
from quartet_emulators.cosmos.json_text import Json
from quartet_emulators.cosmos.sql.compile import compiled
from quartet_emulators.cosmos.sql.values import UNDEFINED

from tests.emulators.cosmos.sql.evaluation import value

# Azure-Samples/cosmos-db-nosql-query-samples, scripts/st-distance/seed.json: the offices of the page's example
OFFICES = [
    {"location": {"type": "Point", "coordinates": [-122.12826822304672, 47.63980239335718]}},
    {"location": {"type": "Point", "coordinates": [-96.84368664765994, 46.81297794314663]}},
]
REFERENCE = "{'type': 'Point', 'coordinates': [-122.11758113953535, 47.66901087006131]}"


def point(longitude: float | str, latitude: float | str) -> str:
    return f"{{'type': 'Point', 'coordinates': [{longitude}, {latitude}]}}"


def test_the_distance_of_points() -> None:
    """The page ST_DISTANCE, in kilometres. They agree to one part in ten million."""
    query = compiled(f"SELECT VALUE ST_DISTANCE(o.location, {REFERENCE}) / 1000 FROM offices o")
    near, far = query.rows(OFFICES, {}, 0.0)
    assert isclose(near, 3.345269817267368, rel_tol=1e-7)
    assert isclose(far, 1907.438421299902, rel_tol=1e-7)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (point(5, 5), point(5, 5), 0),
        (point(0, 90), point(50, 90), 0),
        (point(0, 0), point(180, 0), UNDEFINED),
        (point(0, 0), point(0, 91), UNDEFINED),
        (point(0, 0), "c.missing", UNDEFINED),
        (point(0, 0), "'Point'", UNDEFINED),
        (point(0, 0), "{'type': 'Point'}", UNDEFINED),
        (point(0, 0), "{'type': 'Point', 'coordinates': [1]}", UNDEFINED),
        (point(0, 0), point(0, "'1'"), UNDEFINED),
    ],
)
def test_distances_that_are_nothing_or_undefined(start: str, end: str, expected: Json) -> None:
    """A valid point each. For points that are opposite each other, Vincenty's formula has no answer."""
    found = value(f"ST_DISTANCE({start}, {end})")
    assert found is UNDEFINED if expected is UNDEFINED else round(found, 6) == expected


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (point(-84.38876194345323, 33.75682784306348), {"valid": True}),
        (
            point(133.75682784306348, -184.38876194345323),
            {"valid": False, "reason": "Latitude values must be between -90 and 90 degrees."},
        ),
        (point(181, 0), {"valid": False, "reason": "Longitude values must be between -180 and 180 degrees."}),
    ],
)
def test_valid_points(shape: str, expected: Json) -> None:
    """The pages ST_ISVALID and ST_ISVALIDDETAILED; the words for the longitude are by analogy."""
    assert value(f"ST_ISVALID({shape})") is expected["valid"]
    assert value(f"ST_ISVALIDDETAILED({shape})") == expected


def test_what_is_no_shape_is_not_valid() -> None:
    assert value("ST_ISVALID('here')") is False
    assert value("ST_ISVALID({'type': 'Point', 'coordinates': ['1', '2']})") is False
    assert value("ST_ISVALIDDETAILED(1).valid") is False
    assert value("ST_ISVALID(c.missing)") is UNDEFINED


@pytest.mark.parametrize("call", ["ST_ISVALID({0})", "ST_ISVALIDDETAILED({0})", "ST_DISTANCE({0}, {0})"])
@pytest.mark.parametrize("shape", ["LineString", "Polygon", "MultiPolygon"])
def test_other_shapes_are_refused(call: str, shape: str) -> None:
    """Not undefined, which the service would not answer either."""
    with pytest.raises(UnsupportedError, match=f"for the shape {shape}") as error:
        value(call.format(f"{{'type': '{shape}', 'coordinates': [[0, 0], [1, 1]]}}"))
    assert error.value.status == 400
