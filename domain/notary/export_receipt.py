"""The receipt of an export: read, and held against the flow that it is of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from domain.notary.export_lines import UnreadableError, decoded, only
from domain.notary.key_chain import KeyChain
from domain.notary.signing import Verify
from domain.receipts.statement import Leaves, canonical

FORMAT, KIND = "waybill.receipt-file.v1", "waybill.receipt.v1"
_NAMES = ("format", "receipt", "signature", "keys", "objects")


@dataclass(frozen=True)
class ExportedReceipt:
    """What is signed, its signature, and the objects that it is of, if they came."""

    said: Mapping[str, Any]
    signature: bytes
    objects: list[Any] | None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "ExportedReceipt":
        """That of a line. Raises UnreadableError."""
        only(body, _NAMES)
        said, text = body["receipt"], body["signature"]
        objects = body["objects"]
        well = (
            body["format"] == FORMAT
            and isinstance(said, dict)
            and isinstance(text, str)
            and isinstance(body["keys"], list)
            and isinstance(objects, list | None)
        )
        if not well:
            raise UnreadableError("the receipt is none")
        return cls(cast("dict[str, Any]", said), decoded(text), cast("Any", objects))

    def problem(self, data_flow_id: str, keys: KeyChain, verify: Verify) -> str:
        """What is wrong with it; empty: nothing."""
        if self.said.get("kind") != KIND:
            return "the receipt is none"
        if self.said.get("data_flow_id") != data_flow_id:
            return "the receipt is of another flow"
        key = str(self.said.get("key"))
        if not keys.signed(key, self.signature, canonical(self.said), verify):
            return "the receipt is not signed by a key of the chain"
        return "" if self._adds_up() else "the receipt's objects are not those signed"

    def _adds_up(self) -> bool:
        if self.objects is None:
            return True
        leaves = Leaves()
        for each in self.objects:
            leaves.add(canonical(each))
        told = self.said.get("lines"), self.said.get("digest")
        return told == (len(leaves), leaves.digest())
