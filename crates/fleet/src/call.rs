//! What is to be passed on.

use bytes::Bytes;
use http::HeaderMap;

/// A request in OpenAI's format.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name of the model, as the caller knows it. Where the upstream has another name, it is put into
    /// `body` as the value of `model`.
    pub model: String,
    /// What follows the base URL: `/chat/completions`.
    pub path: String,
    /// The headers that came; only a few, harmless ones are passed on.
    pub headers: HeaderMap,
    /// The body, passed on as it is but for the model's name.
    pub body: Bytes,
    /// What the prompt begins with, in any bytes that are the same where prompts are: the messages as they
    /// came will do. Empty: the request goes where least is to do.
    pub prefix: Bytes,
    /// Whether it may be tried again where the first upstream may have begun with it.
    pub repeat: Repeat,
}

impl Call {
    /// A request to `model` with the defaults: no headers, no prefix, and no harm in a repetition.
    pub fn new(model: impl Into<String>, path: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            model: model.into(),
            path: path.into(),
            headers: HeaderMap::new(),
            body: body.into(),
            prefix: Bytes::new(),
            repeat: Repeat::Harmless,
        }
    }
}

/// Whether a request may reach two upstreams. The first byte of a reply ends all repetition in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It changes nothing but the time it takes: an answer, an embedding.
    Harmless,
    /// It leaves something behind, such as a stored response. It is tried again only where nothing of it can
    /// have been received, or the upstream said that it did not do it (429, 503).
    OnlyIfUnreceived,
}
