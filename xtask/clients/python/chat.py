"""Chat completions."""

import asyncio
import json
import math
import time

import openai
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from cases import case, raises

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "strict": True,
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


class Person(BaseModel):
    name: str
    age: int


def user(text):
    return [{"role": "user", "content": text}]


def ask(at, text, **more):
    return at.client().chat.completions.create(
        **{"model": at.script, "messages": user(text), **more}
    )


def said(stream):
    """The text of a stream, whose chunks are looked at on the way."""
    text, reasons, identities = "", [], set()
    for chunk in stream:
        assert chunk.object == "chat.completion.chunk"
        identities.add((chunk.id, chunk.created, chunk.model))
        for choice in chunk.choices:
            text += choice.delta.content or ""
            if choice.finish_reason:
                reasons.append(choice.finish_reason)
    assert len(identities) == 1, identities
    return text, reasons


@case("chat.create")
def create(at):
    before = int(time.time())
    reply = ask(at, "hello")
    assert reply.id.startswith("chatcmpl-") and reply.object == "chat.completion"
    assert before <= reply.created <= time.time() and reply.model == at.script
    (choice,) = reply.choices
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "stop", None)
    assert choice.message.content == "You said: hello" and choice.message.role == "assistant"
    assert choice.message.tool_calls is None and choice.message.refusal is None
    usage = reply.usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens_details.cached_tokens is not None
    assert usage.completion_tokens_details.reasoning_tokens == 0


@case("chat.every_field")
def every_field(at):
    """Whatever the SDK can send is taken."""
    reply = ask(
        at,
        "hello",
        frequency_penalty=0.1,
        logit_bias={"5": -10},
        logprobs=True,
        top_logprobs=2,
        max_completion_tokens=64,
        metadata={"k": "v"},
        modalities=["text"],
        n=1,
        parallel_tool_calls=True,
        prediction={"type": "content", "content": "You said"},
        presence_penalty=0.1,
        prompt_cache_key="key",
        reasoning_effort="low",
        response_format={"type": "text"},
        safety_identifier="someone",
        seed=7,
        service_tier="auto",
        stop=["<never>"],
        store=False,
        temperature=0.5,
        tool_choice="auto",
        tools=[WEATHER],
        top_p=0.9,
        user="someone",
        verbosity="low",
    )
    assert reply.choices[0].message.content == "You said: hello"
    assert len(reply.choices[0].logprobs.content) == reply.usage.completion_tokens


@case("chat.roles_and_parts")
def roles_and_parts(at):
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "name": "ann", "content": "one"},
        {"role": "assistant", "content": None, "refusal": "No."},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    ]
    reply = ask(at, "", messages=messages)
    said = reply.choices[0].message.content
    assert said == "You said: a\nb", said


@case("chat.stream")
def stream(at):
    with ask(at, "[ten]", stream=True) as chunks:
        chunks = list(chunks)
    assert chunks[0].choices[0].delta.role == "assistant"
    assert all(chunk.usage is None for chunk in chunks)
    text, reasons = said(chunks)
    assert text == "one two three four five six seven eight nine ten", text
    assert reasons == ["stop"] and len(chunks) >= 12


