//! `/v1/videos`, and the page over it.

use std::io::Cursor;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding as _};
use media::credentials::{Relationship, Status, Trust, verify};
use media::mp4::Frames;
use media::still;
use serde_json::{Value, json};

use crate::browser::{Browser, ENTER, ESCAPE, Look};
use crate::files::send;
use crate::house::{House, Reply};
use crate::signed::Signed;

/// How long a film may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// A film that is quickly made.
fn small(prompt: &str) -> Value {
    json!({ "prompt": prompt, "size": "192x160", "seconds": "1", "fps": 12, "seed": 7 })
}

fn begin(house: &House, body: &Value) -> String {
    begin_at(house, "/v1/videos", body)
}

fn begin_at(house: &House, path: &str, body: &Value) -> String {
    let reply = house.post(path, body);
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.header("openai-poll-after-ms").is_some());
    reply.json()["id"].as_str().unwrap().to_owned()
}

fn ended(house: &House, id: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let film = house.get(&format!("/v1/videos/{id}")).json();
        if ["completed", "failed"].contains(&film["status"].as_str().unwrap()) {
            return film;
        }
        assert!(Instant::now() < until, "{film}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn content(house: &House, id: &str, query: &str) -> Vec<u8> {
    let (status, bytes) = house.bytes("GET", &format!("/v1/videos/{id}/content{query}"), &[]);
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bytes));
    bytes
}

#[test]
fn a_film_is_made_fetched_and_deleted() {
    let house = House::open();
    let id = begin(&house, &small("a red ball bounces and a dragon"));
    let film = ended(&house, &id);
    assert_eq!(film["status"], "completed", "{film}");
    let about = json!({
        "id": id, "object": "video", "model": "freehold-scene", "status": "completed", "progress": 100,
        "created_at": film["created_at"], "completed_at": film["completed_at"], "expires_at": null,
        "prompt": "a red ball bounces and a dragon", "seconds": "1", "size": "192x160", "error": null,
        "remixed_from_video_id": null, "seed": 7, "fps": 12, "frames": 12, "label": false, "loop": false, "loras": [], "sound": true, "steps": null, "unknown_words": ["dragon"],
        "characters": [], "estimated_seconds": 1, "queue_position": null,
        "shots": [{ "prompt": "a red ball bounces and a dragon", "seconds": 1.0 }],
    });
    assert_eq!(film, about);
    let bytes = content(&house, &id, "");
    let mut frames = Frames::open(Cursor::new(&bytes)).unwrap();
    assert!(frames.film().has_sound);
    let mut count = 0;
    while let Some(picture) = frames.next_picture().unwrap() {
        assert_eq!((picture.width, picture.height), (192, 160));
        count += 1;
    }
    assert_eq!(count, 12);
    let thumbnail = still::read(&content(&house, &id, "?variant=thumbnail")).unwrap();
    assert_eq!((thumbnail.width, thumbnail.height), (192, 160));
    let sheet = still::read(&content(&house, &id, "?variant=spritesheet")).unwrap();
    assert_eq!((sheet.width, sheet.height), (4 * 192, 3 * 160));
    for variant in ["video", "thumbnail", "spritesheet"] {
        let bytes = content(&house, &id, &format!("?variant={variant}"));
        let report = verify(&mut Cursor::new(&bytes), &Trust::nobody(now())).unwrap();
        assert_eq!(report.status, Status::Valid, "{variant}");
    }
    let said = house.get(&format!("/v1/videos/{id}/credentials"));
    let said = said.json();
    assert_eq!(
        (
            &said["status"],
            &said["signer"]["standing"],
            &said["prompt"]
        ),
        (&json!("valid"), &json!("trusted"), &film["prompt"])
    );
    let source = said["source"].as_str().unwrap();
    assert!(source.ends_with("/digitalCreation"), "{said}");
    let part = house.bytes(
        "GET",
        &format!("/v1/videos/{id}/content"),
        &[("range", "bytes=4-7")],
    );
    assert_eq!(part, (206, b"ftyp".to_vec()));
    let gone = house.send("DELETE", &format!("/v1/videos/{id}"), None, &[]);
    assert_eq!(
        gone.json(),
        json!({ "id": id, "object": "video.deleted", "deleted": true })
    );
    assert_eq!(house.get(&format!("/v1/videos/{id}")).status, 404);
}

