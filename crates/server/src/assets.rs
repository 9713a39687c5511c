//! The files of the web app, which are part of the binary. All of them lie below an address that changes with any of
//! them, so that browsers keep them for ever and never mix two versions.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::fault::Fault;

include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// A file of the app.
struct File {
    path: &'static str,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
}

/// Where the files of the app come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assets {
    /// A folder that stands in place of what is in the binary, for those who work on the app.
    folder: Option<PathBuf>,
}

/// Whether a browser may keep a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// For ever: its address changes with it.
    Always,
    /// No longer than until it is asked for again.
    Never,
}

impl Assets {
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The file at `path`, as it was built under `hash`.
    pub fn file(&self, hash: &str, path: &str, asked: &HeaderMap) -> Response {
        match &self.folder {
            None if hash != HASH => missing(path),
            None => self.reply(path, Lasting::Always, asked),
            Some(_) => self.reply(path, Lasting::Never, asked),
        }
    }

    /// The page that says that there is nothing here, in the language that whoever asks reads best.
    pub fn nowhere(&self, asked: &HeaderMap) -> Response {
        let path = format!("nowhere/{}.html", tongue(asked));
        let mut response = self.reply(&path, Lasting::Never, asked);
        *response.status_mut() = StatusCode::NOT_FOUND;
        let vary = HeaderValue::from_static("accept, accept-encoding, accept-language");
        response.headers_mut().insert(header::VARY, vary);
        response
    }

    /// The file at `path` under an address of its own, which stays the same.
    pub fn reply(&self, path: &str, lasting: Lasting, asked: &HeaderMap) -> Response {
        if let Some(folder) = &self.folder {
            return match read(folder, path) {
                Some(bytes) => reply(path, Cow::Owned(bytes), Lasting::Never),
                None => missing(path),
            };
        }
        let Ok(at) = FILES.binary_search_by(|file| file.path.cmp(path)) else {
            return missing(path);
        };
        let file = &FILES[at];
        match file.gzip.filter(|_| takes_gzip(asked)) {
            None => reply(path, Cow::Borrowed(file.plain), lasting),
            Some(gzip) => {
                let mut response = reply(path, Cow::Borrowed(gzip), lasting);
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                response
            }
        }
    }
}

/// What the app says in each of its languages, in Fluent.
pub(crate) fn spoken() -> impl Iterator<Item = &'static str> {
    let files = FILES.iter().filter(|file| file.path.ends_with(".ftl"));
    files.filter_map(|file| std::str::from_utf8(file.plain).ok())
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let accepted = asked.get(header::ACCEPT_ENCODING);
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip"
            && !quality.replace(' ', "").starts_with("q=0;")
            && quality.trim() != "q=0"
    })
}

fn reply(path: &str, bytes: Cow<'static, [u8]>, lasting: Lasting) -> Response {
    let body = match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let lasting = match lasting {
        Lasting::Always => "public, max-age=31536000, immutable",
        Lasting::Never => "no-cache",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(lasting));
    response
}

fn missing(path: &str) -> Response {
    let path: String = path.chars().take(200).collect();
    let message =
        format!("there is no file `{path}` in this version of the app\nhint: load the page again");
    Fault::new(StatusCode::NOT_FOUND, message)
        .code("unknown_url")
        .into_response()
}

/// What a file is, by the end of its name.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}

/// The first language that somebody reads and the app speaks.
fn tongue(asked: &HeaderMap) -> &'static str {
    let spoken = ["de", "en"];
    preferred(asked, header::ACCEPT_LANGUAGE)
        .iter()
        .find_map(|wanted| {
            let wanted = wanted.split('-').next().unwrap_or_default();
            spoken.into_iter().find(|tongue| *tongue == wanted)
        })
        .unwrap_or("en")
}

/// Whether it is a page that is asked for rather than data: browsers that go somewhere name pages first, programs
/// take anything.
pub(crate) fn wants_page(asked: &HeaderMap) -> bool {
    let wanted = preferred(asked, header::ACCEPT);
    let page = wanted.iter().position(|kind| kind == "text/html");
    let data = wanted.iter().position(|kind| kind == "application/json");
    page.is_some_and(|page| data.is_none_or(|data| page < data))
}

