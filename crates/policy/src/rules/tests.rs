use std::sync::Arc;

use super::*;
use crate::{
    action::{
        Delete, Infer, ManageAccount, ManageKeys, ManagePeople, Operate, Read, ReadAudit,
        SeeModels, Thing, Write,
    },
    budget::Budgets,
    principal::{Known, Role, Scope, Via},
};

/// Saturday, 2026-11-21, 14:30 in UTC.
const AT: i64 = 1_795_271_400_000;

fn person(role: Role) -> Known {
    Known {
        user: format!("u-{role}"),
        name: role.to_string(),
        display_name: role.to_string(),
        role,
        projects: Vec::new(),
        project: None,
        via: Via::Session,
        scopes: Scope::ALL.to_vec(),
        session: None,
        is_by_link: false,
        csrf: None,
        user_budgets: Budgets::default(),
        key_budgets: Budgets::default(),
    }
}

fn ask(known: &Known, action: &impl Asked) -> Arc<Verdict> {
    Rules::shipped().decide(&Principal(Arc::new(known.clone())), action, AT)
}

fn allows(known: &Known, action: &impl Asked) -> bool {
    ask(known, action).allowed
}

fn model() -> Infer {
    Infer {
        model: "m".to_owned(),
    }
}

#[test]
fn everybody_asks_models_and_sees_which_there_are() {
    for role in Role::ALL {
        assert!(allows(&person(role), &model()));
        assert!(allows(&person(role), &SeeModels));
    }
}

#[test]
fn what_somebody_keeps_is_theirs_alone_even_before_the_owner() {
    for role in Role::ALL {
        let known = person(role);
        let own = Thing::of("conversation", known.user.clone());
        let foreign = Thing::of("conversation", "u-other");
        assert!(allows(&known, &Read(own.clone())));
        assert!(allows(&known, &Write(own.clone())));
        assert!(allows(&known, &Delete(own)));
        assert!(!allows(&known, &Read(foreign.clone())));
        assert!(!allows(&known, &Write(foreign.clone())));
        assert!(!allows(&known, &Delete(foreign)));
    }
}

#[test]
fn guests_keep_no_files() {
    let guest = person(Role::Guest);
    let file = Thing::of("file", guest.user.clone());
    assert!(!allows(&guest, &Write(file)));
    let member = person(Role::Member);
    let file = Thing::of("file", member.user.clone());
    assert!(allows(&member, &Write(file)));
}

#[test]
fn who_is_in_a_project_reads_and_writes_there_and_deletes_only_what_is_theirs() {
    let mut known = person(Role::Member);
    let thing = Thing {
        project: Some("p-1".to_owned()),
        ..Thing::of("file", "u-other")
    };
    assert!(!allows(&known, &Read(thing.clone())));
    known.projects = vec!["p-1".to_owned()];
    assert!(allows(&known, &Read(thing.clone())));
    assert!(allows(&known, &Write(thing.clone())));
    assert!(!allows(&known, &Delete(thing)));
}

#[test]
fn people_are_managed_by_admins_and_owners_by_owners() {
    let people = |role| ManagePeople {
        user: "u-other".to_owned(),
        role,
        change: "add",
    };
    let may = |asking, role| allows(&person(asking), &people(role));
    assert!(may(Role::Owner, Role::Owner));
    assert!(may(Role::Admin, Role::Admin));
    assert!(!may(Role::Admin, Role::Owner));
    assert!(!may(Role::Member, Role::Guest));
    let keys = |role| ManageKeys {
        user: "u-other".to_owned(),
        role,
        change: "add",
        key: None,
    };
    assert!(!allows(&person(Role::Admin), &keys(Role::Owner)));
    assert!(!allows(&person(Role::Member), &keys(Role::Guest)));
}

#[test]
fn nobody_gets_a_role_by_claiming_it_of_themselves() {
    let guest = person(Role::Guest);
    let own = ManageAccount {
        user: guest.user.clone(),
        role: Role::Guest,
        change: "password",
    };
    assert!(allows(&guest, &own));
    let raise = ManagePeople {
        user: guest.user.clone(),
        role: Role::Owner,
        change: "role",
    };
    assert!(!allows(&guest, &raise));
    let admin = person(Role::Admin);
    let raise = ManagePeople {
        user: admin.user.clone(),
        role: Role::Owner,
        change: "role",
    };
    assert!(!allows(&admin, &raise));
}

#[test]
fn the_house_is_run_by_its_owner_and_its_log_read_by_admins() {
    let operate = Operate { change: "backup" };
    let may: Vec<bool> = Role::ALL
        .map(|role| allows(&person(role), &operate))
        .to_vec();
    assert_eq!(may, [false, false, false, true]);
    let may: Vec<bool> = Role::ALL
        .map(|role| allows(&person(role), &ReadAudit))
        .to_vec();
    assert_eq!(may, [false, false, true, true]);
}

#[test]
fn a_key_does_what_its_scopes_say_and_no_more() {
    let mut owner = person(Role::Owner);
    owner.via = Via::Key("k-1".to_owned());
    let own = Thing::of("file", owner.user.clone());
    let may = |known: &Known| {
        [
            allows(known, &model()),
            allows(known, &Read(own.clone())),
            allows(known, &Write(own.clone())) && allows(known, &Delete(own.clone())),
            allows(known, &Operate { change: "backup" }),
            allows(known, &ReadAudit),
        ]
    };
    for (place, scope) in Scope::ALL.into_iter().enumerate() {
        owner.scopes = vec![scope];
        let mut expected = [false; 5];
        expected[place] = true;
        assert_eq!(may(&owner), expected, "{scope}");
    }
    owner.scopes = Vec::new();
    assert_eq!(may(&owner), [false; 5]);
}