#[test]
fn a_film_and_what_is_made_of_it_are_silent_where_that_is_wished() {
    let house = House::open();
    let mut wish = small("a red ball bounces");
    wish["sound"] = json!(false);
    let id = begin(&house, &wish);
    let film = ended(&house, &id);
    assert_eq!(
        (&film["status"], &film["sound"]),
        (&json!("completed"), &json!(false))
    );
    let remix = begin_at(
        &house,
        &format!("/v1/videos/{id}/remix"),
        &json!({ "prompt": "a blue ball" }),
    );
    ended(&house, &remix);
    for id in [&id, &remix] {
        let bytes = content(&house, id, "");
        assert!(!Frames::open(Cursor::new(&bytes)).unwrap().film().has_sound);
    }
    let other = json!({ "prompt": "a blue ball", "seed": 8, "size": "160x192", "fps": 6, "seconds": "2", "loop": true, "label": true });
    let remix = begin_at(&house, &format!("/v1/videos/{id}/remix"), &other);
    let remix = ended(&house, &remix);
    for (name, value) in [
        ("seed", json!(8)),
        ("size", json!("160x192")),
        ("fps", json!(6)),
        ("seconds", json!("2")),
        ("loop", json!(true)),
        ("label", json!(true)),
        ("frames", json!(12)),
    ] {
        assert_eq!(remix[name], value, "{remix}");
    }
    for (name, value) in [
        ("seed", json!(8)),
        ("size", json!("160x192")),
        ("fps", json!(6)),
        ("loop", json!(true)),
    ] {
        let onward = json!({ "video": { "id": id }, "seconds": "1", name: value });
        let refused = house.post("/v1/videos/extensions", &onward);
        assert_eq!(
            (refused.status, refused.json()["error"]["param"].clone()),
            (400, json!(name))
        );
    }
    wish["sound"] = json!("loud");
    let refused = house.post("/v1/videos", &wish);
    assert_eq!(
        (refused.status, refused.json()["error"]["param"].clone()),
        (400, json!("sound"))
    );
}