/// What a header lists, what is liked best first.
fn preferred(asked: &HeaderMap, name: header::HeaderName) -> Vec<String> {
    let text = asked.get(name).and_then(|value| value.to_str().ok());
    let parts = text.unwrap_or_default().split(',').take(32);
    let mut liked: Vec<(String, f32)> = parts
        .map(|part| {
            let mut parameters = part.split(';').map(str::trim);
            let what = parameters.next().unwrap_or_default().to_lowercase();
            let weight = parameters.find_map(|text| text.strip_prefix("q="));
            (what, weight.map_or(1.0, |text| text.parse().unwrap_or(0.0)))
        })
        .collect();
    liked.retain(|(_, weight)| *weight > 0.0);
    liked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    liked.into_iter().map(|(what, _)| what).collect()
}

/// A file of a folder, and of nowhere else.
fn read(folder: &Path, path: &str) -> Option<Vec<u8>> {
    let is_below = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let bytes = is_below
        .then(|| std::fs::read(folder.join(path)).ok())
        .flatten()?;
    if !path.ends_with(".html") && path != "sw.js" {
        return Some(bytes);
    }
    let text = String::from_utf8_lossy(&bytes).replace("{HASH}", "dev");
    Some(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of what a browser gets before the first page can be used.
    const FIRST_BYTES_MAX: usize = 150 << 10;

    fn file(path: &str) -> &'static File {
        FILES
            .iter()
            .find(|file| file.path == path)
            .expect("it is there")
    }

    #[test]
    fn files_can_be_found_by_name() {
        assert!(FILES.is_sorted_by(|one, other| one.path < other.path));
        assert!(
            FILES
                .iter()
                .all(|file| kind(file.path) != "text/plain; charset=utf-8"
                    || file.path.ends_with(".ftl")
                    || file.path.contains("LICENSE"))
        );
    }

    #[test]
    fn the_first_page_is_small() {
        let page = std::str::from_utf8(file("index.html").plain).unwrap();
        let mut bytes = 0;
        let mut count = 0;
        let links = page
            .split(['"'])
            .filter_map(|text| text.strip_prefix("/app/"));
        for link in links {
            let path = link.split_once('/').unwrap().1;
            let file = file(path);
            bytes += file.gzip.unwrap_or(file.plain).len();
            count += 1;
        }
        // The words of one language come later.
        bytes += file("text/de.ftl").gzip.unwrap().len();
        assert!(count > 10, "the page links what it needs");
        assert!(bytes <= FIRST_BYTES_MAX, "`{bytes}` bytes");
    }

    #[test]
    fn nothing_outside_of_a_folder_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.js"), "1").unwrap();
        let below = folder.path().join("below");
        std::fs::create_dir(&below).unwrap();
        assert_eq!(read(folder.path(), "a.js").unwrap(), b"1");
        assert!(read(&below, "../a.js").is_none());
        let absolute = folder.path().join("a.js");
        assert!(read(&below, absolute.to_str().unwrap()).is_none());
    }

    #[test]
    fn pages_are_for_those_who_like_them_better_than_data() {
        let asked = |name: header::HeaderName, text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(text));
            headers
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let page = |text| wants_page(&asked(header::ACCEPT, text));
        assert!(page(browser) && page("application/json;q=0.5, text/html"));
        for text in [
            "*/*",
            "application/json, text/html",
            "text/html;q=0",
            "",
            "text/html;q=x",
        ] {
            assert!(!page(text), "{text}");
        }
        let tongue = |text| tongue(&asked(header::ACCEPT_LANGUAGE, text));
        assert_eq!(tongue("de-AT,de;q=0.9,en;q=0.8"), "de");
        assert_eq!(tongue("fr, en;q=0.2, de;q=0.7"), "de");
        assert_eq!(tongue("fr"), "en");
    }

    #[test]
    fn only_who_takes_gzip_gets_it() {
        let asked = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            takes_gzip(&headers)
        };
        assert!(asked("br, gzip;q=0.8") && asked("gzip"));
        assert!(!asked("br") && !asked("gzip;q=0") && !takes_gzip(&HeaderMap::new()));
    }
}
