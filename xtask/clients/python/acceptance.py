"""The official Python SDK over every row of the API, against a server at FREEHOLD_URL.

Every reply is validated against the SDK's own types: a field that is missing or of the wrong type
raises. Words after the program's name choose cases by the beginnings of their names.
"""

import os
import sys
from dataclasses import dataclass

from openai import AsyncOpenAI, OpenAI

import cases
import chat  # noqa: F401 - these add their cases
import faults  # noqa: F401
import responses  # noqa: F401
import stored  # noqa: F401
import texts  # noqa: F401
import videos  # noqa: F401
import webhooks  # noqa: F401


@dataclass
class At:
    """Where and of whom to ask."""

    url: str
    # A model that says what a file tells it to.
    script: str = "script"
    # A model of random weights that computes.
    tiny: str = "tiny"

    def options(self, **more):
        return {
            "base_url": f"{self.url}/v1",
            "api_key": os.environ.get("FREEHOLD_KEY", "none"),
            "max_retries": 0,
            "timeout": 30,
            "_strict_response_validation": True,
            **more,
        }

    def client(self, **more):
        return OpenAI(**self.options(**more))

    def async_client(self, **more):
        return AsyncOpenAI(**self.options(**more))


if __name__ == "__main__":
    at = At(os.environ["FREEHOLD_URL"])
    sys.exit(0 if cases.run("python", at, sys.argv[1:]) else 1)
