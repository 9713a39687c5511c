//! How many permits a second, and how long one takes. Run by hand:
//! `cargo test -p policy --release --test it speed -- --ignored --nocapture`

use std::time::{Duration, Instant};

use policy::{
    Credential, Gate, Principal, Role,
    action::{Infer, Thing, Write},
};

use crate::{Budgets, House, add, key_of, somebody};

/// Callers at once.
const CALLERS: usize = 256;

async fn per_second(gate: &Gate, principal: &Principal, callers: usize) -> (f64, Duration) {
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (gate, principal) = (gate.clone(), principal.clone());
            tokio::spawn(async move {
                let mut took = Vec::new();
                while start.elapsed() < Duration::from_secs(3) {
                    let begun = Instant::now();
                    let model = "qwen3".to_owned();
                    let permit = gate.permit(&principal, Infer { model }).await;
                    permit.unwrap();
                    took.push(begun.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    took.sort_unstable();
    let per_second = took.len() as f64 / start.elapsed().as_secs_f64();
    (per_second, took[took.len() / 2])
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn permits_a_second() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    for callers in [1, 16, CALLERS, 1024] {
        let (rate, median) = per_second(&gate, &ada, callers).await;
        println!("{callers:>5} callers: {rate:>8.0} permits/s, p50 {median:?}");
    }
    let start = Instant::now();
    let count = 200;
    for _ in 0..count {
        let own = Thing::of("file", ada.user());
        gate.permit(&ada, Write(own)).await.unwrap();
    }
    println!(
        "    1 caller that writes: {:?} a permit",
        start.elapsed() / count
    );
    let start = Instant::now();
    let count = 20_000;
    for _ in 0..count {
        let model = "qwen3".to_owned();
        assert!(gate.why(&ada, &Infer { model }).allowed);
    }
    println!("      a decision alone: {:?}", start.elapsed() / count);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures"]
async fn identifying_and_admitting() {
    let house = House::new();
    let gate = house.open().await;
    let person = add(&gate, "ada", Role::Member).await;
    let (_, program) = key_of(&gate, &person.id, Budgets::default()).await;
    let new = policy::NewKey {
        user: &person.id,
        name: "program",
        project: None,
        scopes: policy::Scope::USUAL.to_vec(),
        budgets: Budgets::default(),
        expires_at: None,
    };
    let (_, secret) = gate.add_key(&gate.console(), new).await.unwrap();
    let credential = Credential::Key(secret.reveal());
    for (what, pass) in [("remembered", 0), ("read again", 2_000)] {
        let start = Instant::now();
        let count = 2_000;
        for _ in 0..count {
            house.pass(pass);
            gate.identify(credential).await.unwrap();
        }
        println!("identify, {what}: {:?}", start.elapsed() / count);
    }
    let start = Instant::now();
    let count = 20_000;
    for _ in 0..count {
        let admission = gate.admit(&program, 100).await.unwrap();
        admission.settle(policy::Tokens::default());
    }
    println!("admit and settle: {:?}", start.elapsed() / count);
}
