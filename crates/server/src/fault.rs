//! What a client is told when a request cannot be served, in OpenAI's shape.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What handlers return.
pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

/// Why a request was not served: `{"error": {"message", "type", "param", "code"}}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub status: StatusCode,
    pub message: String,
    /// The parameter that is wrong.
    pub param: Option<String>,
    pub code: Option<Cow<'static, str>>,
    /// Seconds until it may be tried again.
    pub retry_after: Option<u64>,
    /// What the rules refused, where they did.
    pub refused: Option<Box<Refused>>,
}

/// What the rules refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The action.
    pub action: &'static str,
    /// The rules that decided, each with what it says of itself; none where no rule permits it.
    pub rules: Vec<(String, Option<String>)>,
}

impl Fault {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            param: None,
            code: None,
            retry_after: None,
            refused: None,
        }
    }

    /// That the request itself is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// That `param` of the request is wrong.
    pub fn param(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            param: Some(param.into()),
            code: Some("invalid_value".into()),
            ..Self::invalid(message)
        }
    }

    /// That there is no such thing, in the words that clients know.
    pub fn not_found(what: &str, id: &str) -> Self {
        let message = format!("No {what} found with id '{id}'.");
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// That something is not there yet.
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, message).code("not_implemented")
    }

    /// That it broke, and not by the client's fault.
    pub fn broken(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    pub fn code(self, code: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: Some(code.into()),
            ..self
        }
    }

    /// The `type` that OpenAI gives errors of this status.
    pub fn kind(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500 | 502 | 504 => "server_error",
            503 => "service_unavailable_error",
            501 => "not_implemented_error",
            _ => "invalid_request_error",
        }
    }

    /// The error as JSON, as it stands in replies and in events of streams.
    pub fn body(&self) -> Value {
        json!({
            "message": self.message,
            "type": self.kind(),
            "param": self.param,
            "code": self.code,
        })
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.body() }));
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"freehold\""),
            );
        }
        response
    }
}

impl From<dialogue::Error> for Fault {
    fn from(error: dialogue::Error) -> Self {
        use dialogue::Error;
        let code = error.code();
        let message = error.to_string();
        match error {
            Error::TooLong { .. } => Self::invalid(message).code("context_length_exceeded"),
            Error::Calls { .. } => Self::param("tool_choice", message),
            Error::ToolsOnly => Self::invalid(message).code(code),
            Error::Engine(error) => Self::from(error),
            Error::Model(_) => Self::invalid(message).code(code),
            Error::Library(_) | Error::Context { .. } | Error::Tokenizer { .. } | _ => {
                tracing::error!(code, %message, "a model cannot be used");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, message).code(code)
            }
        }
    }
}

impl From<library::Error> for Fault {
    fn from(error: library::Error) -> Self {
        use library::Error;
        match error {
            Error::Refused(reason) => {
                let status = match reason.code {
                    "no_such_model" => StatusCode::NOT_FOUND,
                    "name_taken" => StatusCode::CONFLICT,
                    _ => StatusCode::BAD_REQUEST,
                };
                Self::new(status, reason.to_string()).code(reason.code)
            }
            Error::Failed(reason) => {
                let status = match reason.code {
                    "disk_full" => StatusCode::INSUFFICIENT_STORAGE,
                    "hub_failed" | "hub_unreachable" => StatusCode::BAD_GATEWAY,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                Self::new(status, reason.to_string()).code(reason.code)
            }
            other => Self::invalid(other.to_string()).code("unusable_model"),
        }
    }
}

impl From<coder::Error> for Fault {
    fn from(error: coder::Error) -> Self {
        let message = error.to_string();
        match error {
            coder::Error::Unsuitable { code, .. } => Self::invalid(message).code(code),
            coder::Error::Stopped => Self::broken(message).code("stopped"),
            other => {
                let code = match other {
                    coder::Error::Io { .. } => "file_failed",
                    coder::Error::Runner { .. } => "runner_stopped",
                    coder::Error::Sandbox(error) => error.code(),
                    coder::Error::Unsuitable { .. } | coder::Error::Stopped => "stopped",
                };
                tracing::error!(code, %message, "code cannot be worked on");
                Self::broken(message).code(code)
            }
        }
    }
}

impl From<engine::Error> for Fault {
    fn from(error: engine::Error) -> Self {
        use engine::Error;
        let code = error.code();
        let message = error.to_string();
        match error {
            Error::Busy { .. } => Self {
                retry_after: Some(1),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, message).code(code)
            },
            Error::TooLong { .. } => Self::invalid(message).code("context_length_exceeded"),
            Error::Request { .. } | Error::Constraint { .. } => Self::invalid(message).code(code),
            Error::Memory { .. } | Error::Load { .. } | Error::Stopped => Self {
                retry_after: Some(5),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message).code(code)
            },
            _ => {
                tracing::error!(code, %message, "an engine broke");
                Self::broken(message).code(code)
            }
        }
    }
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        use store::Error;
        let code = error.code();
        let message = error.to_string();
        match error {
            Error::NotFound { .. } | Error::Erased { .. } => {
                Self::new(StatusCode::NOT_FOUND, message).code("not_found")
            }
            Error::Taken { .. } | Error::Version { .. } => {
                Self::new(StatusCode::CONFLICT, message).code(code)
            }
            Error::Refused { .. } => Self::invalid(message).code(code),
            Error::Unavailable { .. } => {
                tracing::error!(code, %message, "the store is not there");
                Self {
                    retry_after: Some(2),
                    ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message).code(code)
                }
            }
            Error::Full { .. } => {
                tracing::error!(code, %message, "the store is full");
                Self::new(StatusCode::INSUFFICIENT_STORAGE, message).code(code)
            }
            _ => {
                tracing::error!(code, %message, "the store broke");
                Self::broken("what is kept could not be read or written").code(code)
            }
        }
    }
}

impl From<policy::Error> for Fault {
    fn from(error: policy::Error) -> Self {
        use policy::Error;
        let code = error.code();
        let message = error.to_string();
        match error {
            Error::Unknown => {
                let message = "Incorrect API key provided.\nhint: `freehold key add` makes one; send it as `Authorization: Bearer …`";
                Self::new(StatusCode::UNAUTHORIZED, message).code("invalid_api_key")
            }
            Error::WrongPassword => Self::new(StatusCode::UNAUTHORIZED, message).code(code),
            Error::Denied(verdict) => {
                let rules = verdict.rules.iter();
                let rules = rules.map(|rule| (rule.id.clone(), rule.says.clone()));
                let refused = Refused {
                    action: verdict.action,
                    rules: rules.collect(),
                };
                Self {
                    refused: Some(Box::new(refused)),
                    ..Self::new(StatusCode::FORBIDDEN, message).code(code)
                }
            }
            Error::Limited(limited) => Self {
                // Whoever comes back sooner is refused again.
                retry_after: limited
                    .retry_after
                    .map(|wait| wait.as_millis().div_ceil(1000).max(1) as u64),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, message).code(
                    match limited.retry_after {
                        Some(_) => "rate_limit_exceeded",
                        None => "insufficient_quota",
                    },
                )
            },
            Error::Store(error) => error.into(),
            Error::Refused(_) => Self::invalid(message).code(code),
            _ => {
                tracing::error!(code, %message, "the gate broke");
                Self::broken(message).code(code)
            }
        }
    }
}
