"""Errors, as the classes that the SDK makes of them."""

import os

import openai

from cases import case, raises
from chat import ask, user


@case("errors.bad_request")
def bad_request(at):
    with raises(openai.BadRequestError, type="invalid_request_error", param="messages"):
        ask(at, "", messages=[])
    with raises(openai.BadRequestError, type="invalid_request_error", param="n"):
        ask(at, "hello", n=1000)
    with raises(openai.BadRequestError, param="temperature"):
        ask(at, "hello", temperature="warm")
    with raises(openai.BadRequestError, param="temperature"):
        ask(at, "hello", temperature=-3)
    with raises(openai.BadRequestError):
        at.client().post("/chat/completions", cast_to=object, body={})


@case("errors.not_found")
def not_found(at):
    with raises(openai.NotFoundError, code="model_not_found", param="model"):
        ask(at, "hello", model="nobody")
    with raises(openai.NotFoundError, code="unknown_url"):
        at.client().get("/no/such/thing", cast_to=object)


@case("errors.content")
def content(at):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    with raises(openai.BadRequestError, code="unsupported_content"):
        ask(at, "", messages=[{"role": "user", "content": [picture]}])


@case("errors.context_length")
def context_length(at):
    with raises(openai.BadRequestError, code="context_length_exceeded"):
        ask(at, "x" * 4000, model=at.tiny)


@case("errors.stream")
def stream(at):
    """What is wrong before the first event comes as a status, not as an event."""
    with raises(openai.BadRequestError, code="context_length_exceeded"):
        ask(at, "x" * 4000, model=at.tiny, stream=True)


@case("errors.authentication")
def authentication(at):
    client = at.client(api_key="fh-wrong")
    with raises(openai.AuthenticationError, code="invalid_api_key"):
        client.chat.completions.create(model=at.script, messages=user("hello"))


@case("errors.rate_limit")
def rate_limit(at):
    """A key with a budget of one request a minute."""
    client = at.client(api_key=os.environ["FREEHOLD_KEY_LIMITED"])
    client.chat.completions.create(model=at.script, messages=user("hello"))
    try:
        client.chat.completions.create(model=at.script, messages=user("hello"))
    except openai.RateLimitError as error:
        assert int(error.response.headers["retry-after"]) >= 1
        return
    raise AssertionError("no RateLimitError")
