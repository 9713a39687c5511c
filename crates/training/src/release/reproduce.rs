//! `reproduce.sh`: the training again, and whether the same came of it.

use super::facts::Facts;

/// Sums of the data, from the recipe's folder on, as `sha256sum -c` reads them.
pub(super) fn sums(facts: &Facts) -> String {
    let mut lines = String::new();
    for (source, account) in facts.sources() {
        for (name, sum) in &account.files {
            let is_file = source
                .path
                .file_name()
                .is_some_and(|own| own == name.as_str())
                && account.files.len() == 1;
            let path = match is_file {
                true => source.path.clone(),
                false => source.path.join(name),
            };
            lines += &format!("{sum}  {}\n", path.display());
        }
    }
    lines
}

/// The script.
pub(super) fn script(facts: &Facts) -> String {
    let name = &facts.recipe.name;
    let last = facts.recipe.stages.last().expect("a recipe has a stage");
    let prepare = match &facts.about().prepare {
        Some(command) => format!(
            "\n# The data is made where it is not there yet.\nif ! sums >/dev/null 2>&1; then\n  (cd \"$folder\" && {command})\nfi\n"
        ),
        None => String::new(),
    };
    let chat = facts.recipe.tokenizer.as_ref();
    let template = chat.and_then(|tokenizer| tokenizer.chat_template.as_ref());
    let template = template.map_or_else(String::new, |path| {
        let own = path.file_name().unwrap_or_default().to_string_lossy();
        format!(
            "[ -e \"$folder\"/{path} ] || cp \"$here\"/recipe/{own} \"$folder\"/{path}\n",
            path = quoted(&path.display().to_string()),
            own = quoted(&own),
        )
    });
    format!(
        r#"#!/bin/sh
# Trains the model again from its data, and says whether the same weights came of it.
#
#     sh reproduce.sh [FOLDER]
#
# FOLDER holds the data where the recipe looks for it, and is the current one when none is named. What is made comes to
# lie in FOLDER/reproduced. FREEHOLD names the program. Weights are the same to the bit on a processor with the same
# instructions and with the same version of Freehold, which was {version}.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$(CDPATH='' cd -- "${{1:-.}}" && pwd)
sums() {{ [ ! -s "$here/training/data.sha256" ] || (cd "$folder" && sha256sum --check --quiet "$here/training/data.sha256"); }}
{prepare}
sums || {{
  echo "error: the data in $folder is not what the model was trained with" >&2
  echo "hint: DATA.md says where each source comes from, and its sha256" >&2
  exit 1
}}
{template}recipe=$folder/reproduced.toml
{{ echo 'out = "reproduced"'; sed '/^[[:space:]]*out[[:space:]]*=/d' "$here/recipe/recipe.toml"; }} >"$recipe"
"${{FREEHOLD:-freehold}}" train "$recipe"
made=$(sha256sum "$folder"/reproduced/{stage}/model/model.safetensors | cut -d ' ' -f 1)
wanted={sum}
if [ "$made" = "$wanted" ]; then
  echo "{name}: the same weights to the bit, $made"
else
  echo "{name}: other weights, $made in place of $wanted" >&2
  exit 1
fi
"#,
        version = facts.version,
        stage = quoted(&last.name),
        sum = facts.trained_sum,
    )
}

/// A word that a shell takes as it is.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
