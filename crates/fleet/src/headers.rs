//! Which headers pass, in either direction: a few that are known to do no harm.
//!
//! A list of what may not pass would have to know every header that carries a secret or belongs to one
//! connection; this one has to know what is of use.

use http::HeaderMap;

/// Of a request. The client's `Authorization`, cookies and address stay here; `Accept-Encoding` too, since
/// compression would hold back what is streamed.
const OF_REQUESTS: &[&str] = &[
    "accept",
    "content-type",
    "idempotency-key",
    "openai-beta",
    "traceparent",
    "tracestate",
    "x-request-id",
];

/// Of a reply. The names, limits and cookies of the owner's account stay here.
const OF_REPLIES: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-type",
    "openai-processing-ms",
    "openai-version",
    "retry-after",
    "x-request-id",
];

/// What of a request's headers goes to the upstream.
pub fn of_request(headers: &HeaderMap) -> HeaderMap {
    kept(headers, OF_REQUESTS)
}

/// What of a reply's headers comes back.
pub fn of_reply(headers: &HeaderMap) -> HeaderMap {
    kept(headers, OF_REPLIES)
}

fn kept(headers: &HeaderMap, names: &[&'static str]) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(names.len());
    for name in names {
        for value in headers.get_all(*name) {
            kept.append(*name, value.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn secrets_and_what_belongs_to_one_connection_stay() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "cookie",
            "connection",
            "te",
            "upgrade",
            "proxy-authorization",
            "keep-alive",
            "transfer-encoding",
            "host",
            "x-api-key",
            "x-forwarded-for",
            "accept-encoding",
            "content-length",
        ] {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        assert_eq!(of_request(&headers), HeaderMap::new());
        headers.insert("accept", HeaderValue::from_static("text/event-stream"));
        assert_eq!(of_request(&headers).len(), 1);
    }

    #[test]
    fn replies_keep_their_type_and_lose_cookies() {
        let mut headers = HeaderMap::new();
        for name in [
            "set-cookie",
            "connection",
            "openai-organization",
            "transfer-encoding",
            "location",
            "content-type",
        ] {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        let kept: Vec<String> = of_reply(&headers).keys().map(ToString::to_string).collect();
        assert_eq!(kept, ["content-type"]);
    }
}
