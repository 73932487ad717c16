"""What the page is shown: the JSON of `/api`, as models.

Times are RFC 3339 in UTC. Durations are seconds unless a name says otherwise.
"""

from quartet.console.views.application import AppView, ArrowView, EventTypeView, ParticipantView
from quartet.console.views.audit import AuditView, FindingView, RuleView
from quartet.console.views.base import Kind, Phase, Unknown, View
from quartet.console.views.letters import ActedView, ActionView, Choice, LetterGroup, LetterRow, LettersView, LetterView
from quartet.console.views.overview import FlowView, LagView, MinuteView, OverviewView, StepView
from quartet.console.views.saga import ChangeView, OwedView, PartView, RawView, SagaView, SaidView, StateView
from quartet.console.views.search import SagaRow, SagasView

__all__ = [
    "ActedView",
    "ActionView",
    "AppView",
    "ArrowView",
    "AuditView",
    "ChangeView",
    "Choice",
    "EventTypeView",
    "FindingView",
    "FlowView",
    "Kind",
    "LagView",
    "LetterGroup",
    "LetterRow",
    "LetterView",
    "LettersView",
    "MinuteView",
    "OverviewView",
    "OwedView",
    "PartView",
    "ParticipantView",
    "Phase",
    "RawView",
    "RuleView",
    "SagaRow",
    "SagaView",
    "SagasView",
    "SaidView",
    "StateView",
    "StepView",
    "Unknown",
    "View",
]
