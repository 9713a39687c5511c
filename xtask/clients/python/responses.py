"""Responses: text, streams, tools, and whatever clients send beside them."""

import asyncio
import json

import openai
from openai import pydantic_function_tool
from openai.lib.responses_tool_runner import RegisteredFunction, ResponsesToolRunner
from pydantic import BaseModel

from cases import case, raises

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "strict": True,
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


class Person(BaseModel):
    name: str
    age: int


def ask(at, said, **more):
    return at.client().responses.create(**{"model": at.script, "input": said, **more})


def kinds(events):
    """The types of the events, whose numbers must be dense from the first on."""
    numbers = [event.sequence_number for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers
    return [event.type for event in events]


def without_repeats(names):
    return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]


@case("responses.create")
def create(at):
    reply = ask(at, "hello", instructions="Be brief.", metadata={"k": "v"})
    assert reply.id.startswith("resp_") and reply.object == "response"
    assert reply.status == "completed" and reply.model == at.script and reply.error is None
    assert reply.incomplete_details is None and reply.instructions == "Be brief."
    assert reply.output_text == "You said: hello" and reply.metadata == {"k": "v"}
    (item,) = reply.output
    assert item.type == "message" and item.role == "assistant" and item.status == "completed"
    assert item.id.startswith("msg_") and item.content[0].annotations == []
    usage = reply.usage
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.input_tokens_details.cached_tokens >= 0
    assert usage.output_tokens_details.reasoning_tokens == 0
    for name in ("parallel_tool_calls", "tool_choice", "tools", "text", "truncation", "created_at"):
        assert getattr(reply, name) is not None, name


@case("responses.every_field")
def every_field(at):
    """Whatever the SDK can send is taken, and told back where the API does so."""
    reply = ask(
        at,
        "hello",
        background=False,
        include=["reasoning.encrypted_content", "message.output_text.logprobs"],
        max_output_tokens=64,
        max_tool_calls=3,
        parallel_tool_calls=False,
        prompt_cache_key="key",
        prompt_cache_retention="24h",
        reasoning={"effort": "low", "summary": "auto"},
        safety_identifier="someone",
        service_tier="auto",
        store=False,
        temperature=0.5,
        text={"format": {"type": "text"}, "verbosity": "low"},
        tool_choice="auto",
        tools=[WEATHER],
        top_logprobs=2,
        top_p=0.9,
        truncation="auto",
        user="someone",
    )
    assert reply.output_text == "You said: hello"
    assert reply.max_output_tokens == 64 and reply.temperature == 0.5 and reply.top_p == 0.9
    assert reply.tools[0].name == "get_weather" and reply.parallel_tool_calls is False
    assert len(reply.output[-1].content[0].logprobs) == reply.usage.output_tokens


@case("responses.stream")
def stream(at):
    events = list(ask(at, "[ten]", stream=True))
    assert events[0].sequence_number == 0
    assert without_repeats(kinds(events)) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == "one two three four five six seven eight nine ten"
    assert sum(e.type == "response.output_text.delta" for e in events) == 10
    final = events[-1].response
    assert final.output_text == text and final.usage.output_tokens == 10
    assert final.id == events[0].response.id and events[0].response.status == "in_progress"


@case("responses.stream_helper")
def stream_helper(at):
    with at.client().responses.stream(model=at.script, input="[ten]") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text


@case("responses.parse")
def parse(at):
    client = at.client()
    reply = client.responses.parse(model=at.script, input="[person]", text_format=Person)
    assert reply.output_parsed == Person(name="Ada", age=36)
    assert reply.text.format.type == "json_schema" and reply.text.format.name == "Person"
    with client.responses.stream(
        model=at.script, input="[person]", text_format=Person
    ) as stream:
        stream.until_done()
        assert stream.get_final_response().output_parsed.age == 36


