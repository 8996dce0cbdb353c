"""The one place where an execution gets its driver and its first event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from asl_engine.drivers.hooks import NO_HOOKS, Hooks
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.kernel import ExecutionStarted, Identity, Kernel, StartTask
from asl_engine.tasks.perform import Performer
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.drivers.realtime import RealTimeDriver
    from asl_engine.mapruns.family import Watcher
    from asl_engine.mapruns.kept_children import Keep, Keeper, OnProgress
    from asl_engine.mapruns.s3_objects import Objects


class Launch(NamedTuple):
    """An execution that is ready to start. `kernel` is its memory, and `input` a value of its own.

    `size` is that of the input in bytes of its text, where somebody has measured it. `objects` is where a distributed
    Map reads and writes, and `watcher` who is to know of its children. `text` is the input as it was written, where it
    came as text. A launch is good for one driver.
    """

    kernel: Kernel
    performer: Performer
    input: JSON
    identity: Identity
    seed: int = 0
    size: int | None = None
    hooks: Hooks = NO_HOOKS
    objects: Objects | None = None
    watcher: Watcher | None = None
    text: str | None = None

    def started(self, at: float) -> ExecutionStarted:
        """Return the first event, which the driver runs."""
        return ExecutionStarted(at, self.input, self.identity, self.seed, self.size, self.text)

    def in_virtual_time(self) -> VirtualDriver:
        """Return a driver whose clock jumps."""
        return VirtualDriver(self.kernel, self.performer, self.hooks, self.objects, self.watcher)

    def in_real_time(
        self,
        skips_time: bool = False,
        hand_out: Callable[[RealTimeDriver, StartTask], None] | None = None,
    ) -> RealTimeDriver:
        """Return a driver on asyncio; see there for what it takes."""
        from asl_engine.drivers.realtime import RealTimeDriver

        kernel, performer, hooks, objects = self.kernel, self.performer, self.hooks, self.objects
        return RealTimeDriver(kernel, performer, skips_time, hand_out, hooks, objects, self.watcher)


def for_maps(
    buckets: Mapping[str, str | Path] | None,
    children: Keep = "all",
    keeps_history: bool = True,
    on_progress: OnProgress | None = None,
) -> tuple[Objects, Keeper]:
    """Return where distributed Maps have their objects, and who keeps their children."""
    from asl_engine.mapruns.kept_children import Keeper
    from asl_engine.mapruns.s3_objects import Folders

    return Folders(buckets or {}), Keeper(children, keeps_history, on_progress)
