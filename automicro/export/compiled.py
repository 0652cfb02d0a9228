"""A model whose predictions are computed by C code that was made and compiled for it."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np

from automicro.errors import NotExported
from automicro.export.building import library
from automicro.export.exporting import export
from automicro.program import Evaluator, columns_of, decode, holds_graphs
from automicro.program.inputs.graph_readers import graph_batch
from automicro.runtime.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from automicro.program import Program

__all__ = ["CompiledModel"]

FLOAT64 = np.dtype(np.float64)
OPTIONS = {"arithmetic": "double", "layout": "branches", "interface": "arrays"}
FEW = 64  # rows up to which other threads wait
GLUE = """
#include "model.c"

int model_width(void);
int model_width(void) { return MODEL_PREDICTIONS; }
"""
ARRAYS = f"""
/* Where the numbers of a numpy array are: its first field. */
static double *numbers(void *array) {{ return *(double **)((char *)array + {object.__basicsize__}); }}

void *model_numbers(void *array);
void *model_numbers(void *array) {{ return numbers(array); }}

void model_arrays(void *rows, size_t count, void *predictions);
void model_arrays(void *rows, size_t count, void *predictions)
{{
    model_rows(numbers(rows), count, numbers(predictions));
}}
"""


class CompiledModel(Model):
    """A model that predicts as the one that it was made of, with code that a C compiler has made of its program.

    Sums are those of the plain evaluator, in the same order; `exp` and `tanh` differ by at most some units of the 15th digit.
    Models of graphs, and models that no C code can be made of, are computed by the plain evaluator. It is compiled anew
    where it is unpickled.

    Parameters
    ----------
    program : Program
    card : dict, optional

    Raises
    ------
    NotCompiled
        If there is no C compiler, or it fails.

    Examples
    --------
    >>> from automicro.program import Affine, Numeric, Weights, Program
    >>> program = Program(1, (Numeric(0),), Affine(Weights.of([[2.0]]), Weights.of([1.0])), "identity")
    >>> CompiledModel(program).predict([[3.0], [4.0]])
    array([7., 9.])
    """

    def __init__(self, program: Program, card: dict[str, Any] | None = None) -> None:
        super().__init__(program, card)
        code = None if self._of_graphs else _code(program, card)
        self._rows_at_once: tuple[Callable[..., None], Callable[..., None]] | None = None
        if code is None:
            return
        self._evaluate = _Compiled(program, code)
        self._width = self._evaluate.width
        if self._reader is None and hasattr(code, "model_rows") and _holds_numbers_first(code):
            self._rows_at_once = (_of_arrays(ctypes.PyDLL(None, handle=code._handle)), _of_arrays(code))  # noqa: SLF001 - how ctypes shares it

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.program, self.card)

    def _scores(self, X: Any) -> NDArray[np.float64]:
        calls = self._rows_at_once
        if calls is None or type(X) is not np.ndarray or X.dtype is not FLOAT64 or X.ndim != 2:
            return super()._scores(X)
        count, columns = X.shape
        if columns != self.program.columns or not X.flags.c_contiguous:
            return super()._scores(X)
        result = np.empty(count if self._width == 1 else (count, self._width))
        calls[count > FEW](X, count, result)
        return result


class _Compiled(Evaluator):
    """Predicts raw rows with the code of a program."""

    def __init__(self, program: Program, code: ctypes.CDLL) -> None:
        super().__init__(program)
        self.width = int(code.model_width())
        self._call = code.model_features
        self._call.argtypes, self._call.restype = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p], None

    def __call__(self, rows: NDArray[Any] | Sequence[Any]) -> NDArray[np.float64]:
        """Return predictions as the plain evaluator does."""
        if holds_graphs(rows):
            return self.graphs(rows)
        cells = self._single(rows)
        if cells is not None:
            return self._predicted(np.array([self._features(self._cells(cells))], dtype=np.float32))
        return self._predicted(decode(self._program.decoders, columns_of(self._program, rows)))

    def graphs(self, value: Any, names: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Return predictions for the nodes of graphs, of a model that does not read how they are connected."""
        return self._predicted(decode(self._program.decoders, graph_batch(self._program, value, names)))

    def _predicted(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        given = np.ascontiguousarray(features)
        result = np.empty(len(given) if self.width == 1 else (len(given), self.width))
        self._call(given.ctypes.data, len(given), result.ctypes.data)
        return result


def _code(program: Program, card: dict[str, Any] | None) -> ctypes.CDLL | None:
    """Return the compiled code of a program; None if C cannot serve it."""
    try:
        made = export(program, card, "c", "model", OPTIONS)
    except NotExported:
        return None
    files = {name: text for name, text in made.files.items() if isinstance(text, str)}
    glue = GLUE + (ARRAYS if "model_rows(" in files["model.h"] else "")
    return library({**files, "glue.c": glue}, "glue.c")


def _of_arrays(code: ctypes.CDLL) -> Callable[..., None]:
    """Return the function of numpy arrays of float64, which it reads without asking numpy where their numbers are."""
    call = code.model_arrays
    call.argtypes, call.restype = [ctypes.py_object, ctypes.c_size_t, ctypes.py_object], None
    return call


def _holds_numbers_first(code: ctypes.CDLL) -> bool:
    """Whether arrays of this numpy begin with where their numbers are, as those of all versions so far."""
    probe, find = np.arange(3.0)[1:], code.model_numbers
    find.argtypes, find.restype = [ctypes.py_object], ctypes.c_void_p
    return bool(find(probe) == probe.ctypes.data)
