//! Reads files of rules, and says where one is broken.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    str::FromStr as _,
};

use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

use crate::error::{Error, Result};

/// What rules can speak of.
const SCHEMA: &str = include_str!("../../rules/freehold.cedarschema");

/// The rules that hold when nobody says otherwise.
const SHIPPED: &str = include_str!("../../rules/freehold.cedar");

/// Their file.
pub(super) const SHIPPED_NAME: &str = "freehold.cedar";

/// Files larger than this are not rules.
const BYTES_MAX: u64 = 1 << 20;

/// Rules that were read and checked.
pub(super) struct Read {
    pub policies: PolicySet,
    pub files: HashMap<PolicyId, String>,
    /// By file, in the order in which they were read.
    pub texts: BTreeMap<String, String>,
}

/// Reads the shipped rules and those of `folder`, and checks them.
pub(super) fn read(folder: Option<&Path>) -> Result<Read> {
    let mut texts = BTreeMap::from([(SHIPPED_NAME.to_owned(), SHIPPED.to_owned())]);
    if let Some(folder) = folder {
        texts.extend(texts_of(folder)?);
    }
    let mut read = Read {
        policies: PolicySet::new(),
        files: HashMap::new(),
        texts,
    };
    for (file, text) in read.texts.clone() {
        read.add(&file, &text)?;
    }
    read.check()?;
    Ok(read)
}

/// The texts of the `.cedar` files of a folder by their names; none where there is no folder.
fn texts_of(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(texts),
        Err(error) => return Err(Error::file(folder, error)),
    };
    for entry in listed {
        let path = entry.map_err(|error| Error::file(folder, error))?.path();
        if path
            .extension()
            .is_none_or(|extension| extension != "cedar")
        {
            continue;
        }
        let failed = |error| Error::file(&path, error);
        if fs::metadata(&path).map_err(failed)?.len() > BYTES_MAX {
            let what = format!("`{}` is larger than 1 MiB", path.display());
            return Err(Error::refused("rules_broken", what));
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        texts.insert(
            name.into_owned(),
            fs::read_to_string(&path).map_err(failed)?,
        );
    }
    Ok(texts)
}

impl Read {
    /// Adds the rules of one file, each under its `@id`, or its file and number where it has none.
    fn add(&mut self, file: &str, text: &str) -> Result<()> {
        let parsed = PolicySet::from_str(text).map_err(|errors| match errors.iter().next() {
            Some(first) => broken(file, text, first),
            None => broken(file, text, &errors),
        })?;
        if parsed.templates().next().is_some() {
            let what = format!("`{file}` holds a rule with `?principal` or `?resource`");
            return Err(Error::refused("rules_broken", what)
                .hint("write the person or the thing in its place: nothing fills templates here"));
        }
        let stem = file.trim_end_matches(".cedar");
        let mut rules: Vec<&Policy> = parsed.policies().collect();
        // They are called policy0, policy1 and so on, in the order of the text.
        rules.sort_by_key(|rule| {
            let number = rule.id().to_string();
            number.trim_start_matches("policy").parse::<usize>().ok()
        });
        for (number, rule) in (1..).zip(rules) {
            let id = match rule.annotation("id") {
                Some(id) if !id.is_empty() => id.to_owned(),
                _ => format!("{stem}-{number}"),
            };
            let id = PolicyId::new(&id);
            if let Some(other) = self.files.get(&id) {
                let what = format!("`{file}` and `{other}` both have a rule called `{id}`");
                return Err(Error::refused("rules_broken", what)
                    .hint("give one of them another `@id(\"…\")`"));
            }
            self.files.insert(id.clone(), file.to_owned());
            self.policies
                .add(rule.new_id(id))
                .expect("names are told apart above");
        }
        Ok(())
    }

