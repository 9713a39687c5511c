//! The fleet in front of servers on loopback, well and otherwise.
#![cfg(test)]

mod mock;

mod calls;
mod encrypted;
mod faults;
mod health;
mod hostile;
mod outside;
mod retries;
mod secrets;
