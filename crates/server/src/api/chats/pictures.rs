//! Pictures in what is asked: they are what they say, and models that read none are told so in words.

use base64ct::{Base64, Encoding as _};
use serde_json::{Value, json};

use crate::fault::{Fault, Result};

/// Bytes of a picture at most.
const BYTES_MAX: usize = 8 << 20;

/// Pictures of a question at most.
const COUNT_MAX: usize = 8;

/// Kinds of pictures that models read, with what their bytes begin with and where that stands.
const KINDS: [(&str, usize, &[u8]); 5] = [
    ("image/png", 0, b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", 0, b"\xff\xd8\xff"),
    ("image/webp", 8, b"WEBP"),
    ("image/gif", 0, b"GIF87a"),
    ("image/gif", 0, b"GIF89a"),
];

/// How many pictures are in a question, each of which is checked.
pub(super) fn checked(input: &Value) -> Result<usize> {
    let mut count = 0;
    for part in parts(input).filter(|part| part["type"] == "input_image") {
        count += 1;
        check(part["image_url"].as_str().unwrap_or_default())?;
    }
    if count > COUNT_MAX {
        let message = format!("`{count}` pictures in one question; there may be `{COUNT_MAX}`");
        return Err(Fault::param("input", message).code("too_many_pictures"));
    }
    Ok(count)
}

fn parts(input: &Value) -> impl Iterator<Item = &Value> {
    let items = input.as_array().into_iter().flatten();
    items.flat_map(|item| item["content"].as_array().into_iter().flatten())
}

fn check(url: &str) -> Result<()> {
    let refuse = |message: String| Err(Fault::param("input", message).code("unusable_picture"));
    let found = url
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    let Some((kind, text)) = found else {
        return refuse(
            "a picture of a chat is sent along\nhint: `data:image/png;base64,…`".to_owned(),
        );
    };
    if text.len() / 4 * 3 > BYTES_MAX {
        let most = BYTES_MAX >> 20;
        return refuse(format!(
            "a picture is larger than `{most}` MiB\nhint: make it smaller"
        ));
    }
    let bytes = Base64::decode_vec(text).unwrap_or_default();
    let is_kind = |(name, at, sign): &(&str, usize, &[u8])| {
        kind == *name && bytes.get(*at..).is_some_and(|rest| rest.starts_with(sign))
    };
    if !KINDS.iter().any(is_kind) {
        let message = "a picture is not what it says\nhint: PNG, JPEG, WebP and GIF are read";
        return refuse(message.to_owned());
    }
    Ok(())
}

/// That the model called `model` reads no pictures.
pub(super) fn refused(model: &str) -> Fault {
    let message = format!(
        "the model `{model}` reads text, and no pictures\nhint: choose one that does; the owner names those of other \
         servers by `images = true` in `freehold.toml`"
    );
    Fault::param("input", message).code("unsupported_content")
}

/// What was said before, for a model that reads no pictures: words stand in their place.
pub(super) fn in_words(mut items: Vec<Value>) -> Vec<Value> {
    let contents = items
        .iter_mut()
        .filter_map(|item| item["content"].as_array_mut());
    for part in contents.flatten() {
        if part["type"] == "input_image" {
            let name = part["filename"].as_str().unwrap_or("without a name");
            let text = format!("(Here was a picture, `{name}`, which you cannot see.)");
            *part = json!({ "type": "input_text", "text": text });
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(url: &str) -> Value {
        json!([{ "type": "message", "content": [{ "type": "input_image", "image_url": url }] }])
    }

    #[test]
    fn pictures_are_what_they_say() {
        let url = |kind: &str, bytes: &[u8]| {
            format!("data:{kind};base64,{}", Base64::encode_string(bytes))
        };
        let png = b"\x89PNG\r\n\x1a\nrest".as_slice();
        assert_eq!(checked(&asked(&url("image/png", png))), Ok(1));
        assert_eq!(
            checked(&asked(&url("image/webp", b"RIFF\0\0\0\0WEBPVP8 "))),
            Ok(1)
        );
        for wrong in [
            url("image/jpeg", png),
            url("image/svg+xml", b"<svg onload=alert(1)>"),
            url("text/html", png),
            "https://elsewhere.example/a.png".to_owned(),
            "data:image/png;base64,%%%".to_owned(),
            url("image/gif", &[0; 64]),
            format!("data:image/png;base64,{}", "A".repeat(12 << 20)),
        ] {
            let fault = checked(&asked(&wrong)).unwrap_err();
            assert_eq!(
                fault.code.as_deref(),
                Some("unusable_picture"),
                "{}",
                &wrong[..30]
            );
        }
        let url = url("image/png", png);
        let one = json!({ "type": "input_image", "image_url": url });
        let many = json!([{ "type": "message", "content": vec![one; 9] }]);
        assert!(checked(&many).is_err());
    }

    #[test]
    fn models_that_read_none_are_told_that_there_was_one() {
        let items = asked("data:image/png;base64,");
        let words = in_words(items.as_array().cloned().unwrap());
        let text = words[0]["content"][0]["text"].as_str().unwrap();
        assert!(text.contains("which you cannot see"), "{text}");
    }
}
