"""What an earlier model brings to a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Layer", "Start"]


@dataclass(frozen=True, eq=False)
class Layer:
    """An affine map of an earlier model and the function behind it.

    Parameters
    ----------
    weights : array of float64, (outputs, inputs)
        Factors of the inputs.
    bias : array of float64, (outputs,)
        Constants.
    activation : str or None
        The kind of `automicro.program.Activation` that follows; None where none does.

    Examples
    --------
    >>> import numpy as np
    >>> Layer(np.ones((16, 4)), np.zeros(16), "relu").weights.shape
    (16, 4)
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    activation: str | None = None


@dataclass(frozen=True, eq=False)
class Start:
    """What a training may begin from; a family uses of it what it can.

    Parameters
    ----------
    layers : tuple of Layer
        Layers of the earlier model, the first turned to the features of `TrainingData.X` as they come, scaled or not: 0 for features
        that the earlier model did not read. Empty where its body is no chain of affine maps and activations, or where it
        shares no feature with these data.
    same_outputs : bool
        Whether its scores mean what the scores of this problem mean: same task, same labels.
    arrays : mapping of str to array of float64
        The pretrained encoder that was given for this family, as it was given.

    Examples
    --------
    >>> Start().layers
    ()
    """

    layers: tuple[Layer, ...] = ()
    same_outputs: bool = False
    arrays: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
