"""How urgent a flow is among those of its tenant: from 1 to 5, the more the sooner."""

from typing import Annotated, Final

from pydantic import Field

USUAL: Final = 3
MOST_URGENT: Final = 5

Priority = Annotated[int, Field(ge=1, le=MOST_URGENT)]
