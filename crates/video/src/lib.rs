//! Makes moving pictures from words.

mod chance;
mod character;
mod guide;
mod label;
mod make;
mod maker;
mod order;
mod origin;
mod pace;
mod pictures;
mod plan;
mod settings;
mod sound;
mod studio;

pub mod generate;
pub mod open_weights;
pub mod ruler;
pub mod world;

pub use chance::Chance;
pub use character::{Character, NoCharacter, cast};
pub use guide::Guide;
pub use make::{Format, Unmade};
pub use maker::{Maker, MakerOptions};
pub use order::{FRAMES_PER_SECOND, Order, Refused, SECONDS_MAX, SIDE, Shot, Size, Soundtrack};
pub use origin::{described, made_by};
pub use pictures::{Pictures, Told};
pub use plan::Plan;
pub use settings::{KeptAdapter, KeptShot, SCENE_MODEL, Settings, Steps};
pub use studio::{Brought, BroughtFile, MARK_KEY, Studio, Unknown, place, settings_in};
