"""Functions on places, for GeoJSON points only.

Lines and polygons are refused where the service would look at them: an answer that is not the service's would be worse.
"""

from typing import Final

from quartet_emulators.cosmos.errors import unsupported
from quartet_emulators.cosmos.sql.functions.geodesy import Place, distance
from quartet_emulators.cosmos.sql.functions.signatures import Signature
from quartet_emulators.cosmos.sql.values import UNDEFINED, Value, finite, is_number

_OTHER_SHAPES: Final = frozenset({"LineString", "Polygon", "MultiPolygon", "MultiPoint", "MultiLineString"})
_POSITION: Final = 2
_LARGEST_LONGITUDE: Final = 180
_LARGEST_LATITUDE: Final = 90


def _distance(start: Value, end: Value) -> Value:
    """In metres; undefined unless both are valid points."""
    places = [_place(shape, "ST_DISTANCE") for shape in (start, end)]
    if not all(isinstance(place, Place) and _fault(place) is None for place in places):
        return UNDEFINED
    metres = distance(*[place for place in places if place is not None])
    return UNDEFINED if metres is None else finite(metres)


def _is_valid(shape: Value) -> Value:
    return UNDEFINED if shape is UNDEFINED else _reason(shape, "ST_ISVALID") is None


def _is_valid_detailed(shape: Value) -> Value:
    if shape is UNDEFINED:
        return UNDEFINED
    reason = _reason(shape, "ST_ISVALIDDETAILED")
    return {"valid": True} if reason is None else {"valid": False, "reason": reason}


def _reason(shape: Value, function: str) -> str | None:
    place = _place(shape, function)
    return "The value is not a GeoJSON point with a longitude and a latitude." if place is None else _fault(place)


def _place(shape: Value, function: str) -> Place | None:
    """The point that the value is, or ``None``.

    Raises:
        UnsupportedError: 400, for another shape of GeoJSON.
    """
    kind = shape.get("type") if type(shape) is dict else None
    if type(kind) is str and kind in _OTHER_SHAPES:
        raise unsupported(f"the function {function} for the shape {kind}")
    position = shape.get("coordinates") if kind == "Point" else None
    if type(position) is not list or len(position) < _POSITION or not all(map(is_number, position)):
        return None
    return Place(position[0], position[1])


def _fault(place: Place) -> str | None:
    """What is wrong with a point, in the words of the page ST_ISVALIDDETAILED."""
    if not -_LARGEST_LATITUDE <= place.latitude <= _LARGEST_LATITUDE:
        return "Latitude values must be between -90 and 90 degrees."
    if not -_LARGEST_LONGITUDE <= place.longitude <= _LARGEST_LONGITUDE:
        return "Longitude values must be between -180 and 180 degrees."
    return None


SPATIAL_FUNCTIONS: Final = {
    "ST_DISTANCE": Signature(_distance, 2, 2),
    "ST_ISVALID": Signature(_is_valid, 1, 1),
    "ST_ISVALIDDETAILED": Signature(_is_valid_detailed, 1, 1),
}
