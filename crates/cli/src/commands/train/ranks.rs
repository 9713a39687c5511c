//! `freehold train --mpi`: as one of several processes.

use training::Run;

use crate::console::Console;
use crate::failure::Exit;
#[cfg(not(feature = "mpi"))]
use crate::failure::Failure;

/// Trains together with the others. The first speaks for all.
#[cfg(feature = "mpi")]
pub fn run(run: Run, console: &mut Console) -> anyhow::Result<Exit> {
    use std::rc::Rc;

    use training::{Error, Mpi, Ranks as _};

    let mpi = Rc::new(Mpi::begin()?);
    let is_first = mpi.rank() == 0;
    let out = run.out().to_owned();
    let run = run.among(Rc::clone(&mpi) as Rc<dyn training::Ranks>);
    let mut teller = super::Teller::new(console);
    if is_first && mpi.count() > 1 {
        teller.say(&format!("{} ranks", mpi.count()));
    }
    let model = run.go(&mut |event| teller.tell(&event));
    teller.clear();
    drop(run);
    if matches!(model, Ok(_) | Err(Error::Stopped { .. }))
        && let Some(mpi) = Rc::into_inner(mpi)
    {
        mpi.end();
    }
    match model {
        Ok(model) if is_first => super::finish(&model, &out, console),
        Ok(_) => Ok(Exit::Done),
        // The one that could not go on says why.
        Err(Error::Rank { .. }) => Ok(Exit::Refused),
        Err(Error::Stopped { .. }) if !is_first => Ok(Exit::Fault),
        Err(error) => Err(error.into()),
    }
}

/// Says that this binary cannot.
#[cfg(not(feature = "mpi"))]
pub fn run(_run: Run, _console: &mut Console) -> anyhow::Result<Exit> {
    Err(missing().into())
}

/// What there is to say where MPI was not built in.
#[cfg(not(feature = "mpi"))]
pub fn missing() -> Failure {
    Failure::refused("no_mpi", "this binary was built without MPI").hint(
        "`cargo build --release --features mpi`, with Debian's `libopenmpi-dev` and `libclang-dev`",
    )
}
