//! Who makes models sees how they come along.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use training::note_training;

use crate::browser::{Browser, Look};
use crate::house::House;
use crate::signed::Signed;

/// A training of some steps in the data of a house, as its journal tells it.
fn training(data: &Path, name: &str, steps: u64) {
    let out = data.join("runs").join(name);
    fs::create_dir_all(out.join("learn")).unwrap();
    let mut lines: Vec<Value> = (1..=steps)
        .map(|step| {
            json!({
                "kind": "step", "step": step, "steps": 2 * steps, "loss": 8.0 / (step as f64).sqrt(),
                "gradient_norm": 1.0, "learning_rate": 0.001, "tokens": 100 * step, "tokens_per_second": 2000.0,
                "utilisation": 0.4, "seconds": step, "seconds_left": steps,
            })
        })
        .collect();
    lines.push(json!({ "kind": "measured", "step": steps, "data": "aside", "loss": 0.5 }));
    lines.push(
        json!({ "kind": "sample", "step": steps, "question": "add 3 and 4", "answer": "<b>7</b>" }),
    );
    lines.push(json!({ "kind": "note", "step": 3, "text": "this batch is left out" }));
    let text: Vec<String> = lines.iter().map(|line| line.to_string() + "\n").collect();
    fs::write(out.join("learn/log.jsonl"), text.concat()).unwrap();
    note_training(data, Path::new("nowhere.toml"), name, &out).unwrap();
}

#[test]
fn whoever_manages_models_sees_the_curves_and_nobody_else() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("ada", "member");
    assert_eq!(owner.get("/api/trainings").json()["data"], json!([]));
    training(house.data.path(), "tiny", 2000);
    fs::write(house.data.path().join("trainings/odd.json"), "[1,").unwrap();
    let listed = owner.get("/api/trainings").json();
    let one = &listed["data"][0];
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(
        (&one["state"], &one["stage"], &one["step"]["step"]),
        (&json!("running"), &json!("learn"), &json!(2000))
    );
    let path = format!("/api/trainings/{}", one["id"].as_str().unwrap());
    let whole = owner.get(&path).json();
    let stage = &whole["stages"][0];
    let points = stage["steps"].as_array().unwrap().len();
    assert_eq!(
        (points, stage["loss"].as_array().unwrap().len()),
        (500, 500)
    );
    assert_eq!(stage["samples"][0]["answer"], "<b>7</b>");
    assert_eq!(owner.get("/api/trainings/..%2Fodd").status, 404);
    assert_eq!(
        (ada.get("/api/trainings").status, ada.get(&path).status),
        (403, 403)
    );
}

#[test]
fn curves_are_drawn_compared_and_told_in_words() {
    let house = House::start(false, json!({}));
    let Some(browser) = Browser::start(Look::default()) else {
        return;
    };
    training(house.data.path(), "tiny", 300);
    training(house.data.path(), "wide", 200);
    let token = house.link.rsplit('#').next().unwrap().to_owned();
    browser.sign_in(&house.url, &token);
    browser.go(&format!("{}/training", house.url));
    browser.until("document.querySelectorAll('.chart polyline').length === 2");
    let said = browser.value("document.querySelector('.chart svg').getAttribute('aria-label')");
    assert!(
        said.as_str()
            .unwrap()
            .contains("tiny: loss 0.462 after 300 steps"),
        "{said}"
    );
    let sample = browser.value("document.querySelector('.samples dd').textContent");
    assert_eq!(sample, "<b>7</b>", "answers are text");
    browser.run("document.querySelectorAll('.trainings input')[1].click()");
    browser.until("document.querySelectorAll('.chart polyline').length === 1");
    browser.picture("training");
}
