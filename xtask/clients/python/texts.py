"""Models, completions, embeddings and moderations."""

import base64
import json
import math
import struct
import urllib.request

import openai

from cases import case, raises


def get(at, path):
    with urllib.request.urlopen(at.url + path, timeout=10) as reply:
        return json.load(reply)


@case("models.list")
def models(at):
    listed = {model.id: model for model in at.client().models.list()}
    assert {at.script, at.tiny} <= listed.keys()
    for model in listed.values():
        assert model.object == "model" and model.owned_by
        assert at.client().models.retrieve(model.id) == model


@case("models.unknown")
def models_unknown(at):
    with raises(openai.NotFoundError, code="model_not_found", param="model"):
        at.client().models.retrieve("no/such/model")


@case("models.as_others_list_them")
def models_as_others(at):
    """What clients of Ollama and LM Studio ask first."""
    names = [model["name"] for model in get(at, "/api/tags")["models"]]
    assert at.script in names
    assert get(at, "/api/version")["version"].count(".") == 2
    assert at.script in [model["id"] for model in get(at, "/api/v0/models")["data"]]


@case("completions.create")
def completions(at):
    client = at.client()
    reply = client.completions.create(model=at.script, prompt="once upon a time")
    assert reply.object == "text_completion" and reply.id.startswith("cmpl-")
    assert reply.choices[0].text == "once upon a time" and reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    several = client.completions.create(model=at.script, prompt=["a b", "c d"], n=2, echo=True)
    assert [choice.text for choice in several.choices] == ["a ba b"] * 2 + ["c dc d"] * 2
    assert [choice.index for choice in several.choices] == [0, 1, 2, 3]


@case("completions.stream")
def completions_stream(at):
    # The SDK's type says that every piece has a `finish_reason`, the API's pieces have none but the last.
    stream = at.client(_strict_response_validation=False).completions.create(
        model=at.script,
        prompt="once upon a time",
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(choice.text for chunk in chunks for choice in chunk.choices)
    assert text == "once upon a time" and chunks[-1].usage.completion_tokens == 4


@case("completions.options")
def completions_options(at):
    client = at.client()
    reply = client.completions.create(model=at.script, prompt="a b c d", stop=["c"], max_tokens=9)
    assert reply.choices[0].text.strip() == "a b"
    tiny = {"model": at.tiny, "prompt": "hello", "max_tokens": 6, "temperature": 1.0, "seed": 4}
    reply = client.completions.create(**tiny, logprobs=3)
    logprobs = reply.choices[0].logprobs
    assert len(logprobs.tokens) == len(logprobs.token_logprobs) == len(logprobs.text_offset) == 6
    # Ids beyond the small vocabulary have the same text: none.
    assert all(1 <= len(top) <= 3 for top in logprobs.top_logprobs)
    assert client.completions.create(**tiny).choices[0].text == reply.choices[0].text
    best = client.completions.create(**tiny, n=1, best_of=4)
    assert len(best.choices) == 1
    tokens = {**tiny, "prompt": [40, 41, 42]}
    assert client.completions.create(**tokens).usage.prompt_tokens == 3


@case("embeddings.create")
def embeddings(at):
    def embed(input):
        return at.client().embeddings.create(
            model=at.script, input=input, encoding_format="float"
        )

    # Left alone the SDK asks for base64 and decodes it, after validation.
    lenient = at.client(_strict_response_validation=False)
    usual = lenient.embeddings.create(model=at.script, input="hello")
    floats = embed("hello")
    assert usual.data[0].embedding == floats.data[0].embedding
    assert math.isclose(sum(x * x for x in floats.data[0].embedding), 1, abs_tol=1e-4)
    assert usual.usage.prompt_tokens == usual.usage.total_tokens > 0
    several = embed(["a", "b", "a"])
    assert [one.index for one in several.data] == [0, 1, 2]
    assert several.data[0].embedding == several.data[2].embedding != several.data[1].embedding
    assert len(embed([[1, 2], [3]]).data) == 2


@case("embeddings.base64_and_dimensions")
def embeddings_options(at):
    raw = at.client().embeddings.with_raw_response.create(
        model=at.script, input="hello", encoding_format="base64", dimensions=8
    )
    data = json.loads(raw.text if isinstance(raw.text, str) else raw.text())["data"]
    numbers = struct.unpack("<8f", base64.b64decode(data[0]["embedding"]))
    assert math.isclose(sum(x * x for x in numbers), 1, abs_tol=1e-4)
    with raises(openai.BadRequestError, param="dimensions"):
        at.client().embeddings.create(model=at.script, input="hello", dimensions=100_000)


@case("moderations.says_that_it_cannot")
def moderations(at):
    with raises(openai.InternalServerError, status_code=501, code="not_implemented"):
        at.client().moderations.create(input="hello")


@case("moderations.create")
def moderations_create(at):
    assert at.client().moderations.create(input="hello").results[0].flagged is False
