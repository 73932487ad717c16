"""Distances on the earth."""

from math import atan, atan2, cos, hypot, radians, sin, tan
from typing import Final, NamedTuple

_EQUATOR: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257223563
_POLE: Final = (1 - _FLATTENING) * _EQUATOR
_CLOSE: Final = 1e-13
_MOST_STEPS: Final = 200


class Place(NamedTuple):
    """A point on the ellipsoid, in degrees."""

    longitude: float
    latitude: float


class _Arc(NamedTuple):
    """The arc between two points on the auxiliary sphere: its sine and cosine, and what corrects it."""

    sine: float
    cosine: float
    squared_cosine_of_azimuth: float
    cosine_of_double_middle: float


def distance(start: Place, end: Place) -> float | None:
    """The shortest way along the ellipsoid WGS 84, in metres, by Vincenty's formula.

    ``None`` for points that are almost opposite each other, where the formula finds no answer.
    """
    if start == end:
        return 0.0
    arc = _arc(start, end)
    return None if arc is None else _length(arc)


def _arc(start: Place, end: Place) -> _Arc | None:
    first, second = (atan((1 - _FLATTENING) * tan(radians(place.latitude))) for place in (start, end))
    difference = radians(end.longitude - start.longitude)
    longitude = difference
    for _ in range(_MOST_STEPS):
        sine = hypot(
            cos(second) * sin(longitude),
            cos(first) * sin(second) - sin(first) * cos(second) * cos(longitude),
        )
        if not sine:
            return _Arc(0.0, 1.0, 1.0, 0.0)
        cosine = sin(first) * sin(second) + cos(first) * cos(second) * cos(longitude)
        azimuth = cos(first) * cos(second) * sin(longitude) / sine
        squared = 1 - azimuth**2
        middle = cosine - 2 * sin(first) * sin(second) / squared if squared else 0.0
        factor = _FLATTENING / 16 * squared * (4 + _FLATTENING * (4 - 3 * squared))
        turn = atan2(sine, cosine) + factor * sine * (middle + factor * cosine * (2 * middle**2 - 1))
        before, longitude = longitude, difference + (1 - factor) * _FLATTENING * azimuth * turn
        if abs(longitude - before) < _CLOSE:
            return _Arc(sine, cosine, squared, middle)
    return None


def _length(arc: _Arc) -> float:
    sine, cosine, squared, middle = arc
    square = squared * (_EQUATOR**2 - _POLE**2) / _POLE**2
    scale = 1 + square / 16384 * (4096 + square * (-768 + square * (320 - 175 * square)))
    factor = square / 1024 * (256 + square * (-128 + square * (74 - 47 * square)))
    third = factor / 6 * middle * (4 * sine**2 - 3) * (4 * middle**2 - 3)
    correction = factor * sine * (middle + factor / 4 * (cosine * (2 * middle**2 - 1) - third))
    return _POLE * scale * (atan2(sine, cosine) - correction)
