//! The server as programs and browsers meet it.

mod abuse;
mod chat;
mod doors;
mod house;
mod responses;
mod upstreams;
