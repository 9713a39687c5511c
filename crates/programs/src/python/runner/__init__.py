"""The part of Freehold that runs inside the sandbox, under the project's own Python."""
