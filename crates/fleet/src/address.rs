//! Addresses of servers, taken apart.

use http::uri::{PathAndQuery, Scheme, Uri};

/// An `http` or `https` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub is_encrypted: bool,
    /// Without brackets.
    pub host: String,
    pub port: u16,
    /// With what follows `?`; begins with `/`.
    pub path: String,
}

impl Address {
    /// Takes `text` apart, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text.parse().map_err(|_| "it is no address")?;
        let is_encrypted = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err("it does not begin with `http://` or `https://`"),
        };
        let authority = uri.authority().ok_or("it names no host")?;
        if authority.as_str().contains('@') {
            return Err("it names a user");
        }
        let host = authority.host();
        let host = host
            .strip_prefix('[')
            .map_or(host, |inner| inner.trim_end_matches(']'));
        if host.is_empty() {
            return Err("it names no host");
        }
        let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
            None if is_encrypted => 443,
            None => 80,
            Some(port) => port.parse().map_err(|_| "its port is no port")?,
        };
        Ok(Self {
            is_encrypted,
            host: host.to_ascii_lowercase(),
            port,
            path: uri
                .path_and_query()
                .map_or("/", PathAndQuery::as_str)
                .to_owned(),
        })
    }

    /// The value of `Host`.
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        let host = match host.contains(':') {
            true => format!("[{host}]"),
            false => host.clone(),
        };
        match (self.is_encrypted, port) {
            (true, 443) | (false, 80) => host,
            _ => format!("{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_apart() {
        let parts = |text: &str| {
            Address::parse(text).map(|address| (address.authority(), address.port, address.path))
        };
        let part =
            |authority: &str, port, path: &str| Ok((authority.to_owned(), port, path.to_owned()));
        assert_eq!(parts("http://A.example/v1"), part("a.example", 80, "/v1"));
        assert_eq!(parts("https://a.example"), part("a.example", 443, "/"));
        assert_eq!(
            parts("http://[::1]:8000/v1/"),
            part("[::1]:8000", 8000, "/v1/")
        );
        assert_eq!(parts("https://a/x?y=1"), part("a", 443, "/x?y=1"));
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for text in [
            "",
            "a.example",
            "file:///etc/passwd",
            "http://",
            "http://ada:key@a.example/",
            "http://a:99999/",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
