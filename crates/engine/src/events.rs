//! The way back from the engine's thread: a queue that wakes threads and async tasks alike.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::request::Event;

/// The events of one request. Dropping it cancels the request within one step.
#[derive(Debug)]
pub struct Events {
    shared: Arc<Shared>,
}

/// Ends or hurries a request from anywhere.
#[derive(Clone, Debug)]
pub struct Control {
    shared: Arc<Shared>,
}

/// The engine's end.
pub(crate) struct Sender {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    is_cancelled: AtomicBool,
    concludes: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Event>,
    is_closed: bool,
    waker: Option<Waker>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn channel() -> (Sender, Events) {
    let shared = Arc::new(Shared::default());
    let sender = Sender {
        shared: Arc::clone(&shared),
    };
    (sender, Events { shared })
}

impl Events {
    /// Waits for the next event; `None` after the last.
    pub fn recv(&self) -> Option<Event> {
        let mut state = self.shared.state();
        loop {
            if let Some(event) = state.queue.pop_front() {
                return Some(event);
            }
            if state.is_closed {
                return None;
            }
            let arrived = self.shared.arrived.wait(state);
            state = arrived.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// As [`recv`](Self::recv), but `None` too when nothing came for `patience`.
    pub fn recv_timeout(&self, patience: Duration) -> Option<Event> {
        let until = Instant::now() + patience;
        let mut state = self.shared.state();
        loop {
            if let Some(event) = state.queue.pop_front() {
                return Some(event);
            }
            let left = until.saturating_duration_since(Instant::now());
            if state.is_closed || left.is_zero() {
                return None;
            }
            let arrived = self.shared.arrived.wait_timeout(state, left);
            state = arrived.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The next event if there is one already.
    pub fn try_recv(&self) -> Option<Event> {
        self.shared.state().queue.pop_front()
    }

    /// The next event for an async task, which is woken when one comes; `None` after the last.
    pub fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.shared.state();
        if let Some(event) = state.queue.pop_front() {
            return Poll::Ready(Some(event));
        }
        if state.is_closed {
            return Poll::Ready(None);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// A handle by which the request can be ended while somebody else reads its events.
    pub fn control(&self) -> Control {
        Control {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Iterator for &Events {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.recv()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.shared.is_cancelled.store(true, Ordering::Relaxed);
    }
}

impl Control {
    /// Ends the request within one step; its events end with [`Reason::Cancelled`].
    ///
    /// [`Reason::Cancelled`]: crate::Reason::Cancelled
    pub fn cancel(&self) {
        self.shared.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Ends the thinking, as if its budget were spent.
    pub fn conclude(&self) {
        self.shared.concludes.store(true, Ordering::Relaxed);
    }
}

impl Sender {
    pub(crate) fn send(&self, event: Event) {
        let waker = {
            let mut state = self.shared.state();
            state.queue.push_back(event);
            state.waker.take()
        };
        self.shared.arrived.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.shared.is_cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn concludes(&self) -> bool {
        self.shared.concludes.load(Ordering::Relaxed)
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.shared.state();
            state.is_closed = true;
            state.waker.take()
        };
        self.shared.arrived.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}
