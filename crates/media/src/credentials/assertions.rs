//! What is said, piece by piece. Source: C2PA 2.2 section 18.

use ciborium::Value;

use super::cbor::{self, map};
use super::digest::{SHA256_NAME, Sum, sum};
use super::facts::{Facts, Generator};
use super::format;
use super::ingredient::{Relationship, hashed};
use super::jumbf::{self, boxed, superbox};
use super::names;

pub(super) const ACTIONS: &str = "c2pa.actions.v2";
pub(super) const DATA_HASH: &str = "c2pa.hash.data";
pub(super) const FILM_HASH: &str = "c2pa.hash.bmff.v3";
pub(super) const INGREDIENT: &str = "c2pa.ingredient.v3";

/// What a file was made with.
pub(super) const SETTINGS: &str = "org.freehold.settings";

/// The sum of what lies around the credentials, which C2PA's own sums leave out.
pub(super) const FRAME: &str = "org.freehold.frame";

/// An assertion with its label.
pub(super) struct Assertion {
    pub label: String,
    /// Its box.
    pub bytes: Vec<u8>,
}

impl Assertion {
    fn new(label: impl Into<String>, content: &[u8]) -> Self {
        let label = label.into();
        let bytes = superbox(jumbf::CBOR, &label, &boxed(b"cbor", content));
        Self { label, bytes }
    }

    /// Its address, with its sum.
    pub(super) fn reference(&self) -> Value {
        hashed(names::assertion(&self.label), &sum(&self.bytes[8..]))
    }
}

/// What binds credentials to a file.
pub(super) enum Binding {
    /// The sum of a picture without what was put into it.
    Picture { start: u64, length: u64, sum: Sum },
    /// The sum of a film.
    Film { sum: Sum },
}

/// All assertions of a manifest.
pub(super) fn all(facts: &Facts, binding: &Binding, frame: &Sum) -> Vec<Assertion> {
    let ingredients: Vec<Assertion> = facts
        .ingredients
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let label = match index {
                0 => INGREDIENT.to_owned(),
                _ => format!("{INGREDIENT}__{index}"),
            };
            Assertion::new(label, &one.assertion())
        })
        .collect();
    let mut all = vec![
        actions(facts, &ingredients),
        settings(facts),
        bound(binding),
        framed(frame),
    ];
    all.extend(ingredients);
    all
}

/// A program, as credentials name it.
pub(super) fn generator(generator: &Generator) -> Value {
    let version = Some(generator.version.as_str()).filter(|version| !version.is_empty());
    map([
        ("name", Some(generator.name.as_str().into())),
        ("version", version.map(Value::from)),
    ])
}

/// What was done: made, or opened and changed.
fn actions(facts: &Facts, ingredients: &[Assertion]) -> Assertion {
    let of = |relationship: Relationship| {
        let both = facts.ingredients.iter().zip(ingredients);
        let found = both.filter(move |(one, _)| one.relationship() == relationship);
        let references: Vec<Value> = found.map(|(_, assertion)| assertion.reference()).collect();
        let list = (!references.is_empty()).then_some(Value::Array(references));
        list.map(|list| map([("ingredients", Some(list))]))
    };
    let action = |name: &str, source: Option<String>, parameters: Option<Value>| {
        map([
            ("action", Some(name.into())),
            ("when", Some(cbor::date(facts.date()))),
            ("softwareAgent", Some(generator(&facts.generator))),
            ("digitalSourceType", source.map(Value::from)),
            ("parameters", parameters),
        ])
    };
    let source = Some(facts.source.uri());
    let looked_at = of(Relationship::Input);
    let mut actions = match of(Relationship::Parent) {
        None => vec![action("c2pa.created", source, looked_at)],
        parent => vec![
            action("c2pa.opened", None, parent),
            action("c2pa.edited", source, looked_at),
        ],
    };
    if let parts @ Some(_) = of(Relationship::Component) {
        actions.push(action("c2pa.placed", None, parts));
    }
    let content = map([("actions", Some(Value::Array(actions)))]);
    Assertion::new(ACTIONS, &cbor::write(&content))
}

fn settings(facts: &Facts) -> Assertion {
    let making = &facts.making;
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let others = making.settings.iter();
    let others = map(others.map(|(name, value)| (name.as_str(), Some(value.as_str().into()))));
    let content = map([
        ("model", text(&making.model)),
        ("prompt", text(&making.prompt)),
        ("seed", making.seed.map(Value::from)),
        ("settings", (!making.settings.is_empty()).then_some(others)),
    ]);
    Assertion::new(SETTINGS, &cbor::write(&content))
}

fn bound(binding: &Binding) -> Assertion {
    let bytes = |bytes: &[u8]| Some(Value::Bytes(bytes.to_vec()));
    match binding {
        Binding::Picture { start, length, sum } => {
            let span = map([
                ("start", Some((*start).into())),
                ("length", Some((*length).into())),
            ]);
            let content = map([
                ("exclusions", Some(Value::Array(vec![span]))),
                ("alg", Some(SHA256_NAME.into())),
                ("hash", bytes(sum)),
                ("pad", bytes(&[])),
            ]);
            Assertion::new(DATA_HASH, &cbor::write(&content))
        }
        Binding::Film { sum } => {
            let user = map([("offset", Some(8.into())), ("value", bytes(&format::USER))]);
            let ours = map([
                ("xpath", Some("/uuid".into())),
                ("data", Some(Value::Array(vec![user]))),
            ]);
            let others = ["/ftyp", "/mfra"].map(|path| map([("xpath", Some(path.into()))]));
            let exclusions = [ours].into_iter().chain(others).collect();
            let content = map([
                ("exclusions", Some(Value::Array(exclusions))),
                ("alg", Some(SHA256_NAME.into())),
                ("hash", bytes(sum)),
            ]);
            Assertion::new(FILM_HASH, &cbor::write(&content))
        }
    }
}

fn framed(frame: &Sum) -> Assertion {
    let content = map([
        ("alg", Some(SHA256_NAME.into())),
        ("hash", Some(Value::Bytes(frame.to_vec()))),
    ]);
    Assertion::new(FRAME, &cbor::write(&content))
}
