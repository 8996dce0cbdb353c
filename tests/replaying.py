"""A driver that makes its execution anew of its journal, after every event."""

from __future__ import annotations

import json

from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.journal import Circumstances, Entry, Journal, replay
from asl_engine.kernel import Kernel
from asl_engine.mapruns import family_of
from asl_engine.mapruns.family_messages import Work


class Replaying(VirtualDriver):
    """Its execution lives for one event at a time: then it is one that was replayed. `often` is how often it gives
    way: after so many questions whether its budget is spent."""

    def __init__(self, kernel, *arguments, often=None):
        super().__init__(kernel, *arguments)
        self.entries = []
        self.often = often
        self._watcher = None if self.family is None else self.family.watcher
        self._follow(Circumstances())

    def _follow(self, circumstances):
        self.circumstances = circumstances
        self.journal = Journal(self.kernel, self.family, circumstances, self.keep, len(self.entries))
        self.hooks = Hooks(on_event=self.begin, on_commit=self.forget)

    def begin(self, event):
        if not self.entries:
            self.first, self._input = event, event.text or json.dumps(event.input)
        self.journal.on_event(event)
        if self.often is not None:
            asked = iter(range(self.often))
            self.kernel.is_spent = self.circumstances.budget(lambda: next(asked, None) is None)

    def keep(self, entry):
        self.entries.append(Entry(*json.loads(json.dumps(entry))))

    def forget(self, event):
        self.journal.on_commit(event)
        old, circumstances = self.family, Circumstances()
        self.kernel = Kernel(self.kernel.program, parent_op=self.kernel.parent_op)
        self.kernel.activities = circumstances
        self.family = family_of(self.kernel, None if old is None else old.objects, None)
        if self.family is not None:
            self.family.max_unsuccessful = old.max_unsuccessful
            self.family.watcher.keeps_history = self._watcher.keeps_history
        replay(self.kernel, self.family, circumstances, self.entries, self._input, self.first.identity)
        if old is not None:
            self._go_on_with(old)
        self._follow(circumstances)

    def _go_on_with(self, old):
        """Let the watcher go on with the family that is new, and works that are asked for be its own."""
        self.family.watcher = self._watcher
        for run in (*old.runs.values(), *old.unsuccessful_runs.values()):
            run.intake.close()
            run.results.close()
        works = {command.op: command for command in self.family.outstanding() if type(command) is Work}
        for at, command in enumerate(self.commands):
            self.commands[at] = works.get(command.op, command) if type(command) is Work else command
