"""Webhooks: the SDK makes endpoints, and itself checks what is sent to them."""

import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import openai

from cases import case, raises


class Endpoint:
    """An address of this machine, and what comes to it."""

    def __enter__(self):
        came = self.came = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(204)
                self.end_headers()
                came.put((body, dict(self.headers)))

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def owner(at):
    return at.client(api_key=os.environ["FREEHOLD_KEY_OWNER"])


@case("webhooks.endpoints")
def endpoints(at):
    client = owner(at).webhooks
    assert "video.completed" in client.event_types.list().data
    with Endpoint() as endpoint:
        made = client.create(name="mine", url=endpoint.url, event_types=["video.completed"])
        assert made.signing_secret.startswith("whsec_") and made.object == "webhook_endpoint"
        assert client.retrieve(made.id).name == "mine"
        assert made.id in [one.id for one in client.list(limit=1)]
        assert client.update(made.id, name="yours").name == "yours"
        tried = client.test(made.id, event_type="batch.completed")
        assert tried.success is True and tried.status_code == 204
        turned = client.rotate_secret(made.id, keep_old_secret_active_for_24_hours=True)
        assert turned.signing_secret != made.signing_secret
        assert client.delete(made.id).deleted is True
    with raises(openai.NotFoundError):
        client.retrieve(made.id)


@case("webhooks.unwrap")
def unwrap(at):
    client = owner(at)
    with Endpoint() as endpoint:
        types = ["video.completed", "video.failed", "response.completed"]
        made = client.webhooks.create(name="mine", url=endpoint.url, event_types=types)
        response = client.responses.create(model=at.script, input="hello", background=True)
        body, headers = endpoint.came.get(timeout=30)
        event = client.webhooks.unwrap(body, headers, secret=made.signing_secret)
        assert (event.type, event.data.id) == ("response.completed", response.id)
        videos = at.client(api_key=os.environ["FREEHOLD_KEY_OWNER"], _strict_response_validation=False).videos
        film = videos.create(prompt="a red ball", size="192x160", seconds="1", extra_body={"fps": 12})
        body, headers = endpoint.came.get(timeout=60)
        event = client.webhooks.unwrap(body, headers, secret=made.signing_secret)
        assert (event.type, event.data.id) == ("video.completed", film.id)
        with raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(body.replace(b"completed", b"failed"), headers, secret=made.signing_secret)
        assert client.webhooks.delete(made.id).deleted is True


@case("webhooks.refused")
def refused(at):
    types = ["video.completed"]
    with raises(openai.BadRequestError, param="url", code="address_refused"):
        owner(at).webhooks.create(name="a", url="http://169.254.169.254/", event_types=types)
    with raises(openai.PermissionDeniedError):
        at.client().webhooks.create(name="a", url="http://127.0.0.1/", event_types=types)
