"""What the makers of C2PA and of ffmpeg say of our films and of the pictures of them, and what we say of a film that others signed.

    python check.py --freehold PROGRAM CASE...
"""

import argparse
import array
import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

from c2pa import Builder, C2paBuilderIntent, C2paError, C2paSignerInfo, Context, Reader, Settings, Signer

TYPES = {".gif": "image/gif", ".jpg": "image/jpeg", ".mp4": "video/mp4", ".png": "image/png", ".webp": "image/webp"}
WORDS = "a striped red ball bounces on a checkerboard"


class House:
    """Films of a house of their own."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)

    def run(self, *words, fails=False):
        environment = dict(os.environ, FREEHOLD_DATA=str(self.folder / "house"))
        done = subprocess.run([self.program, *map(str, words)], cwd=self.folder, env=environment, capture_output=True, text=True)
        assert bool(done.returncode) == fails, done
        return done.stdout

    def film(self, name, *more):
        self.run("video", "create", WORDS, "-o", name, "--size", "320x180", "--seconds", "1", "--fps", "12", "--seed", "7", *more)
        return self.folder / name

    def verified(self, path, fails=False):
        return json.loads(self.run("media", "verify", path, "--json", fails=fails))

    @property
    def signer(self):
        return self.folder / "house" / "signer"


def read(path, root=None):
    """What the official reader finds: the state, the codes of failures, and the report."""
    context = None
    if root is not None:
        context = Context(Settings.from_dict({"verify": {"verify_trust": True}, "trust": {"user_anchors": root}}))
    with open(path, "rb") as file, Reader(TYPES[path.suffix], file, context=context) as reader:
        results = reader.get_validation_results() or {}
        codes = [code["code"] for code in results.get("activeManifest", {}).get("failure", [])]
        return reader.get_validation_state(), codes, json.loads(reader.json())


def credentials(house):
    """Our films are valid to the official reader, and trusted with our certificate; one flipped byte is not."""
    for name in ("film.mp4", "film.gif", "film.png"):
        path = house.film(name)
        state, codes, report = read(path)
        assert (state, codes) == ("Valid", ["signingCredential.untrusted"]), (name, state, codes)
        manifest = report["manifests"][report["active_manifest"]]
        assert manifest["claim_generator_info"][0]["name"] == "Freehold", manifest
        actions = next(one for one in manifest["assertions"] if one["label"].startswith("c2pa.actions"))
        created = actions["data"]["actions"][0]
        assert created["action"] == "c2pa.created" and created["digitalSourceType"].endswith("digitalCreation"), created
        state, codes, _ = read(path, (house.signer / "root.pem").read_text())
        assert (state, codes) == ("Trusted", []), (name, state, codes)
        whole = bytearray(path.read_bytes())
        whole[len(whole) * 3 // 4] ^= 1
        changed = house.folder / f"changed-{name}"
        changed.write_bytes(whole)
        try:
            state, _, _ = read(changed)
        except C2paError:
            state = "unreadable"
        assert state in ("Invalid", "unreadable"), (name, state)
        assert house.verified(changed, fails=True)["status"] == "invalid"


def lineage(house):
    """What was made of a film names it, to the official reader, too."""
    film = house.film("first.mp4")
    house.run("video", "extend", film, "--seconds", "0.5", "-o", "second.mp4")
    state, codes, report = read(house.folder / "second.mp4")
    assert (state, codes) == ("Valid", ["signingCredential.untrusted"]), (state, codes)
    ingredients = report["manifests"][report["active_manifest"]]["ingredients"]
    assert [one["relationship"] for one in ingredients] == ["parentOf"], ingredients


def others(house):
    """A film that the official program signed anew is valid to us, and says that it was made of ours."""
    film = house.film("ours.mp4")
    chain, key = (house.signer / "chain.pem").read_text(), (house.signer / "key.pem").read_text()
    signer = Signer.from_info(C2paSignerInfo(b"es256", chain.encode(), key.encode(), None))
    manifest = {"claim_generator_info": [{"name": "somebody", "version": "1"}], "format": "video/mp4", "title": "theirs"}
    manifest["assertions"] = [{"label": "org.example.note", "data": {"said": "hello"}}]
    theirs = house.folder / "theirs.mp4"
    with Builder(manifest) as builder, open(film, "rb") as ours, open(theirs, "w+b") as out:
        builder.set_intent(C2paBuilderIntent.EDIT)
        builder.sign(signer, "video/mp4", ours, out)
    verified = house.verified(theirs)
    assert verified["status"] == "valid" and verified["generator"].startswith("somebody"), verified
    assert house.run("video", "show", theirs, fails=True) == ""


def playable(house):
    """ffmpeg decodes every picture, and finds the head in front and the colours tagged."""
    film = house.film("plays.mp4", "--json")
    words = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,profile,width,height,pix_fmt,color_space,color_transfer,color_primaries,color_range,nb_read_frames,r_frame_rate,duration", "-of", "json", str(film)]
    stream = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)["streams"][0]
    wanted = {
        "codec_name": "h264", "profile": "High", "width": 320, "height": 180, "pix_fmt": "yuv420p", "color_space": "bt709", "color_transfer": "bt709",
        "color_primaries": "bt709", "color_range": "tv", "nb_read_frames": "12", "r_frame_rate": "12/1", "duration": "1.000000",
    }  # fmt: skip
    assert stream == wanted, stream
    whole = film.read_bytes()
    assert whole.index(b"moov") < whole.index(b"mdat")


def heard(house):
    """ffmpeg hears what is drawn from the first picture to the last, and tracks of every format at their pitch; the official reader names them."""
    entries = "stream=codec_name,sample_rate,channels,start_time,duration"
    words = ["ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", entries, "-of", "json"]
    wanted = {"codec_name": "opus", "sample_rate": "48000", "channels": 2, "start_time": "0.000000", "duration": "1.000000"}
    tone = house.folder / "tone.wav"
    make = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=1", str(tone)]
    subprocess.run(make, check=True)
    silent = house.film("silent.mp4", "--silent")
    assert json.loads(subprocess.run([*words, str(silent)], capture_output=True, check=True).stdout)["streams"] == []
    for ending, codec in ((None, None), ("wav", "pcm_s16le"), ("flac", "flac"), ("mp3", "libmp3lame"), ("ogg", "libvorbis"), ("m4a", "aac"), ("aiff", "pcm_s16be")):
        track = house.folder / f"track.{ending}"
        more = []
        if ending:
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(tone), "-c:a", codec, str(track)], check=True)
            more = ["--sound", track]
        film = house.film(f"heard-{ending}.mp4", *more)
        assert json.loads(subprocess.run([*words, str(film)], capture_output=True, check=True).stdout)["streams"] == [wanted], ending
        samples = array.array("f", subprocess.run(["ffmpeg", "-v", "error", "-i", str(film), "-f", "f32le", "-ac", "1", "-"], capture_output=True, check=True).stdout)
        assert max(map(abs, samples)) > 0.01, ending
        if not ending:
            continue
        middle = samples[4800:24000]
        crossings = sum(one < 0 <= two for one, two in zip(middle, middle[1:]))
        assert abs(crossings / (len(middle) / 48000) - 440) < 5, (ending, crossings)
        state, _, report = read(film)
        parts = report["manifests"][report["active_manifest"]]["ingredients"]
        assert state == "Valid" and [(one["title"], one["relationship"]) for one in parts] == [(track.name, "componentOf")], (state, parts)


class Served:
    """A server over the data of a house."""

    def __init__(self, house):
        environment = dict(os.environ, FREEHOLD_DATA=str(house.folder / "house"))
        words = [house.program, "--json", "serve", "--port", "0"]
        self.process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        said = ""
        for line in self.process.stdout:
            said += line
            try:
                self.url = json.loads(said)["url"]
                return self
            except ValueError:
                continue
        raise AssertionError(f"no server: {said}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.read()

    def film(self, **wanted):
        film = json.loads(self.ask("/v1/videos", wanted))
        for _ in range(1200):
            film = json.loads(self.ask(f"/v1/videos/{film['id']}"))
            if film["status"] == "completed":
                return film["id"]
            assert film["status"] != "failed", film
            time.sleep(0.05)
        raise AssertionError(film)


def pixels(path):
    """The pixels of a picture, as ffmpeg decodes it."""
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    return subprocess.run(words, capture_output=True, check=True).stdout


def stills(house):
    """Thumbnails and sheets are valid to the official reader, and the same for the same words and seed but for what each film is marked with."""
    wanted = {"prompt": WORDS, "size": "320x180", "seconds": "1", "fps": 12, "seed": 7}
    with Served(house) as served:
        films = [served.film(**wanted) for _ in range(2)] + [served.film(**dict(wanted, seed=8))]
        for variant, ending, kind in (("thumbnail", ".webp", "RIFF"), ("spritesheet", ".jpg", "\xff\xd8")):
            seen = []
            for number, film in enumerate(films):
                path = house.folder / f"{variant}-{number}{ending}"
                path.write_bytes(served.ask(f"/v1/videos/{film}/content?variant={variant}"))
                assert path.read_bytes().startswith(kind.encode("latin-1")), path
                state, codes, report = read(path)
                assert (state, codes) == ("Valid", ["signingCredential.untrusted"]), (path, state, codes)
                assert report["manifests"][report["active_manifest"]]["claim_generator_info"][0]["name"] == "Freehold"
                seen.append(pixels(path))
            first, second, other = seen
            assert len(first) == len(second) == len(other) > 0
            apart = sum(abs(one - two) for one, two in zip(first, second)) / len(first)
            far = sum(abs(one - two) for one, two in zip(first, other)) / len(first)
            assert apart < 1.5 < far, (variant, apart, far)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--freehold", required=True)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    cases = {case.__name__: case for case in (credentials, heard, lineage, others, playable, stills)}
    for name in options.cases or cases:
        with tempfile.TemporaryDirectory() as folder:
            cases[name](House(options.freehold, folder))
        print(f"passed media {name}")


if __name__ == "__main__":
    main()
