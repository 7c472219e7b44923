"""Training, with teachers and without. Called, `edgefer.distill(...)` is `edgefer.distill.api.distill`."""

from edgefer.front import callable_room

callable_room(__name__)
