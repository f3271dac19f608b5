"""The catalogue of error codes: who must act, and what may help."""

from fastapi import APIRouter

from domain.errors import CATALOGUE
from projections.views import View

router = APIRouter(prefix="/management/errors", tags=["management"])


class CodeLine(View):
    """One code: whether to try again, who must act, and what may help."""

    code: str
    error_class: str
    owner: str
    remedy: str


class CodeList(View):
    """All of them."""

    errors: tuple[CodeLine, ...]


@router.get("")
async def codes() -> CodeList:
    """The error codes that flows, objects and refusals may have."""
    lines = (
        CodeLine(
            code=each.code,
            error_class=each.error_class,
            owner=each.owner,
            remedy=each.remedy,
        )
        for each in CATALOGUE.values()
    )
    return CodeList(errors=tuple(lines))
