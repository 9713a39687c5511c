//! What whoever asks may do, as the rules say: pages offer nothing else.

use policy::action::{
    Action, ManageAccount, ManageKeys, ManageModels, ManagePeople, Operate, ReadAudit, Thing, Write,
};
use policy::{Principal, Role};
use serde_json::{Value, json};

use crate::app::App;

/// What is done, where the rules are only asked.
const CHANGE: &str = "ask_why";

/// What `principal` may do here, by name. Nothing is permitted by it: each request is judged by itself.
pub(super) fn may(app: &App, principal: &Principal) -> Value {
    let (user, role) = (principal.user().to_owned(), principal.role());
    let change = CHANGE;
    let files = Write(Thing::of("file", principal.user()));
    let account = ManageAccount {
        user: user.clone(),
        role,
        change,
    };
    let keys = ManageKeys {
        user,
        role,
        change,
        key: None,
    };
    let models = ManageModels {
        change,
        model: None,
    };
    let given = Role::ALL.into_iter().filter(|&role| {
        let somebody = ManagePeople {
            user: "new".to_owned(),
            role,
            change,
        };
        allows(app, principal, &somebody)
    });
    json!({
        "keep_files": allows(app, principal, &files),
        "manage_account": allows(app, principal, &account),
        "manage_keys": allows(app, principal, &keys),
        "manage_models": allows(app, principal, &models),
        "read_audit": allows(app, principal, &ReadAudit),
        "operate": allows(app, principal, &Operate { change }),
        "give_roles": given.map(Role::name).collect::<Vec<&str>>(),
    })
}

/// Whether the rules let `principal` do that.
pub(super) fn allows(app: &App, principal: &Principal, action: &impl Action) -> bool {
    app.gate.why(principal, action).allowed
}

/// Whether the rules let `principal` change a person.
pub(super) fn may_change(app: &App, principal: &Principal, id: &str, role: Role) -> bool {
    let person = ManagePeople {
        user: id.to_owned(),
        role,
        change: CHANGE,
    };
    allows(app, principal, &person)
}

/// Whether the rules let `principal` bring and change models, and so know where their files lie.
pub(crate) fn manages_models(app: &App, principal: &Principal) -> bool {
    let models = ManageModels {
        change: CHANGE,
        model: None,
    };
    allows(app, principal, &models)
}
