"""The models of services that botocore carries: which there are, and the names of their errors."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from asl_engine.catalogue.sdk import botocore_name


@lru_cache(maxsize=256)
def installed_name(service: str) -> str | None:
    """Return the name that the installed botocore has for a service of the SDK; None where it has none.

    A service that is newer than the table has its own name, but for hyphens.
    """
    names, name = _installed_names(), botocore_name(service)
    return name if name in names else next((other for other in names if other.replace("-", "") == name), None)


@cache  # to look takes 10 ms, as there are hundreds of folders
def _installed_names() -> list[str]:
    from botocore.loaders import Loader

    names: list[str] = Loader().list_available_services("service-2")
    return names


@lru_cache(maxsize=16)  # that of a large service takes some 30 MB
def service_model(service: str) -> Any:
    """Return botocore's model of a service of the SDK; None where it has none."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    name = installed_name(service)
    return None if name is None else ServiceModel(Loader().load_service_model(name, "service-2"))


def class_of_error(model: Any, error: dict[str, str]) -> str | None:
    """Return the name that the model of a service has for an error of an answer; None for a code that it does not have.

    Services that once spoke the query protocol still have the codes of then, and botocore gives both names.
    """
    for code in (error.get("QueryErrorCode"), error.get("Code")):
        shape = model.shape_for_error_code(code) if code else None
        if shape is not None:
            return str(shape.name)
    return None
