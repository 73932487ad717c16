import pytest
from quartet_emulators.cosmos.wire.agents import agent_of

SDK = "azsdk-python-cosmos-async/4.17.1 Python/3.11.7 (Linux-6.1-x86_64-with-glibc2.36)"


@pytest.mark.parametrize(
    ("header", "agent"),
    [
        (f"quartet-order {SDK}", "quartet-order"),
        (f"two words {SDK}", "two words"),
        (f"{SDK} by-suffix", "by-suffix"),
        (f"front {SDK} back", "front"),
        (f"front {SDK} | F2", "front"),
        (f"{SDK} back | F2", "back"),
        (SDK, SDK),
        ("curl/8.0", "curl/8.0"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_the_agent_is_what_the_application_calls_itself(header: str | None, agent: str) -> None:
    assert agent_of(header) == agent
