"""A port with idempotency keys, and copies of it that break one promise each."""

import asyncio
from dataclasses import dataclass, field

from quartet.engine.errors import OutageError, TransientError
from quartet.testing.conformance import IdempotentPort


@dataclass
class Bank:
    """Pays once under a key. The first entry under a key is final."""

    entries: dict[str, str] = field(default_factory=dict)
    paid: list[str] = field(default_factory=list)
    loses_next: bool = False

    async def pay(self, key: str) -> str:
        if key not in self.entries:
            self.entries[key] = f"receipt {len(self.paid)}"
            self.paid.append(key)
        if self.loses_next:
            self.loses_next = False
            return self.lost(key)
        return self.entries[key]

    def lost(self, key: str) -> str:
        raise TransientError(f"no answer about {key}")

    async def void(self, key: str) -> bool:
        return self.entries.setdefault(key, "voided") == "voided"

    def lose(self) -> None:
        self.loses_next = True

    def described(self) -> IdempotentPort[str]:
        async def effects(key: str) -> int:
            return self.paid.count(key)

        return IdempotentPort(self.pay, effects, self.void, refused=lambda answer: answer == "voided")


class PaysEachTime(Bank):
    async def pay(self, key: str) -> str:
        self.paid.append(key)
        return "receipt"


class NewReceiptEachTime(Bank):
    asked = 0

    async def pay(self, key: str) -> str:
        self.asked += 1
        return f"{await super().pay(key)} copy {self.asked}"


class LooksBeforeItPays(Bank):
    """Two callers find nothing, and both pay."""

    async def pay(self, key: str) -> str:
        found = self.entries.get(key)
        await asyncio.sleep(0)
        if found is not None:
            return found
        self.paid.append(key)
        return self.entries.setdefault(key, "receipt")


class RefusesTheSecondCaller(Bank):
    async def pay(self, key: str) -> str:
        if key in self.entries:
            return "voided"
        return await super().pay(key)


class TakesAllKeysForOne(Bank):
    async def pay(self, key: str) -> str:
        return await super().pay("the key") if key else ""


class SaysLostIsAnOutage(Bank):
    def lost(self, key: str) -> str:
        raise OutageError(f"no answer about {key}")


class SaysLostIsRefused(Bank):
    def lost(self, key: str) -> str:
        return f"no answer about {key}"


class PaysAgainAfterALostAnswer(Bank):
    def lost(self, key: str) -> str:
        del self.entries[key]
        raise TransientError("lost")


class VoidsNothing(Bank):
    async def void(self, key: str) -> bool:
        return key not in self.entries


class SaysVoidedIsPaid(Bank):
    async def pay(self, key: str) -> str:
        return "receipt" if self.entries.get(key) == "voided" else await super().pay(key)


class VoidsWhatWasPaid(Bank):
    """Says that nothing was paid, although it was."""

    async def void(self, key: str) -> bool:
        self.entries.setdefault(key, "voided")
        return True


class ForgetsWhenItVoids(Bank):
    """Pays again when it is asked after the void."""

    async def void(self, key: str) -> bool:
        if key in self.paid:
            self.entries.pop(key, None)
            return False
        return await super().void(key)


class SaysVoidedTwiceIsPaid(Bank):
    async def void(self, key: str) -> bool:
        is_new = key not in self.entries
        self.entries.setdefault(key, "voided")
        return is_new
