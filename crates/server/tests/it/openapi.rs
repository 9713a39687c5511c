//! `/openapi.json` says what is served, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

const DOCUMENT: &str = include_str!("../../openapi.json");

const PAGES: [&str; 12] = [
    "get /",
    "get /sign-in",
    "get /welcome",
    "get /code",
    "get /models",
    "get /training",
    "get /video",
    "get /activity",
    "get /settings",
    "get /chat/{id}",
    "get /sw.js",
    "get /app/{hash}/{path}",
];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[test]
fn what_is_routed_is_described_and_nothing_else() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            described.insert(format!("{method} {path}"));
        }
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut routed = BTreeSet::new();
    read_routes(&sources, &mut routed);
    // Pages are for people.
    routed.retain(|route| !PAGES.contains(&route.as_str()));
    assert_eq!(routed, described);
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(map) => {
                if let Some(to) = map.get("$ref").and_then(Value::as_str) {
                    let found = document.pointer(to.trim_start_matches('#'));
                    assert!(found.is_some(), "{to}");
                }
                map.values().for_each(|value| walk(value, document));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, document)),
            _ => {}
        }
    }
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    walk(&document, &document);
}

#[test]
fn a_route_is_read_with_all_of_its_methods() {
    let mut routed = BTreeSet::new();
    routes_of(
        "Router::new().route(\"/a\", get(one).delete(two)).route(\n\"/b/{*c}\",\n post(f))",
        &mut routed,
    );
    let routed: Vec<&str> = routed.iter().map(String::as_str).collect();
    assert_eq!(routed, ["delete /a", "get /a", "post /b/{c}"]);
}

/// A router does not tell its routes; the sources do.
fn read_routes(folder: &Path, routed: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_routes(&path, routed);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            routes_of(&text, routed);
        }
    }
}

fn routes_of(text: &str, routed: &mut BTreeSet<String>) {
    for call in text.split(".route(").skip(1) {
        let mut depth = 1;
        let end = call.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let call = &call[..end.expect("the call ends")];
        let path = call.split('"').nth(1).expect("the path is written out");
        let path = path.replace("{*", "{");
        let handlers = &call[call.rfind('"').expect("the path ends")..];
        for method in METHODS {
            if handlers.contains(&format!("{method}(")) {
                routed.insert(format!("{method} {path}"));
            }
        }
    }
}
