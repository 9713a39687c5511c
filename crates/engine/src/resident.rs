//! Several models under one memory budget: loaded when asked for, given up when others need the room.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::Error;
use crate::handle::Handle;

/// Finds models by name.
pub trait Shelf: Send + Sync {
    /// Bytes that the model would take with its cache, known before anything is loaded.
    ///
    /// # Errors
    /// [`Error::Load`] when there is no such model.
    fn bytes(&self, name: &str) -> Result<usize, Error>;

    /// Starts an engine for it.
    ///
    /// # Errors
    /// [`Error::Load`] and [`Error::Memory`].
    fn load(&self, name: &str) -> Result<Handle, Error>;
}

/// The models that are loaded.
pub struct Models {
    shelf: Box<dyn Shelf>,
    budget_bytes: usize,
    state: Mutex<State>,
    loaded: Condvar,
}

#[derive(Default)]
struct State {
    /// The last used comes last.
    residents: Vec<Resident>,
    /// Being loaded, with the bytes set apart for it.
    loading: Vec<(String, usize)>,
}

struct Resident {
    name: String,
    bytes: usize,
    handle: Handle,
}

impl Models {
    /// Models of `shelf` within `budget_bytes`.
    pub fn new(shelf: Box<dyn Shelf>, budget_bytes: usize) -> Self {
        Self {
            shelf,
            budget_bytes,
            state: Mutex::default(),
            loaded: Condvar::new(),
        }
    }

    /// The engine of a model, loaded if it is not. Models that have nothing to do are given up for it,
    /// the one used longest ago first.
    ///
    /// # Errors
    /// [`Error::Memory`] when it is larger than the budget, or the others are all at work;
    /// [`Error::Load`] when it cannot be loaded.
    pub fn get(&self, name: &str) -> Result<Handle, Error> {
        let mut state = self.state();
        loop {
            if let Some(at) = state
                .residents
                .iter()
                .position(|resident| resident.name == name)
            {
                let resident = state.residents.remove(at);
                let handle = resident.handle.clone();
                state.residents.push(resident);
                return Ok(handle);
            }
            if !state.loading.iter().any(|(loading, _)| loading == name) {
                break;
            }
            let loaded = self.loaded.wait(state);
            state = loaded.unwrap_or_else(PoisonError::into_inner);
        }
        let bytes = self.shelf.bytes(name)?;
        let given_up = state.make_room(name, bytes, self.budget_bytes)?;
        state.loading.push((name.to_owned(), bytes));
        drop(state);
        // Ending an engine takes its thread's last step; others need not wait for that.
        drop(given_up);
        let loaded = self.shelf.load(name);
        let mut state = self.state();
        state.loading.retain(|(loading, _)| loading != name);
        self.loaded.notify_all();
        let handle = loaded?;
        state.residents.push(Resident {
            name: name.to_owned(),
            bytes,
            handle: handle.clone(),
        });
        Ok(handle)
    }

    /// The names of the loaded models and their bytes, the last used last.
    pub fn resident(&self) -> Vec<(String, usize)> {
        let state = self.state();
        let residents = state.residents.iter();
        residents
            .map(|resident| (resident.name.clone(), resident.bytes))
            .collect()
    }

    /// Gives a model up; whoever still has its handle may finish.
    pub fn unload(&self, name: &str) {
        let mut state = self.state();
        let at = state
            .residents
            .iter()
            .position(|resident| resident.name == name);
        let gone = at.map(|at| state.residents.remove(at));
        drop(state);
        drop(gone);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn make_room(
        &mut self,
        name: &str,
        bytes: usize,
        budget: usize,
    ) -> Result<Vec<Resident>, Error> {
        let used = |state: &Self| {
            let residents = state.residents.iter().map(|resident| resident.bytes);
            residents
                .chain(state.loading.iter().map(|(_, bytes)| *bytes))
                .sum::<usize>()
        };
        let refuse = |available: usize| Error::Memory {
            what: format!("`{name}`"),
            needed: bytes,
            available,
        };
        let busy: usize = self
            .residents
            .iter()
            .filter(|resident| resident.is_busy())
            .map(|resident| resident.bytes)
            .sum();
        let loading: usize = self.loading.iter().map(|(_, bytes)| *bytes).sum();
        if busy + loading + bytes > budget {
            return Err(refuse(budget.saturating_sub(busy + loading)));
        }
        let mut given_up = Vec::new();
        while used(self) + bytes > budget {
            let Some(at) = self
                .residents
                .iter()
                .position(|resident| !resident.is_busy())
            else {
                return Err(refuse(budget.saturating_sub(used(self))));
            };
            given_up.push(self.residents.remove(at));
        }
        Ok(given_up)
    }
}

impl Resident {
    fn is_busy(&self) -> bool {
        let status = self.handle.status();
        status.running + status.waiting > 0
    }
}
