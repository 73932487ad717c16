"""Bugs in the engine, and in what reads events, runs processes and redrives."""

from typing import Final

from tests.mutants.mutant import mutant

ENGINE: Final = (
    mutant(
        "answers published before the commit",
        "quartet/engine/settler.py",
        "        lost = await self.settler.recorder.commit(runs)\n",
        "        early = [said for run in runs for step in run.steps for said in step.answers]\n"
        "        await self.settler.finisher.publish(self.batch.partition, early)\n"
        "        lost = await self.settler.recorder.commit(runs)\n",
    ),
    mutant(
        "answers dropped when the hub is away",
        "quartet/engine/finisher.py",
        'await self._outages.retry("publish answers", lambda: self._publisher.publish(partition, some))',
        "await asyncio.gather(self._publisher.publish(partition, some), return_exceptions=True)",
        "from collections.abc import Sequence\n",
        "import asyncio\nfrom collections.abc import Sequence\n",
    ),
    mutant(
        "the loser of a conflict continues",
        "quartet/engine/settler.py",
        "        lost = await self.settler.recorder.commit(runs)\n",
        "        await self.settler.recorder.commit(runs)\n        lost: set[str] = set()\n",
    ),
    mutant(
        "acting on a state that is not committed",
        "quartet/engine/handler_runner.py",
        "if (run.new_state and self._participant.acts_outside) or run.is_full:",
        "if run.is_full:",
        case="sent again with other items",
    ),
    mutant(
        "duplicates known in memory only",
        "quartet/engine/records/codec.py",
        '"handled": {cause: list(answers) for cause, answers in record.handled.items()},',
        '"handled": {},',
    ),
    mutant(
        "what cannot be read is skipped",
        "quartet/engine/received.py",
        "            if letter.saga_id is None or letter.event_type in opens or read.reason in REFUSED:\n"
        "                received.letters.append(letter)",
        "            if letter.saga_id is None:\n                pass\n"
        "            elif letter.event_type in opens or read.reason in REFUSED:\n"
        "                received.letters.append(letter)",
    ),
    # Who may say what
    mutant(
        "a forged event is handled",
        "quartet/engine/received.py",
        "    if refusal is not None:\n",
        "    if refusal is not None and envelope.type in REFUSED:\n",
    ),
    mutant(
        "an event counts on every hub",
        "quartet/engine/declaration/hubs.py",
        "if hub is None or author not in hub.authors:",
        "if hub is None:",
        "            for author in hub.authors.intersection(model.said_by) - {OUTSIDE}\n",
        "            for author in set(model.said_by) - {OUTSIDE}\n",
    ),
    mutant(
        "a forged event blocks the saga that it names",
        "quartet/engine/received.py",
        " or read.reason in REFUSED:\n",
        ":\n",
        proof="tests/runtime/test_forged.py::test_it_is_a_dead_letter_and_blocks_no_saga",
    ),
    mutant(
        "to discard a forged event discards the true one",
        "quartet/engine/dead_letters/redrive.py",
        "message = None if letter.reason in REFUSED else letter.message",
        "message = letter.message",
        proof="tests/runtime/test_forged.py::test_to_discard_it_leaves_the_true_event_with_its_id_alone",
    ),
    mutant(
        "a receiver that gets nothing is left alone",
        "quartet/engine/failures/stall_detector.py",
        "        return now - known.waiting_since >= self._limit",
        "        return now < known.waiting_since",
    ),
    # Dead letters and commands
    mutant(
        "what cannot be stored is skipped",
        "quartet/engine/records/recorder.py",
        "            run.refuse(STATE_NOT_STORED, one_line(error))\n",
        "            run.refuse(STATE_NOT_STORED, one_line(error))\n"
        "            run.steps.clear()\n"
        "            run.changed = False\n",
        case="stopped and started again",
    ),
    mutant(
        "the checkpoint passes a request to redrive before it is answered",
        "quartet/engine/batch.py",
        "        firsts = [*(items[0] for items in self._unfinished.values()), *self.requests]\n"
        "        return min(one.message.sequence_number for one in firsts)\n",
        "        firsts = [items[0] for items in self._unfinished.values()]\n"
        "        return min((one.message.sequence_number for one in firsts), default=None)\n",
    ),
    mutant(
        "a discard settles the letter before it strikes it",
        "quartet/engine/dead_letters/redrive.py",
        "        letter = stored.letter\n        if letter.saga_id is not None:\n            # What a forged",
        "        letter = stored.letter\n"
        "        await self._settle(stored, Report(letter, Verdict.DISCARDED), DISCARDED)\n"
        "        if letter.saga_id is not None:\n            # What a forged",
        case="blocked, and the operator dies",
    ),
    mutant(
        "a discard is forgotten where the order is not known",
        "quartet/engine/saga_update.py",
        "        self._change(discarded=(*self.record.discarded, *names)[-self.limits.discarded :])",
        "        if not self.record.is_new:\n"
        "            self._change(discarded=(*self.record.discarded, *names)[-self.limits.discarded :])",
        proof="tests/simulation/test_simulation.py::test_what_was_discarded_before_its_order_was_known_does_not_block_it",
    ),
    mutant(
        "what was handled waits in line again",
        "quartet/engine/saga_update.py",
        "        if recorded is not None and not self._is_owed(item):",
        "        if recorded is not None and not self._is_owed(item) and not self._must_wait(item):",
    ),
    mutant(
        "a port may take as long as it likes",
        "quartet/engine/handler_runner.py",
        "with_time_limit(ports, retry.call_seconds)",
        "ports",
    ),
    mutant(
        "a log line that cannot be written fails its batch",
        "quartet/engine/engine.py",
        "safe(log or structlog.get_logger(service=participant.name), self.stats)",
        "log or structlog.get_logger(service=participant.name)",
    ),
    mutant(
        "a document of another release counts as none",
        "quartet/engine/saga_update.py",
        "        if self.record.foreign is not None:\n            self.fail(",
        "        if False:\n            self.fail(",
    ),
    mutant(
        "event ids that are not derived",
        "quartet/events/event.py",
        "event_id = derived_id(cause.source, cause.id, data.type, _joined(discriminator, data.discriminator))",
        "event_id = str(uuid4())",
    ),
    mutant(
        "two decimals in every currency",
        "quartet/events/money.py",
        "    decimals = MINOR_UNITS[currency]\n",
        "    decimals = 2\n",
    ),
    mutant(
        "events are the same if their ids are",
        "quartet/events/event.py",
        "        return event_key(self.source, self.id)",
        '        return event_key("", self.id)',
    ),
    mutant(
        "properties count in structured mode",
        "quartet/events/reading.py",
        "    if content_type == CONTENT_TYPE:\n",
        "    if content_type == CONTENT_TYPE and not properties:\n",
        "    if kind is not None and kind.essence.startswith(_STRUCTURED):\n",
        "    if kind is not None and kind.essence.startswith(_STRUCTURED) and not properties:\n",
    ),
    mutant(
        "a hub that was recreated is not noticed",
        "quartet/process/watchdog.py",
        "        is_another = self._made_at not in {None, made_at}\n",
        "        is_another = made_at is None\n",
        case="another hub",
    ),
    mutant(
        "the audit stops at 1,000 rows",
        "quartet/cli/reading/stored.py",
        "            async for document in pages:\n                for parsed",
        "            for document in [one async for one in pages][:1000]:\n                for parsed",
        proof="tests/simulation/test_audit_sees_everything.py",
    ),
)