@case("responses.text_format")
def text_format(at):
    schema = {
        "type": "object",
        "properties": {"sure": {"type": "boolean"}},
        "required": ["sure"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "name": "sure", "strict": True, "schema": schema}
    reply = ask(at, "hello", model=at.tiny, text={"format": form}, max_output_tokens=150)
    if reply.status == "completed":
        assert json.loads(reply.output_text).keys() == {"sure"}
    assert reply.output_text.lstrip().startswith("{")
    reply = ask(
        at, "hello", model=at.tiny, text={"format": {"type": "json_object"}}, max_output_tokens=40
    )
    assert reply.output_text.lstrip().startswith("{")


@case("responses.incomplete")
def incomplete(at):
    reply = ask(at, "[long]", max_output_tokens=20)
    assert reply.status == "incomplete"
    assert reply.incomplete_details.reason == "max_output_tokens"
    assert reply.usage.output_tokens == 20
    last = list(ask(at, "[long]", max_output_tokens=20, stream=True))[-1]
    assert last.type == "response.incomplete"


@case("responses.input_forms")
def input_forms(at):
    items = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "one"}]},
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "status": "completed",
            "content": [{"type": "output_text", "text": "two", "annotations": []}],
        },
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": None},
        {"type": "message", "role": "user", "content": "three"},
    ]
    assert ask(at, items).output_text == "You said: three"


@case("responses.unknown_items_and_tools")
def unknown(at):
    """What this server does not know is no reason to refuse the rest."""
    items = [
        {"type": "of_a_later_version", "id": "x_1", "payload": {"a": [1]}},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "message", "role": "user", "content": "hello"},
    ]
    tools = [
        WEATHER,
        {"type": "web_search"},
        {"type": "image_generation"},
        {"type": "of_a_later_version", "options": {"a": 1}},
        {"type": "namespace", "name": "files", "description": "d", "tools": [WEATHER]},
    ]
    client = at.client(_strict_response_validation=False)
    reply = client.responses.create(model=at.script, input=items, tools=tools)
    assert reply.output_text == "You said: hello"


@case("responses.tools")
def tools(at):
    reply = ask(at, "[weather]", tools=[WEATHER])
    (call,) = reply.output
    assert call.type == "function_call" and call.name == "get_weather" and call.call_id
    assert call.id.startswith("fc_") and json.loads(call.arguments) == {"city": "Oslo"}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    spoken = [{"role": "user", "content": "[weather]"}, call.model_dump(exclude_none=True), result]
    assert ask(at, spoken, tools=[WEATHER]).output_text == "The tool said: rain"
    result["output"] = [{"type": "input_text", "text": "snow"}]
    reply = ask(at, [result], tools=[WEATHER], previous_response_id=reply.id)
    assert reply.output_text == "The tool said: snow"


@case("responses.tools_stream")
def tools_stream(at):
    events = list(ask(at, "[two cities]", tools=[WEATHER], stream=True))
    names = kinds(events)
    assert names.count("response.function_call_arguments.done") == 2
    arguments = [e.arguments for e in events if e.type == "response.function_call_arguments.done"]
    assert [json.loads(one)["city"] for one in arguments] == ["Oslo", "Lima"]
    added = [e.item.id for e in events if e.type == "response.output_item.added"]
    done = [e.item.id for e in events if e.type == "response.output_item.done"]
    assert added == done == [item.id for item in events[-1].response.output]
    for place in sorted({e.output_index for e in events if hasattr(e, "delta")}):
        pieces = [e.delta for e in events if getattr(e, "output_index", -1) == place if hasattr(e, "delta")]
        whole = events[-1].response.output[place]
        assert "".join(pieces) == (getattr(whole, "arguments", None) or whole.content[0].text)


@case("responses.tool_choice")
def tool_choice(at):
    named = {"type": "function", "name": "get_weather"}
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [named]}
    for choice in ("auto", "required", named, allowed):
        reply = ask(at, "[weather]", tools=[WEATHER], tool_choice=choice)
        assert reply.output[-1].type == "function_call", choice
    assert ask(at, "hello", tools=[WEATHER], tool_choice="none").output_text == "You said: hello"


