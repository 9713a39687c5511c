"""Finds the handler of a request."""

from router.app import MethodNotAllowed, NotFound, Router

__all__ = ["MethodNotAllowed", "NotFound", "Router"]
