//! What a store keeps, on SQLite and on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests may unwrap, start databases and kill writers"
)]
#![allow(
    clippy::too_many_lines,
    reason = "a table of cases reads best in one piece"
)]

#[macro_use]
mod databases;
mod postgres_server;

mod audit;
mod backup;
mod blobs;
mod crashes;
mod faults;
mod identity;
mod items_and_events;
mod jobs;
mod objects;
mod opening;
mod speed;
mod writer;
