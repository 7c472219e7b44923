"""What a run says of its network: how it is fed, and its model card."""

from __future__ import annotations

from edgefer.card import InputSpec, ModelCard, Provenance
from edgefer.data.faces import FaceSet
from edgefer.recipe import Recipe


def input_spec(recipe: Recipe, training: FaceSet) -> InputSpec:
    """The recipe's input size, and mean and deviation of the training faces (of 4,000 of them at most)."""
    sample = training.pixels[:: max(1, len(training) // 4000)]
    mean, std = float(sample.mean() / 255), float(max(sample.std() / 255, 0.01))
    channels = recipe.model.channels
    return InputSpec(
        height=recipe.model.size,
        width=recipe.model.size,
        channels=channels,
        mean=(round(mean, 4),) * channels,
        std=(round(std, 4),) * channels,
        crop_margin=recipe.model.crop_margin,
    )


def model_card(
    recipe: Recipe,
    training: FaceSet,
    choosing: FaceSet,
    spec: InputSpec,
    parameters: int,
    epochs: int,
    teacher: str = "",
    start: str = "",
) -> ModelCard:
    """The card of a network after `epochs` epochs, not measured yet."""
    return ModelCard(
        name=recipe.name,
        architecture=recipe.model.architecture,
        parameters=parameters,
        labels=training.emotions,
        input=spec,
        provenance=Provenance(
            recipe=recipe.name,
            recipe_sha256=recipe.sha256,
            dataset=training.name,
            data_sha256=training.sha256,
            splits=(training.split, choosing.split),
            teacher=teacher,
            start=start,
            qat=recipe.qat.precision if recipe.qat else "",
            epochs=epochs,
            seed=recipe.train.seed,
        ),
    )
