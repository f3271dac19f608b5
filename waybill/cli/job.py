"""What is to be copied: the arguments that `copy` and `plan` have in common."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from domain.transfer.manifest import Format
from domain.transfer.sync import Level
from projections.views import Place
from waybill.cli.furnishing import Furnishing
from waybill.cli.scheduling import Scheduling
from waybill.cli.selecting import (
    Exclude,
    Include,
    MaxSize,
    MinSize,
    NewerThan,
    OlderThan,
    Sync,
    tuning,
)
from waybill.client import Client
from waybill.s3_side import S3Side, SideError

_ENDPOINT, _AWS_PROFILE = "endpoint URL.", "AWS profile of the"


@dataclass(frozen=True)
class Job(Furnishing, Scheduling):
    """All of it has a name of its own on the command line."""

    source: Annotated[
        str | None, typer.Argument(help="s3://bucket/key, or s3://bucket/prefix/")
    ] = None
    destination: Annotated[
        str | None, typer.Argument(help="s3://bucket/key or …/prefix/")
    ] = None
    source_endpoint: Annotated[
        str | None, typer.Option(help=f"The source's {_ENDPOINT}")
    ] = None
    destination_endpoint: Annotated[
        str | None, typer.Option(help=f"The destination's {_ENDPOINT}")
    ] = None
    source_profile: Annotated[
        str | None, typer.Option(help=f"{_AWS_PROFILE} source.")
    ] = None
    destination_profile: Annotated[
        str | None, typer.Option(help=f"{_AWS_PROFILE} destination.")
    ] = None
    part_size_mb: Annotated[
        int | None, typer.Option("--part-size-mb", help="In MiB.", min=5)
    ] = None
    include: Include = None
    exclude: Exclude = None
    min_size: MinSize = None
    max_size: MaxSize = None
    newer_than: NewerThan = None
    older_than: OlderThan = None
    sync: Sync = Level.ALWAYS
    manifest: Annotated[
        str | None,
        typer.Option(help="Only what this object names: a key, or s3://bucket/key."),
    ] = None
    manifest_format: Annotated[
        Format | None, typer.Option(help="Where the name does not tell it.")
    ] = None
    retry_failed: Annotated[
        str | None,
        typer.Option(metavar="FLOW", help="Only what this flow could not copy."),
    ] = None
    delete_extra: Annotated[
        bool, typer.Option("--delete-extra", help="Delete what the source has not.")
    ] = False
    delete_excluded: Annotated[
        bool, typer.Option("--delete-excluded", help="Also what the filters leave out.")
    ] = False
    max_deletes: Annotated[
        int | None, typer.Option(help="Else nothing is deleted.", min=0)
    ] = None
    max_delete_percent: Annotated[
        float | None, typer.Option(help="Of what is there.", min=0, max=100)
    ] = None
    flow_id: Annotated[str | None, typer.Option(help="A data flow id of yours.")] = None

    def tuning(self) -> dict[str, Any]:
        """The metadata that says how, and which objects."""
        return tuning(
            multipartPartSizeMb=self.part_size_mb,
            include=self.include,
            exclude=self.exclude,
            minSizeBytes=self.min_size,
            maxSizeBytes=self.max_size,
            modifiedSince=self.newer_than,
            modifiedBefore=self.older_than,
            sync=None if self.sync is Level.ALWAYS else self.sync,
            manifest=self.manifest,
            manifestFormat=self.manifest_format,
            failedOf=self.retry_failed,
            deleteExtra=self.delete_extra or None,
            deleteExcluded=self.delete_excluded or None,
            maxDeletes=self.max_deletes,
            maxDeletePercent=self.max_delete_percent,
            **self.furnishing(),
            **self.scheduling(),
        )

    def sides(self, client: Client) -> tuple[S3Side, S3Side]:
        """Source and destination; those of the flow to retry where none are given.

        Credentials are those of this terminal: the flow's are kept nowhere. Raises
        SideError.
        """
        if self.retry_failed is not None and self.source is None:
            flow = client.flow(self.retry_failed)
            return (
                _again("source", flow.source, self.source_profile),
                _again("destination", flow.destination, self.destination_profile),
            )
        if self.source is None or self.destination is None:
            raise SideError("name the source and the destination")
        source = (self.source, self.source_endpoint, self.source_profile)
        to = (self.destination, self.destination_endpoint, self.destination_profile)
        return S3Side.parse("source", *source), S3Side.parse("destination", *to)


def takes_job(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the arguments of a job, which it gets as the first of its own."""
    fields = inspect.signature(Job, eval_str=True).parameters
    own = [*inspect.signature(command, eval_str=True).parameters.values()][1:]

    def run(**said: Any) -> None:
        job = Job(**{name: said.pop(name) for name in fields})
        command(job, **said)

    every = [*fields.values(), *own]
    named = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in every]
    # What Typer reads of a function.
    run.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in every}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def _again(side: str, place: Place | None, profile: str | None) -> S3Side:
    fields = place.fields if place else {}
    if place is None or place.mechanism != "s3":
        raise SideError(f"the flow's {side} is not in S3: name both sides")
    path = fields.get("key") or fields.get("prefix") or ""
    endpoint, region = fields.get("endpoint_url"), fields.get("region")
    url = f"s3://{fields.get('bucket')}/{path}"
    found = S3Side.parse(side, url, str(endpoint) if endpoint else None, profile)
    return replace(found, region=str(region) if region else found.region)
