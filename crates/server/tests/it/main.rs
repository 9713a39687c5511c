//! The server as programs and browsers meet it.

#![allow(clippy::unwrap_used, reason = "helpers of tests may break as tests do")]

mod abuse;
mod batches;
mod browser;
mod chat;
mod chats;
mod doors;
mod faults;
mod files;
mod house;
mod models;
mod openapi;
mod people;
mod responses;
mod signed;
mod streams;
mod tiny;
mod uploads;
mod upstreams;
mod web_access;
mod web_chat;
mod web_door;
mod web_safety;
mod wire;

#[path = "../../../library/tests/it/scripted_hub.rs"]
mod scripted_hub;
