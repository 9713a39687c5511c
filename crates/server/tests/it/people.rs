//! The house as its owner keeps it: people, keys, rules, the log.

use std::collections::BTreeMap;
use std::io::Read as _;

use serde_json::{Value, json};

use crate::house::House;
use crate::signed::Signed;

#[test]
fn people_are_added_changed_kept_out_and_erased() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("Ada", "member");
    let people = owner.get("/api/people").json();
    let names: Vec<&str> = people["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| person["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"ada") && names.contains(&"owner"),
        "{names:?}"
    );
    // Who is no owner keeps nobody.
    assert_eq!(ada.get("/api/people").status, 403);
    let path = format!("/api/people/{}", ada.id);
    let refused = ada.send("PATCH", &path, &json!({ "role": "owner" }));
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (403, &json!("denied"))
    );
    let changed = owner.send("PATCH", &path, &json!({ "role": "admin" }));
    assert_eq!(
        (changed.status, &changed.json()["role"]),
        (200, &json!("admin"))
    );
    assert_eq!(
        owner
            .send("PATCH", &path, &json!({ "role": "king" }))
            .status,
        400
    );
    let out = owner.send("PATCH", &path, &json!({ "disabled": true }));
    assert_eq!(out.json()["disabled"], true);
    assert_eq!(ada.get("/v1/models").status, 401, "sessions end at once");
    // The house keeps an owner.
    let last = owner.send(
        "PATCH",
        &format!("/api/people/{}", owner.id),
        &json!({ "role": "member" }),
    );
    assert_eq!(last.json()["error"]["code"], "last_owner");
    let wrong = owner.send("DELETE", &path, &json!({ "name": "owner" }));
    assert_eq!(wrong.status, 400);
    let gone = owner.send("DELETE", &path, &json!({ "name": "Ada" }));
    assert_eq!((gone.status, &gone.json()["erased"]), (200, &json!(true)));
    assert_eq!(
        owner
            .send("DELETE", &path, &json!({ "name": "ada" }))
            .status,
        404
    );
    assert!(!owner.get("/api/people").text.contains("ada"));
    let verified = owner.send("POST", "/api/audit/verify", &json!({}));
    assert_eq!(verified.json()["whole"], true, "{}", verified.text);
}

#[test]
fn a_new_link_opens_once() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("ada", "member");
    let made = owner.send("POST", &format!("/api/people/{}/link", ada.id), &json!({}));
    let link = made.json()["link"].as_str().unwrap().to_owned();
    assert_eq!(Signed::by(&house, &link).id, ada.id);
    let token = link.rsplit('#').next().unwrap();
    assert_eq!(
        house.post("/api/session", &json!({ "link": token })).status,
        401
    );
    assert_eq!(
        ada.send(
            "POST",
            &format!("/api/people/{}/link", owner.id),
            &json!({})
        )
        .status,
        403
    );
}

#[test]
fn what_somebody_keeps_is_handed_out_as_one_file() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("ada", "member");
    let asked = json!({ "model": "script", "input": "a word of mine" });
    assert_eq!(ada.send("POST", "/v1/responses", &asked).status, 200);
    let headers = [("cookie", &*ada.cookie), ("x-csrf-token", &*ada.csrf)];
    let path = format!("/api/people/{}/export", ada.id);
    let (status, bytes) = house.bytes("POST", &path, &headers);
    assert_eq!(status, 200);
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        files.insert(entry.path().unwrap().display().to_string(), text);
    }
    assert!(
        files["freehold-export/user.json"].contains("ada"),
        "{files:?}"
    );
    assert!(files["freehold-export/objects.jsonl"].contains("a word of mine"));
    // Nothing unsealed stays behind.
    let left = house.data.path().join("handed-out");
    assert_eq!(std::fs::read_dir(left).unwrap().count(), 0);
    assert_eq!(
        ada.send(
            "POST",
            &format!("/api/people/{}/export", owner.id),
            &json!({})
        )
        .status,
        403
    );
}

