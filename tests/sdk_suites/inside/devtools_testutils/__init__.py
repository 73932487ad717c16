"""In the place of Microsoft's package of this name, which is in no index: what the SDKs' suites use of it."""

from .azure_recorded_testcase import AzureRecordedTestCase, get_credential
from .live import is_live
from .preparer import EnvironmentVariableLoader, EnvironmentVariableOptions
from .recording import (
    add_body_regex_sanitizer,
    add_general_regex_sanitizer,
    add_header_regex_sanitizer,
    add_oauth_response_sanitizer,
    add_uri_regex_sanitizer,
    get_region_override,
    recorded_by_proxy,
    set_custom_default_matcher,
)
from .responses import FakeTokenCredential, ResponseCallback, RetryCounter

__all__ = [
    "AzureRecordedTestCase",
    "EnvironmentVariableLoader",
    "EnvironmentVariableOptions",
    "FakeTokenCredential",
    "ResponseCallback",
    "RetryCounter",
    "add_body_regex_sanitizer",
    "add_general_regex_sanitizer",
    "add_header_regex_sanitizer",
    "add_oauth_response_sanitizer",
    "add_uri_regex_sanitizer",
    "get_credential",
    "get_region_override",
    "is_live",
    "recorded_by_proxy",
    "set_custom_default_matcher",
]
