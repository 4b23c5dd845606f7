"""The `@step` mark: it changes nothing about the function, it only says that the function is a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")


@overload
def step(function: F, /) -> F: ...
@overload
def step(
    *, outs: Sequence[str] = (), metrics: Sequence[str] = (), plots: Sequence[str] = (), figures: bool = True
) -> Callable[[F], F]: ...
def step(function: Any = None, /, **declared: object) -> Any:
    """Return the function as it is: the mark is for whoever reads the notebook's text.

    The function's arguments are what the step reads, by name: values of earlier steps, or parameters. What the
    notebook binds the call to is what the step makes.

    >>> @step
    ... def double(number):
    ...     return 2 * number
    >>> double(21)
    42
    """
    if function is not None:
        return function
    unknown = sorted(set(declared) - {"outs", "metrics", "plots", "figures"})
    if unknown:
        raise TypeError(f"@step has no option {unknown[0]!r}; it has outs, metrics, plots and figures")
    return lambda marked: marked
