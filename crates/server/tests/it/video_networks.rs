//! `/v1/videos` by networks: tiny ones of random weights, which make noise of the right size.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding as _};
use media::credentials::{Source, Status, Trust, verify};
use media::{Picture, still};
use serde_json::{Value, json};

use server::Films;

use crate::browser::{Browser, ENTER, Look};
use crate::files::send;
use crate::house::{House, Reply, options};

/// How long a film may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(240);

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/wan")
        .join(name)
}

/// A house with networks that make films from words, and from words and a picture.
fn house() -> House {
    let data = tempfile::tempdir().unwrap();
    let mut options = options(data.path(), true, json!({ "lines": [] }));
    options.films = Films {
        built_in: None,
        models: vec![fixture("t2v"), fixture("ti2v")],
        adapters: vec![
            fixture("lora").join("diffusers.safetensors"),
            fixture("schedules.safetensors"),
        ],
    };
    House::serving(data, options)
}

fn small(model: &str) -> Value {
    json!({
        "model": model, "prompt": "a cat on a wall", "size": "64x64", "seconds": "0.5", "steps": 2, "seed": 3,
        "negative_prompt": "blurred",
    })
}

fn picture() -> Vec<u8> {
    let mut picture = Picture::new(40, 30);
    picture.bytes.fill(180);
    still::png(&picture).unwrap()
}

/// A picture that takes as many bytes as it has.
fn noisy() -> Vec<u8> {
    let mut picture = Picture::new(700, 600);
    let mut state = 1_u32;
    for byte in &mut picture.bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    still::png(&picture).unwrap()
}