/// A second of a tone, as a WAV file.
pub fn tone() -> Vec<u8> {
    let samples = (0..8000).map(|at| ((at as f32 * 0.3).sin() * 9000.0) as i16);
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(8000_u32.to_le_bytes());
    bytes.extend(16000_u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn a_track_that_is_handed_in_is_heard_in_place_of_a_films_own_sound() {
    let house = House::open();
    let ingredients = |film: &Value| {
        let bytes = content(&house, film["id"].as_str().unwrap(), "");
        assert!(Frames::open(Cursor::new(&bytes)).unwrap().film().has_sound);
        let report = verify(&mut Cursor::new(&bytes), &Trust::nobody(now())).unwrap();
        assert_eq!(report.status, Status::Valid);
        let all = report.content.unwrap().ingredients.into_iter();
        all.filter_map(|one| one.title).collect::<Vec<_>>()
    };
    let parts = [
        ("prompt", None, b"a red ball bounces".as_slice()),
        ("size", None, b"192x160"),
        ("seconds", None, b"1"),
        ("audio", Some("tone.wav"), &tone()),
    ];
    let begun = send(&house, "/v1/videos", &parts);
    assert_eq!(begun.status, 200, "{}", begun.text);
    let film = ended(&house, begun.json()["id"].as_str().unwrap());
    assert_eq!(
        (&film["status"], &film["sound"]),
        (&json!("completed"), &json!(true))
    );
    assert_eq!(ingredients(&film), ["audio"]);

    // The same in JSON, for a film that was silent.
    let mut wish = small("a red ball bounces");
    wish["sound"] = json!(false);
    let silent = begin(&house, &wish);
    ended(&house, &silent);
    let address = format!("data:audio/wav;base64,{}", Base64::encode_string(&tone()));
    let words = json!({ "prompt": "a blue ball", "audio": { "audio_url": address } });
    let remix = begin_at(&house, &format!("/v1/videos/{silent}/remix"), &words);
    let remix = ended(&house, &remix);
    assert_eq!(remix["sound"], true);
    assert!(ingredients(&remix).contains(&"audio".to_owned()));

    for (field, value, said) in [
        ("audio", json!("data:audio/wav;base64,AAAA"), "WAV, AIFF"),
        ("audio", json!(7), "a track is handed in"),
        ("sound", json!(false), "one of them is enough"),
    ] {
        let mut wish = small("a red ball");
        wish["audio"] = json!(address);
        wish[field] = value;
        let refused = house.post("/v1/videos", &wish);
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert_eq!(refused.json()["error"]["param"], field);
        assert!(refused.text.contains(said), "{}", refused.text);
    }
}

pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

#[test]
fn the_same_words_and_seed_are_the_same_pictures_and_a_remix_keeps_all_but_the_words() {
    let house = House::open();
    let pictures = |id: &str| {
        ended(&house, id);
        let mut frames = Frames::open(Cursor::new(content(&house, id, ""))).unwrap();
        frames.next_picture().unwrap().unwrap().scaled(24, 20)
    };
    let first = begin(&house, &small("a red ball on white"));
    let second = begin(&house, &small("a red ball on white"));
    let (one, other) = (pictures(&first), pictures(&second));
    // The mark that nobody sees is each film's own: what is drawn is the same but for some levels.
    let apart = one
        .bytes
        .iter()
        .zip(&other.bytes)
        .map(|(a, b)| a.abs_diff(*b))
        .max();
    assert!(apart < Some(10), "{apart:?}");
    let remix = house.post(
        &format!("/v1/videos/{first}/remix"),
        &json!({ "prompt": "a blue cube on white" }),
    );
    let remix = remix.json();
    assert_eq!(
        [
            &remix["seed"],
            &remix["size"],
            &remix["seconds"],
            &remix["remixed_from_video_id"]
        ],
        [&json!(7), &json!("192x160"), &json!("1"), &json!(first)]
    );
    assert_eq!(
        ended(&house, remix["id"].as_str().unwrap())["status"],
        "completed"
    );
}

#[test]
fn a_film_goes_on_whether_it_is_named_or_handed_in() {
    let house = House::open();
    let id = begin(&house, &small("a red ball"));
    ended(&house, &id);
    let longer = json!({ "video": { "id": id }, "prompt": "a blue cube", "seconds": "0.5" });
    let longer = house.post("/v1/videos/extensions", &longer).json();
    assert_eq!(
        (&longer["seconds"], &longer["frames"]),
        (&json!("1.5"), &json!(18)),
        "{longer}"
    );
    let film = content(&house, &id, "");
    let parts = [
        ("prompt", None, b"a green star".as_slice()),
        ("video", Some("film.mp4"), &film),
    ];
    let edited = send(&house, "/v1/videos/edits", &parts);
    assert_eq!(edited.json()["seed"], 7, "{}", edited.text);
    let mut changed = film.clone();
    let last = changed.len() - 9;
    changed[last] ^= 4;
    for (bytes, code) in [
        (changed.as_slice(), "video_unknown"),
        (b"no film", "video_unknown"),
    ] {
        let parts = [
            ("prompt", None, b"a green star".as_slice()),
            ("video", Some("film.mp4"), bytes),
        ];
        let refused = send(&house, "/v1/videos/edits", &parts);
        assert_eq!(
            (refused.status, &refused.json()["error"]["code"]),
            (400, &json!(code))
        );
    }
    assert_eq!(
        ended(&house, longer["id"].as_str().unwrap())["status"],
        "completed"
    );
}

/// The titles of the films that a film says it was made from, where their credentials hold.
fn parents(film: &[u8]) -> Vec<String> {
    let report = verify(&mut Cursor::new(film), &Trust::nobody(now())).expect("a film is read");
    assert_eq!(report.status, Status::Valid);
    let content = report.content.expect("it says how it was made");
    let parents = content.ingredients.into_iter();
    let parents = parents.filter(|one| {
        one.relationship == Some(Relationship::Parent) && one.status == Status::Valid
    });
    parents.filter_map(|one| one.title).collect()
}

#[test]
fn what_is_made_from_a_film_names_it_whatever_becomes_of_that() {
    let house = House::open();
    let id = begin(&house, &small("a red ball"));
    ended(&house, &id);
    let whole = content(&house, &id, "");
    assert_eq!(parents(&whole), [""; 0]);
    // Before theirs, a long one is made, so that the first is gone when their turn comes.
    let long = json!({ "prompt": "a red ball", "size": "640x360", "seconds": "60" });
    let long = begin(&house, &long);
    let remix = house.post(
        &format!("/v1/videos/{id}/remix"),
        &json!({ "prompt": "a star" }),
    );
    let longer = json!({ "video": { "id": id }, "prompt": "a cube", "seconds": "0.5" });
    let longer = house.post("/v1/videos/extensions", &longer);
    let parts = [
        ("prompt", None, b"a green star".as_slice()),
        ("video", Some("film.mp4"), &whole),
    ];
    let edited = send(&house, "/v1/videos/edits", &parts);
    for gone in [&id, &long] {
        house.send("DELETE", &format!("/v1/videos/{gone}"), None, &[]);
    }
    for made in [remix, longer, edited] {
        let made = made.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(ended(&house, &made)["status"], "completed");
        assert_eq!(parents(&content(&house, &made, "")).len(), 1);
    }
}

/// Gives the first thing of a film a name.
fn character(house: &House, name: &str, film: &[u8]) -> Reply {
    let parts = [
        ("name", None, name.as_bytes()),
        ("video", Some("film.mp4"), film),
    ];
    send(house, "/v1/videos/characters", &parts)
}

#[test]
fn a_thing_of_a_film_gets_a_name_by_which_others_have_it() {
    let house = House::open();
    let id = begin(&house, &small("a small striped red ball falls"));
    ended(&house, &id);
    let whole = content(&house, &id, "");
    let bobo = character(&house, "Bobo", &whole);
    assert_eq!(bobo.status, 200, "{}", bobo.text);
    let bobo = bobo.json();
    assert_eq!(
        (&bobo["name"], &bobo["looks"]),
        (&json!("Bobo"), &json!("small striped red sphere"))
    );
    let char = bobo["id"].as_str().unwrap();
    let path = format!("/v1/videos/characters/{char}");
    assert_eq!(house.get(&path).json(), bobo);
    assert_eq!(
        house.get("/v1/videos/characters").json()["data"],
        json!([bobo])
    );
    let film = house
        .post("/v1/videos", &small("Bobo bounces on a checkerboard"))
        .json();
    assert_eq!(
        [
            &film["prompt"],
            &film["shots"][0]["prompt"],
            &film["characters"],
            &film["unknown_words"]
        ],
        [
            &json!("Bobo bounces on a checkerboard"),
            &json!("a small striped red sphere bounces on a checkerboard"),
            &json!([char]),
            &json!([])
        ]
    );
    let mut listed = small("Bobo spins");
    listed["characters"] = json!([{ "id": char }]);
    assert_eq!(house.post("/v1/videos", &listed).status, 200);
    assert_eq!(
        house.send("DELETE", &path, None, &[]).json()["deleted"],
        true
    );
    assert_eq!(house.get(&path).status, 404);
    assert_eq!(house.post("/v1/videos", &small("Bobo bounces")).status, 400);
}

#[test]
fn characters_that_cannot_be_are_refused_with_what_is_wrong() {
    let house = House::open();
    let id = begin(&house, &small("a red ball"));
    ended(&house, &id);
    let whole = content(&house, &id, "");
    let bobo = character(&house, "Bobo", &whole).json();
    let char = bobo["id"].as_str().unwrap();
    // Who is listed is named, and is there.
    for (prompt, characters, status) in [
        ("a ball", json!([char]), 400),
        ("Bobo spins", json!("Bobo"), 400),
        ("Bobo spins", json!([{}]), 400),
        ("Bobo spins", json!(["char_nobody"]), 404),
        ("Bobo spins", json!([char, char, char, char, char]), 400),
    ] {
        let mut body = small(prompt);
        body["characters"] = characters;
        let reply = house.post("/v1/videos", &body);
        assert_eq!(
            (reply.status, &reply.json()["error"]["param"]),
            (status, &json!("characters")),
            "{}",
            reply.text
        );
    }
    let mut changed = whole.clone();
    let last = changed.len() - 9;
    changed[last] ^= 4;
    for (name, film, param) in [
        ("Red", &*whole, "name"),
        ("", &whole, "name"),
        ("a\u{1b}b", &whole, "name"),
        ("Bobo", &changed, "video"),
        ("Bobo", b"no film", "video"),
    ] {
        let reply = character(&house, name, film);
        assert_eq!(
            (reply.status, &reply.json()["error"]["param"]),
            (400, &json!(param)),
            "{}",
            reply.text
        );
    }
}

#[test]
fn what_a_drawn_film_cannot_follow_is_refused_by_name() {
    let house = House::open();
    for (field, value) in [
        (
            "input_reference",
            json!({ "image_url": "data:image/png;base64,AAAA" }),
        ),
        ("last_frame", json!({ "file_id": "file-1" })),
        ("negative_prompt", json!("a cube")),
        ("steps", json!(20)),
        ("guidance", json!(5)),
        ("loras", json!([{ "name": "a" }])),
        ("n", json!(2)),
    ] {
        let mut body = small("a red ball");
        body[field] = value;
        let reply = house.post("/v1/videos", &body);
        let error = &reply.json()["error"];
        assert_eq!(
            (reply.status, &error["param"], &error["code"]),
            (400, &json!(field), &json!("not_supported_by_model")),
            "{}",
            reply.text
        );
    }
    let picture = send(
        &house,
        "/v1/videos",
        &[
            ("prompt", None, b"a red ball".as_slice()),
            ("input_reference", Some("a.png"), b"\x89PNG"),
        ],
    );
    assert_eq!(picture.json()["error"]["param"], "input_reference");
    for (fps, frames) in [(8, 20), (60, 30)] {
        let body = json!({ "prompt": "a red ball", "size": "64x64", "fps": fps, "frames": frames, "preview": false });
        let id = begin(&house, &body);
        let film = ended(&house, &id);
        assert_eq!(
            (&film["fps"], &film["frames"]),
            (&json!(fps), &json!(frames))
        );
        let frames_in = Frames::open(Cursor::new(content(&house, &id, ""))).unwrap();
        assert_eq!(frames_in.film().frames_per_second, fps);
        let settings = video::settings_in(Cursor::new(content(&house, &id, "")), now()).unwrap();
        assert_eq!(settings.fps, fps);
    }
    let mut body = small("a red ball");
    body["preview"] = json!("perhaps");
    assert_eq!(
        house.post("/v1/videos", &body).json()["error"]["param"],
        "preview"
    );
}

#[test]
fn shots_and_forms_are_read_as_json_is() {
    let house = House::open();
    let shots = json!([{ "prompt": "a red ball", "seconds": 0.5 }, { "prompt": "a cube at night", "seconds": "0.25" }]);
    let film = house
        .post(
            "/v1/videos",
            &json!({ "shots": shots, "size": "192x160", "fps": 12 }),
        )
        .json();
    assert_eq!(
        (&film["frames"], &film["prompt"]),
        (&json!(9), &json!("a red ball\na cube at night"))
    );
    let fields: Vec<(&str, Option<&str>, &[u8])> = vec![
        ("prompt", None, b"a red ball"),
        ("model", None, b"sora-2"),
        ("seconds", None, b"4"),
        ("size", None, b"720x1280"),
    ];
    let film = send(&house, "/v1/videos", &fields);
    assert_eq!(
        (&film.json()["seconds"], &film.json()["fps"]),
        (&json!("4"), &json!(24)),
        "{}",
        film.text
    );
    house.send(
        "DELETE",
        &format!("/v1/videos/{}", film.json()["id"].as_str().unwrap()),
        None,
        &[],
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a list of what is refused")]
fn what_cannot_be_is_refused_with_what_is_wrong() {
    let house = House::open();
    let long = "a".repeat(40_000);
    let cases = [
        (json!({}), "prompt", "Missing"),
        (json!({ "prompt": "" }), "prompt", "empty"),
        (json!({ "prompt": 5 }), "prompt", "is a text"),
        (
            json!({ "prompt": "a dragon" }),
            "prompt",
            "I do not know `dragon`",
        ),
        (json!({ "prompt": long }), "prompt", "40000 characters"),
        (
            json!({ "prompt": "a ball", "size": "1281x720" }),
            "size",
            "`1280x720` is the nearest",
        ),
        (
            json!({ "prompt": "a ball", "size": "huge" }),
            "size",
            "`1280x720` is the nearest",
        ),
        (
            json!({ "prompt": "a ball", "seconds": "0" }),
            "seconds",
            "cannot last 0 seconds",
        ),
        (
            json!({ "prompt": "a ball", "seconds": "1e9" }),
            "seconds",
            "cannot last",
        ),
        (
            json!({ "prompt": "a ball", "seconds": "soon" }),
            "seconds",
            "is no number",
        ),
        (
            json!({ "prompt": "a ball", "seconds": "NaN" }),
            "seconds",
            "is no number",
        ),
        (
            json!({ "prompt": "a ball", "frames": 0 }),
            "seconds",
            "cannot last 0 seconds",
        ),
        (json!({ "prompt": "a ball", "fps": 1000 }), "fps", "1 to 60"),
        (
            json!({ "prompt": "a ball", "seed": -1 }),
            "seed",
            "no whole number",
        ),
        (
            json!({ "prompt": "a ball", "model": "gpt-4" }),
            "model",
            "freehold-scene",
        ),
        (
            json!({ "prompt": "a ball", "input_reference": { "file_id": "file-1" } }),
            "input_reference",
            "from words alone",
        ),
        (
            json!({ "shots": [{ "prompt": "a ball" }, { "prompt": "a dragon" }] }),
            "shots[1].prompt",
            "shot 2",
        ),
        (
            json!({ "shots": [{}] }),
            "shots[0].prompt",
            "has a `prompt`",
        ),
        (json!({ "shots": [] }), "shots", "from 1 to 64"),
        (json!({ "shots": 3 }), "shots", "list"),
    ];
    for (body, param, words) in cases {
        let reply = house.post("/v1/videos", &body);
        let error = &reply.json()["error"];
        assert!([400, 404].contains(&reply.status), "{body}: {}", reply.text);
        assert_eq!(error["param"], param, "{}", reply.text);
        assert!(
            error["message"].as_str().unwrap().contains(words),
            "{}",
            reply.text
        );
    }
    for path in ["/v1/videos/video_x", "/v1/videos/video_x/content"] {
        assert_eq!(house.get(path).status, 404);
    }
    assert_eq!(house.get("/v1/videos").json()["data"], json!([]));
}

#[test]
fn a_film_is_its_owners_alone() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let film = owner
        .send("POST", "/v1/videos", &small("a red ball"))
        .json();
    let id = film["id"].as_str().unwrap();
    let ada = owner.adds("ada", "member");
    assert_eq!(ada.get(&format!("/v1/videos/{id}")).status, 404);
    assert_eq!(ada.get(&format!("/v1/videos/{id}/content")).status, 404);
    assert_eq!(ada.get("/v1/videos").json()["data"], json!([]));
    assert_eq!(house.get("/v1/videos").status, 401);
}

#[test]
fn films_are_made_in_turns_and_an_administrator_may_put_their_queue_aside() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let (ada, bob) = (owner.adds("ada", "admin"), owner.adds("bob", "member"));
    let hold = |by: &Signed<'_>, is_paused: bool| {
        by.send("PATCH", "/api/house", &json!({ "films_paused": is_paused }))
    };
    assert_eq!(hold(&bob, true).status, 403);
    assert_eq!(hold(&ada, true).json()["films_paused"], true);
    let begin = |by: &Signed<'_>| {
        let film = by.send("POST", "/v1/videos", &small("a red ball")).json();
        (
            film["id"].as_str().unwrap().to_owned(),
            film["queue_position"].clone(),
        )
    };
    let many: Vec<_> = (0..3).map(|_| begin(&ada)).collect();
    assert_eq!(many[2].1, 3);
    let (one, place) = begin(&bob);
    assert_eq!(place, 2);
    let last = ada.get(&format!("/v1/videos/{}", many[2].0)).json();
    assert_eq!(
        (&last["status"], &last["queue_position"]),
        (&json!("queued"), &json!(4))
    );
    let job = bob.get(&format!("/api/jobs/{one}")).json();
    assert_eq!(
        (&job["state"], &job["queue_position"]),
        (&json!("queued"), &json!(2))
    );
    assert_eq!(bob.get("/api/jobs").json()["data"][0]["queue_position"], 2);
    // Whoever deletes a film gives its place away.
    ada.send("DELETE", &format!("/v1/videos/{}", many[1].0), &Value::Null);
    assert_eq!(
        hold(&owner, false).json(),
        json!({
            "titles": true, "films_paused": false,
            "film_models": [{ "name": "freehold-scene", "size": "1280x720", "takes": [], "is_built_in": true }],
            "film_adapters": [],
        })
    );
    let done = |by: &Signed<'_>, id: &str| {
        let until = Instant::now() + PATIENCE;
        loop {
            let film = by.get(&format!("/v1/videos/{id}")).json();
            if film["status"] == "completed" {
                return;
            }
            assert!(
                Instant::now() < until && film["status"] != "failed",
                "{film}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    done(&ada, &many[2].0);
    // Bob's was made before the last of ada's.
    let film = bob.get(&format!("/v1/videos/{one}")).json();
    assert_eq!(film["status"], "completed", "{film}");
}

#[test]
fn what_is_being_made_is_called_off_and_what_was_interrupted_is_made_by_the_next_server() {
    let house = House::open();
    let long = json!({ "prompt": "a red ball", "size": "640x360", "seconds": "120" });
    let (first, second) = (begin(&house, &long), begin(&house, &small("a cube")));
    let not_yet = house.get(&format!("/v1/videos/{second}/content"));
    assert_eq!(
        (not_yet.status, &not_yet.json()["error"]["code"]),
        (409, &json!("video_not_ready"))
    );
    let cancelled = house.post(&format!("/api/jobs/{first}/cancel"), &json!({}));
    assert_eq!(cancelled.status, 200, "{}", cancelled.text);
    let film = ended(&house, &first);
    assert_eq!(
        (&film["status"], &film["error"]["code"]),
        (&json!("failed"), &json!("video_cancelled"))
    );
    let third = begin(&house, &small("a star"));
    let house = House::over(house.end(), true, json!({}));
    for id in [second, third] {
        assert_eq!(ended(&house, &id)["status"], "completed");
    }
    let left = std::fs::read_dir(house.data.path()).unwrap();
    let left: Vec<String> = left
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(
        !left.iter().any(|name| name.starts_with("incoming-")),
        "{left:?}"
    );
}

#[test]
fn a_film_is_asked_for_watched_and_taken_up_again_in_a_browser() {
    let house = House::open();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.go(&format!("{}/video", house.url));
    browser.until("document.querySelector('.wish textarea')");
    browser.write(
        ".wish textarea",
        "a small yellow star orbits a large purple sphere at night",
    );
    browser.run("const size = [...document.querySelectorAll('.wish-row select')].find((select) => select.querySelector('[value=\"640x360\"]')); size.value = '640x360'; document.querySelector('.shot select').value = '2'");
    browser.press(&[], &ENTER.to_string());
    browser.until("document.querySelectorAll('.film.is-completed video').length === 1");
    browser.run("document.querySelector('.film video').play()");
    browser.until("document.querySelector('.film video').readyState >= 2 && document.querySelector('.film video').videoWidth === 640");
    browser.picture("video");
    browser.click(".film-acts button");
    let taken = browser.value("document.querySelector('.wish textarea').value");
    assert_eq!(
        taken,
        "a small yellow star orbits a large purple sphere at night"
    );
    // What the file says of itself, checked by the house.
    browser.click(".film-acts button[title='How it was made']");
    browser.until("document.querySelector('dialog .signed .icon-done')");
    browser.until("document.querySelector('dialog')?.textContent.includes('drawn by a program')");
    browser.picture("video-card");
    browser.press(&[], &ESCAPE.to_string());
    browser.until("!document.querySelector('dialog[open]')");
    // The same film with other words.
    browser.click(".film-acts button[title='With other words']");
    browser.until("!document.querySelector('.followed').hidden");
    browser.write(
        ".wish textarea",
        "a small red star orbits a large blue sphere at night",
    );
    browser.click(".wish button.main");
    browser.until("document.querySelectorAll('.film.is-completed video').length === 2");
    let films = house.get("/v1/videos").json();
    assert_eq!(
        films["data"][0]["remixed_from_video_id"],
        films["data"][1]["id"]
    );
    assert_eq!(films["data"][0]["seed"], films["data"][1]["seed"]);
    assert_eq!(browser.log(), Vec::<String>::new());
    browser.click(".film-acts button");
    browser.write(".wish textarea", "a dragon");
    browser.click(".wish button.main");
    browser.until("document.querySelector('.wish .wrong').textContent.includes('dragon')");
}

#[test]
fn an_answer_leads_to_the_page_with_the_wish_filled_in() {
    let script = json!({ "lines": [{ "text": "It is made under [Video](/video?prompt=a+red+ball&seconds=3&size=320x240)." }] });
    let house = House::start(true, script);
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.ask("make a video of a red ball");
    browser.answered();
    browser.click("a[href^='/video?']");
    browser.until("document.querySelector('.wish textarea')?.value === 'a red ball'");
    assert_eq!(
        browser.value("document.querySelector('.shot select').value"),
        "3"
    );
    assert_eq!(
        browser.value("[...document.querySelectorAll('.wish-row select')].some((select) => select.value === '320x240')"),
        true
    );
    // Nothing was begun, and the address says no more than the page.
    assert_eq!(browser.value("location.search"), "");
    assert_eq!(house.get("/v1/videos").json()["data"], json!([]));
    browser.run("history.back()");
    browser.until("document.querySelector('.turn, .thread')");
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn films_of_other_seeds_play_side_by_side() {
    let house = House::open();
    for seed in [3, 4] {
        let mut wish = small("a red ball bounces");
        wish["seed"] = json!(seed);
        ended(&house, &begin(&house, &wish));
    }
    ended(&house, &begin(&house, &small("a blue cube")));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.go(&format!("{}/video", house.url));
    browser.until("document.querySelectorAll('.film.is-completed').length === 3");
    // What is alone has nothing beside it.
    let offered = "[...document.querySelectorAll('.film')].map((film) => !film.querySelector('button[title=\"Side by side\"]').hidden)";
    assert_eq!(browser.value(offered), json!([false, true, true]));
    browser.click(".film:nth-child(2) button[title='Side by side']");
    browser.until("document.querySelectorAll('dialog .beside video').length === 2");
    browser.click("dialog .beside ~ p button");
    browser.until("[...document.querySelectorAll('dialog .beside video')].every((film) => !film.paused && film.currentTime > 0)");
    browser.click("dialog .beside ~ p button");
    browser.until(
        "[...document.querySelectorAll('dialog .beside video')].every((film) => film.paused)",
    );
    browser.picture("video-beside");
    assert_eq!(browser.log(), Vec::<String>::new());
}
