//! Documents as people hand them in.

#![allow(clippy::unwrap_used, reason = "helpers of tests may break as tests do")]

mod hostile;
mod reading;
mod written;
