"""Carries out effects on two endpoints: when they may be, and again where that helps.

An effect waits until its endpoints are there, until the limits let its requests go, and
until there is room in flight. Waiting costs it nothing of its retry budget.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from domain.errors import DataPlaneError, Side, StorageError
from handlers.limits.allowance import Allowance
from handlers.ports import Copier
from handlers.worker.circuit import AWAY, THROTTLED, Circuit, Closed, Opened
from handlers.worker.pace import Change, Pace
from handlers.worker.retry import retried
from handlers.worker.slots import Slots, Tuned

_GLANCE_SECONDS = 0.1
_PROBE_SECONDS = 30.0
# That there is no such object is as good an answer as any.
_PROBE_KEY = "waybill-is-it-there"

# How many requests an effect sends to each side.
Cost = Mapping[Side, int]
RELAYED: Final[Cost] = {Side.SOURCE: 1, Side.DESTINATION: 1}
AT_SOURCE: Final[Cost] = {Side.SOURCE: 1}
AT_DESTINATION: Final[Cost] = {Side.DESTINATION: 1}

Told = Change | Opened | Closed | Tuned
Probe = Callable[[], Awaitable[object]]

_T = TypeVar("_T")


def _no_probes() -> Mapping[Side, Probe]:
    return {}


def _no_limits() -> Allowance:
    return Allowance({}, {})


def probes_of(copier: Copier) -> Mapping[Side, Probe]:
    """A question to each side that moves no byte."""
    return {
        Side.SOURCE: lambda: copier.source.head(_PROBE_KEY),
        Side.DESTINATION: lambda: copier.destination.head(_PROBE_KEY),
    }


@dataclass
class _Held:
    """What an effect occupies."""

    leaving: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def free(self) -> None:
        """For others."""
        for leave in reversed(self.leaving):
            leave()


@dataclass(frozen=True)
class Tries:
    """Of one segment. `changed` hears of each decision about an endpoint.

    `probes` ask, by side, whether the endpoint is there; whatever they raise but that
    it is away says that it is. After `outage_seconds` of that, who waits fails. `slots`
    hear when an endpoint fails; what they have to tell is told too.
    """

    attempts: int
    paces: Mapping[Side, Pace]
    changed: Callable[[Told], Awaitable[None]]
    probes: Mapping[Side, Probe] = field(default_factory=_no_probes)
    allowance: Allowance = field(default_factory=_no_limits)
    outage_seconds: float = 900.0
    slots: Slots | None = None

    async def run(
        self, effect: Callable[[], Awaitable[_T]], cost: Cost = RELAYED
    ) -> _T:
        """The effect's result. Raises what it raised at last."""
        return await retried(self.attempts, lambda: self._paced(effect, cost))

    async def _paced(self, effect: Callable[[], Awaitable[_T]], cost: Cost) -> _T:
        told: list[Told | None] = []
        touched = self._touched(cost)
        held = await self._admitted(cost, touched)
        try:
            result = await effect()
            for pace in touched:
                told += (pace.went_well(), pace.circuit.answered())
        except DataPlaneError as error:
            told += self._failed(error)
            raise
        finally:
            held.free()
            for each in (*told, self._tuned()):
                if each is not None:
                    await self._tell(each)
        return result

    def _tuned(self) -> Tuned | None:
        if self.slots is None:
            return None
        tuned, self.slots.untold = self.slots.untold, None
        return tuned

    async def _tell(self, told: Told) -> None:
        try:
            await self.changed(told)
        except BaseException:
            # Whoever comes next may record it.
            if isinstance(told, Tuned) and self.slots is not None:
                self.slots.untold = self.slots.untold or told
            for pace in self.paces.values():
                if isinstance(told, Opened) and pace.endpoint == told.endpoint:
                    pace.circuit.untold = told
            raise

    def _failed(self, error: DataPlaneError) -> tuple[Told | None, ...]:
        pace = self.paces.get(error.side)
        if pace is None:
            return ()
        if self.slots is not None and error.code in AWAY | {THROTTLED}:
            self.slots.disturbed()
        if error.code in AWAY:
            return (pace.circuit.failed(error.code),)
        if error.code != THROTTLED:
            return (pace.circuit.answered(),)
        # Whom even one at a time is too much, that one is as good as away.
        least = pace.limit == 1
        circuit = pace.circuit
        return (
            pace.refused(),
            circuit.failed(error.code) if least else circuit.answered(),
        )

    async def _admitted(self, cost: Cost, touched: Sequence[Pace]) -> "_Held":
        """Waits for all that has to be; again where an endpoint went away meanwhile."""
        circuits = [pace.circuit for pace in touched]
        while True:
            for side in cost:
                await self._there(side)
            await self.allowance.ask(cost)
            held = _Held()
            try:
                for gate in (*self.allowance.gates, *(pace.gate for pace in touched)):
                    await gate.enter()
                    held.leaving.append(gate.leave)
            except BaseException:
                held.free()
                raise
            if not any(circuit.blocked for circuit in circuits):
                held.leaving += [each.left for each in circuits if each.begin()]
                return held
            held.free()

    def _touched(self, cost: Cost) -> list[Pace]:
        # In one order for all, so that no two wait for each other.
        paces = {pace.endpoint: pace for pace in map(self.paces.get, cost) if pace}
        return [pace for _, pace in sorted(paces.items())]

    async def _there(self, side: Side) -> None:
        """Wait until the endpoint is, and ask it where it is our turn to."""
        pace = self.paces.get(side)
        while pace is not None and pace.circuit.blocked:
            untold, pace.circuit.untold = pace.circuit.untold, None
            if untold is not None:
                await self._tell(untold)
            if pace.circuit.claim_probe():
                await self._ask(side, pace.circuit)
            elif pace.circuit.open_seconds > self.outage_seconds:
                away = f"{side.value} has been away for {pace.circuit.open_seconds:.0f}"
                raise StorageError(f"{away} s: {pace.endpoint}", side=side)
            else:
                await asyncio.sleep(_GLANCE_SECONDS)

    async def _ask(self, side: Side, circuit: Circuit) -> None:
        there = False
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                if probe := self.probes.get(side):
                    await probe()
            there = True
        except DataPlaneError as error:
            there = error.code not in AWAY | {THROTTLED}
        except TimeoutError:
            pass
        finally:
            circuit.probed(there=there)
