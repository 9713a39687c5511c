//! Where a file came from, in the words of interfaces.

use media::credentials::{Content, Report, Source, Standing, Status};
use serde_json::{Value, json};

/// What credentials say, and whether they hold: `status` (`valid`, `invalid`, `not_understood`, `missing`) with its `reason`, and what
/// was signed where it holds.
pub fn described(report: &Report) -> Value {
    let (status, reason) = match &report.status {
        Status::Valid => ("valid", None),
        Status::Invalid { reason } => ("invalid", Some(reason)),
        Status::Unread { reason } => ("not_understood", Some(reason)),
        Status::Missing => ("missing", None),
    };
    // What does not hold was said of another file.
    let content = report
        .content
        .as_ref()
        .filter(|_| report.status == Status::Valid);
    let making = content.and_then(|content| content.making.as_ref());
    json!({
        "status": status,
        "reason": reason,
        "title": content.and_then(|content| content.title.as_ref()),
        "generator": content.map(made_by),
        "source": content.and_then(|content| content.source.as_ref()).map(Source::uri),
        "created_at": content.and_then(|content| content.created_at.as_ref()),
        "model": making.and_then(|making| making.model.as_ref()),
        "prompt": making.and_then(|making| making.prompt.as_ref()),
        "seed": making.and_then(|making| making.seed),
        "ingredients": content.map(|content| content.ingredients.iter().map(|origin| json!({
            "title": origin.title,
            "format": origin.format,
            "sha256": origin.sha256,
        })).collect::<Vec<_>>()),
        "signer": report.signer.as_ref().map(|signer| json!({
            "name": signer.name,
            "organisation": signer.organisation,
            "fingerprint": signer.fingerprint,
            "standing": match signer.standing {
                Standing::Trusted => "trusted",
                Standing::Unknown => "unknown",
                Standing::Expired => "expired",
            },
        })),
    })
}

/// The program that made it, with its version.
pub fn made_by(content: &Content) -> String {
    let generator = content.generator.as_ref();
    let name = generator.map(|generator| format!("{} {}", generator.name, generator.version));
    name.unwrap_or_default().trim().to_owned()
}
