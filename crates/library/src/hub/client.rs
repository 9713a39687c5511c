//! Talks to a hub: one request at a time, redirects followed with care.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use ureq::http::{Response, StatusCode, Uri};
use ureq::{Agent, Body, Proxy};

use super::{HubName, HubOptions, odd_reply};
use crate::error::{Error, Result};

/// As long as a hub may say nothing at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Redirects that are followed; a hub sends one, to where its files lie.
const REDIRECTS_MAX: usize = 5;

/// Asks a hub.
pub struct Client {
    agent: Agent,
    endpoint: String,
    token: Option<String>,
}

/// Why a request came to nothing.
#[derive(Debug)]
pub enum Trouble {
    /// It may work a little later.
    Passing(Error),
    /// It will not.
    Lasting(Error),
}

impl Trouble {
    /// Why.
    pub fn into_error(self) -> Error {
        match self {
            Self::Passing(error) | Self::Lasting(error) => error,
        }
    }
}

impl Client {
    pub fn new(options: &HubOptions) -> Result<Self> {
        let endpoint = options.endpoint.trim_end_matches('/').to_owned();
        let refuse =
            |what: String, hint: &str| Err(Error::refused("bad_hub_name", what).hint(hint));
        if Origin::of(&endpoint).is_none() {
            let what = format!("`{endpoint}` is no address of a hub");
            return refuse(what, "`--endpoint https://hub.example`");
        }
        let is_near = Origin::of(&endpoint).is_some_and(|origin| origin.is_loopback());
        let proxy = match options.proxy.as_deref().filter(|_| !is_near) {
            None => None,
            Some(address) => match Proxy::new(address) {
                Ok(proxy) => Some(proxy),
                Err(_) => {
                    let what = format!("`{address}` is no address of a proxy");
                    return refuse(what, "`http://host:port`, in the variable HTTPS_PROXY");
                }
            },
        };
        let config = Agent::config_builder()
            .user_agent(concat!("freehold/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE));
        Ok(Self {
            agent: config.build().new_agent(),
            endpoint,
            token: options.token.clone().filter(|token| !token.is_empty()),
        })
    }

    /// Where the hub tells about a model, with the sums of its files.
    pub fn page_url(&self, name: &HubName) -> String {
        let revision = escaped(&name.revision.replace('/', "%2F"));
        format!(
            "{}/api/models/{}/revision/{revision}?blobs=true",
            self.endpoint, name.id
        )
    }

    /// Where a file of a commit lies.
    pub fn file_url(&self, name: &HubName, commit: &str, path: &Path) -> String {
        let path = escaped(&path.to_string_lossy());
        format!("{}/{}/resolve/{commit}/{path}", self.endpoint, name.id)
    }

    /// The text at `url`, at most `bytes_max` long.
    pub fn text(&self, url: &str, bytes_max: u64) -> Result<String> {
        let mut tries = 0..2;
        let response = loop {
            match self.get(url, &[]) {
                Err(Trouble::Passing(_)) if tries.next().is_some() => {
                    std::thread::sleep(Duration::from_millis(300));
                }
                done => break done.map_err(Trouble::into_error)?,
            }
        };
        let mut bytes = Vec::new();
        let mut body = response.into_body().into_reader().take(bytes_max + 1);
        body.read_to_end(&mut bytes)
            .map_err(|error| self.unreachable(error))?;
        match bytes.len() as u64 > bytes_max {
            true => Err(odd_reply(
                "the model",
                format_args!("more than {bytes_max} bytes came"),
            )),
            false => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// What lies at `url`, with a status of success.
    pub fn get(&self, url: &str, headers: &[(&str, String)]) -> Result<Response<Body>, Trouble> {
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS_MAX {
            let mut request = self.agent.get(&url);
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            if let Some(token) = self.token_for(&url) {
                request = request.header("Authorization", format!("Bearer {token}"));
            }
            let response = request.call().map_err(|error| self.broken(error))?;
            if !response.status().is_redirection() {
                return match response.status().is_success() {
                    true => Ok(response),
                    false => Err(self.refusal(&url, &response)),
                };
            }
            url = redirected(&url, &response).map_err(Trouble::Lasting)?;
        }
        let why = format!("it redirects more than {REDIRECTS_MAX} times");
        Err(Trouble::Lasting(odd_reply("a file", why)))
    }

    /// The token, where it may be told: to the hub itself, and not in the open.
    fn token_for(&self, url: &str) -> Option<&str> {
        let (to, hub) = (Origin::of(url)?, Origin::of(&self.endpoint)?);
        let is_private = to.is_encrypted() || to.is_loopback();
        self.token.as_deref().filter(|_| to == hub && is_private)
    }

    fn broken(&self, error: ureq::Error) -> Trouble {
        use ureq::Error as Broken;
        match error {
            Broken::Tls(_) | Broken::Rustls(_) => Trouble::Lasting(self.unreachable(error)),
            Broken::BadUri(_) | Broken::Http(_) => Trouble::Lasting(odd_reply("a file", error)),
            other => Trouble::Passing(self.unreachable(other)),
        }
    }

    /// That nobody answers.
    pub fn unreachable(&self, cause: impl std::fmt::Display) -> Error {
        let what = format!("the hub `{}` cannot be reached: {cause}", self.endpoint);
        Error::failed("hub_unreachable", what).hint(
            "what has come is kept: the same command goes on where it stopped\n\
             without a network, `freehold model add` takes a folder or a file; `--endpoint` names a \
             mirror, the variable HTTPS_PROXY a proxy",
        )
    }

    fn refusal(&self, url: &str, response: &Response<Body>) -> Trouble {
        let status = response.status();
        let header = |name: &str| response.headers().get(name)?.to_str().ok();
        let what = self.model_in(url);
        let page = format!("{}/{what}", self.endpoint);
        let missing = |part: &str, hint: String| {
            let error = Error::refused("no_such_model", format!("the hub has no {part}"));
            Trouble::Lasting(error.hint(hint))
        };
        let missing_model = || {
            let hint = "is the name spelled as on its page? a model that is not public needs a token \
                        in the variable HF_TOKEN";
            missing(&format!("model `{what}`"), hint.to_owned())
        };
        match (status, header("x-error-code")) {
            (_, Some("GatedRepo")) | (StatusCode::FORBIDDEN, _) => {
                Trouble::Lasting(self.gated(&what, &page))
            }
            (_, Some("RevisionNotFound")) => missing(
                &format!("such revision of `{what}`"),
                format!("{page} lists them"),
            ),
            (_, Some("EntryNotFound")) => {
                let error = format!("a file of `{what}` is gone from the hub");
                let error = Error::refused("no_such_model", error);
                Trouble::Lasting(error.hint("run the command again: the model has changed"))
            }
            (_, Some("RepoNotFound")) | (StatusCode::NOT_FOUND, _) => missing_model(),
            (StatusCode::UNAUTHORIZED, _) if self.token.is_some() => {
                let error = Error::refused("hub_gated", "the hub does not take the token");
                Trouble::Lasting(error.hint("is the variable HF_TOKEN up to date?"))
            }
            // To strangers the hub does not say whether there is such a model.
            (StatusCode::UNAUTHORIZED, _) => missing_model(),
            (StatusCode::TOO_MANY_REQUESTS, _) => {
                let error = Error::failed("hub_failed", "the hub says that it is asked too often");
                Trouble::Passing(error.hint("wait a few minutes; what has come is kept"))
            }
            (status, _) => {
                let what = format!("the hub answers `{status}`");
                let error = Error::failed("hub_failed", what);
                let error = error.hint("try again later; what has come is kept");
                match status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
                    true => Trouble::Passing(error),
                    false => Trouble::Lasting(error),
                }
            }
        }
    }

    fn gated(&self, what: &str, page: &str) -> Error {
        let error =
            format!("the publisher of `{what}` gives it only to those who agreed to the terms");
        let token = match self.token {
            Some(_) => "the account of the token in HF_TOKEN must be the one that agreed",
            None => "make a token there and put it into the variable HF_TOKEN",
        };
        Error::refused("hub_gated", error).hint(format!("agree at {page}\n{token}"))
    }

    /// `owner/name` in an address of ours.
    fn model_in(&self, url: &str) -> String {
        let path = url.strip_prefix(&self.endpoint).unwrap_or(url);
        let path = path.strip_prefix("/api/models").unwrap_or(path);
        let parts: Vec<&str> = path.split('/').skip(1).take(2).collect();
        parts.join("/")
    }
}

/// Where a redirect leads: nowhere but the web, and never from a private way to an open one.
fn redirected(from: &str, response: &Response<Body>) -> Result<String> {
    let location = response.headers().get("location");
    let location = location.and_then(|to| to.to_str().ok()).unwrap_or_default();
    let odd = || {
        odd_reply(
            "a file",
            format_args!("it redirects to `{}`", location.escape_debug()),
        )
    };
    let start = Origin::of(from).ok_or_else(odd)?;
    let to = match location.strip_prefix('/') {
        Some(rest) if !rest.starts_with('/') => format!("{}{location}", start.text()),
        _ => location.to_owned(),
    };
    let end = Origin::of(&to).ok_or_else(odd)?;
    match start.is_encrypted() && !end.is_encrypted() {
        true => Err(odd()),
        false => Ok(to),
    }
}

/// Who answers at an address.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    authority: String,
}

impl Origin {
    fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let scheme = uri
            .scheme_str()
            .filter(|scheme| ["http", "https"].contains(scheme))?;
        let authority = uri.authority().filter(|who| !who.as_str().contains('@'))?;
        Some(Self {
            scheme: scheme.to_owned(),
            authority: authority.as_str().to_ascii_lowercase(),
        })
    }

    fn is_encrypted(&self) -> bool {
        self.scheme == "https"
    }

    fn is_loopback(&self) -> bool {
        let host = match self.authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next(),
            None => self.authority.split(':').next(),
        };
        let host = host.unwrap_or_default();
        let address: Option<std::net::IpAddr> = host.parse().ok();
        host == "localhost" || address.is_some_and(|address| address.is_loopback())
    }

