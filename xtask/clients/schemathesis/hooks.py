"""Most requests name a model that is there, so that they get further than its absence."""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and isinstance(body.get("model"), str):
        # The same name becomes the same model, as the search for a small example needs it.
        chosen = sum(body["model"].encode(errors="replace")) % 5
        if chosen < 4:
            body["model"] = "script" if chosen < 3 else "tiny"
    return body


@schemathesis.serializer("application/pdf")
def pdf(context, value):
    """What is to be a document is sent as the bytes that it is."""
    if isinstance(value, str):
        return value.encode(errors="replace")
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else repr(value).encode()
