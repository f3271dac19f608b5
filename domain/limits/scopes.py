"""What limits are set for: the plane, an endpoint, a data flow."""

from domain.errors import InvalidMessageError

PLANE = "plane"
_ENDPOINT, _FLOW = "endpoint:", "data-flow:"
_LONGEST = 300


def endpoint_scope(endpoint: str) -> str:
    """That of an endpoint, named by host and port, or by mechanism and region."""
    return f"{_ENDPOINT}{endpoint}"


def flow_scope(data_flow_id: str) -> str:
    """That of a data flow."""
    return f"{_FLOW}{data_flow_id}"


def checked(scope: str) -> str:
    """The scope. Raises InvalidMessageError where it is none."""
    named = any(
        scope.startswith(kind) and len(scope) > len(kind) for kind in (_ENDPOINT, _FLOW)
    )
    if (scope == PLANE or named) and len(scope) <= _LONGEST and scope.isprintable():
        return scope
    raise InvalidMessageError(
        f"scope: must be {PLANE}, {_ENDPOINT}<host:port> or {_FLOW}<id>"
    )