#[test]
fn a_verdict_says_in_a_sentence_which_rules_decided() {
    let guest = person(Role::Guest);
    let said = ask(&guest, &model()).to_string();
    let expected = "`infer` on model `m` is permitted to this guest: everybody may ask models \
        (rule `everybody-uses-models`)";
    assert_eq!(said, expected);
    let said = ask(&guest, &Read(Thing::of("file", "u-other"))).to_string();
    let expected =
        "`read` on a `file` of somebody else is not permitted to this guest: no rule permits it";
    assert_eq!(said, expected);
    let mut key = person(Role::Owner);
    key.scopes = vec![Scope::Read];
    let said = ask(&key, &model()).to_string();
    let expected = "`infer` on model `m` is not permitted to this owner: this key has not the \
        scope `infer` (rule `key-without-infer`)";
    assert_eq!(said, expected);
}

#[test]
fn a_rule_of_the_owner_forbids_by_hour_and_weekday() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "@id(\"quiet\")\nforbid (principal, action == Freehold::Action::\"infer\", resource)\n\
        when { principal.role == \"guest\" && context.weekday == 6 && context.hour >= 14 };";
    std::fs::write(folder.path().join("quiet.cedar"), rule).unwrap();
    let rules = Rules::read(Some(folder.path())).unwrap_or_else(|error| panic!("{error}"));
    let decide = |role, at| {
        let principal = Principal(Arc::new(person(role)));
        rules.decide(&principal, &model(), at).allowed
    };
    assert!(!decide(Role::Guest, AT));
    assert!(decide(Role::Guest, AT - 3_600_000));
    assert!(decide(Role::Guest, AT + 24 * 3_600_000));
    assert!(decide(Role::Member, AT));
    assert_ne!(rules.hash, Rules::shipped().hash);
}

#[test]
fn a_rule_that_cannot_be_computed_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "@id(\"over\")\nforbid (principal, action, resource)\n\
        when { (context.hour + 9223372036854775807) > 0 };";
    std::fs::write(folder.path().join("over.cedar"), rule).unwrap();
    let rules = Rules::read(Some(folder.path())).unwrap_or_else(|error| panic!("{error}"));
    let principal = Principal(Arc::new(person(Role::Owner)));
    let verdict = rules.decide(&principal, &model(), AT);
    assert!(!verdict.allowed);
    assert!(
        verdict.to_string().contains("cannot be computed"),
        "{verdict}"
    );
}

#[test]
fn requests_are_as_the_schema_says() {
    let schema = include_str!("../../rules/freehold.cedarschema");
    let (schema, _) = cedar_policy::Schema::from_cedarschema_str(schema).unwrap();
    let rules = Rules::shipped();
    let known = Known {
        projects: vec!["p-1".to_owned()],
        ..person(Role::Member)
    };
    let thing = Thing {
        project: Some("p-1".to_owned()),
        ..Thing::of("file", "u-other")
    };
    let keys = ManageKeys {
        user: "u-2".to_owned(),
        role: Role::Guest,
        change: "add",
        key: None,
    };
    let principal = Principal(Arc::new(known));
    let asked = [
        rules.ask(&principal, &model(), AT),
        rules.ask(&principal, &Write(thing), AT),
        rules.ask(&principal, &keys, AT),
        rules.ask(&principal, &Operate { change: "backup" }, AT),
    ];
    for asked in asked {
        let (request, entities) = asked.unwrap();
        let context = request.context().unwrap().clone();
        let checked = Request::new(
            request.principal().unwrap().clone(),
            request.action().unwrap().clone(),
            request.resource().unwrap().clone(),
            context,
            Some(&schema),
        );
        checked.unwrap();
        Entities::from_entities(entities.iter().cloned(), Some(&schema)).unwrap();
    }
}

#[test]
fn hours_and_weekdays_are_those_of_utc() {
    assert_eq!(hour_and_weekday(AT), (14, 6));
    assert_eq!(hour_and_weekday(0), (0, 4));
    assert_eq!(hour_and_weekday(-1), (23, 3));
}

#[test]
fn what_is_asked_again_is_answered_alike_and_what_differs_is_not_mixed_up() {
    let rules = Rules::shipped();
    let decide = |known: Known, action: &Read| {
        let principal = Principal(Arc::new(known));
        let first = rules.decide(&principal, action, AT);
        assert_eq!(first, rules.decide(&principal, action, AT));
        assert_eq!(*first, rules.compute(&principal, action, AT));
        first.allowed
    };
    let member = || person(Role::Member);
    let project = |name: &str| {
        Read(Thing {
            project: Some(name.to_owned()),
            ..Thing::of("file", "u-other")
        })
    };
    let inside = |projects: &[&str]| Known {
        projects: projects.iter().map(|&id| id.to_owned()).collect(),
        ..member()
    };
    assert!(decide(inside(&["a", "b"]), &project("a")));
    assert!(!decide(inside(&["a,b"]), &project("a")));
    assert!(!decide(inside(&["ab"]), &project("a")));
    assert!(!decide(member(), &project("a")));
    assert!(decide(member(), &Read(Thing::of("file", "u-member"))));
    assert!(!decide(
        person(Role::Guest),
        &Read(Thing::of("file", "u-member"))
    ));
    let keyed = Known {
        scopes: vec![Scope::Infer],
        ..member()
    };
    assert!(!decide(keyed, &Read(Thing::of("file", "u-member"))));
}
