"""Films: what `client.videos` does."""

import io
import json
import warnings

import openai

from cases import case, raises
from stored import batch_file, line, settled

# The methods are said to be going away, because the service behind them has.
warnings.simplefilter("ignore", DeprecationWarning)

SMALL = {"size": "192x160", "seconds": "1", "extra_body": {"fps": 12, "seed": 7}}


def lenient(at):
    """Our sizes and lengths are more than those that the service had."""
    return at.client(_strict_response_validation=False).videos


@case("videos.create_and_poll")
def made(at):
    videos = lenient(at)
    film = videos.create_and_poll(prompt="a red ball bounces", **SMALL)
    assert film.status == "completed" and film.progress == 100, film
    assert film.object == "video" and film.size == "192x160" and film.seconds == "1"
    assert film.completed_at >= film.created_at and film.error is None
    whole = videos.download_content(film.id).read()
    assert whole[4:8] == b"ftyp"
    assert videos.download_content(film.id, variant="thumbnail").read()[8:12] == b"WEBP"
    assert videos.download_content(film.id, variant="spritesheet").read()[:2] == b"\xff\xd8"
    assert film.id in [one.id for one in videos.list(limit=2)]
    assert videos.delete(film.id).deleted is True
    with raises(openai.NotFoundError):
        videos.retrieve(film.id)


@case("videos.as_written_for_the_service_that_closed")
def closed(at):
    videos = lenient(at)
    film = videos.create(model="sora-2-pro", prompt="two blue cubes collide", seconds="4", size="720x1280")
    assert film.status in ("queued", "in_progress") and film.seconds == "4" and film.size == "720x1280"
    assert videos.delete(film.id).object == "video.deleted"


@case("videos.remix_edit_extend")
def changed(at):
    videos = lenient(at)
    film = videos.create_and_poll(prompt="a red ball", **SMALL)
    remix = videos.remix(film.id, prompt="a blue cube")
    assert remix.remixed_from_video_id == film.id and remix.seconds == "1"
    whole = videos.download_content(film.id).read()
    edited = videos.edit(prompt="a green star", video=("film.mp4", io.BytesIO(whole)))
    assert edited.size == "192x160"
    longer = videos.extend(prompt="a ring spins", seconds="4", video=("film.mp4", io.BytesIO(whole)))
    assert longer.seconds == "5"
    for one in (remix, edited, longer):
        assert videos.poll(one.id).status == "completed"


@case("videos.batch")
def batch(at):
    client = at.client()
    bodies = [{"prompt": f"a {colour} ball", "size": "64x64", "seconds": "0.5", "fps": 8} for colour in ("red", "blue")]
    given = batch_file(at, [line(number, "/v1/videos", body) for number, body in enumerate(bodies)])
    made = client.batches.create(input_file_id=given.id, endpoint="/v1/videos", completion_window="24h")
    done = settled(at, made)
    assert (done.status, done.request_counts.completed) == ("completed", 2), done
    for one in client.files.content(done.output_file_id).iter_lines():
        film = json.loads(one)["response"]["body"]
        assert film["status"] == "completed" and film["object"] == "video"
        assert lenient(at).download_content(film["id"]).read()[4:8] == b"ftyp"


@case("videos.characters")
def characters(at):
    videos = lenient(at)
    film = videos.create_and_poll(prompt="a small striped red ball falls", **SMALL)
    whole = videos.download_content(film.id).read()
    made = videos.create_character(name="Zuzu", video=("film.mp4", io.BytesIO(whole)))
    assert made.id.startswith("char_") and made.name == "Zuzu"
    assert videos.get_character(made.id).name == "Zuzu"
    other = videos.create_and_poll(prompt="Zuzu bounces", size="192x160", seconds="1", extra_body={"fps": 12, "characters": [{"id": made.id}]})
    assert other.status == "completed" and other.characters == [made.id], other
    assert other.shots[0]["prompt"] == "a small striped red sphere bounces"
    with raises(openai.BadRequestError, param="video", code="video_unknown"):
        videos.create_character(name="Zuzu", video=("film.mp4", io.BytesIO(b"no film")))
    with raises(openai.BadRequestError, param="name"):
        videos.create_character(name="red", video=("film.mp4", io.BytesIO(whole)))


@case("videos.refused")
def refused(at):
    videos = lenient(at)
    with raises(openai.BadRequestError, param="prompt"):
        videos.create(prompt="a dragon")
    with raises(openai.BadRequestError, param="size"):
        videos.create(prompt="a ball", size="1x1")
    with raises(openai.NotFoundError):
        videos.create(prompt="a ball", model="nobody")
    with raises(openai.NotFoundError):
        videos.download_content("video_nobody")
