//! What people are called by others, in any letters.

use super::{Gate, people};
use crate::{
    action::ManageAccount,
    error::{Error, Result},
    principal::Principal,
};

/// Names that others see have at most so many characters.
const LENGTH_MAX: usize = 64;

impl Gate {
    /// Changes what others see `user`, an id, called; `None` for the name they sign in with. Letters of any kind,
    /// blanks at the ends taken off.
    ///
    /// # Errors
    /// [`Error::Denied`], and a name that is empty, too long, or holds what cannot be seen.
    pub async fn set_display_name(
        &self,
        principal: &Principal,
        user: &str,
        name: Option<&str>,
    ) -> Result<()> {
        people::is_somebody(user)?;
        let identity = self.0.store.identity();
        let mut user = identity.user(user).await?;
        let action = ManageAccount {
            user: user.id.clone(),
            role: user.role.parse()?,
            change: "display_name",
        };
        let _permit = self.permit(principal, action).await?;
        user.display_name = name.map(checked).transpose()?;
        identity.update_user(&user).await?;
        self.0.known.clear();
        Ok(())
    }
}

/// The name as it is kept.
pub(super) fn checked(name: &str) -> Result<String> {
    let name = name.trim();
    let length = name.chars().count();
    let is_seen = name.chars().any(|sign| !joins(sign));
    if is_seen && length <= LENGTH_MAX && !name.chars().any(misleads) {
        return Ok(name.to_owned());
    }
    let what = match (is_seen, length) {
        (false, _) => "a name that others see has letters".to_owned(),
        (_, length) if length > LENGTH_MAX => {
            format!("a name of `{length}` characters is too long")
        }
        _ => "the name holds characters that cannot be seen".to_owned(),
    };
    Err(Error::refused("bad_display_name", what).hint(
        "1 to 64 characters of any script, without line breaks and signs that turn the direction",
    ))
}

/// Whether a character is not to be seen as itself: it ends a line, turns the direction of what follows, or is
/// nothing at all, so that one name would pass for another.
fn misleads(sign: char) -> bool {
    sign.is_control()
        || matches!(sign,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a character only joins or parts others, as some scripts and pictures need.
fn joins(sign: char) -> bool {
    matches!(sign, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}') || sign.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_called_in_any_letters() {
        for name in [
            "Ada Löwe",
            "李小龙",
            "أمل",
            "Zoë O’Hara-Smith",
            "👩‍🚀",
            "نام‌خانوادگی",
        ] {
            assert_eq!(checked(name).unwrap(), name);
        }
        assert_eq!(checked("  Ada Löwe\u{a0}\n").unwrap(), "Ada Löwe");
        assert_eq!(checked(&"ä".repeat(64)).unwrap().chars().count(), 64);
    }

    #[test]
    fn nobody_is_called_by_what_cannot_be_seen() {
        for name in [
            "",
            "   ",
            "a\u{202e}b",
            "a\nb",
            "a\u{0}b",
            "a\u{2066}b",
            "\u{200b}Ada",
            "\u{200d}",
            "\u{3164}",
            "a\u{e0041}",
        ] {
            let error = checked(name).unwrap_err();
            assert_eq!(error.code(), "bad_display_name", "{name:?}");
        }
        assert!(checked(&"ä".repeat(65)).is_err());
    }
}
