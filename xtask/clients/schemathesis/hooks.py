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