#[test]
fn keys_have_budgets_and_an_end() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("ada", "member");
    let wanted = json!({
        "name": "small", "scopes": ["infer"], "budgets": { "requests_per_minute": 1 },
        "expires_at": 4_000_000_000_u64,
    });
    let made = ada.send("POST", "/api/keys", &wanted);
    assert_eq!(made.status, 200, "{}", made.text);
    let made = made.json();
    assert_eq!(made["budgets"]["requests_per_minute"], 1);
    assert_eq!(made["expires_at"], "2096-10-02T07:06:40Z");
    let key = format!("Bearer {}", made["key"].as_str().unwrap());
    let body = r#"{"model":"script","messages":[{"role":"user","content":"hello"}]}"#;
    let ask = || {
        house.send(
            "POST",
            "/v1/chat/completions",
            Some(body),
            &[("authorization", &*key)],
        )
    };
    assert_eq!(ask().status, 200);
    let limited = ask();
    assert_eq!(limited.status, 429, "{}", limited.text);
    assert_eq!(limited.json()["error"]["code"], "rate_limit_exceeded");
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let past = ada.send(
        "POST",
        "/api/keys",
        &json!({ "name": "old", "expires_at": 1 }),
    );
    assert_eq!(past.status, 400);
    let unknown = json!({ "name": "x", "budgets": { "tokens": 1 } });
    assert_eq!(ada.send("POST", "/api/keys", &unknown).status, 400);
    // Everybody's keys are the owner's affair.
    assert_eq!(ada.get("/api/keys?of=everybody").status, 403);
    let all = owner.get("/api/keys?of=everybody").json();
    assert_eq!(all["data"][0]["user"], ada.id);
    assert_eq!(owner.get("/api/keys").json()["data"], json!([]));
}

#[test]
fn the_log_is_read_from_its_end_and_by_kind() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("ada", "member");
    for _ in 0..5 {
        ada.get("/v1/models");
    }
    assert_eq!(ada.get("/api/audit").status, 403);
    let page = owner.get("/api/audit?limit=3").json();
    let lines = page["data"].as_array().unwrap();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["action"], "read_audit");
    assert_eq!(lines[1]["action"], "read_audit");
    assert_eq!(
        (&lines[1]["allowed"], &lines[1]["by"]),
        (&json!(false), &json!(ada.id))
    );
    let next = page["next_before"].as_u64().unwrap();
    assert_eq!(next, lines[2]["sequence"].as_u64().unwrap());
    let mut sequences = Vec::new();
    let mut before = next;
    loop {
        let page = owner
            .get(&format!("/api/audit?limit=3&before={before}"))
            .json();
        let found = page["data"].as_array().unwrap().clone();
        sequences.extend(found.iter().map(|line| line["sequence"].as_u64().unwrap()));
        match page["next_before"].as_u64() {
            Some(next) => before = next,
            None => break,
        }
    }
    let all: Vec<u64> = (1..next).rev().collect();
    assert_eq!(sequences, all, "every line once");
    let seen = owner
        .get(&format!("/api/audit?by={}&action=see_models", ada.id))
        .json();
    assert_eq!(seen["data"].as_array().unwrap().len(), 5);
    let refused = owner.get("/api/audit?allowed=false").json();
    assert_eq!(refused["data"].as_array().unwrap().len(), 1);
    assert_eq!(owner.get("/api/audit?limit=0").status, 400);
    assert_eq!(owner.get("/api/audit?before=x").status, 400);
}

#[test]
fn the_law_is_readable_and_says_why() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = owner.adds("ada", "member");
    let rules = ada.get("/api/rules").json();
    assert_eq!(
        (&rules["data"][0]["name"], &rules["data"][0]["shipped"]),
        (&json!("freehold.cedar"), &json!(true))
    );
    assert!(
        rules["data"][0]["text"]
            .as_str()
            .unwrap()
            .contains("permit")
    );
    let ask = |who: &Signed<'_>, question: Value| who.send("POST", "/api/rules/why", &question);
    let may = ask(&ada, json!({ "action": "infer", "model": "script" })).json();
    assert_eq!(may["allowed"], true, "{may}");
    assert!(!may["rules"].as_array().unwrap().is_empty());
    let may_not = ask(&ada, json!({ "action": "read_audit" })).json();
    assert_eq!(may_not["allowed"], false);
    assert!(
        may_not["sentence"]
            .as_str()
            .unwrap()
            .contains("not permitted"),
        "{may_not}"
    );
    let others = json!({ "action": "read", "kind": "conversation", "owner": owner.id });
    assert_eq!(ask(&ada, others).json()["allowed"], false);
    // About others the owner alone asks.
    let about = json!({ "person": ada.id, "action": "operate" });
    assert_eq!(ask(&owner, about).json()["allowed"], false);
    assert_eq!(
        ask(&ada, json!({ "person": owner.id, "action": "operate" })).status,
        403
    );
    assert_eq!(ask(&ada, json!({ "action": "fly" })).status, 400);
    assert_eq!(ask(&ada, json!({ "action": "infer" })).status, 400);
    assert_eq!(
        ada.send("POST", "/api/rules/reload", &json!({})).status,
        403
    );
    assert_eq!(
        owner.send("POST", "/api/rules/reload", &json!({})).status,
        200
    );
}

#[test]
fn upstreams_are_told_of_to_who_runs_the_house() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    assert_eq!(owner.get("/api/upstreams").json(), json!({ "data": [] }));
    assert_eq!(
        owner.adds("ada", "member").get("/api/upstreams").status,
        403
    );
}
