"""Decorators of tests with parameters: only recordings need to know how many there are."""

from collections.abc import Callable
from typing import Any


class GenericTestProxyParametrize1:
    """One parameter."""

    def __call__(self, test: Callable[..., Any]) -> Callable[..., Any]:
        return test


class GenericTestProxyParametrize2(GenericTestProxyParametrize1):
    """Two."""
