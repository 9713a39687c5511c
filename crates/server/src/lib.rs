//! HTTP: the field's API, pages and accounts; no logic of its own.

mod app;
mod fault;
mod ids;
mod pipe;
mod reading;
mod sse;

mod answer;
mod asked;
mod built_in;
mod caller;
mod catalogue;
mod kept;
mod leases;
mod presence;
mod upstream;
mod works;

mod api;
mod assets;
mod compat;
mod guard;
mod openapi;
mod pages;
mod v1;

mod behind;
mod listen;
mod serve;
mod tls;

pub use catalogue::Pictures;
pub use dialogue::Loading;
pub use listen::Patience;
pub use serve::{Error, Films, Options, Result, Script, Server, Watch};
pub use tls::Tls;
