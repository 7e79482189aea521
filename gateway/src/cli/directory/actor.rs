//! Who asks for a change, and why: what the audit trail keeps of it.

use std::{env, fs, os::unix::fs::MetadataExt};

/// Longest name of an actor, and longest reason, in characters.
const LONGEST: usize = 400;

#[derive(clap::Args)]
pub(in crate::cli) struct ActorOption {
    /// Who asks for the change; without it, the operating system's user
    #[arg(long, value_name = "NAME", value_parser = line)]
    actor: Option<String>,
}

impl ActorOption {
    pub(super) fn name(&self) -> String {
        self.actor.clone().or_else(user).unwrap_or_else(|| "an unknown user".into())
    }
}

/// One line that says something.
pub(super) fn line(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if text.chars().nth(LONGEST).is_some() || text.chars().any(char::is_control) {
        return Err(format!("write one line of at most {LONGEST} characters"));
    }
    Ok(text.to_owned())
}

/// The name of the user whose process this is, as the system knows it, or as the environment says.
fn user() -> Option<String> {
    let id = fs::metadata("/proc/self").ok()?.uid().to_string();
    let known = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    let said = || env::var("USER").ok().and_then(|name| line(&name).ok());
    named.or_else(said).or_else(|| Some(format!("user {id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_one_line_that_says_something() {
        assert_eq!(line("  Jan Kowalski "), Ok("Jan Kowalski".into()));
        for wrong in ["", "  ", "a\nb", "a\u{1b}[2J", &"x".repeat(LONGEST + 1)] {
            assert!(line(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn without_a_name_it_is_the_systems_user() {
        assert_eq!(ActorOption { actor: Some("Jan".into()) }.name(), "Jan");
        assert!(!ActorOption { actor: None }.name().is_empty());
    }
}
