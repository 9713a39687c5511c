//! What the server tells whom: what they may, what was done, what they are called, and where files lie.

use serde_json::{Value, json};

use crate::house::House;
use crate::signed::Signed;
use crate::tiny;

/// The lines of the log that are found.
fn lines(owner: &Signed<'_>, query: &str) -> Vec<Value> {
    let reply = owner.get(&format!("/api/audit?limit=500&{query}"));
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["data"].as_array().unwrap().clone()
}

fn actions(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["action"].as_str().unwrap())
        .collect()
}

#[test]
fn the_log_hides_mere_reads_where_it_is_wished_and_no_page_is_short_of_lines() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    for number in 0..30 {
        owner.get("/api/models");
        let note = json!({ "title": number.to_string(), "text": "x" });
        assert_eq!(owner.send("POST", "/api/notes", &note).status, 200);
    }
    let member = owner.adds("bob", "member");
    assert_eq!(member.get("/api/audit").status, 403);
    let page = owner.get("/api/audit?limit=20&reads=false").json();
    let page = page["data"].as_array().unwrap();
    assert_eq!(page.len(), 20);
    let seen = lines(&owner, "reads=false");
    assert!(!actions(&seen).contains(&"see_models"));
    // Who was refused did not merely look.
    assert!(
        seen.iter()
            .any(|line| line["action"] == "read_audit" && line["allowed"] == false)
    );
    let changes = |line: &Value| line["action"] == "write" && line["on"]["kind"] == "note";
    assert_eq!(seen.iter().filter(|line| changes(line)).count(), 30);
    assert!(actions(&lines(&owner, "")).contains(&"see_models"));
    assert!(actions(&lines(&owner, "reads=true")).contains(&"see_models"));
    // What is hidden is in the chain.
    let report = owner.send("POST", "/api/audit/verify", &json!({})).json();
    assert_eq!(report["whole"], true);
    let last = lines(&owner, "")[0]["sequence"].as_u64().unwrap();
    assert!(report["lines"].as_u64().unwrap() + 4 >= last);
}

#[test]
fn the_log_is_searched_by_what_people_see_of_it_in_either_language() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let ada = json!({ "name": "ada.loewe", "display_name": "Ada Löwe", "role": "guest" });
    let made = owner.send("POST", "/api/people", &ada).json();
    let guest = Signed::by(&house, made["link"].as_str().unwrap());
    let key = owner.send("POST", "/api/keys", &json!({ "name": "laptop" }));
    let key = key.json()["id"].as_str().unwrap().to_owned();
    let refused = guest.send("POST", "/api/keys", &json!({ "name": "mine" }));
    assert_eq!(refused.status, 403);
    let found = lines(&owner, "reads=false&q=sign_in");
    // A link to sign in by was made, too.
    assert_eq!(actions(&found), ["sign_in", "manage_account", "sign_in"]);
    for text in ["signed%20in", "signed_in", "angemeldet", "SIGNED+IN"] {
        let found = lines(&owner, &format!("reads=false&q={text}"));
        assert_eq!(actions(&found), ["sign_in", "sign_in"], "{text}");
    }
    for text in ["ada+signed", "l%C3%B6we+angemeldet", "ada.loewe+sign"] {
        let found = lines(&owner, &format!("q={text}"));
        let by: Vec<&Value> = found.iter().map(|line| &line["by"]).collect();
        match text.contains("ada.loewe") {
            // The name to sign in with is nothing that the log shows.
            true => assert_eq!(by, Vec::<&Value>::new()),
            false => assert_eq!(by, [&json!(guest.id)], "{text}"),
        }
    }
    for text in [
        "refused+key",
        "abgelehnt+schl%C3%BCssel",
        "manage_keys+refused",
    ] {
        let found = lines(&owner, &format!("q={text}"));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(
            (&found[0]["by"], &found[0]["allowed"]),
            (&json!(guest.id), &json!(false))
        );
    }
    let made = owner.get("/api/audit?q=made+laptop").json();
    assert_eq!(made["data"][0]["on"]["key"], key.as_str());
    assert_eq!(made["names"][&key], "laptop");
    assert_eq!(made["rules"]["own-keys"], "members make keys of their own");
    assert_eq!(
        lines(&owner, "q=nothing+of+that+kind+here"),
        Vec::<Value>::new()
    );
}

#[test]
fn pages_are_told_what_whoever_asks_may_do_and_why_they_may_not() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let may = |who: &Signed<'_>| who.get("/api/session").json()["may"].clone();
    assert_eq!(
        may(&owner),
        json!({
            "keep_files": true, "manage_account": true, "manage_keys": true, "manage_models": true,
            "read_audit": true, "operate": true, "give_roles": ["guest", "member", "admin", "owner"],
        })
    );
    let guest = owner.adds("gus", "guest");
    assert_eq!(
        may(&guest),
        json!({
            "keep_files": false, "manage_account": true, "manage_keys": false, "manage_models": false,
            "read_audit": false, "operate": false, "give_roles": [],
        })
    );
    let admin = owner.adds("root", "admin");
    assert_eq!(
        may(&admin)["give_roles"],
        json!(["guest", "member", "admin"])
    );
    assert_eq!(may(&admin)["operate"], false);
    let people = admin.get("/api/people").json();
    let people = people["data"].as_array().unwrap();
    let change = |name: &str| {
        let found = people.iter().find(|person| person["name"] == name);
        found.unwrap()["may_change"].clone()
    };
    assert_eq!(
        (change("owner"), change("gus")),
        (json!(false), json!(true))
    );
    let refused = guest
        .send("POST", "/api/keys", &json!({ "name": "x" }))
        .json();
    let error = &refused["error"];
    assert_eq!(
        (&error["code"], &error["action"], &error["rules"]),
        (&json!("denied"), &json!("manage_keys"), &json!([]))
    );
}

