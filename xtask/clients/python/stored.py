"""What is kept: conversations, files, uploads and batches."""

import json
import time

import openai

from cases import case, raises


def message(text, role="user"):
    return {"type": "message", "role": role, "content": text}


@case("conversations.life")
def conversations(at):
    client = at.client().conversations
    made = client.create(items=[message("hello")], metadata={"topic": "one"})
    assert made.id.startswith("conv_") and made.object == "conversation"
    assert made.metadata == {"topic": "one"} and abs(made.created_at - time.time()) < 60
    assert client.retrieve(made.id) == made
    assert client.update(made.id, metadata={"topic": "two"}).metadata == {"topic": "two"}
    assert client.delete(made.id).deleted is True
    with raises(openai.NotFoundError):
        client.retrieve(made.id)


@case("conversations.items")
def items(at):
    client = at.client().conversations
    made = client.create()
    added = client.items.create(made.id, items=[message(f"n{number}") for number in range(5)])
    assert len(added.data) == 5 and added.first_id == added.data[0].id
    listed = list(client.items.list(made.id, order="asc", limit=2))
    assert [item.content[0].text for item in listed] == [f"n{number}" for number in range(5)]
    third = listed[2].id
    assert client.items.retrieve(third, conversation_id=made.id).id == third
    client.items.delete(third, conversation_id=made.id)
    assert len(list(client.items.list(made.id))) == 4
    with raises(openai.NotFoundError):
        client.items.retrieve(third, conversation_id=made.id)


@case("conversations.responses")
def spoken(at):
    client = at.client()
    made = client.conversations.create()
    first = client.responses.create(model=at.script, input="hello", conversation=made.id)
    assert first.conversation.id == made.id
    second = client.responses.create(
        model=at.script, input="again", conversation={"id": made.id}
    )
    assert second.usage.input_tokens > first.usage.input_tokens
    said = client.conversations.items.list(made.id, order="asc")
    texts = [item.content[0].text for item in said]
    assert texts == ["hello", "You said: hello", "again", "You said: again"]
    with raises(openai.NotFoundError):
        client.responses.create(model=at.script, input="x", conversation="conv_nobody")


@case("files.life")
def files(at):
    client = at.client().files
    body = "grüße\n".encode() * 1000
    made = client.create(file=("words.txt", body), purpose="user_data")
    assert made.id.startswith("file-") and made.object == "file" and made.purpose == "user_data"
    assert made.bytes == len(body) and made.filename == "words.txt"
    assert client.retrieve(made.id).id == made.id
    assert client.content(made.id).read() == body
    assert made.id in [one.id for one in client.list(purpose="user_data")]
    assert client.wait_for_processing(made.id).status == "processed"
    assert client.delete(made.id).deleted is True
    for gone in (client.retrieve, client.content, client.delete):
        with raises(openai.NotFoundError):
            gone(made.id)


@case("files.pages")
def file_pages(at):
    client = at.client().files
    made = [client.create(file=(f"{n}.txt", b"x"), purpose="assistants").id for n in range(5)]
    listed = [one.id for one in client.list(purpose="assistants", limit=2, order="asc")]
    assert [one for one in listed if one in made] == made
    for one in made:
        client.delete(one)


@case("files.errors")
def file_errors(at):
    with raises(openai.BadRequestError, param="purpose"):
        at.client().files.create(file=("x.txt", b"x"), purpose="nothing")
    with raises(openai.NotFoundError):
        at.client().files.retrieve("file-../../etc/passwd")


