"""Methods of torch that load its compiler only to be left alone by it: two seconds in every process that calls one."""

import inspect
from collections.abc import Callable
from typing import Any


def uncompiled(*methods: Callable[..., Any]) -> None:
    """Let them be called without it; what they do is the same. They must not run in a compiled network."""
    for method in methods:
        plain = inspect.unwrap(method)
        # What torch puts there at the first call is the same function, wrapped by the compiler to be left alone.
        setattr(plain, "__dynamo_disable", plain)
