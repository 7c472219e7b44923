"""How well models label faces. Called, `edgefer.evaluate(...)` is `edgefer.evaluate.api.evaluate`."""

from edgefer.front import callable_room

callable_room(__name__)
