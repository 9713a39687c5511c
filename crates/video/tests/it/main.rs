//! Behaviours of `video`, seen from outside.

mod open_weights;
