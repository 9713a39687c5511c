//! The rules of the house, in Cedar: whether they permit what a principal asks for, and why.

mod files;

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    path::Path,
    sync::{Arc, Mutex},
};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, RestrictedExpression,
};
use sha2::{Digest as _, Sha256};

use crate::{
    action::{Target, sealed::Asked},
    audit::Hash,
    error::Result,
    principal::Principal,
    why::{Rule, RuleFile, Verdict},
};

/// Rules that were read, checked against the schema, and can be asked.
#[derive(Debug)]
pub(crate) struct Rules {
    policies: PolicySet,
    authorizer: Authorizer,
    types: Types,
    actions: HashMap<&'static str, EntityUid>,
    files: HashMap<PolicyId, String>,
    /// As they were read.
    pub texts: Vec<RuleFile>,
    decided: Mutex<HashMap<String, Arc<Verdict>>>,
    /// Of all texts together, so that the log says which rules held.
    pub hash: Hash,
}

/// Names of the schema, read once.
#[derive(Debug)]
struct Types {
    user: EntityTypeName,
    project: EntityTypeName,
    model: EntityTypeName,
    thing: EntityTypeName,
    house: EntityTypeName,
}

/// Decisions that are remembered.
const DECIDED_MAX: usize = 4096;

/// The names of all actions.
const ACTIONS: [&str; 12] = [
    "infer",
    "see_models",
    "read",
    "write",
    "delete",
    "manage_account",
    "manage_keys",
    "manage_people",
    "manage_projects",
    "manage_models",
    "read_audit",
    "operate",
];

impl Rules {
    /// The shipped rules, with those of the `folder` beside them if it is there.
    pub fn read(folder: Option<&Path>) -> Result<Self> {
        let read = files::read(folder)?;
        let named = |name: &str| -> EntityTypeName {
            let name = format!("Freehold::{name}");
            name.parse().expect("a name of the schema")
        };
        let of_actions = named("Action");
        let action = |name| {
            let uid = EntityUid::from_type_name_and_id(of_actions.clone(), EntityId::new(name));
            (name, uid)
        };
        let mut hasher = Sha256::new();
        for (name, text) in &read.texts {
            hasher.update((name.len() as u64).to_be_bytes());
            hasher.update(name);
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
        let texts = read.texts.into_iter().map(|(name, text)| RuleFile {
            is_shipped: name == files::SHIPPED_NAME,
            name,
            text,
        });
        let texts = texts.collect();
        Ok(Self {
            policies: read.policies,
            authorizer: Authorizer::new(),
            types: Types {
                user: named("User"),
                project: named("Project"),
                model: named("Model"),
                thing: named("Thing"),
                house: named("House"),
            },
            actions: ACTIONS.map(action).into(),
            files: read.files,
            texts,
            decided: Mutex::default(),
            hash: Hash(hasher.finalize().into()),
        })
    }

    /// Whether `principal` may do `action` at the time `at`, in unix milliseconds, and why. What is asked again in
    /// the same words within the hour is answered from memory: rules see nothing else.
    pub fn decide(&self, principal: &Principal, action: &impl Asked, at: i64) -> Arc<Verdict> {
        let Some(question) = question(principal, action, at) else {
            return Arc::new(self.compute(principal, action, at));
        };
        let decided = || self.decided.lock().expect("no holder of the lock panics");
        if let Some(verdict) = decided().get(&question) {
            return Arc::clone(verdict);
        }
        let verdict = Arc::new(self.compute(principal, action, at));
        let mut decided = decided();
        if decided.len() >= DECIDED_MAX {
            decided.clear();
        }
        decided.insert(question, Arc::clone(&verdict));
        verdict
    }

    fn compute(&self, principal: &Principal, action: &impl Asked, at: i64) -> Verdict {
        let known = &*principal.0;
        let answer = self.ask(principal, action, at).map(|request| {
            let (request, entities) = request;
            self.authorizer
                .is_authorized(&request, &self.policies, &entities)
        });
        let mut verdict = Verdict {
            allowed: false,
            action: action.name(),
            on: described(&action.target(), known.user.as_str()),
            role: known.role.name(),
            rules: Vec::new(),
            broken: Vec::new(),
        };
        match answer {
            Ok(answer) => {
                let diagnostics = answer.diagnostics();
                let said = diagnostics.reason().map(|id| self.rule(id));
                verdict.rules = said.collect();
                verdict.rules.sort_by(|one, other| one.id.cmp(&other.id));
                let broken = diagnostics.errors().map(ToString::to_string);
                verdict.broken = broken.collect();
                // Cedar passes over a rule that fails, and it may have been one that forbids.
                let decided = answer.decision() == Decision::Allow;
                verdict.allowed = decided && verdict.broken.is_empty();
            }
            Err(error) => verdict.broken.push(error),
        }
        verdict
    }

    /// The `@says` of the rule `id`.
    pub fn says(&self, id: &str) -> Option<String> {
        let says = self.policies.annotation(&PolicyId::new(id), "says");
        says.map(str::to_owned)
    }

    fn rule(&self, id: &PolicyId) -> Rule {
        Rule {
            id: id.to_string(),
            says: self.policies.annotation(id, "says").map(str::to_owned),
            file: self.files.get(id).cloned().unwrap_or_default(),
        }
    }

    fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
    }

