//! What is permitted, and the lines that say so.

use policy::{
    Credential, Error, Role,
    action::{Infer, Operate, Read, Thing, Write},
    audit::{Log, Record},
};

use crate::{House, START, somebody};

#[tokio::test]
async fn every_permit_and_every_refusal_is_a_line_before_it_is_told() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    let log = Log::of(gate.store());
    let before = log.end().await.unwrap();
    let model = || Infer {
        model: "qwen3".to_owned(),
    };
    let permit = gate.permit(&ada, model()).await.unwrap();
    assert_eq!((permit.sequence(), permit.user()), (before + 1, ada.user()));
    assert_eq!(permit.action(), &model());
    let theirs = Thing {
        id: Some("file-1".to_owned()),
        ..Thing::of("file", "u-other")
    };
    let refused = gate.permit(&ada, Read(theirs)).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    let lines = log.page(before, 10).await.unwrap();
    let records: Vec<Record> = lines.iter().map(|line| line.record().unwrap()).collect();
    let line = |action: &str, on: &[(&str, &str)], allowed, because: &[&str]| Record {
        at: START,
        by: ada.user().to_owned(),
        via: "session".to_owned(),
        action: action.to_owned(),
        on: on
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect(),
        allowed,
        because: because.iter().map(|id| (*id).to_owned()).collect(),
    };
    let expected = [
        line(
            "infer",
            &[("id", "qwen3"), ("kind", "model")],
            true,
            &["everybody-uses-models"],
        ),
        line(
            "read",
            &[("id", "file-1"), ("kind", "file"), ("owner", "u-other")],
            false,
            &[],
        ),
    ];
    assert_eq!(records, expected);
}

#[tokio::test]
async fn the_log_names_nobody() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "adalovelace", Role::Member).await;
    let own = Thing::of("conversation", ada.user());
    gate.permit(&ada, Write(own)).await.unwrap();
    let lines = Log::of(gate.store()).page(0, 100).await.unwrap();
    assert!(lines.len() >= 4);
    assert!(
        lines.iter().all(|line| !line.text.contains("ada")),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line.text.contains(ada.user())));
}

#[tokio::test]
async fn asking_why_permits_nothing_and_writes_nothing() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    let log = Log::of(gate.store());
    let before = log.end().await.unwrap();
    let verdict = gate.why(&ada, &Operate { change: "backup" });
    let said = "`operate` on the house is not permitted to this member: no rule permits it";
    assert_eq!(verdict.to_string(), said);
    assert_eq!(log.end().await.unwrap(), before);
}

#[tokio::test]
async fn where_the_log_cannot_be_written_nothing_is_permitted() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    gate.store().close().await;
    let asked = gate
        .permit(
            &ada,
            Infer {
                model: "m".to_owned(),
            },
        )
        .await;
    assert!(matches!(asked, Err(Error::Store(_))), "{asked:?}");
}

#[tokio::test]
async fn who_shows_nothing_is_let_in_only_where_the_house_says_so() {
    let house = House::new();
    let gate = house.open().await;
    let nobody = gate.identify(Credential::Nothing).await;
    assert!(matches!(nobody, Err(Error::Unknown)));
    gate.close().await.unwrap();
    let gate = house
        .open_with(|options| options.anonymous = Some(Role::Guest))
        .await;
    let somebody = gate.identify(Credential::Nothing).await.unwrap();
    assert_eq!(somebody.role(), Role::Guest);
    gate.permit(
        &somebody,
        Infer {
            model: "m".to_owned(),
        },
    )
    .await
    .unwrap();
    let operate = gate.permit(&somebody, Operate { change: "backup" }).await;
    assert!(matches!(operate, Err(Error::Denied(_))));
    gate.identify(Credential::Nothing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_get_lines_of_their_own_without_a_gap() {
    let house = House::new();
    let gate = house.open().await;
    let ada = somebody(&gate, "ada", Role::Member).await;
    let before = Log::of(gate.store()).end().await.unwrap();
    let asking: Vec<_> = (0..64)
        .map(|_| {
            let (gate, ada) = (gate.clone(), ada.clone());
            tokio::spawn(async move {
                let mut sequences = Vec::new();
                for _ in 0..50 {
                    let permit = gate
                        .permit(
                            &ada,
                            Infer {
                                model: "m".to_owned(),
                            },
                        )
                        .await
                        .unwrap();
                    sequences.push(permit.sequence());
                }
                sequences
            })
        })
        .collect();
    let mut sequences = Vec::new();
    for task in asking {
        sequences.extend(task.await.unwrap());
    }
    sequences.sort_unstable();
    let expected: Vec<u64> = (before + 1..=before + 3200).collect();
    assert_eq!(sequences, expected);
    gate.close().await.unwrap();
    let report = Log::of(gate.store()).verify(&[], None).await.unwrap();
    assert_eq!((report.fault, report.signed_to), (None, before + 3200));
}
