//! Puts another name into a request's `model`, and leaves every other byte as it is.

use bytes::Bytes;
use serde_json::from_slice;

/// `body` with `name` as the value of each top-level member `model`; as it is where it is no JSON object, has
/// no such member, or says `name` already.
pub fn renamed(body: &Bytes, name: &str) -> Bytes {
    let Some(places) = places(body) else {
        return body.clone();
    };
    let says_it = |&(from, to): &(usize, usize)| {
        from_slice::<&str>(&body[from..to]).is_ok_and(|value| value == name)
    };
    if places.iter().all(says_it) {
        return body.clone();
    }
    let value = serde_json::Value::from(name).to_string();
    let mut renamed = Vec::with_capacity(body.len() + places.len() * value.len());
    let mut done = 0;
    for (from, to) in places {
        renamed.extend_from_slice(&body[done..from]);
        renamed.extend_from_slice(value.as_bytes());
        done = to;
    }
    renamed.extend_from_slice(&body[done..]);
    renamed.into()
}

/// Where the values of the top-level members `model` begin and end. The upstream judges what is JSON; here
/// it only has to be found.
fn places(body: &[u8]) -> Option<Vec<(usize, usize)>> {
    let mut at = blank(body, 0);
    if body.get(at) != Some(&b'{') {
        return None;
    }
    let mut places = Vec::new();
    at = blank(body, at + 1);
    while body.get(at) == Some(&b'"') {
        let end_of_key = end_of_string(body, at)?;
        let key = &body[at..end_of_key];
        let colon = blank(body, end_of_key);
        if body.get(colon) != Some(&b':') {
            return None;
        }
        let from = blank(body, colon + 1);
        let to = end_of_value(body, from)?;
        if is_model(key) {
            places.push((from, to));
        }
        at = blank(body, to);
        match body.get(at)? {
            b',' => at = blank(body, at + 1),
            _ => break,
        }
    }
    Some(places)
}

/// Whether the JSON string `key` spells `model`, be it with escapes.
fn is_model(key: &[u8]) -> bool {
    key == b"\"model\""
        || (key.contains(&b'\\') && from_slice::<String>(key).is_ok_and(|key| key == "model"))
}

fn blank(body: &[u8], at: usize) -> usize {
    let rest = body.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count()
}

/// Behind the closing quote of the string that begins at `at`.
fn end_of_string(body: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    loop {
        match body.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Behind the value that begins at `at`, whatever it holds.
fn end_of_value(body: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    let mut depth = 0usize;
    loop {
        match body.get(at)? {
            b'"' => {
                at = end_of_string(body, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return Some(at + depth),
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return Some(at),
            byte if depth == 0 && byte.is_ascii_whitespace() => return Some(at),
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(body: &str) -> String {
        let renamed = renamed(&Bytes::copy_from_slice(body.as_bytes()), "a/\"b\"");
        String::from_utf8(renamed.to_vec()).unwrap()
    }

    #[test]
    fn only_the_model_of_the_request_itself_is_renamed() {
        let cases = [
            (r#"{"model":"x"}"#, r#"{"model":"a/\"b\""}"#),
            (
                r#" { "tools" : [{"model":"t"}, "model"] , "model" : "x" , "n":1.50e3 }"#,
                r#" { "tools" : [{"model":"t"}, "model"] , "model" : "a/\"b\"" , "n":1.50e3 }"#,
            ),
            (
                r#"{"mod\u0065l":null,"s":"}\\\"{"}"#,
                r#"{"mod\u0065l":"a/\"b\"","s":"}\\\"{"}"#,
            ),
            (
                r#"{"model":["x",{"y":"]"}],"model":2}"#,
                r#"{"model":"a/\"b\"","model":"a/\"b\""}"#,
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(after(body), expected);
        }
    }

    #[test]
    fn what_is_no_object_or_broken_stays_as_it_is() {
        for body in [
            "",
            "[]",
            "{",
            "{}",
            r#"{"model""#,
            r#"{"model":"#,
            r#"{"model":"x"#,
            r#"{"a":1}"#,
            "\"model\"",
            r#"{"model":[[}"#,
        ] {
            assert_eq!(after(body), body);
        }
    }

    #[test]
    fn the_right_name_costs_no_copy() {
        let body = Bytes::from_static(br#"{"model":"x","n":1}"#);
        assert_eq!(renamed(&body, "x").as_ptr(), body.as_ptr());
    }
}
