//! The same house on PostgreSQL.

use policy::{
    Budgets, Credential, Error, Gate, NewKey, Principal, Role, Scope, Tokens,
    action::{Infer, Thing, Write},
    audit::{Anchor, Log},
};
use store::Store;

use crate::{House, add, postgres_server::PostgresServer, sign_in};

/// Stops the server however the test ends.
struct Stopping(PostgresServer);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// 640 permits, of both kinds, by turns.
async fn ask_side_by_side(gates: &[&Gate], ada: &Principal) {
    let asking: Vec<_> = gates
        .iter()
        .cycle()
        .take(32)
        .map(|gate| {
            let (gate, ada) = (Gate::clone(gate), ada.clone());
            tokio::spawn(async move {
                for _ in 0..10 {
                    let model = "m".to_owned();
                    gate.permit(&ada, Infer { model }).await.unwrap();
                    let own = Thing::of("file", ada.user());
                    gate.permit(&ada, Write(own)).await.unwrap();
                }
            })
        })
        .collect();
    for task in asking {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_on_postgres_permits_counts_and_keeps_one_chain_of_two_processes() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = PostgresServer::alone(folder.path()) else {
        eprintln!("SKIPPED: POSTGRESQL IS NOT INSTALLED, NOTHING WAS TRIED ON IT");
        return;
    };
    let server = Stopping(server);
    let house = House::new();
    let options = store::Options {
        url: server.0.url("postgres"),
        ..store::Options::new(house.folder.path())
    };
    let open = async || {
        let store = Store::open(&options).await.unwrap();
        Gate::open(store, house.options()).await.unwrap()
    };
    let gate = open().await;
    let other = open().await;
    assert_eq!(gate.people(&gate.console()).await.unwrap().len(), 1);
    let person = add(&gate, "ada", Role::Member).await;
    let ada = sign_in(&other, "ada").await.principal;
    ask_side_by_side(&[&gate, &other], &ada).await;
    let new = NewKey {
        user: &person.id,
        name: "program",
        project: None,
        scopes: Scope::USUAL.to_vec(),
        budgets: Budgets {
            tokens_total: Some(100),
            ..Budgets::default()
        },
        expires_at: None,
    };
    let (_, secret) = gate.add_key(&gate.console(), new).await.unwrap();
    let credential = Credential::Key(secret.reveal());
    let program = gate.identify(credential).await.unwrap();
    let used = Tokens {
        input: 60,
        output: 30,
    };
    gate.admit(&program, 50).await.unwrap().settle(used);
    gate.close().await.unwrap();
    other.close().await.unwrap();

    let again = open().await;
    let program = again.identify(credential).await.unwrap();
    let limited = again.admit(&program, 20).await;
    assert!(matches!(limited, Err(Error::Limited(_))), "{limited:?}");
    again
        .admit(&program, 10)
        .await
        .unwrap()
        .settle(Tokens::default());
    again.close().await.unwrap();
    let anchor = Anchor::below(house.folder.path());
    let report = Log::of(again.store())
        .verify(&[], Some(&anchor))
        .await
        .unwrap();
    assert_eq!((report.fault, report.signed_to), (None, report.lines));
    assert!(report.lines > 640);
}
