"""What a copy of the matrix stands on, and what has to hold after it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.location import CopyOptions
from domain.segment.events import Verdict
from domain.transfer.parts import DEFAULT_THRESHOLD_BYTES
from tests.matrix.carrying import Said
from tests.matrix.comparing import Case, some
from tests.matrix.facts import Facts
from tests.matrix.ways import Role, Way
from tests.servers.catalogue import Running
from tests.services import S3Endpoint


@dataclass(frozen=True)
class Server:
    """One of the catalogue, running."""

    name: str
    running: Running
    facts: Facts

    @property
    def endpoint(self) -> S3Endpoint:
        """Where it is."""
        return self.running.endpoint


@dataclass(frozen=True)
class Ground:
    """The server, and the Swift that the other side of a copy is on."""

    server: Server
    other: S3Endpoint

    def sides(self, role: Role) -> tuple[S3Endpoint, S3Endpoint]:
        """Source and destination."""
        match role:
            case Role.FROM:
                return self.server.endpoint, self.other
            case Role.TO:
                return self.other, self.server.endpoint
            case Role.WITHIN:
                return self.server.endpoint, self.server.endpoint

    def require(self, way: Way, case: Case, options: CopyOptions | None = None) -> None:
        """Nothing silent, nothing half, no failure but the known, no lying verdict.

        `options` are those of the copy, where they are not the way's.
        """
        facts = self.server.facts
        assert [*case.silent()] == [], some(case.silent())
        assert [*case.wrong_remains()] == [], some(case.wrong_remains())
        known = facts.refusals.get((way.role, way.shape))
        others = {
            k: v
            for k, v in case.failed().items()
            if v.code != facts.expects(way.role, way.shape, k)
        }
        assert others == {}, _told(others)
        assert known is None or case.failed(), f"{known} does not come any more"
        if way.role is Role.TO:
            wrong = [*_wrong_verdicts(facts, way, case, options or way.options)]
            assert wrong == [], some(wrong)


def _wrong_verdicts(
    facts: Facts, way: Way, case: Case, options: CopyOptions
) -> Iterator[str]:
    """More was claimed than the server vouches for, or less."""
    for key, said in case.said.items():
        if said.code is not None:
            continue
        parts = _cut(case.sent[key].size_bytes, options)
        proven = facts.proves(way.integrity, parts=parts)
        right = Verdict.VERIFIED if proven else Verdict.SIZE_ONLY
        if said.verdict is not right:
            yield f"{key} is called {said}, not {right}"


def _cut(size_bytes: int, options: CopyOptions) -> bool:
    """Whether it goes in parts; nothing does not."""
    most = options.multipart_threshold_bytes or DEFAULT_THRESHOLD_BYTES
    return size_bytes > (0 if options.force_multipart else most)


def _told(failed: Mapping[str, Said]) -> str:
    return some([f"{ascii(k)[:90]}: {v.code}: {v.detail}" for k, v in failed.items()])
