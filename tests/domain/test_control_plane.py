"""A control plane is registered, replaced, and deregistered."""

from domain import control_plane
from domain.errors import UnknownControlPlaneError
from tests.controls import (
    authorization,
    control_plane_deregistered,
    control_plane_registered,
    deregister_control_plane,
    register_control_plane,
)
from tests.domain.spec import Spec

given = Spec(control_plane.decide, control_plane.evolve, control_plane.INITIAL).given


def test_a_control_plane_is_registered() -> None:
    given().when(register_control_plane()).then(control_plane_registered())


def test_the_same_registration_again_is_ignored() -> None:
    given(control_plane_registered()).when(register_control_plane()).then_nothing()


def test_another_content_replaces_the_registration() -> None:
    moved = "https://moved.example"
    for change in (
        {"endpoint": moved},
        {"authorization": None, "secret": None},
        {"authorization": authorization(jwks_uri=None)},
        {"secret": "control-1/client/2"},
    ):
        (
            given(control_plane_registered())
            .when(register_control_plane(**change))
            .then(control_plane_registered(**change))
        )


def test_a_control_plane_is_deregistered() -> None:
    (
        given(control_plane_registered())
        .when(deregister_control_plane())
        .then(control_plane_deregistered())
    )


def test_what_is_not_registered_cannot_be_deregistered() -> None:
    for story in ((), (control_plane_registered(), control_plane_deregistered())):
        (
            given(*story)
            .when(deregister_control_plane())
            .then_raises(UnknownControlPlaneError, "no control plane has this id")
        )


def test_a_deregistered_control_plane_may_be_registered_again() -> None:
    (
        given(control_plane_registered(), control_plane_deregistered())
        .when(register_control_plane())
        .then(control_plane_registered())
    )


def test_nothing_of_a_registration_outlives_it() -> None:
    plane = given(control_plane_registered(), control_plane_deregistered()).state
    assert (plane.registered, plane.endpoint, plane.secret) == (False, "", None)
    assert plane.authorization is None


def test_a_control_plane_has_the_names_that_its_tokens_give_it() -> None:
    usual = given(control_plane_registered()).state
    assert usual.names == {"control-1"}
    exchange = {"type": "oauth2_token_exchange", "resource": "urn:r"}
    named = given(
        control_plane_registered(authorization=authorization(**exchange))
    ).state
    assert named.names == {"control-1", "urn:r"}
    explicit = authorization(**exchange, principal="urn:p")
    named = given(control_plane_registered(authorization=explicit)).state
    assert named.names == {"control-1", "urn:p"}
