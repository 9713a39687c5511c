//! The server as programs and browsers meet it.

#![allow(clippy::unwrap_used, reason = "helpers of tests may break as tests do")]

mod abuse;
mod batches;
mod browser;
mod chat;
mod chats;
mod crashes;
mod documents;
mod doors;
mod failover;
mod faults;
mod files;
mod house;
mod limits;
mod models;
mod openapi;
mod other;
mod outages;
mod pauses;
mod people;
#[allow(
    clippy::disallowed_methods,
    dead_code,
    reason = "it starts databases, and the store needs more of it"
)]
#[path = "../../../store/tests/it/postgres_server.rs"]
mod postgres_server;
mod responses;
mod signed;
mod streams;
mod tiny;
mod titles;
mod together;
mod told;
mod trainings;
mod uploads;
mod upstreams;
mod video_batches;
mod video_networks;
mod videos;
mod web_access;
mod web_activity;
mod web_chat;
mod web_door;
mod web_edit;
mod web_files;
mod web_house;
mod web_keys;
mod web_safety;
mod web_search;
mod web_shown;
mod web_speed;
mod web_words;
mod webhooks;
mod wire;
mod words;

#[path = "../../../library/tests/it/scripted_hub.rs"]
mod scripted_hub;
