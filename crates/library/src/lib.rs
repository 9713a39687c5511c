//! Keeps the owner's models: where they came from, under which licence, and what they need.
//!
//! A [`Library`] is a folder with a folder a model. A [`Plan`] adds one: what is to come is known and the
//! licence shown before it is carried out, and what fails leaves nothing behind. A [`Hub`] makes an [`Offer`], which
//! is fetched where a plan can be made of it. [`Opened`] is a model that
//! was looked at and not loaded; its [`Needs`] beside this machine's [`Memory`] say whether it fits, and [`speed`] how fast it runs here; what was [`Measured`] stays with it.

mod error;

mod collection;
mod licence;
mod manifest;
mod sha256;

mod add;
mod hub;

mod measured;
mod memory;
mod opened;
mod pieces;
pub mod quantity;
pub mod speed;

pub use add::{Added, How, Plan, check_name, taken};
pub use collection::{Entry, Library, Located};
pub use error::{Error, Result};
pub use hub::{Fetched, Hub, HubName, HubOptions, Offer};
pub use licence::Licence;
pub use manifest::{Kept, Manifest};
pub use measured::{Measured, Rate};
pub use memory::Memory;
pub use opened::{CACHE, Needs, Opened, WORK_BYTES, pool};
pub use pieces::Pieces;
pub use sha256::sha256_of;
