"""From DataAddress and metadata to the address template.

Four layers may speak of a side, in this order:

1. the message's DataAddress;
2. `<target>DataAddress` in the metadata, of the same shape;
3. `<target>Bucket`, `<target>Key`, `<target>Region`, … in the metadata;
4. the plain names `bucketName|bucket`, `objectKey|key`, `region` in the metadata.

*Which objects*: the first layer that names a bucket; layer 3's key completes it where
it names no key and layer 3 no other bucket. *Region*: the first layer that names one.
*How to get there* (endpoint URL, path style, credentials): layer 3 is an override by
our own control plane and comes first. Credentials are taken whole from one layer,
never mixed. (Credentials by name are no business of a mechanism:
`domain.mechanisms.aliases`.)

Plain names say no side. They mean the one whose address this plane itself provides
(the destination when a push is prepared, the source when a pull is started), which is
the only one that a caller then asks for without an address: they are read only where
there is no DataAddress and neither layer 2 nor layer 3 names a bucket for the target.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import SecretStr

from domain.data_address import DataAddress
from domain.errors import InvalidAddressError
from domain.mechanisms import Parsed, Target
from domain.mechanisms.s3 import endpoints
from domain.mechanisms.s3.address import S3Address
from domain.mechanisms.s3.names import Names

Secrets = Mapping[str, SecretStr]


@dataclass(frozen=True)
class Layer:
    """What one of the four says. `path` is a key, or a prefix where `is_prefix`."""

    bucket: str | None = None
    path: str | None = None
    is_prefix: bool = False
    endpoint_url: str | None = None
    region: str | None = None
    force_path_style: bool | None = None
    secrets: Secrets = field(default_factory=dict[str, SecretStr])


def read(
    target: Target,
    address: DataAddress | None,
    metadata: Mapping[str, Any],
    *,
    own: bool,
) -> Parsed | None:
    """One side of a copy; None where nothing names a bucket for it."""
    names = Names(metadata.items())
    keys = _target_keys(target, names)
    addressed = [] if address is None else [_from_address("dataAddress", address)]
    nested = f"{target.value}DataAddress"
    if (document := names.document(nested)) is not None:
        shaped = DataAddress.read({"endpointType": "AmazonS3", **document})
        addressed.append(_from_address(nested, shaped))
    layers = [*addressed, keys]
    if own and address is None and not any(layer.bucket for layer in layers):
        layers.append(_plain_names(names))
    named = next((layer for layer in layers if layer.bucket), None)
    if named is None:
        if address is not None:
            raise InvalidAddressError("dataAddress names no bucket")
        return None
    return _merge(_completed(named, keys), keys, layers)


def credentials(target: Target, metadata: Mapping[str, Any]) -> Secrets:
    """What the metadata's `<target>…` keys hold to get in, wherever that will be."""
    return _target_keys(target, Names(metadata.items())).secrets


def _completed(named: Layer, keys: Layer) -> Layer:
    if named.path is None and keys.bucket in {None, named.bucket}:
        return replace(named, path=keys.path, is_prefix=False)
    return named


def _merge(named: Layer, keys: Layer, layers: list[Layer]) -> Parsed:
    ways = [keys, *(layer for layer in layers if layer is not keys)]
    flags = (w.force_path_style for w in ways if w.force_path_style is not None)
    path = named.path or ""
    is_prefix = named.is_prefix or not path or path.endswith("/")
    address = S3Address.make(
        bucket=named.bucket,
        key=None if is_prefix else path,
        prefix=path if is_prefix else None,
        endpoint_url=next((w.endpoint_url for w in ways if w.endpoint_url), None),
        region=next((layer.region for layer in layers if layer.region), None),
        force_path_style=next(flags, None),
    )
    spoken = next((way for way in ways if way.secrets), keys)
    return Parsed(location=address.location(), secrets=spoken.secrets)