    /// The request in Cedar's terms.
    fn ask(
        &self,
        principal: &Principal,
        action: &impl Asked,
        at: i64,
    ) -> Result<(Request, Entities), String> {
        let known = &*principal.0;
        let types = &self.types;
        let user = Self::uid(&types.user, &known.user);
        let string = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let entity = |uid: &EntityUid, attributes: Vec<(&str, RestrictedExpression)>, parents| {
            let attributes = attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            Entity::new(uid.clone(), attributes, parents).map_err(|error| error.to_string())
        };
        let projects = known.projects.iter();
        let parents: HashSet<EntityUid> = projects
            .map(|project| Self::uid(&types.project, project))
            .collect();
        let own_role = vec![("role", string(known.role.name()))];
        let mut entities = vec![entity(&user, own_role, parents)?];
        let mut role_of_person = None;
        let resource = match action.target() {
            Target::House => Self::uid(&types.house, "house"),
            Target::Model(name) => Self::uid(&types.model, name),
            Target::Person { id, role } => {
                let uid = Self::uid(&types.user, id);
                role_of_person = Some(role);
                // Of oneself the truth is said above; a role that one would get is not had yet.
                if uid != user {
                    let role = vec![("role", string(role.name()))];
                    entities.push(entity(&uid, role, HashSet::new())?);
                }
                uid
            }
            Target::Thing(thing) => {
                let id = thing.id.as_deref().unwrap_or("all");
                let uid = Self::uid(&types.thing, id);
                let owner = Self::uid(&types.user, &thing.owner);
                let mut attributes = vec![
                    ("kind", string(&thing.kind)),
                    ("owner", RestrictedExpression::new_entity_uid(owner)),
                ];
                attributes.extend(thing.project.as_deref().map(|project| {
                    let uid = Self::uid(&types.project, project);
                    ("project", RestrictedExpression::new_entity_uid(uid))
                }));
                entities.push(entity(&uid, attributes, HashSet::new())?);
                uid
            }
        };
        let scopes = known.scopes.iter().map(|scope| string(scope.name()));
        let (hour, weekday) = hour_and_weekday(at);
        let mut context = vec![
            ("via".to_owned(), string(known.via.name())),
            ("scopes".to_owned(), RestrictedExpression::new_set(scopes)),
            ("hour".to_owned(), RestrictedExpression::new_long(hour)),
            (
                "weekday".to_owned(),
                RestrictedExpression::new_long(weekday),
            ),
        ];
        context.extend(role_of_person.map(|role| ("role".to_owned(), string(role.name()))));
        let context = Context::from_pairs(context).map_err(|error| error.to_string())?;
        let entities =
            Entities::from_entities(entities, None).map_err(|error| error.to_string())?;
        let action = self.actions[action.name()].clone();
        let request = Request::new(user, action, resource, context, None);
        Ok((request.map_err(|error| error.to_string())?, entities))
    }
}

/// All that rules see of a request, in one text; `None` for a single thing, which is seldom asked for twice.
fn question(principal: &Principal, action: &impl Asked, at: i64) -> Option<String> {
    let known = &*principal.0;
    let mut text = String::with_capacity(128);
    let mut part = |part: &str| {
        write!(text, "{}:{part}", part.len()).expect("text grows");
    };
    part(&known.user);
    part(known.role.name());
    part(known.via.name());
    known.scopes.iter().for_each(|scope| part(scope.name()));
    part("");
    known.projects.iter().for_each(|project| part(project));
    part("");
    part(action.name());
    match action.target() {
        Target::House => {}
        Target::Model(name) => part(name),
        Target::Person { id, role } => {
            part(id);
            part(role.name());
        }
        Target::Thing(thing) if thing.id.is_some() => return None,
        Target::Thing(thing) => {
            part(&thing.kind);
            part(&thing.owner);
            part(thing.project.as_deref().unwrap_or_default());
        }
    }
    write!(text, "@{}", at.div_euclid(3_600_000)).expect("text grows");
    Some(text)
}

/// The hour of the day and the day of the week, 1 for Monday, of unix milliseconds in UTC.
fn hour_and_weekday(at: i64) -> (i64, i64) {
    let hours = at.div_euclid(3_600_000);
    // The first of January 1970 was a Thursday.
    let weekday = (hours.div_euclid(24) + 3).rem_euclid(7) + 1;
    (hours.rem_euclid(24), weekday)
}

fn described(target: &Target<'_>, user: &str) -> String {
    match target {
        Target::House => "the house".to_owned(),
        Target::Model(name) => format!("model `{name}`"),
        Target::Person { id, .. } if *id == user => "one's own account".to_owned(),
        Target::Person { role, .. } => format!("the account of a {role}"),
        Target::Thing(thing) => {
            let whose = match (thing.owner == user, &thing.project) {
                (true, _) => "of one's own",
                (false, Some(_)) => "of a project",
                (false, None) => "of somebody else",
            };
            format!("a `{}` {whose}", thing.kind)
        }
    }
}

impl Rules {
    /// The shipped rules and nothing else.
    #[cfg(test)]
    pub fn shipped() -> Self {
        Self::read(None).unwrap_or_else(|error| panic!("{error}"))
    }
}

#[cfg(test)]
mod tests;