fn ended(house: &House, begun: &Reply) -> Value {
    assert_eq!(begun.status, 200, "{}", begun.text);
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    let until = Instant::now() + PATIENCE;
    loop {
        let film = house.get(&format!("/v1/videos/{id}")).json();
        if ["completed", "failed"].contains(&film["status"].as_str().unwrap()) {
            assert_eq!(film["status"], "completed", "{film}");
            return film;
        }
        assert!(Instant::now() < until, "{film}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the credentials of a film say it was made of, and how.
fn made_of(house: &House, film: &Value) -> (Vec<String>, Option<String>) {
    let path = format!("/v1/videos/{}/content", film["id"].as_str().unwrap());
    let (status, bytes) = house.bytes("GET", &path, &[]);
    assert_eq!(status, 200);
    let report = verify(
        &mut Cursor::new(&bytes),
        &Trust::nobody(crate::videos::now()),
    )
    .unwrap();
    assert_eq!(report.status, Status::Valid);
    let content = report.content.unwrap();
    assert_eq!(content.source, Some(Source::TrainedAlgorithmicMedia));
    let titles = content.ingredients.into_iter().filter_map(|one| one.title);
    (
        titles.collect(),
        content.making.and_then(|making| making.model),
    )
}

#[test]
fn networks_that_the_owner_named_make_films_between_words_and_pictures() {
    let house = house();
    let film = ended(&house, &house.post("/v1/videos", &small("t2v")));
    assert_eq!(
        (&film["model"], &film["fps"], &film["frames"]),
        (&json!("t2v"), &json!(16), &json!(8))
    );
    assert_eq!(made_of(&house, &film), (vec![], Some("t2v".to_owned())));

    // A photograph is larger than most requests are.
    let mut begun = small("ti2v");
    let address = format!("data:image/png;base64,{}", Base64::encode_string(&noisy()));
    assert!(address.len() > 1 << 20);
    begun["input_reference"] = json!({ "image_url": address });
    let film = ended(&house, &house.post("/v1/videos", &begun));
    let reference = vec!["input_reference".to_owned()];
    assert_eq!(
        made_of(&house, &film),
        (reference.clone(), Some("ti2v".to_owned()))
    );

    assert_eq!(film["sound"], false);
    // The same as a form, with a file.
    let parts = [
        ("model", None, b"ti2v".as_slice()),
        ("prompt", None, b"a cat on a wall"),
        ("size", None, b"64x64"),
        ("seconds", None, b"0.5"),
        ("steps", None, b"2"),
        ("input_reference", Some("a.png"), &picture()),
    ];
    let form = ended(&house, &send(&house, "/v1/videos", &parts));
    assert_eq!(made_of(&house, &form).0, reference);
    let mut carried = parts;
    carried[5] = ("input_reference", None, address.as_bytes());
    let form = ended(&house, &send(&house, "/v1/videos", &carried));
    assert_eq!(made_of(&house, &form).0, reference);

    // A remix is made by the same network, in as many steps.
    let remix = format!("/v1/videos/{}/remix", film["id"].as_str().unwrap());
    let remix = ended(&house, &house.post(&remix, &json!({ "prompt": "a dog" })));
    assert_eq!(
        (&remix["model"], &remix["prompt"]),
        (&json!("ti2v"), &json!("a dog"))
    );
}

#[test]
fn the_network_that_comes_with_it_answers_to_two_names() {
    let data = tempfile::tempdir().unwrap();
    let mut options = options(data.path(), true, json!({ "lines": [] }));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/video");
    options.films = Films {
        built_in: Some(folder),
        ..Films::default()
    };
    let house = House::serving(data, options);
    let listed = house.get("/api/house").json();
    let model = listed["film_models"][1].clone();
    assert_eq!(model["is_built_in"], true, "{listed}");
    for name in ["built-in", model["name"].as_str().unwrap()] {
        let asked = json!({
            "model": name, "prompt": "a red ball", "seconds": "1", "steps": 2, "guidance": 1,
        });
        let film = ended(&house, &house.post("/v1/videos", &asked));
        assert_eq!(
            (&film["model"], &film["size"], &film["fps"]),
            (&model["name"], &json!("384x384"), &json!(4))
        );
    }
    let asked = json!({ "model": "built", "prompt": "a red ball" });
    assert_eq!(house.post("/v1/videos", &asked).status, 404);
}

/// What a film says of how it was made.
fn settings(house: &House, film: &Value) -> video::Settings {
    let path = format!("/v1/videos/{}/content", film["id"].as_str().unwrap());
    let (_, bytes) = house.bytes("GET", &path, &[]);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    video::settings_in(file, crate::videos::now()).unwrap()
}

#[test]
fn adapters_that_the_owner_named_are_added_by_name() {
    let house = house();
    let with = |loras: Value| {
        let mut body = small("t2v");
        body["loras"] = loras;
        body
    };
    let film = ended(
        &house,
        &house.post(
            "/v1/videos",
            &with(json!([{ "name": "diffusers", "scale": 0.5 }])),
        ),
    );
    let kept = json!([{ "name": "diffusers", "scale": 0.5 }]);
    assert_eq!(film["loras"], kept);
    let said = settings(&house, &film);
    assert_eq!(serde_json::to_value(&said.adapters).unwrap(), kept);
    // Whoever goes on from it adds the same, unless others are asked for.
    let remix = format!("/v1/videos/{}/remix", film["id"].as_str().unwrap());
    let same = house.post(&remix, &json!({ "prompt": "a dog" })).json();
    assert_eq!(same["loras"], kept);
    let bare = json!({ "prompt": "a dog", "loras": [] });
    assert_eq!(house.post(&remix, &bare).json()["loras"], json!([]));

    for (loras, said) in [
        (json!(["none"]), "there are `diffusers`, `schedules`"),
        (json!("diffusers"), "a list of names"),
        (json!([{ "scale": 1 }]), "a list of names"),
        (json!([{ "name": "diffusers", "scale": 9 }]), "from -4 to 4"),
        (json!(vec!["diffusers"; 9]), "more than `8`"),
    ] {
        let refused = house.post("/v1/videos", &with(loras));
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert_eq!(refused.json()["error"]["param"], "loras");
        assert!(refused.text.contains(said), "{}", refused.text);
    }
    // What is no adapter is refused before anything waits for it.
    let refused = house.post("/v1/videos", &with(json!(["schedules"])));
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("adapter"), "{}", refused.text);
    let drawn = json!({ "prompt": "a red ball", "loras": ["diffusers"] });
    assert_eq!(house.post("/v1/videos", &drawn).status, 400);
}

#[test]
fn what_a_network_cannot_is_refused_by_name_before_it_waits() {
    let house = house();
    let with = |model: &str, field: &str, value: Value| {
        let mut body = small(model);
        body[field] = value;
        body
    };
    for (body, status, param) in [
        (with("nobody", "n", Value::Null), 404, "model"),
        (with("t2v", "steps", json!(0)), 400, "steps"),
        (with("t2v", "size", json!("72x64")), 400, "size"),
        (with("t2v", "loop", json!(true)), 400, "model"),
        (with("t2v", "guidance", json!(1)), 400, "model"),
        (with("t2v", "n", json!(2)), 400, "n"),
        (
            with("ti2v", "input_reference", json!("here")),
            400,
            "input_reference",
        ),
        (
            with(
                "ti2v",
                "input_reference",
                json!("data:image/png;base64,AAAA"),
            ),
            400,
            "input_reference",
        ),
        (
            with("ti2v", "input_reference", json!({ "file_id": "file-none" })),
            404,
            "",
        ),
        (
            with(
                "t2v",
                "input_reference",
                json!(format!(
                    "data:image/png;base64,{}",
                    Base64::encode_string(&picture())
                )),
            ),
            400,
            "model",
        ),
    ] {
        let reply = house.post("/v1/videos", &body);
        assert_eq!(reply.status, status, "{}", reply.text);
        let named = reply.json()["error"]["param"].clone();
        assert_eq!(named.as_str().unwrap_or_default(), param, "{}", reply.text);
    }
    let unknown = house.post("/v1/videos", &small("nobody"));
    assert!(
        unknown.text.contains("`freehold-scene`, `t2v`, `ti2v` do"),
        "{}",
        unknown.text
    );
    assert_eq!(house.get("/v1/videos").json()["data"], json!([]));
}

#[test]
fn the_law_says_who_may_ask_a_network() {
    let data = tempfile::tempdir().unwrap();
    let mut options = options(data.path(), true, json!({ "lines": [] }));
    options.films.models = vec![fixture("t2v")];
    fs::create_dir_all(data.path().join("rules")).unwrap();
    let rule = "@id(\"drawn\")\nforbid (principal, action == Freehold::Action::\"infer\", resource == Freehold::Model::\"t2v\");";
    fs::write(data.path().join("rules/drawn.cedar"), rule).unwrap();
    let house = House::serving(data, options);
    let refused = house.post("/v1/videos", &small("t2v"));
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert!(refused.text.contains("drawn"), "{}", refused.text);
    let drawn = json!({ "prompt": "a red ball", "size": "64x64", "seconds": "0.5" });
    ended(&house, &house.post("/v1/videos", &drawn));
}

#[test]
fn a_network_is_chosen_and_given_a_picture_in_a_browser() {
    let house = house();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.go(&format!("{}/video", house.url));
    browser.until("document.querySelectorAll('.wish-row select option[value=ti2v]').length === 1");
    let offered = "document.querySelector('.still').checkVisibility()";
    assert_eq!(browser.value(offered), false);
    browser.run("const model = document.querySelector('.wish-row select'); model.value = 'ti2v'; model.dispatchEvent(new Event('change'));");
    browser.until(offered);
    // It begins with a picture, and does not end with one.
    let shown = browser
        .value("[...document.querySelectorAll('.still')].map((frame) => frame.checkVisibility())");
    assert_eq!(shown, json!([true, false]));
    let address = Base64::encode_string(&picture());
    browser.run(&format!(
        "const bytes = Uint8Array.from(atob('{address}'), (sign) => sign.charCodeAt(0));
        const dropped = new DataTransfer();
        dropped.items.add(new File([bytes], 'a.png', {{ type: 'image/png' }}));
        document.querySelector('.still').dispatchEvent(new DragEvent('drop', {{ dataTransfer: dropped, bubbles: true, cancelable: true }}));
        const size = document.querySelectorAll('.wish-row select')[1];
        size.append(new Option('64x64', '64x64', true, true));"
    ));
    browser.until("document.querySelector('.still img')?.complete");
    browser.picture("video-network");
    browser.write(".wish textarea", "a cat on a wall");
    browser.run("document.querySelector('.shot select').append(new Option('', '0.5', true, true))");
    // As many steps as are usual would take too long here.
    browser.run("const send = FormData.prototype.append; FormData.prototype.append = function (...all) { if (all[0] === 'seed') send.call(this, 'steps', '2'); return send.apply(this, all); };");
    browser.press(&[], &ENTER.to_string());
    browser.until("document.querySelectorAll('.film.is-completed video').length === 1");
    let film = house.get("/v1/videos").json()["data"][0].clone();
    assert_eq!(
        (&film["model"], &film["steps"]),
        (&json!("ti2v"), &json!(2))
    );
    assert_eq!(made_of(&house, &film).0, ["input_reference"]);
    browser.click(".film-acts button[title='How it was made']");
    browser.until_text("ti2v: generated");
    assert_eq!(browser.log(), Vec::<String>::new());
}

#[test]
fn an_adapter_and_a_track_are_chosen_in_a_browser() {
    let house = house();
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    browser.enter(&house.url);
    browser.go(&format!("{}/video", house.url));
    browser.until("document.querySelectorAll('.wish-row select option[value=t2v]').length === 1");
    let offered = "document.querySelector('.wish-pair').checkVisibility()";
    assert_eq!(browser.value(offered), false);
    let choose = |name: &str, value: &str| {
        browser.run(&format!("const select = document.querySelector('.wish [aria-label=\"{name}\"]'); select.value = '{value}'; select.dispatchEvent(new Event('change'));"));
    };
    choose("Made by", "t2v");
    browser.until(offered);
    choose("Adapter", "diffusers");
    choose("Strength", "0.5");
    choose("Sound", "own");
    browser.run("document.querySelectorAll('.wish-row select')[1].append(new Option('64x64', '64x64', true, true)); document.querySelector('.shot select').append(new Option('', '0.5', true, true))");
    browser.run("const send = FormData.prototype.append; FormData.prototype.append = function (...all) { if (all[0] === 'seed') send.call(this, 'steps', '2'); return send.apply(this, all); };");
    browser.write(".wish textarea", "a cat on a wall");
    browser.press(&[], &ENTER.to_string());
    // A track of one's own that is not there yet is asked for.
    browser
        .until("document.querySelector('.wish .wrong').textContent.includes('Choose the track')");
    let tone = Base64::encode_string(&crate::videos::tone());
    browser.run(&format!(
        "const bytes = Uint8Array.from(atob('{tone}'), (sign) => sign.charCodeAt(0));
        const held = new DataTransfer();
        held.items.add(new File([bytes], 'tone.wav', {{ type: 'audio/wav' }}));
        document.querySelector('.wish [aria-label=Track]').files = held.files;"
    ));
    browser.picture("video-adapter");
    browser.click(".wish button.main");
    browser.until("document.querySelectorAll('.film.is-completed video').length === 1");
    let film = house.get("/v1/videos").json()["data"][0].clone();
    let kept = json!([{ "name": "diffusers", "scale": 0.5 }]);
    assert_eq!(
        (&film["loras"], &film["sound"]),
        (&kept, &json!(true)),
        "{film}"
    );
    assert_eq!(browser.log(), Vec::<String>::new());
}
