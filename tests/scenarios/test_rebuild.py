"""Whatever is in a read model can be thrown away, and comes back byte for byte."""

from domain.data_flow import State
from tests.scenarios import database
from tests.scenarios.flows import told
from tests.scenarios.front import Front
from tests.scenarios.plane import Plane
from tests.scenarios.story import story
from tests.services import BucketPair

READ_MODEL = "read_model"
# Only accidents fill these, or what the tests' settings keep from happening:
# tests/projections/test_object_report.py and test_endpoint_health.py have them.
OFTEN_EMPTY = {"read_model.object_report_retry", "read_model.endpoint_pair"}
# The story is of data flows: tests/projections/test_rebuild.py has the others.
OF_OTHERS = {"read_model.files", "read_model.uploads", "read_model.tasks"}


async def test_the_read_models_are_rebuilt_as_they_were(
    plane: Plane, bucket_pair: BucketPair, front: Front
) -> None:
    await story(plane, bucket_pair, front)
    await database.caught_up(plane)
    before = await database.dump(plane, READ_MODEL)
    # An empty one would prove nothing.
    assert {
        table for table, rows in before.items() if not rows
    } <= OFTEN_EMPTY | OF_OTHERS

    await plane.stop("projections")
    await plane.rows("DROP SCHEMA read_model CASCADE")
    plane.run("rebuild", "projections", "rebuild", "--all")
    await plane.ends("rebuild")
    assert await database.dump(plane, READ_MODEL) == before, plane.output("rebuild")

    # And the rebuilt ones are gone on with.
    plane.start("projections", "commands")
    await plane.request("terminate", told("prepared", "terminate"))
    await plane.reaches("prepared", State.TERMINATED)
    await database.caught_up(plane)
    assert await database.dump(plane, READ_MODEL) != before
