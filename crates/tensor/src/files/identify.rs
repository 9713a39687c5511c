//! What a file is, by its first bytes, where people often have something else than weights.

use std::path::Path;

use crate::Error;

/// Files that are taken for weights, by their first bytes: what they are, and what to do.
const STRANGERS: &[(&[u8], &str, &str)] = &[
    (
        b"version https://git-lfs.github.com/spec/",
        "is a git-lfs pointer, not the weights it points to",
        "run `git lfs pull` in its folder",
    ),
    (
        b"PK\x03\x04",
        "is a PyTorch file, which can run code when it is read",
        "convert it to safetensors",
    ),
    (
        b"\x80\x02",
        "is a pickle, which can run code when it is read",
        "convert it to safetensors",
    ),
    (
        b"\x80\x04",
        "is a pickle, which can run code when it is read",
        "convert it to safetensors",
    ),
    (
        b"ggjt",
        "is in a format older than GGUF",
        "fetch a GGUF file of the model",
    ),
    (
        b"<!DOCTYPE",
        "is a web page",
        "fetch the file itself, not the page about it",
    ),
    (
        b"<html",
        "is a web page",
        "fetch the file itself, not the page about it",
    ),
];

/// Refuses files that are empty or no weights at all, and says what they are.
pub(super) fn refuse_strangers(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if bytes.is_empty() {
        return Err(Error::Incomplete {
            path: path.to_owned(),
            reason: "it is empty".to_owned(),
            hint: "fetch it again".to_owned(),
        });
    }
    // The length at the start of a safetensors file may begin with any two bytes, but ends in zeros.
    let may_be_length = bytes.get(4..8) == Some(&[0; 4]);
    for (start, reason, hint) in STRANGERS {
        if bytes.starts_with(start) && !may_be_length {
            return Err(Error::NotAModel {
                path: path.to_owned(),
                reason: (*reason).to_owned(),
                hint: (*hint).to_owned(),
            });
        }
    }
    Ok(())
}
