//! Somebody who came in by a link.

use serde_json::{Value, json};

use crate::house::{House, Reply};

/// Somebody who is signed in.
pub struct Signed<'a> {
    pub house: &'a House,
    pub cookie: String,
    pub csrf: String,
    pub id: String,
}

impl<'a> Signed<'a> {
    pub fn by(house: &'a House, link: &str) -> Self {
        let token = link.rsplit('#').next().unwrap();
        let reply = house.post("/api/session", &json!({ "link": token }));
        assert_eq!(reply.status, 200, "{}", reply.text);
        let cookie = reply.header("set-cookie").unwrap().to_owned();
        let said = reply.json();
        Self {
            house,
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: said["csrf"].as_str().unwrap().to_owned(),
            id: said["user"].as_str().unwrap().to_owned(),
        }
    }

    pub fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [("cookie", &*self.cookie), ("x-csrf-token", &*self.csrf)];
        let body = (!body.is_null()).then(|| body.to_string());
        self.house.send(method, path, body.as_deref(), &headers)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &Value::Null)
    }

    /// Adds somebody, and signs them in.
    pub fn adds(&self, name: &str, role: &str) -> Signed<'a> {
        let made = self.send(
            "POST",
            "/api/people",
            &json!({ "name": name, "role": role }),
        );
        assert_eq!(made.status, 200, "{}", made.text);
        let made = made.json();
        let signed = Signed::by(self.house, made["link"].as_str().unwrap());
        assert_eq!(made["id"], signed.id);
        signed
    }
}
