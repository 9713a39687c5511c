//! What those are called today whom the log knows by their ids alone: it names nobody, so that who is erased is gone
//! from it.

use std::collections::HashMap;

use policy::Role;
use policy::action::ManagePeople;
use policy::audit::{Line, Record};
use serde_json::{Map, Value};

use crate::api::may::allows;
use crate::app::App;
use crate::caller::Caller;
use crate::fault::Result;

/// People and keys by id, as far as whoever reads may know them.
#[derive(Default)]
pub(super) struct Names(HashMap<String, String>);

impl Names {
    /// Those that `caller` may know.
    pub async fn read(app: &App, caller: &Caller) -> Result<Self> {
        let listing = ManagePeople {
            user: "all".to_owned(),
            role: Role::Guest,
            change: "list",
        };
        // Whoever may not is not refused for it: nothing of the kind was asked for.
        if !allows(app, caller, &listing) {
            return Ok(Self::default());
        }
        let people = app.gate.people(caller).await?.into_iter();
        let people = people.map(|person| (person.id, person.display_name));
        let keys = app.gate.keys(caller, None).await?.into_iter();
        let keys = keys.map(|key| (key.id, key.name));
        Ok(Self(people.chain(keys).collect()))
    }

    /// What `id` is called.
    pub fn of(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// The names of all that the lines `found` are about.
    pub fn told(&self, found: &[(Line, Record)]) -> Map<String, Value> {
        let ids = found.iter().flat_map(|(_, record)| ids(record));
        let named = ids.filter_map(|id| Some((id.to_owned(), Value::from(self.of(id)?))));
        named.collect()
    }
}

/// All ids that a line has.
pub(super) fn ids(record: &Record) -> impl Iterator<Item = &str> {
    let on = record.on.iter().map(|(_, value)| value.as_str());
    let via = record.via.strip_prefix("key:");
    [record.by.as_str()].into_iter().chain(on).chain(via)
}
