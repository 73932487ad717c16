"""Summaries and facts as text and bytes of a store."""

import base64
import json
import zlib
from dataclasses import replace
from typing import Any, Final

from quartet.console.projection.facts import Fact, Key, Raw, Term
from quartet.console.projection.summary import Answer, Ended, Said, Summary

_SMALL: Final = 200  # bytes below which compressing gains nothing


def summary_text(summary: Summary) -> str:
    """A summary as JSON, without what the columns beside it say."""
    return json.dumps(
        (
            summary.first,
            _said(summary.last),
            summary.newest,
            summary.events,
            summary.counted,
            summary.ended
            and (
                summary.ended.key,
                summary.ended.type,
                summary.ended.label,
                summary.ended.is_failed,
                summary.ended.reason,
            ),
            summary.compensating,
            _said(summary.reason),
            _said(summary.problem),
            _said(summary.trace),
            sorted(summary.terms),
            sorted((*answer, said.key, said.text) for answer, said in summary.compensations.items()),
        ),
        separators=(",", ":"),
    )


def summary_from(saga: str, text: str) -> Summary:
    """Read back what `summary_text` wrote."""
    first, last, newest, events, counted, ended, compensating, reason, problem, trace, terms, undoing = json.loads(text)
    return Summary(
        id=saga,
        first=Key(*first),
        last=Said(Key(*last[0]), last[1]),
        newest=newest,
        events=events,
        counted=counted,
        ended=ended and Ended(Key(*ended[0]), *ended[1:]),
        compensating=compensating and Key(*compensating),
        reason=_said_from(reason),
        problem=_said_from(problem),
        trace=_said_from(trace),
        terms=frozenset(Term(*term) for term in terms),
        compensations={Answer(sayer, cause): Said(Key(*key), kind) for sayer, cause, key, kind in undoing},
    )


def fact_text(fact: Fact) -> str:
    """A fact as JSON, without its message and what the columns beside it say."""
    return json.dumps(
        (
            fact.label,
            fact.kind,
            fact.sayer,
            fact.causation_id,
            fact.remark,
            fact.problem,
            fact.reason,
            fact.terms,
            fact.trace_id,
        ),
        separators=(",", ":"),
    )


_NO_MESSAGE: Final = Raw(None, b"", 0)


def fact_from(row: tuple[Any, ...]) -> Fact:
    """A fact from (hub, partition, sequence_number, at, saga, event_id, source, type, body); without its message."""
    hub, partition, sequence_number, at, saga, event_id, source, type_, body = row
    label, kind, sayer, causation_id, remark, problem, reason, terms, trace_id = json.loads(body)
    return Fact(
        key=Key(at, hub, partition, sequence_number),
        saga=saga,
        type=type_,
        label=label,
        kind=kind,
        source=source,
        sayer=sayer,
        event_id=event_id,
        causation_id=causation_id,
        remark=remark,
        problem=problem,
        reason=reason,
        terms=tuple(Term(*term) for term in terms),
        trace_id=trace_id,
        raw=_NO_MESSAGE,
    )


def raw_bytes(raw: Raw) -> bytes:
    """A message as bytes."""
    properties = {name: _plain(value) for name, value in raw.properties.items()}
    head = json.dumps((raw.content_type, raw.size, raw.body_form, properties)).encode()
    content = len(head).to_bytes(4, "big") + head + raw.body
    return b"\x00" + content if len(content) < _SMALL else b"\x01" + zlib.compress(content, 1)


def raw_from(stored: bytes) -> Raw:
    """Read back what `raw_bytes` wrote."""
    content = zlib.decompress(stored[1:]) if stored[:1] == b"\x01" else stored[1:]
    end = 4 + int.from_bytes(content[:4], "big")
    content_type, size, body_form, properties = json.loads(content[4:end])
    return replace(Raw(content_type, content[end:], size, properties), body_form=body_form)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if value is None or isinstance(value, (str, int, float, bool)) else repr(value)


def _said(said: Said | None) -> tuple[Key, str] | None:
    return None if said is None else (said.key, said.text)


def _said_from(found: Any) -> Said | None:  # noqa: ANN401 -- JSON
    return None if found is None else Said(Key(*found[0]), found[1])