    fn text(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }
}

/// `text` as part of an address; slashes stay, and what is escaped already.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out + &char::from(byte).to_string(),
        b'-' | b'.' | b'_' | b'~' | b'/' | b'%' => out + &char::from(byte).to_string(),
        other => out + &format!("%{other:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(endpoint: &str) -> Client {
        let options = HubOptions {
            endpoint: endpoint.to_owned(),
            token: Some("secret".to_owned()),
            proxy: None,
        };
        Client::new(&options).unwrap()
    }

    #[test]
    fn the_token_is_told_to_the_hub_alone_and_never_in_the_open() {
        let hub = client("https://hub.example/");
        assert_eq!(hub.token_for("https://hub.example/a/b"), Some("secret"));
        for other in [
            "https://cdn.example/a",
            "http://hub.example/a",
            "https://hub.example:444/a",
            "https://hub.example.evil/a",
            "https://hub.example@evil/a",
        ] {
            assert_eq!(hub.token_for(other), None, "{other}");
        }
        let open = client("http://mirror.example");
        assert_eq!(open.token_for("http://mirror.example/a"), None);
        let near = client("http://127.0.0.1:8000");
        assert_eq!(near.token_for("http://127.0.0.1:8000/a"), Some("secret"));
        assert_eq!(near.token_for("http://127.0.0.1:8001/a"), None);
    }

    #[test]
    fn addresses_are_escaped() {
        let hub = client("https://hub.example");
        let name: HubName = "hub:a/b@refs/pr/1".parse().unwrap();
        assert_eq!(
            hub.page_url(&name),
            "https://hub.example/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true"
        );
        assert_eq!(
            hub.file_url(&name, "abc", Path::new("x/ü y.json")),
            "https://hub.example/a/b/resolve/abc/x/%C3%BC%20y.json"
        );
        assert!(
            Client::new(&HubOptions {
                endpoint: "ftp://x".into(),
                ..HubOptions::default()
            })
            .is_err()
        );
    }
}
