//! The upstreams of one model, and who of them gets the next request.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::choose::{self, Candidate};
use crate::member::{Flight, Member, Standing};
use crate::options::{Options, Routing};
use crate::prefix::{Chunks, Holder, PrefixTree};
use crate::random::Random;

/// The upstreams of one model.
pub struct Pool {
    seats: Vec<Seat>,
    /// Outlives the pool when its upstreams change.
    tree: Arc<Mutex<PrefixTree>>,
}

/// An upstream, as one model's.
pub struct Seat {
    index: usize,
    pub member: Arc<Member>,
    /// The upstream's name for the model.
    pub theirs: String,
    /// Until when it asked not to be asked for this model.
    rests_until: Mutex<Option<Instant>>,
}

impl Seat {
    /// It is not asked for `duration`.
    pub fn rest(&self, duration: Duration, now: Instant) {
        *self
            .rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(now + duration);
    }

    fn rests_for(&self, now: Instant) -> Duration {
        let until = *self
            .rests_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now))
    }
}

/// Why nobody gets the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// Everybody was tried.
    Left,
    /// All who are well are busy.
    Idle,
    /// The first to come back comes after so long.
    Present(Duration),
}

/// What choosing needs beside the pool.
pub struct Chooser {
    pub routing: Routing,
    pub random: Random,
    pub chunks: Chunks,
    /// When one whose probes fail may be back.
    pub probe_interval: Duration,
}

impl Chooser {
    pub fn new(options: &Options) -> Self {
        Self {
            routing: options.routing.clone(),
            random: Random::new(options.seed),
            chunks: Chunks::default(),
            probe_interval: options.health.interval,
        }
    }

    /// What of a prompt is compared.
    pub fn chunks_of(&self, prompt: &[u8]) -> Vec<u64> {
        match &self.routing {
            Routing::PrefixAware(options) => self.chunks.of(prompt, options),
            Routing::LeastInFlight | Routing::PowerOfTwo => Vec::new(),
        }
    }

    fn choose(&self, candidates: &[Candidate], chunks: usize) -> Option<Candidate> {
        match &self.routing {
            Routing::LeastInFlight => choose::least(candidates, &self.random),
            Routing::PowerOfTwo => choose::of_two(candidates, &self.random),
            Routing::PrefixAware(options) => {
                choose::by_prefix(candidates, chunks, options, &self.random)
            }
        }
    }
}

impl Pool {
    /// Puts a request on board of an upstream that is not among `tried`.
    pub fn board(
        &self,
        chooser: &Chooser,
        chunks: &[u64],
        tried: &[usize],
    ) -> Result<(usize, &Seat, Flight), Nobody> {
        let now = Instant::now();
        let mut taken = Vec::new();
        loop {
            let (mut candidates, nobody) = self.candidates(chooser, tried, &taken, now);
            if !chunks.is_empty() {
                self.match_prefixes(&mut candidates, chunks);
            }
            let chosen = chooser.choose(&candidates, chunks.len()).ok_or(nobody)?;
            let seat = &self.seats[chosen.seat];
            // Another request may have been quicker.
            let Some(flight) = seat.member.board(now) else {
                taken.push(chosen.seat);
                continue;
            };
            if !chunks.is_empty() {
                let mut tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
                tree.insert(chunks, seat.holder());
            }
            return Ok((chosen.seat, seat, flight));
        }
    }

    fn candidates(
        &self,
        chooser: &Chooser,
        tried: &[usize],
        taken: &[usize],
        now: Instant,
    ) -> (Vec<Candidate>, Nobody) {
        let mut candidates = Vec::with_capacity(self.seats.len());
        let mut nobody = Nobody::Left;
        for (index, seat) in self.seats.iter().enumerate() {
            if tried.contains(&index) {
                continue;
            }
            let rests_for = seat.rests_for(now);
            let standing = match seat.member.standing(now, chooser.probe_interval) {
                Standing::Free if taken.contains(&index) => Standing::Busy,
                standing => standing,
            };
            nobody = match (standing, nobody) {
                (Standing::Free, nobody) if rests_for.is_zero() => {
                    candidates.push(seat.candidate(index, &chooser.routing, now));
                    nobody
                }
                (Standing::Busy, _) if rests_for.is_zero() => Nobody::Idle,
                (_, Nobody::Idle) => Nobody::Idle,
                (Standing::Away(away), Nobody::Left) => Nobody::Present(away.max(rests_for)),
                (_, Nobody::Left) => Nobody::Present(rests_for),
                (Standing::Away(away), Nobody::Present(first)) => {
                    Nobody::Present(first.min(away.max(rests_for)))
                }
                (_, Nobody::Present(first)) => Nobody::Present(first.min(rests_for)),
            };
        }
        (candidates, nobody)
    }