@case("responses.tool_custom")
def tool_custom(at):
    for form in (
        {"type": "text"},
        {"type": "grammar", "syntax": "regex", "definition": r"\*\*\* [\s\S]+"},
        {"type": "grammar", "syntax": "lark", "definition": "start: /[\\s\\S]+/"},
    ):
        tool = {"type": "custom", "name": "note", "description": "d", "format": form}
        events = list(ask(at, "[free text]", tools=[tool], stream=True))
        (done,) = [e for e in events if e.type == "response.custom_tool_call_input.done"]
        assert done.input == "*** Begin\nline two"
        (item,) = events[-1].response.output
        assert item.type == "custom_tool_call" and item.input == done.input and item.call_id
    result = {"type": "custom_tool_call_output", "call_id": item.call_id, "output": "kept"}
    spoken = [{"role": "user", "content": "x"}, item.model_dump(exclude_none=True), result]
    assert ask(at, spoken, tools=[tool]).output_text == "The tool said: kept"


@case("responses.tool_runner")
def tool_runner(at):
    def execute(arguments):
        asked.append(arguments)
        return "sunny"

    asked = []
    for stream in (False, True):
        runner = ResponsesToolRunner(functions=[RegisteredFunction(WEATHER, execute)])
        final = runner.run(
            at.client(), {"model": at.script, "input": "[two cities]"}, max_steps=4, stream=stream
        )
        assert final.output_text == "The tool said: sunny"
    assert sorted(one["city"] for one in asked) == ["Lima", "Lima", "Oslo", "Oslo"]
    assert pydantic_function_tool(Person)["type"] == "function"


@case("responses.reasoning")
def reasoning(at):
    asked = {"reasoning": {"effort": "high"}, "include": ["reasoning.encrypted_content"]}
    events = list(ask(at, "[think]", **asked, stream=True))
    kinds(events)
    thought, message = events[-1].response.output
    assert thought.type == "reasoning" and thought.id.startswith("rs_")
    assert message.content[0].text == "Thought through."
    assert events[-1].response.usage.output_tokens_details.reasoning_tokens == 6
    told = "".join(e.delta for e in events if e.type == "response.reasoning_text.delta")
    assert told.strip() == "First I look, then I leap."
    assert thought.encrypted_content
    # What was thought may be handed back.
    again = [thought.model_dump(exclude_none=True), {"role": "user", "content": "hello"}]
    assert ask(at, again).output_text == "You said: hello"