@case("uploads.life")
def uploads(at):
    client = at.client()
    body = bytes(range(256)) * 4096
    made = client.uploads.upload_file_chunked(
        file=body,
        filename="bytes.bin",
        bytes=len(body),
        mime_type="application/octet-stream",
        purpose="user_data",
        part_size=300_000,
    )
    assert made.status == "completed" and made.file.bytes == len(body)
    assert client.files.content(made.file.id).read() == body
    left = client.uploads.create(
        bytes=4, filename="x", mime_type="text/plain", purpose="user_data"
    )
    assert left.status == "pending" and left.expires_at > left.created_at
    part = client.uploads.parts.create(left.id, data=b"ab")
    assert part.object == "upload.part" and part.upload_id == left.id
    with raises(openai.BadRequestError):
        client.uploads.complete(left.id, part_ids=[part.id])
    assert client.uploads.cancel(left.id).status == "cancelled"


def batch_file(at, requests):
    lines = "\n".join(json.dumps(request) for request in requests)
    return at.client().files.create(file=("batch.jsonl", lines.encode()), purpose="batch")


def line(number, url, body):
    return {"custom_id": f"r{number}", "method": "POST", "url": url, "body": body}


def settled(at, batch):
    for _ in range(300):
        batch = at.client().batches.retrieve(batch.id)
        if batch.status in ("completed", "failed", "cancelled", "expired"):
            return batch
        time.sleep(0.05)
    raise AssertionError(f"the batch is still {batch.status}")


@case("batches.run")
def batches(at):
    client = at.client()
    url = "/v1/chat/completions"
    bodies = [
        {"model": at.script, "messages": [{"role": "user", "content": f"n{number}"}]}
        for number in range(20)
    ]
    bodies.append({"model": "nobody", "messages": [{"role": "user", "content": "x"}]})
    given = batch_file(at, [line(number, url, body) for number, body in enumerate(bodies)])
    made = client.batches.create(
        input_file_id=given.id, endpoint=url, completion_window="24h", metadata={"k": "v"}
    )
    assert made.object == "batch" and made.status in ("validating", "in_progress")
    done = settled(at, made)
    assert done.status == "completed" and done.metadata == {"k": "v"}
    counts = done.request_counts
    assert (counts.total, counts.completed, counts.failed) == (21, 20, 1)
    results = [json.loads(one) for one in client.files.content(done.output_file_id).iter_lines()]
    said = {
        one["custom_id"]: one["response"]["body"]["choices"][0]["message"]["content"]
        for one in results
    }
    assert said == {f"r{number}": f"You said: n{number}" for number in range(20)}
    wrong = [json.loads(one) for one in client.files.content(done.error_file_id).iter_lines()]
    assert [one["custom_id"] for one in wrong] == ["r20"]
    assert made.id in [one.id for one in client.batches.list(limit=2)]


@case("batches.every_endpoint")
def batch_endpoints(at):
    for url, body in (
        ("/v1/responses", {"model": at.script, "input": "hello"}),
        ("/v1/completions", {"model": at.script, "prompt": "hello"}),
        ("/v1/embeddings", {"model": at.script, "input": "hello"}),
    ):
        given = batch_file(at, [line(0, url, body)])
        made = at.client().batches.create(
            input_file_id=given.id, endpoint=url, completion_window="24h"
        )
        done = settled(at, made)
        assert (done.status, done.request_counts.completed) == ("completed", 1), url


@case("batches.cancel")
def batch_cancel(at):
    url = "/v1/responses"
    given = batch_file(
        at, [line(n, url, {"model": at.script, "input": "[long]"}) for n in range(50)]
    )
    made = at.client().batches.create(input_file_id=given.id, endpoint=url, completion_window="24h")
    assert at.client().batches.cancel(made.id).status in ("cancelling", "cancelled")
    assert settled(at, made).status == "cancelled"


@case("batches.errors")
def batch_errors(at):
    client = at.client()
    given = client.files.create(file=("batch.jsonl", b"no json\n"), purpose="batch")
    made = client.batches.create(
        input_file_id=given.id, endpoint="/v1/responses", completion_window="24h"
    )
    done = settled(at, made)
    assert done.status == "failed" and done.errors.data[0].line == 1
    with raises(openai.BadRequestError):
        client.batches.create(
            input_file_id="file-nobody", endpoint="/v1/responses", completion_window="24h"
        )
