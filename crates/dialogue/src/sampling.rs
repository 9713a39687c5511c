//! How a model's publisher recommends to choose tokens.

use std::fs;
use std::path::Path;

use engine::sampling::Sampling;

/// What `generation_config.json` in `folder` recommends, else what most models bear.
pub(crate) fn recommended(folder: &Path) -> Sampling {
    let usual = Sampling {
        temperature: 0.7,
        top_p: 0.95,
        ..Sampling::default()
    };
    let text = fs::read_to_string(folder.join("generation_config.json")).unwrap_or_default();
    let Ok(stated) = serde_json::from_str::<serde_json::Value>(&text) else {
        return usual;
    };
    let number = |key: &str| stated[key].as_f64().map(|number| number as f32);
    let sampling = Sampling {
        temperature: number("temperature").unwrap_or(usual.temperature),
        top_p: number("top_p").unwrap_or(usual.top_p),
        top_k: stated["top_k"].as_u64().unwrap_or(0) as usize,
        min_p: number("min_p").unwrap_or(0.0),
        repetition_penalty: number("repetition_penalty").unwrap_or(1.0),
        ..usual.clone()
    };
    match sampling.complaint() {
        None => sampling,
        Some(_) => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_publisher_says_is_taken_unless_it_makes_no_sense() {
        let folder = tempfile::tempdir().unwrap();
        let usual = recommended(folder.path());
        assert_eq!((usual.temperature, usual.top_p), (0.7, 0.95));
        let path = folder.path().join("generation_config.json");
        fs::write(&path, r#"{"temperature": 0.6, "top_k": 20, "min_p": 0.1}"#).unwrap();
        let stated = recommended(folder.path());
        assert_eq!(
            (stated.temperature, stated.top_k, stated.min_p, stated.top_p),
            (0.6, 20, 0.1, 0.95)
        );
        fs::write(&path, r#"{"temperature": -3}"#).unwrap();
        assert_eq!(recommended(folder.path()), usual);
        fs::write(&path, "no JSON").unwrap();
        assert_eq!(recommended(folder.path()), usual);
    }
}
