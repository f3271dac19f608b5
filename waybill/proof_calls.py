"""What an auditor asks of a gateway to check it elsewhere."""

from collections.abc import Iterator
from urllib.parse import quote

from domain.notary.verdict import Verdict
from waybill.connection import Connection


class ProofCalls(Connection):
    """Exports and keys; and what the gateway itself makes of them."""

    def export(self, data_flow_id: str) -> Iterator[bytes]:
        """The export of a flow, line by line, each with its end."""
        path = f"/audit/dataflows/{quote(data_flow_id, safe='')}/export"
        with self._streamed(path) as lines:
            for line in lines:
                yield line.encode() + b"\n"

    def verification(self, data_flow_id: str | None = None) -> Verdict:
        """What the gateway finds, of one flow or (None) of the whole log."""
        flow = f"/dataflows/{quote(data_flow_id, safe='')}" if data_flow_id else ""
        answer = self._call("GET", f"/audit{flow}/verification")
        return Verdict.model_validate_json(answer.content)

    def keys(self) -> bytes:
        """The notary's public keys, as a document."""
        return self._call("GET", "/audit/keys").content
