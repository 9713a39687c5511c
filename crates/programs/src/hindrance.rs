//! Tests that fail for what their box withholds, and not for what the program does.

/// What the box withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// There is no network but the machine's own.
    Network,
    /// There are no devices but the plainest.
    Device,
    /// Files outside of the project cannot be written, and some not read.
    Files,
    /// A call of the system is forbidden.
    Call,
    /// It held more memory than there is for it, and was ended.
    Memory,
}

impl Hindrance {
    /// By which programs name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Device => "device",
            Self::Files => "files",
            Self::Call => "call",
            Self::Memory => "memory",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Network => "the box has no network",
            Self::Device => "the box has no such device",
            Self::Files => "the box lets nothing outside of the project be changed",
            Self::Call => "the box forbids a call of the system",
            Self::Memory => "it was ended for holding more memory than its box has",
        }
    }

    /// What a test's last words are evidence of. What a test asserts of such words is no evidence.
    pub fn of(message: &str) -> Option<Self> {
        let message = message.trim_start();
        if !is_of_the_system(message) {
            return None;
        }
        let has = |signs: &[&str]| signs.iter().any(|sign| message.contains(sign));
        let errno = |number: u8| {
            has(&[
                &format!("[Errno {number}]"),
                &format!("os error {number})"),
                &format!("Os {{ code: {number},"),
            ])
        };
        let resolved = [
            "[Errno -2]",
            "[Errno -3]",
            "failure in name resolution",
            "Name or service not known",
            "failed to lookup address",
        ];
        if errno(101) || errno(113) || has(&resolved) {
            return Some(Self::Network);
        }
        let is_away = errno(2) || errno(6) || errno(19);
        if is_away && has(&["'/dev/", "\"/dev/", "'/sys/", "\"/sys/"]) || errno(19) {
            return Some(Self::Device);
        }
        if errno(30) || errno(13) {
            return Some(Self::Files);
        }
        if errno(38) || errno(1) || has(&["ended by signal 31"]) {
            return Some(Self::Call);
        }
        has(&["ended by signal 9"]).then_some(Self::Memory)
    }
}

/// Whether a message begins with an error, and not with what a test expected.
fn is_of_the_system(message: &str) -> bool {
    let kind = message.split([':', ' ', '(']).next().unwrap_or_default();
    let name = kind.rsplit('.').next().unwrap_or_default();
    let is_asserted = kind == "assertion" || kind == "assert" || name == "AssertionError";
    !is_asserted && !message.starts_with("left == right")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_box_withholds_is_told_from_what_the_program_does() {
        use Hindrance::{Call, Device, Files, Memory, Network};
        let cases = [
            ("OSError: [Errno 101] Network is unreachable", Some(Network)),
            (
                "socket.gaierror: [Errno -3] Temporary failure in name resolution",
                Some(Network),
            ),
            (
                "called `Result::unwrap()` on an `Err` value: Os { code: 101, kind: NetworkUnreachable, message: \"Network is unreachable\" } (src/lib.rs:3:5)",
                Some(Network),
            ),
            (
                "it cannot be asked: Network is unreachable (os error 101)",
                Some(Network),
            ),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: '/dev/kvm'",
                Some(Device),
            ),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: 'notes.txt'",
                None,
            ),
            (
                "OSError: [Errno 30] Read-only file system: '/etc/hosts'",
                Some(Files),
            ),
            (
                "PermissionError: [Errno 1] Operation not permitted",
                Some(Call),
            ),
            ("ended by signal 31", Some(Call)),
            ("ended by signal 9", Some(Memory)),
            ("ended by signal 11", None),
            ("ValueError: 101", None),
            ("AssertionError: [Errno 101] Network is unreachable", None),
            ("assert 'x' == '[Errno 101] Network is unreachable'", None),
            ("assertion `left == right` failed: (os error 13)", None),
            (
                "ConnectionRefusedError: [Errno 111] Connection refused",
                None,
            ),
        ];
        for (message, expected) in cases {
            assert_eq!(Hindrance::of(message), expected, "{message}");
        }
    }
}
