//! Whether a file is the one that credentials were made for. Source: C2PA 2.2 section 15.12.

use std::io::{Read, Seek};
use std::ops::Range;

use ciborium::Value;

use super::assertions::{DATA_HASH, FRAME};
use super::cbor::{self, Fields as _};
use super::digest::{SHA256_NAME, algorithm, merged, of_file, sum_of_parts};
use super::error::{Checked, invalid, printable, unread};
use super::format::{Format, Place, excluded};
use super::input::Input;
use super::store::Manifest;

/// What assertions that bind begin with.
const HASHES: &str = "c2pa.hash.";

const FILM_HASHES: [&str; 2] = ["c2pa.hash.bmff.v2", "c2pa.hash.bmff.v3"];

/// Checks that the file is as it was signed; how many of its bytes no sum covers, besides the credentials.
pub(super) fn check<R: Read + Seek>(
    input: &mut Input<'_, R>,
    format: Format,
    place: &Place,
    manifest: &Manifest<'_>,
) -> Checked<u64> {
    let hashes = manifest.assertions.iter();
    let mut hashes = hashes.filter(|one| one.label.starts_with(HASHES));
    let (Some(hash), None) = (hashes.next(), hashes.next()) else {
        return invalid("there is not one sum of the file");
    };
    let label = hash.label;
    let Some(content) = hash.content else {
        return invalid("the sum of the file is no CBOR");
    };
    let content = cbor::read(content)?;
    let (skipped, marks) = match format {
        Format::Mp4 if FILM_HASHES.contains(&label) => of_film(input, &content)?,
        Format::Gif | Format::Jpeg | Format::Png | Format::Webp if label == DATA_HASH => {
            (of_picture(&content)?, Vec::new())
        }
        _ => return unread(format!("a sum by `{}` of a {format}", printable(label))),
    };
    if !skipped.contains(&place.span) {
        return invalid("the sum of the file does not leave out the credentials");
    }
    let named = content.text("alg").or(manifest.claim.text("alg"));
    let Some(wanted) = content.bytes("hash") else {
        return invalid("there is no sum of the file");
    };
    let found = of_file(
        input,
        algorithm(named.unwrap_or(SHA256_NAME))?,
        &skipped,
        &marks,
    )?;
    if found != wanted {
        return invalid("the file was changed since it was signed");
    }
    let mut skipped: u64 = merged(&skipped, input.length())?.iter().map(length).sum();
    skipped -= length(&place.span);
    if manifest.assertions.iter().any(|one| one.label == FRAME) {
        let wanted = manifest.assertion(FRAME);
        let found = sum_of_parts(input, &place.frame, &[])?;
        let is_as_summed = wanted.is_some_and(|wanted| wanted.bytes("hash") == Some(&found[..]));
        if !is_as_summed || !manifest.is_plain {
            return invalid("what lies around the credentials was changed since they were signed");
        }
        let span = &place.span;
        let is_outside = |part: &&Range<u64>| part.end <= span.start || span.end <= part.start;
        let covered: u64 = place.frame.iter().filter(is_outside).map(length).sum();
        skipped = skipped.saturating_sub(covered);
    }
    Ok(skipped)
}

fn length(range: &Range<u64>) -> u64 {
    range.end - range.start
}

/// What the sum of a picture leaves out. Source: C2PA 2.2 section 18.5.
fn of_picture(content: &Value) -> Checked<Vec<Range<u64>>> {
    for pad in ["pad", "pad2"] {
        if content
            .bytes(pad)
            .is_some_and(|pad| pad.iter().any(|byte| *byte != 0))
        {
            return invalid("there is something where the sum of the file has a gap");
        }
    }
    let mut skipped: Vec<Range<u64>> = Vec::new();
    for part in content.list("exclusions") {
        let (Some(start), Some(length)) = (part.number("start"), part.number("length")) else {
            return invalid("the sum of the file leaves out what has no place");
        };
        let end = start.checked_add(length);
        let last = skipped.last().map_or(0, |last| last.end);
        match end {
            Some(end) if start >= last => skipped.push(start..end),
            _ => return invalid("the sum of the file leaves out something twice"),
        }
    }
    Ok(skipped)
}

/// What the sum of a film leaves out, and where boxes begin. Source: C2PA 2.2 section 18.6.
fn of_film<R: Read + Seek>(
    input: &mut Input<'_, R>,
    content: &Value,
) -> Checked<(Vec<Range<u64>>, Vec<u64>)> {
    if content
        .field("merkle")
        .is_some_and(|merkle| !merkle.is_null())
    {
        return unread("the film was signed in parts");
    }
    let exclusions = content.list("exclusions");
    if exclusions.is_empty() {
        return invalid("the sum of the film leaves out nothing");
    }
    let excluded = excluded(input, exclusions)?;
    Ok((excluded.ranges, excluded.marks))
}
