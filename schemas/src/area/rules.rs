//! `rules.toml`: legal rules of an area that its schema cannot say.
//!
//! Owns what a rule says and what can be proved of it without its schema. Evaluating rules is the work of
//! [`crate::validate`].

use super::AreaError;
use super::files::{text, toml};
use crate::wire::MessageName;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path};
use toml::Spanned;

/// A rule: an XPath 2.0 expression that is true of every document that keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its name within the area; a violation bears it.
    pub id: String,
    /// The messages that it applies to.
    pub messages: Vec<MessageName>,
    /// The expression. Its context is the root element; names without a prefix are in the namespace of the version,
    /// `c` is the common one, `xs` and `fn` are as usual. Values are untyped.
    pub test: String,
    /// What the rule asks for, in a sentence.
    pub text: String,
    /// The provision that it comes from, or "design".
    pub reference: String,
    /// Line of the expression in `rules.toml`.
    #[serde(skip)]
    pub line: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    rule: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: Spanned<String>,
    messages: Vec<MessageName>,
    test: Spanned<String>,
    text: String,
    reference: String,
}

/// The rules of a version; none where it has no file of them. `messages` are those that the version has.
pub(super) fn rules(file: &Path, messages: &BTreeSet<&MessageName>) -> Result<Vec<Rule>, AreaError> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let written: Written = toml(file)?;
    let source = text(file)?;
    let mut seen = BTreeSet::new();
    let mut rules = Vec::with_capacity(written.rule.len());
    for rule in written.rule {
        let at = line_at(&source, rule.id.span().start);
        let wrong = |reason: String, remedy: &str| Err(AreaError::new(file, reason, remedy).at_line(Some(at)));
        let id = rule.id.into_inner();
        if !is_kebab(&id) || !seen.insert(id.clone()) {
            return wrong(
                format!("the rule's id {id:?} is not in kebab case, or stands twice"),
                "give it a name of its own",
            );
        }
        if let Some(name) = rule.messages.iter().find(|name| !messages.contains(name)) {
            return wrong(
                format!("rule {id} names the message {name}, which this version does not have"),
                "correct the name",
            );
        }
        if rule.messages.is_empty() || rule.text.trim().is_empty() || rule.reference.trim().is_empty() {
            return wrong(
                format!("rule {id} has no message, no text or no reference"),
                "say what it applies to, asks for, and rests on",
            );
        }
        let line = line_at(&source, rule.test.span().start);
        let WrittenRule { messages, test, text, reference, .. } = rule;
        rules.push(Rule { id, messages, test: test.into_inner(), text, reference, line });
    }
    Ok(rules)
}

/// Line of a byte, from 1.
pub(crate) fn line_at(source: &str, offset: usize) -> u32 {
    let lines = source.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
    u32::try_from(lines + 1).unwrap_or(u32::MAX)
}

/// Whether a name is written `like-this`, or `like-this-2`.
pub(super) fn is_kebab(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(source: &str) -> Result<Vec<Rule>, AreaError> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rules.toml");
        fs::write(&file, source).expect("written");
        let ping = "ping".parse().expect("a name");
        rules(&file, &BTreeSet::from([&ping]))
    }

    #[test]
    fn a_rule_is_read_with_the_line_of_its_test() {
        let source = "# rules\n[[rule]]\nid = \"in-time\"\nmessages = [\"ping\"]\ntest = \"A = B\"\ntext = \"t\"\nreference = \"r\"\n";
        let rules = read(source).expect("good");
        assert_eq!((rules[0].id.as_str(), rules[0].test.as_str(), rules[0].line), ("in-time", "A = B", 5));
    }

    #[test]
    fn a_rule_that_lies_is_refused_with_its_line() {
        let rule = |id: &str, message: &str, extra: &str| {
            format!(
                "[[rule]]\nid = \"{id}\"\nmessages = [\"{message}\"]\ntest = \"1\"\ntext = \"t\"\nreference = \"r\"\n{extra}"
            )
        };
        let twice = rule("a", "ping", &rule("a", "ping", ""));
        for (source, line, says) in [
            (rule("In Time", "ping", ""), 2, "kebab"),
            (twice, 8, "stands twice"),
            (rule("a", "pong", ""), 2, "pong"),
            (rule("a", "ping", "colour = 1\n"), 7, "colour"),
            (rule("a", "ping", "").replace("\"t\"", "\" \""), 2, "no text"),
            (rule("a", "ping", "").replace("[\"ping\"]", "[]"), 2, "no message"),
        ] {
            let error = read(&source).expect_err("refused");
            assert_eq!((error.line, error.reason.contains(says)), (Some(line), true), "{error}");
        }
    }
}
