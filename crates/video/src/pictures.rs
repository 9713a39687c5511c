//! What every film is made of, whoever makes its pictures.

use media::Picture;
use media::credentials::Source;
use media::sound::Sound;

use crate::make::Unmade;
use crate::order::Order;
use crate::settings::Settings;

/// Told of each step of a network: how many are taken, how many there are, and what the film looks like by then, where that is known.
pub type Told<'a> = dyn Fn(u64, u64, &dyn Fn() -> Option<Picture>) + Sync + 'a;

/// A film that can be made: its pictures are drawn from facts, or foretold by a network.
pub trait Pictures: Sync {
    /// What was asked for.
    fn order(&self) -> &Order;

    /// Pictures in all.
    fn frames(&self) -> u64 {
        self.order().frames()
    }

    /// Steps from noise to film; none where it is drawn.
    fn steps(&self) -> Option<u64> {
        None
    }

    /// Seconds that making it takes on this machine, about.
    fn seconds_to_make(&self) -> f64;

    /// Words that mean nothing here, each once: they are left out.
    fn unknown(&self) -> &[String];

    /// What the film says of how it was made.
    fn settings(&self) -> Settings;

    /// What kind of making that is.
    fn source(&self) -> Source;

    /// Makes all pictures in their order, each on what `canvas` gives, and hands them to `take` until that says no. Fewer come when it is
    /// called off in between.
    ///
    /// # Errors
    /// When it cannot be made.
    fn run(
        &self,
        canvas: &mut dyn FnMut() -> Picture,
        take: &mut dyn FnMut(Picture) -> bool,
    ) -> Result<(), Unmade>;

    /// What the film sounds like, where that is known.
    fn sound(&self) -> Option<Box<dyn Sound + Send>> {
        None
    }

    /// Whether the same order goes on where this one was interrupted.
    fn goes_on(&self) -> bool {
        false
    }

    /// Told when the film is where it belongs: what was kept to go on with is not needed any more.
    fn placed(&self) {}

    /// A picture of the film's size.
    fn blank(&self) -> Picture {
        Picture::new(self.order().size.width, self.order().size.height)
    }
}