@case("responses.previous")
def previous(at):
    first = ask(at, "hello")
    second = ask(at, "again", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    assert second.usage.input_tokens > first.usage.input_tokens
    with raises(openai.BadRequestError, code="previous_response_not_found"):
        ask(at, "hello", previous_response_id="resp_nobody")


@case("responses.retrieve")
def retrieve(at):
    client = at.client()
    made = ask(at, "hello")
    found = client.responses.retrieve(made.id)
    assert (found.id, found.output, found.usage) == (made.id, made.output, made.usage)
    unkept = ask(at, "hello", store=False)
    with raises(openai.NotFoundError):
        client.responses.retrieve(unkept.id)
    client.responses.delete(made.id)
    with raises(openai.NotFoundError):
        client.responses.retrieve(made.id)


@case("responses.input_items")
def input_items(at):
    client = at.client()
    said = [{"role": "user", "content": f"n{number}"} for number in range(5)]
    made = ask(at, said)
    page = client.responses.input_items.list(made.id, order="asc", limit=2)
    texts = [item.content[0].text for item in page]
    assert texts == [f"n{number}" for number in range(5)]
    assert len(page.data) == 2 and page.has_more is True
    newest = client.responses.input_items.list(made.id).data[0]
    assert newest.content[0].text == "n4"


@case("responses.input_tokens")
def input_tokens(at):
    count = at.client().responses.input_tokens.count
    few = count(model=at.script, input="hello")
    many = count(model=at.script, input="hello " * 20, instructions="Be brief.", tools=[WEATHER])
    assert few.object == "response.input_tokens" and 0 < few.input_tokens < many.input_tokens


@case("responses.background")
def background(at):
    client = at.client()
    made = ask(at, "[ten]", background=True)
    assert made.status in ("queued", "in_progress") and made.background is True
    for _ in range(200):
        found = client.responses.retrieve(made.id)
        if found.status not in ("queued", "in_progress"):
            break
        asyncio.run(asyncio.sleep(0.02))
    assert found.status == "completed" and found.output_text.endswith("ten")


@case("responses.background_cancel")
def background_cancel(at):
    client = at.client()
    made = ask(at, "[long]", background=True)
    assert client.responses.cancel(made.id).status == "cancelled"
    assert client.responses.retrieve(made.id).status == "cancelled"
    with raises(openai.BadRequestError):
        client.responses.cancel(ask(at, "hello").id)


@case("responses.background_resume")
def background_resume(at):
    client = at.client()
    stream = ask(at, "[long]", background=True, stream=True)
    seen = [next(stream) for _ in range(30)]
    stream.close()
    rest = list(
        client.responses.retrieve(
            seen[0].response.id, stream=True, starting_after=seen[-1].sequence_number
        )
    )
    names = kinds(seen + rest)
    assert names[-1] == "response.completed"
    text = "".join(e.delta for e in seen + rest if e.type == "response.output_text.delta")
    assert text == rest[-1].response.output_text and text.endswith(" 1500")


@case("responses.compact")
def compact(at):
    # What is kept of the user's words has their type, which the SDK's type does not foresee in an output.
    client = at.client(_strict_response_validation=False)
    said = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "You said: hello"},
        {"role": "user", "content": "again"},
    ]
    short = client.responses.compact(model=at.script, input=said)
    assert short.object == "response.compaction" and short.output and short.usage
    again = [item.model_dump(exclude_none=True) for item in short.output]
    again.append({"role": "user", "content": "hello"})
    assert ask(at, again).output_text == "You said: hello"


@case("responses.async")
def asynchronous(at):
    async def go():
        async with at.async_client() as client:
            create = client.responses.create
            asked = [create(model=at.script, input=f"n{number}") for number in range(8)]
            replies = await asyncio.gather(*asked)
            stream = await create(model=at.script, input="[ten]", stream=True)
            return replies, [event async for event in stream]

    replies, events = asyncio.run(go())
    assert [one.output_text for one in replies] == [f"You said: n{number}" for number in range(8)]
    assert events[-1].response.output_text.endswith("ten")


@case("responses.raw_response")
def raw_response(at):
    raw = at.client().responses.with_raw_response.create(model=at.script, input="hello")
    assert raw.status_code == 200 and raw.headers["x-request-id"]
    assert raw.parse().output_text == "You said: hello"


@case("responses.timeout_and_cancel")
def timeout(at):
    with raises(openai.APITimeoutError):
        at.client(timeout=0.3).responses.create(model=at.script, input="[long]")
    stream = ask(at, "[long]", stream=True)
    assert next(stream).type == "response.created"
    stream.close()
    assert ask(at, "hello").output_text == "You said: hello"


@case("responses.errors")
def errors(at):
    with raises(openai.NotFoundError, code="model_not_found"):
        ask(at, "hello", model="nobody")
    with raises(openai.BadRequestError, param="temperature"):
        ask(at, "hello", temperature="warm")
    with raises(openai.BadRequestError):
        ask(at, "hello", background=True, store=False)
    with raises(openai.BadRequestError, code="context_length_exceeded"):
        ask(at, "x" * 4000, model=at.tiny)
    with raises(openai.NotFoundError):
        at.client().responses.retrieve("resp_nobody")
