//! Several models under one memory budget: loaded when asked for, given up when others need the room.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::Error;

/// Finds models by name.
pub trait Shelf: Send + Sync {
    /// A model that is loaded, as cheap to copy as a handle.
    type Model: Clone + Send;

    /// Why there is none.
    type Error: From<Error>;

    /// Bytes that the model would take with its cache, known before anything is loaded.
    ///
    /// # Errors
    /// When there is no such model.
    fn bytes(&self, name: &str) -> Result<usize, Self::Error>;

    /// Loads it.
    ///
    /// # Errors
    /// When it cannot be loaded.
    fn load(&self, name: &str) -> Result<Self::Model, Self::Error>;

    /// Whether it has something to do, so that it must not be given up.
    fn is_busy(model: &Self::Model) -> bool;
}

/// The models that are loaded.
pub struct Models<S: Shelf> {
    shelf: S,
    budget_bytes: usize,
    state: Mutex<State<S::Model>>,
    loaded: Condvar,
}

struct State<M> {
    /// The last used comes last.
    residents: Vec<Resident<M>>,
    /// Being loaded, with the bytes set apart for it.
    loading: Vec<(String, usize)>,
}

struct Resident<M> {
    name: String,
    bytes: usize,
    model: M,
}

impl<S: Shelf> Models<S> {
    /// Models of `shelf` within `budget_bytes`.
    pub fn new(shelf: S, budget_bytes: usize) -> Self {
        Self {
            shelf,
            budget_bytes,
            state: Mutex::new(State {
                residents: Vec::new(),
                loading: Vec::new(),
            }),
            loaded: Condvar::new(),
        }
    }

    /// Where models are found.
    pub fn shelf(&self) -> &S {
        &self.shelf
    }

    /// Bytes that they may take together.
    pub fn budget(&self) -> usize {
        self.budget_bytes
    }

    /// A model, loaded if it is not. Models that have nothing to do are given up for it,
    /// the one used longest ago first.
    ///
    /// # Errors
    /// [`Error::Memory`] when it is larger than the budget, or the others are all at work; what the shelf says
    /// when it cannot be loaded.
    pub fn get(&self, name: &str) -> Result<S::Model, S::Error> {
        let mut state = self.state();
        loop {
            if let Some(at) = state
                .residents
                .iter()
                .position(|resident| resident.name == name)
            {
                let resident = state.residents.remove(at);
                let model = resident.model.clone();
                state.residents.push(resident);
                return Ok(model);
            }
            if !state.loading.iter().any(|(loading, _)| loading == name) {
                break;
            }
            let loaded = self.loaded.wait(state);
            state = loaded.unwrap_or_else(PoisonError::into_inner);
        }
        let bytes = self.shelf.bytes(name)?;
        let given_up = state.make_room(name, bytes, self.budget_bytes, S::is_busy)?;
        state.loading.push((name.to_owned(), bytes));
        drop(state);
        // Ending an engine takes its thread's last step; others need not wait for that.
        drop(given_up);
        // Also when loading panics, so that nobody waits for it for ever.
        let announced = Announced { models: self, name };
        let model = self.shelf.load(name)?;
        let mut state = self.state();
        state.residents.push(Resident {
            name: name.to_owned(),
            bytes,
            model: model.clone(),
        });
        // Whoever waited finds it.
        drop(state);
        drop(announced);
        Ok(model)
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

    fn state(&self) -> MutexGuard<'_, State<S::Model>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That a model is being loaded, until this is dropped.
struct Announced<'a, S: Shelf> {
    models: &'a Models<S>,
    name: &'a str,
}

impl<S: Shelf> Drop for Announced<'_, S> {
    fn drop(&mut self) {
        let mut state = self.models.state();
        state.loading.retain(|(loading, _)| loading != self.name);
        self.models.loaded.notify_all();
    }
}

impl<M> State<M> {
    fn make_room(
        &mut self,
        name: &str,
        bytes: usize,
        budget: usize,
        is_busy: impl Fn(&M) -> bool,
    ) -> Result<Vec<Resident<M>>, Error> {
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
            .filter(|resident| is_busy(&resident.model))
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
                .position(|resident| !is_busy(&resident.model))
            else {
                return Err(refuse(budget.saturating_sub(used(self))));
            };
            given_up.push(self.residents.remove(at));
        }
        Ok(given_up)
    }
}