@case("chat.stream_usage")
def stream_usage(at):
    chunks = list(ask(at, "[ten]", stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 10
    assert all(chunk.usage is None for chunk in chunks[:-1])


@case("chat.stream_helper")
def stream_helper(at):
    with at.client().chat.completions.stream(model=at.script, messages=user("[ten]")) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= set(kinds), kinds
    assert final.choices[0].message.content.startswith("one two")


@case("chat.n")
def several(at):
    reply = ask(at, "hello", n=3)
    assert [choice.index for choice in reply.choices] == [0, 1, 2]
    indices = {
        choice.index for chunk in ask(at, "hello", n=2, stream=True) for choice in chunk.choices
    }
    assert indices == {0, 1}


@case("chat.stop")
def stop(at):
    reply = ask(at, "[ten]", stop=["four"])
    assert reply.choices[0].message.content.strip() == "one two three"
    assert reply.choices[0].finish_reason == "stop"
    assert ask(at, "[ten]", stop="two").choices[0].message.content.strip() == "one"


@case("chat.length")
def length(at):
    for limit in ("max_tokens", "max_completion_tokens"):
        reply = ask(at, "[ten]", **{limit: 3})
        assert reply.choices[0].finish_reason == "length"
        assert reply.usage.completion_tokens == 3
    with raises(openai.LengthFinishReasonError):
        at.client().chat.completions.parse(
            model=at.script, messages=user("[ten]"), response_format=Person, max_tokens=2
        )


@case("chat.logprobs")
def logprobs(at):
    reply = ask(at, "hello", model=at.tiny, max_tokens=8, logprobs=True, top_logprobs=4, seed=1)
    content = reply.choices[0].logprobs.content
    assert len(content) == reply.usage.completion_tokens
    for token in content:
        assert token.logprob <= 0 and len(token.top_logprobs) == 4
        assert token.bytes == list(token.token.encode())
        tops = [top.logprob for top in token.top_logprobs]
        assert tops == sorted(tops, reverse=True)
        assert sum(math.exp(top) for top in tops) <= 1.001
    streamed = ask(
        at, "hello", model=at.tiny, max_tokens=8, logprobs=True, top_logprobs=4, seed=1, stream=True
    )
    tokens = [
        token
        for chunk in streamed
        for choice in chunk.choices
        if choice.logprobs
        for token in choice.logprobs.content
    ]
    assert [token.token for token in tokens] == [token.token for token in content]


@case("chat.seed")
def seed(at):
    def answer(seed):
        reply = ask(at, "hello", model=at.tiny, max_tokens=24, temperature=1.0, seed=seed)
        assert reply.system_fingerprint
        return reply.choices[0].message.content

    assert answer(5) == answer(5)
    assert len({answer(seed) for seed in range(4)}) > 1


@case("chat.logit_bias")
def logit_bias(at):
    # Token 32 is `A` in the small model's vocabulary.
    reply = ask(at, "hello", model=at.tiny, max_tokens=6, logit_bias={"32": 100}, temperature=1.0)
    assert set(reply.choices[0].message.content) == {"A"}, reply.choices[0].message.content


@case("chat.json_object")
def json_object(at):
    reply = ask(
        at, "hello", model=at.tiny, max_tokens=160, seed=3, response_format={"type": "json_object"}
    )
    text = reply.choices[0].message.content
    if reply.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(text), dict)
    assert text.lstrip().startswith("{")


@case("chat.json_schema")
def json_schema(at):
    schema = {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green"]}, "sure": {"type": "boolean"}},
        "required": ["colour", "sure"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "c", "strict": True, "schema": schema}}
    for seed in range(3):
        reply = ask(at, "hello", model=at.tiny, max_tokens=200, seed=seed, response_format=form)
        text = reply.choices[0].message.content
        if reply.choices[0].finish_reason == "length":
            assert text.lstrip().startswith("{")
            continue
        value = json.loads(text)
        assert value.keys() == {"colour", "sure"} and value["colour"] in ("red", "green"), text


@case("chat.parse")
def parse(at):
    client = at.client()
    for parse in (client.chat.completions.parse, client.beta.chat.completions.parse):
        reply = parse(model=at.script, messages=user("[person]"), response_format=Person)
        assert reply.choices[0].message.parsed == Person(name="Ada", age=36)


@case("chat.tools")
def tools(at):
    reply = ask(at, "[weather]", tools=[WEATHER], tool_choice="auto")
    choice = reply.choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content is None
    (call,) = choice.message.tool_calls
    assert call.type == "function" and call.id and call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    messages = user("[weather]") + [
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "rain"},
    ]
    reply = ask(at, "", messages=messages, tools=[WEATHER])
    assert reply.choices[0].message.content == "The tool said: rain"


@case("chat.tools_parallel")
def tools_parallel(at):
    message = ask(at, "[two cities]", tools=[WEATHER], parallel_tool_calls=True).choices[0].message
    assert message.content == "I look at both."
    cities = [json.loads(call.function.arguments)["city"] for call in message.tool_calls]
    assert cities == ["Oslo", "Lima"]
    assert len({call.id for call in message.tool_calls}) == 2


@case("chat.tools_stream")
def tools_stream(at):
    chunks = ask(at, "[two cities]", tools=[WEATHER], stream=True)
    arguments, ids, reasons = {}, {}, []
    for chunk in chunks:
        for choice in chunk.choices:
            reasons += [choice.finish_reason] if choice.finish_reason else []
            for call in choice.delta.tool_calls or []:
                arguments[call.index] = arguments.get(call.index, "") + call.function.arguments
                if call.id:
                    ids[call.index] = call.id
    assert reasons == ["tool_calls"] and len(set(ids.values())) == 2
    assert [json.loads(arguments[at])["city"] for at in (0, 1)] == ["Oslo", "Lima"]
    with at.client().chat.completions.stream(
        model=at.script, messages=user("[weather]"), tools=[WEATHER]
    ) as stream:
        kinds = {event.type for event in stream}
        (call,) = stream.get_final_completion().choices[0].message.tool_calls
    assert "tool_calls.function.arguments.done" in kinds, kinds
    assert call.function.parsed_arguments == {"city": "Oslo"}