    fn match_prefixes(&self, candidates: &mut [Candidate], chunks: &[u64]) {
        let seats = candidates
            .iter()
            .map(|candidate| &self.seats[candidate.seat]);
        let holders: Vec<Holder> = seats.map(Seat::holder).collect();
        let tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
        let matched = tree.matched(chunks, &holders);
        for (candidate, matched) in candidates.iter_mut().zip(matched) {
            candidate.matched = matched;
        }
    }
}

impl Seat {
    fn holder(&self) -> Holder {
        Holder {
            member: self.index as u16,
            era: self.member.era.load(Ordering::Relaxed),
        }
    }

    fn candidate(&self, seat: usize, routing: &Routing, now: Instant) -> Candidate {
        let (load, kv_usage) = match routing {
            Routing::LeastInFlight => (self.member.own_load(), 0.0),
            Routing::PowerOfTwo | Routing::PrefixAware(_) => self.member.load(now),
        };
        Candidate {
            seat,
            load,
            kv_usage,
            matched: 0,
        }
    }
}

/// All models and their pools, which change as upstreams tell what they serve.
pub struct Pools {
    members: Vec<Arc<Member>>,
    chunks_max: usize,
    pools: RwLock<BTreeMap<String, Arc<Pool>>>,
}

impl Pools {
    pub fn new(members: Vec<Arc<Member>>, routing: &Routing) -> Self {
        let chunks_max = match routing {
            Routing::PrefixAware(options) => options.chunks_max,
            Routing::LeastInFlight | Routing::PowerOfTwo => 1,
        };
        let pools = Self {
            members,
            chunks_max,
            pools: RwLock::default(),
        };
        pools.rebuild();
        pools
    }

    pub fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    pub fn get(&self, model: &str) -> Option<Arc<Pool>> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.get(model).cloned()
    }

    pub fn models(&self) -> Vec<String> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        pools.keys().cloned().collect()
    }

    /// For which models an upstream asked not to be asked, and how long it still lasts.
    pub fn rests(&self, index: usize, now: Instant) -> BTreeMap<String, Duration> {
        let pools = self.pools.read().unwrap_or_else(PoisonError::into_inner);
        let seats = pools.iter().flat_map(|(model, pool)| {
            let own = pool.seats.iter().filter(|seat| seat.index == index);
            own.map(|seat| (model.clone(), seat.rests_for(now)))
        });
        seats.filter(|(_, rest)| !rest.is_zero()).collect()
    }

    /// Reads anew what each upstream serves. What is remembered of prompts stays.
    pub fn rebuild(&self) {
        let mut seats: BTreeMap<String, Vec<Seat>> = BTreeMap::new();
        for (index, member) in self.members.iter().enumerate() {
            let models = member.models.lock().unwrap_or_else(PoisonError::into_inner);
            for (served, theirs) in &*models {
                seats.entry(served.clone()).or_default().push(Seat {
                    index,
                    member: Arc::clone(member),
                    theirs: theirs.clone(),
                    rests_until: Mutex::default(),
                });
            }
        }
        let mut pools = self.pools.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *pools);
        let pool = |(model, seats): (String, Vec<Seat>)| {
            let pool = match before.get(&model) {
                Some(known) if known.is_of(&seats) => Arc::clone(known),
                known => Arc::new(Pool {
                    seats,
                    tree: known.map_or_else(
                        || Arc::new(Mutex::new(PrefixTree::new(self.chunks_max))),
                        |known| Arc::clone(&known.tree),
                    ),
                }),
            };
            (model, pool)
        };
        *pools = seats.into_iter().map(pool).collect();
    }
}

impl Pool {
    fn is_of(&self, seats: &[Seat]) -> bool {
        let same = |(a, b): (&Seat, &Seat)| a.index == b.index && a.theirs == b.theirs;
        self.seats.len() == seats.len() && self.seats.iter().zip(seats).all(same)
    }
}
