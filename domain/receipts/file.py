"""A receipt as it is handed on, and what may be wrong with it."""

from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Collection, Iterable
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.notary.key_chain import KeyChain, SignedKey
from domain.notary.signing import Verify
from domain.receipts.statement import Leaves, ReceiptLine, ReceiptStatement, canonical

FORMAT: Final = "waybill.receipt-file.v1"


class SignedKeyText(BaseModel):
    """A key statement, the very text that was signed, and its signature in base64."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    statement: str
    signature: str

    def signed(self) -> SignedKey:
        """As bytes. Raises ValueError."""
        return SignedKey(self.statement.encode(), b64decode(self.signature))


class ReceiptFile(BaseModel):
    """`receipt` as it was signed, `signature` in base64, and what proves the key.

    `objects` are its lines; None where they are somewhere else. `keys` are the notary's
    keys, each introduced by the one before.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["waybill.receipt-file.v1"] = FORMAT
    receipt: dict[str, Any]
    signature: Annotated[str, Field(max_length=200)]
    keys: tuple[SignedKeyText, ...] = ()
    objects: tuple[dict[str, Any], ...] | None = None

    def statement(self) -> ReceiptStatement:
        """What it says. Raises ValueError for what is no receipt."""
        return ReceiptStatement.model_validate(self.receipt)

    def lines(self) -> tuple[ReceiptLine, ...]:
        """Its objects, none where they did not come with it. Raises ValueError."""
        found = self.objects or ()
        return tuple(ReceiptLine.model_validate(each) for each in found)


def problems(
    file: ReceiptFile,
    verify: Verify,
    trusted: Collection[str] = (),
    lines: Iterable[bytes] | None = None,
) -> list[str]:
    """What is wrong with a receipt; nothing: it says what was signed.

    `lines` are its objects as they were downloaded, where they are not in the file.
    `trusted` are ids of keys that are known from elsewhere. Without any, it is only
    found to agree with itself: whoever forges all of it can do that too.
    """
    try:
        said = file.statement()
        signature = b64decode(file.signature, validate=True)
        signed = [each.signed() for each in file.keys]
        file.lines()
    except (ValidationError, NotBase64Error, ValueError):
        return ["it is not a receipt of ours"]
    chain = KeyChain.of(signed, verify, trusted)
    found = [chain.problem] if chain.problem else []
    if not chain.signed(said.key, signature, canonical(file.receipt), verify):
        found.append(f"the signature is not of the key {said.key[:16]}…")
    if file.objects is not None:
        lines = map(canonical, file.objects)
    return found if lines is None else found + _of_objects(lines, said)


def _of_objects(lines: Iterable[bytes], said: ReceiptStatement) -> list[str]:
    leaves = Leaves()
    for each in lines:
        leaves.add(each)
    if len(leaves) != said.lines:
        return [f"it has {len(leaves)} objects, and was signed for {said.lines}"]
    if leaves.digest() != said.digest:
        return ["its objects are not those that it was signed for"]
    return []
