"""What every section of a recipe is: frozen, no unknown keys, and a hash that outlives new keys."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Keys younger than networks that are in use. At their default they say what was said before they existed, so the
    # hash leaves them out there, and the recipe of such a network keeps its hash.
    later: ClassVar[frozenset[str]] = frozenset()

    def untouched(self) -> set[str]:
        """The keys of `later` that stand at their default."""
        fields = type(self).model_fields
        return {name for name in self.later if getattr(self, name) == fields[name].default}
