"""Puts the DAGs, the SQL and the model below the package in a wheel; a checkout uses them where they stand."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ShippedFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Includes them in real wheels only: an editable install would copy 40 MB that nobody reads."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the folders to a standard build."""
        if version == "standard":
            folders = ("dags", "warehouse", "models")
            build_data["force_include"] = {name: f"pipeline/_shipped/{name}" for name in folders}
