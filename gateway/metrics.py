"""Metrics in Prometheus' form. Labels come from closed sets, never from ids."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from psycopg import AsyncConnection

from domain.data_flow import State
from projections import endpoint_views, positions, queries
from projections.notary import rows as notary

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Metrics:
    """One registry per application, so that several can live in one process."""

    def __init__(self) -> None:
        """Nothing has been counted."""
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        route = ("route", "method")
        self._requests = Counter(
            "waybill_gateway_requests",
            "Requests answered.",
            (*route, "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "waybill_gateway_request_seconds",
            "Time to answer.",
            route,
            registry=registry,
        )
        self.database_up = _gauge(registry, "database_up", "1 when Postgres answers.")
        self.broker_up = _gauge(registry, "broker_up", "1 when NATS is connected.")
        self._positions = _gauge(
            registry,
            "projection_lag_positions",
            "Positions of the log not yet applied.",
            "projection",
        )
        self._age = _gauge(
            registry,
            "projection_lag_seconds",
            "Age of the oldest event not yet applied.",
            "projection",
        )
        self._unsealed = _gauge(
            registry, "notary_lag_positions", "Positions of the log not yet sealed."
        )
        self._untold = _gauge(
            registry, "witness_lag_seals", "Seals that the witness was not yet told."
        )
        self._outbox = _gauge(registry, "outbox_pending", "Callbacks owed.")
        self._flows = _gauge(registry, "data_flows", "Data flows by state.", "state")

        self._away = _gauge(registry, "endpoints_away", "Endpoints left alone.")
        self._at_once = _gauge(
            registry,
            "requests_at_once_most",
            "The most in flight that any pair of endpoints was found to be worth.",
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one request; `route` is a template, or a word."""
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    async def refresh(self, connection: AsyncConnection) -> None:
        """Read what the gauges of the read models are."""
        for name, lag in (await positions.lags(connection)).items():
            self._positions.labels(name).set(lag.positions)
            self._age.labels(name).set(lag.seconds)
        behind = await notary.behind(connection)
        self._unsealed.set(behind.positions)
        self._untold.set(behind.seals)
        self._outbox.set(await queries.pending_callbacks(connection))
        self._away.set(await endpoint_views.endpoints_away(connection))
        self._at_once.set(await endpoint_views.most_at_once(connection))
        by_state = await queries.flows_by_state(connection)
        for state in State:
            self._flows.labels(state).set(by_state.get(state, 0))


def _gauge(registry: CollectorRegistry, name: str, text: str, *labels: str) -> Gauge:
    return Gauge(f"waybill_{name}", text, labels, registry=registry)