@case("chat.tool_choice")
def tool_choice(at):
    named = {"type": "function", "function": {"name": "get_weather"}}
    allowed = {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": [named]},
    }
    for choice in ("auto", "required", named, allowed):
        reply = ask(at, "[weather]", tools=[WEATHER], tool_choice=choice)
        assert reply.choices[0].finish_reason == "tool_calls", choice
    reply = ask(at, "hello", tools=[WEATHER], tool_choice="none")
    assert reply.choices[0].message.tool_calls is None
    with raises(openai.BadRequestError, param="tool_choice"):
        ask(at, "hello", tools=[WEATHER], tool_choice="perhaps")


@case("chat.tool_custom")
def tool_custom(at):
    grammar = {"syntax": "regex", "definition": r"\*\*\* [\s\S]+"}
    tool = {
        "type": "custom",
        "custom": {"name": "note", "format": {"type": "grammar", "grammar": grammar}},
    }
    (call,) = ask(at, "[free text]", tools=[tool]).choices[0].message.tool_calls
    assert call.type == "custom" and call.custom.name == "note"
    assert call.custom.input == "*** Begin\nline two"


@case("chat.functions")
def functions(at):
    reply = ask(at, "[weather]", functions=[WEATHER["function"]], function_call="auto")
    assert reply.choices[0].finish_reason == "function_call"
    assert reply.choices[0].message.function_call.name == "get_weather"


@case("chat.reasoning")
def reasoning(at):
    reply = ask(at, "[think]", reasoning_effort="high")
    message = reply.choices[0].message
    assert message.content == "Thought through."
    assert message.reasoning_content == "First I look, then I leap."
    assert reply.usage.completion_tokens_details.reasoning_tokens == 6
    thoughts = ""
    for chunk in ask(at, "[think]", reasoning_effort="high", stream=True):
        for choice in chunk.choices:
            thoughts += getattr(choice.delta, "reasoning_content", None) or ""
    assert thoughts.strip() == "First I look, then I leap."


@case("chat.store")
def store(at):
    client = at.client()
    kept = ask(at, "hello", store=True, metadata={"topic": "greeting"})
    found = client.chat.completions.retrieve(kept.id)
    assert found.id == kept.id and found.choices == kept.choices
    assert found.metadata == {"topic": "greeting"}
    client.chat.completions.update(kept.id, metadata={"topic": "changed"})
    listed = client.chat.completions.list(metadata={"topic": "changed"})
    assert kept.id in [one.id for one in listed]
    # The SDK's type says that every one of them is the assistant's.
    lenient = at.client(_strict_response_validation=False)
    messages = list(lenient.chat.completions.messages.list(kept.id))
    assert [message.content for message in messages] == ["hello"]
    assert client.chat.completions.delete(kept.id).deleted is True
    with raises(openai.NotFoundError):
        client.chat.completions.retrieve(kept.id)


@case("chat.async")
def asynchronous(at):
    async def go():
        async with at.async_client() as client:
            asked = [
                client.chat.completions.create(model=at.script, messages=user(f"n{number}"))
                for number in range(8)
            ]
            replies = await asyncio.gather(*asked)
            stream = await client.chat.completions.create(
                model=at.script, messages=user("[ten]"), stream=True
            )
            chunks = [chunk async for chunk in stream]
        return replies, chunks

    replies, chunks = asyncio.run(go())
    texts = [reply.choices[0].message.content for reply in replies]
    assert texts == [f"You said: n{number}" for number in range(8)]
    assert said(chunks)[0].endswith("ten")


@case("chat.raw_response")
def raw_response(at):
    client = at.client()
    raw = client.chat.completions.with_raw_response.create(
        model=at.script, messages=user("hello")
    )
    assert raw.status_code == 200 and raw.headers["content-type"] == "application/json"
    assert raw.headers["x-request-id"] and raw.request_id
    assert isinstance(raw.parse(), ChatCompletion)
    assert raw.parse()._request_id == raw.headers["x-request-id"]
    with client.chat.completions.with_streaming_response.create(
        model=at.script, messages=user("hello")
    ) as raw:
        assert b"You said: hello" in raw.read()


@case("chat.timeout")
def timeout(at):
    with raises(openai.APITimeoutError):
        at.client(timeout=0.3).chat.completions.create(model=at.script, messages=user("[long]"))


@case("chat.cancel")
def cancel(at):
    """A reader that goes away in the middle disturbs nobody."""
    stream = ask(at, "[long]", stream=True)
    seen = [next(stream) for _ in range(5)]
    stream.close()
    assert len(seen) == 5
    assert ask(at, "hello").choices[0].message.content == "You said: hello"