    /// Holds every rule against the schema.
    fn check(&self) -> Result<()> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA)
            .unwrap_or_else(|error| panic!("the shipped schema is sound: {error}"));
        let result = Validator::new(schema).validate(&self.policies, ValidationMode::Strict);
        let Some(error) = result.validation_errors().next() else {
            return Ok(());
        };
        let file = self.files.get(error.policy_id()).cloned();
        let file = file.unwrap_or_default();
        let text = self.texts.get(&file).map(String::as_str);
        Err(broken(&file, text.unwrap_or_default(), error))
    }
}

/// Says in which line of `file` something is wrong, and what would mend it.
fn broken(file: &str, text: &str, error: &dyn Diagnostic) -> Error {
    let mut labels = error.labels().into_iter().flatten();
    let place = labels.next().map(|label| label.offset());
    let (line, column) = place_of(text, place.unwrap_or_default());
    let place = match place {
        Some(_) => format!("{file}:{line}:{column}"),
        None => file.to_owned(),
    };
    let said = error.to_string();
    let refused = Error::refused("rules_broken", format!("`{place}`: {said}"));
    let hint = error.help().map(|help| help.to_string());
    refused.hint(hint.unwrap_or_else(|| {
        "what rules can speak of stands in `freehold.cedarschema`; the house stays shut until they can be kept".to_owned()
    }))
}

/// Line and column, both from 1, of the byte `offset`.
fn place_of(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(files: &[(&str, &str)]) -> (String, Option<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        match read(Some(folder.path())) {
            Err(Error::Refused(reason)) => {
                assert_eq!(reason.code, "rules_broken");
                (reason.message, reason.hint)
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("nothing was refused"),
        }
    }

    #[test]
    fn the_shipped_rules_keep_to_the_schema_and_have_a_name_and_a_sentence_each() {
        let read = read(None).unwrap_or_else(|error| panic!("{error}"));
        assert!(read.policies.num_of_policies() >= 15);
        for policy in read.policies.policies() {
            assert!(policy.annotation("says").is_some(), "{}", policy.id());
            assert!(policy.annotation("id").is_some(), "{}", policy.id());
        }
    }

    #[test]
    fn a_rule_that_cannot_be_parsed_is_named_by_file_line_and_column() {
        let text =
            "permit (principal, action, resource);\n\nforbid (principal, action resource);\n";
        let (message, _) = refused(&[("night.cedar", text)]);
        assert!(message.starts_with("`night.cedar:3:27`: "), "{message}");
    }

    #[test]
    fn a_rule_of_what_there_is_not_is_named_by_file_and_line_with_a_hint() {
        let text = "// mine\npermit (principal, action == Freehold::Action::\"infr\", resource);\n";
        let (message, hint) = refused(&[("mine.cedar", text)]);
        assert!(message.starts_with("`mine.cedar:2:"), "{message}");
        assert!(
            hint.as_ref().unwrap().starts_with("did you mean"),
            "{hint:?}"
        );
        let text = "permit (principal, action, resource)\nwhen { principal.rank == \"high\" };";
        let (message, _) = refused(&[("mine.cedar", text)]);
        assert!(message.starts_with("`mine.cedar:2:"), "{message}");
    }

    #[test]
    fn two_rules_of_one_name_and_templates_are_refused() {
        let rule = "@id(\"own-things\")\nforbid (principal, action, resource);";
        let (message, _) = refused(&[("mine.cedar", rule)]);
        assert!(
            message.contains("both have a rule called `own-things`"),
            "{message}"
        );
        let (message, _) = refused(&[(
            "t.cedar",
            "permit (principal == ?principal, action, resource);",
        )]);
        assert!(message.contains("`?principal`"), "{message}");
    }

    #[test]
    fn a_file_called_as_the_shipped_one_stands_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let only = "@id(\"only\")\npermit (principal, action, resource);";
        fs::write(folder.path().join(SHIPPED_NAME), only).unwrap();
        fs::write(folder.path().join("notes.txt"), "no rule").unwrap();
        let read = read(Some(folder.path())).unwrap_or_else(|error| panic!("{error}"));
        let ids: Vec<String> = read.files.keys().map(ToString::to_string).collect();
        assert_eq!(ids, ["only"]);
    }
}