#[test]
fn people_are_called_what_they_like_and_sign_in_by_another_name() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let wanted = json!({ "name": "ada", "display_name": "  Ada Löwe ", "role": "member" });
    let made = owner.send("POST", "/api/people", &wanted).json();
    assert_eq!(
        (&made["name"], &made["display_name"]),
        (&json!("ada"), &json!("Ada Löwe"))
    );
    assert_eq!(made["link_works"], "on_this_machine");
    let ada = Signed::by(&house, made["link"].as_str().unwrap());
    let change = |who: &Signed<'_>, path: &str, name: &str| {
        who.send("PATCH", path, &json!({ "display_name": name }))
    };
    let said = change(&ada, "/api/session", "李小龙");
    assert_eq!(said.json()["display_name"], "李小龙", "{}", said.text);
    assert_eq!(ada.get("/api/session").json()["display_name"], "李小龙");
    assert_eq!(ada.get("/api/session").json()["name"], "ada");
    for wrong in ["a\u{202e}b", "a\u{7}b", &"x".repeat(65)] {
        let refused = change(&ada, "/api/session", wrong);
        assert_eq!(
            refused.json()["error"]["code"],
            "bad_display_name",
            "{wrong:?}"
        );
    }
    let path = format!("/api/people/{}", ada.id);
    assert_eq!(change(&ada, &path, "Eve").status, 403);
    assert_eq!(
        change(&owner, &path, "Ada L.").json()["display_name"],
        "Ada L."
    );
    // Nothing gives back the name to sign in with.
    assert_eq!(change(&owner, &path, " ").json()["display_name"], "ada");
    // A member changes nobody else, nor an admin an owner.
    let admin = owner.adds("root", "admin");
    let path = format!("/api/people/{}", owner.id);
    assert_eq!(change(&admin, &path, "Eve").status, 403);
}

#[test]
fn a_wrong_address_is_a_page_for_people_and_json_for_programs() {
    let house = House::closed();
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let asked = |accept: &str, language: &str| {
        let headers = [("accept", accept), ("accept-language", language)];
        house.send("GET", "/settngs", None, &headers)
    };
    let page = asked(browser, "de-AT,de;q=0.9,en;q=0.5");
    assert_eq!(page.status, 404);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("default-src 'none'")
    );
    assert!(page.text.contains("<html lang=\"de\">") && page.text.contains("Hier ist nichts"));
    assert!(page.text.contains("href=\"/\"") && page.text.contains("Go home"));
    assert!(
        !page.text.contains("<script")
            && !page.text.contains("style=\"")
            && !page.text.contains("{HASH}")
    );
    // What the page is drawn with is there.
    let sheets = page.text.split("href=\"").skip(1);
    let sheets: Vec<&str> = sheets.filter_map(|rest| rest.split('"').next()).collect();
    for sheet in sheets.iter().filter(|path| path.starts_with("/app/")) {
        assert_eq!(house.get(sheet).status, 200, "{sheet}");
    }
    assert!(asked(browser, "fr").text.contains("Nothing is here"));
    for accept in [
        "*/*",
        "application/json",
        "application/json, text/html;q=0.5",
    ] {
        let data = asked(accept, "de");
        assert_eq!(
            (data.status, &data.json()["error"]["code"]),
            (404, &json!("unknown_url")),
            "{accept}"
        );
    }
    let headers = [("accept", browser)];
    let posted = house.send("POST", "/settngs", Some("{}"), &headers);
    assert_eq!(posted.json()["error"]["code"], "unknown_url");
}

#[test]
fn where_a_broken_model_lies_is_told_to_those_who_manage_models() {
    let house = House::closed();
    let owner = Signed::by(&house, &house.link);
    let folder = tiny::folder();
    let own = json!({ "source": folder.path(), "name": "tiny", "agreed": true, "links": true });
    let added = owner.send("POST", "/api/models", &own);
    assert_eq!(added.status, 200, "{}", added.text);
    for _ in 0..200 {
        let listed = owner.get("/api/models");
        if listed.text.contains("\"tiny\"") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "safetensors") {
            std::fs::write(path, b"no weights").unwrap();
        }
    }
    let ask = json!({ "model": "tiny", "messages": [{ "role": "user", "content": "hello" }] });
    let place = folder.path().display().to_string();
    let told = owner.send("POST", "/v1/chat/completions", &ask);
    assert!(
        told.status >= 400 && told.text.contains(&place),
        "{}",
        told.text
    );
    let member = owner.adds("bob", "member");
    let told = member.send("POST", "/v1/chat/completions", &ask);
    assert!(
        told.status >= 400 && !told.text.contains(&place),
        "{}",
        told.text
    );
    assert!(
        told.text.contains("the model `tiny` cannot be used"),
        "{}",
        told.text
    );
    let response = json!({ "model": "tiny", "input": "hello" });
    let told = member.send("POST", "/v1/responses", &response);
    assert!(!told.text.contains(&place), "{}", told.text);
    let vectors = json!({ "model": "tiny", "input": "hello" });
    let told = member.send("POST", "/v1/embeddings", &vectors);
    assert!(
        told.status >= 400 && !told.text.contains(&place),
        "{}",
        told.text
    );
}