def _from_address(where: str, address: DataAddress) -> Layer:
    names = Names(address.items())
    bucket, endpoint_path, host = endpoints.split(where, address.endpoint)
    named = names.text("bucketName", "bucket")
    if bucket is not None and named is not None and bucket != named:
        raise InvalidAddressError(f"{where}: endpoint and bucketName name two buckets")
    path, is_prefix = _path(where, names)
    if endpoint_path and path is not None and path != endpoint_path:
        raise InvalidAddressError(
            f"{where}: endpoint and objectName, objectPrefix or folderName disagree"
        )
    return Layer(
        bucket=bucket or named,
        path=endpoint_path if path is None else path,
        is_prefix=is_prefix,
        endpoint_url=names.text("endpointUrl", "s3EndpointUrl", "endpointOverride")
        or host,
        region=names.text("region"),
        force_path_style=names.flag("forcePathStyle"),
        secrets=_secrets(where, names, _PROPERTY_SPELLINGS),
    )


def _path(where: str, names: Names) -> tuple[str | None, bool]:
    """The path that properties name, and whether it is a prefix whatever its end.

    Not `keyName`: that is a vault alias in EDC, and the access key's in Catena-X.
    """
    name = names.text("objectName", "objectKey", "key")
    prefix = names.text("objectPrefix")
    folder = names.text("folderName")
    if name is not None and prefix is not None:
        raise InvalidAddressError(f"{where}: objectName or objectPrefix, not both")
    if name is None and prefix is None and folder is None:
        return None, False
    if folder is not None and not folder.endswith("/"):
        folder += "/"
    return (folder or "") + (name or prefix or ""), name is None


def _target_keys(target: Target, names: Names) -> Layer:
    side = target.value
    return Layer(
        bucket=names.text(f"{side}Bucket"),
        path=names.text(f"{side}Key"),
        endpoint_url=names.text(f"{side}EndpointUrl", f"{side}S3EndpointUrl"),
        region=names.text(f"{side}Region"),
        force_path_style=names.flag(f"{side}ForcePathStyle"),
        secrets=_secrets(
            "metadata",
            names,
            {
                "access_key_id": (f"{side}AccessKeyId",),
                "secret_access_key": (f"{side}SecretAccessKey",),
                "session_token": (f"{side}SessionToken",),
                "expiration": (f"{side}Expiration",),
            },
        ),
    )


def _plain_names(names: Names) -> Layer:
    return Layer(
        bucket=names.text("bucketName", "bucket"),
        path=names.text("objectKey", "key"),
        region=names.text("region"),
    )


_PROPERTY_SPELLINGS = {
    "access_key_id": ("accessKeyId", "awsAccessKeyId"),
    "secret_access_key": ("secretAccessKey", "awsSecretAccessKey"),
    "session_token": ("sessionToken", "awsSessionToken"),
    "expiration": ("expiration",),
}


def _secrets(
    where: str, names: Names, spellings: Mapping[str, tuple[str, ...]]
) -> Secrets:
    found = dict(_spelled(names, spellings))
    if "access_key_id" not in found and spellings is _PROPERTY_SPELLINGS:
        document = names.document("secret")
        if document is not None:
            found = dict(_spelled(Names(document.items()), spellings))
            where = f"{where}: secret"
    halves = {"access_key_id", "secret_access_key"} & found.keys()
    if len(halves) == 1 or (found and not halves and "session_token" in found):
        raise InvalidAddressError(
            f"{where}: accessKeyId and secretAccessKey belong together"
        )
    return found if halves else {}


def _spelled(
    names: Names, spellings: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, SecretStr]]:
    for name, spelled in spellings.items():
        found = names.get(*spelled)
        if found is None:
            continue
        as_said, value = found
        # EDC writes the expiration as a number of milliseconds.
        if name == "expiration" and isinstance(value, int):
            value = str(value)
        if not isinstance(value, str):
            raise InvalidAddressError(f"{as_said} must be text")
        yield name, SecretStr(value)
