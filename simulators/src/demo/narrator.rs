//! The demo's voice: one line per event on the standard output, readable by somebody who knows nothing of the hub.
//! Formats and prints; decides nothing.

use super::story::{Step, Story};
use adapters::Outgoing;
use jiff::Timestamp;
use schemas::wire::{ContentType, Outcome, Receipt, Violation};
use std::io::Write;

/// Width that running text is broken at.
const WIDTH: usize = 100;
/// Most violations that a refusal shows.
const VIOLATIONS_SHOWN: usize = 5;

/// One line. Whoever reads along may stop reading; the stories go on.
pub(super) fn say(line: &str) {
    let _nobody_reads = writeln!(std::io::stdout().lock(), "{line}");
}

/// A heading.
pub(super) fn heading(text: &str) {
    say(&format!("\n━━ {text} {}", "━".repeat(WIDTH.saturating_sub(text.chars().count() + 4))));
}

/// Running text, indented and broken into lines.
pub(super) fn paragraph(text: &str) {
    for line in lines(text, WIDTH - 3) {
        say(&format!("   {line}"));
    }
}

/// Facts, each with its name; a fact without a name belongs to the one above it.
pub(super) fn facts(facts: &[(&str, String)]) {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, fact) in facts {
        say(&format!("     {name:<width$}   {fact}"));
    }
}

/// The beginning of a story.
pub(super) fn story(number: usize, of: usize, story: &Story) {
    heading(&format!("{} · {} ({number} of {of})", story.id, story.title));
    paragraph(story.told);
}

/// The beginning of one of its steps.
pub(super) fn step(number: usize, story: &Story, step: &Step) {
    let exchange =
        if story.exchanges.len() > 1 { format!("exchange {} · ", step.exchange + 1) } else { String::new() };
    say(&format!("\n   {number} of {} · {exchange}{}", story.steps.len(), step.says));
}

/// Somebody sends a message that is to reach so many.
pub(super) fn sends(country: &str, message: &Outgoing, spelled: ContentType, reaches: usize) {
    let to: Vec<&str> = message.to.iter().map(|authority| authority.as_str()).collect();
    let to = match (to.is_empty(), reaches) {
        (false, _) => to.join(", "),
        (true, 0 | 1) => "the other side".to_owned(),
        (true, _) => "all the others".to_owned(),
    };
    let language = message.language.as_deref().unwrap_or("no language");
    let (name, spelling) = (&message.message_type.message, spelling(spelled.as_str()));
    let bytes = message.body.len();
    event(country, &format!("sends     {} to {to}: {name} ({language}, {bytes} bytes of {spelling})", message.from));
}

/// A message has arrived with its recipient.
pub(super) fn arrives(country: &str, arrived: &Arrived<'_>) {
    let due = arrived.deadline.map(|date| format!(", due {date}")).unwrap_or_default();
    let Arrived { name, from, to, sequence, spelling, state, .. } = arrived;
    event(country, &format!("receives  {to} from {from}: {name} (no. {sequence}, {spelling}{due}) → {state}"));
}

/// What people call a media type of ours.
pub(super) fn spelling(content_type: &str) -> &'static str {
    if content_type == ContentType::Json.as_str() { "JSON" } else { "XML" }
}

/// What the line about an arrival says.
pub(super) struct Arrived<'a> {
    /// The message's name.
    pub name: &'a str,
    /// The sending authority.
    pub from: &'a str,
    /// The receiving authority.
    pub to: &'a str,
    /// Position in the exchange.
    pub sequence: u32,
    /// When an answer is due.
    pub deadline: Option<&'a str>,
    /// How the document is spelled.
    pub spelling: &'a str,
    /// The state that the exchange is in now.
    pub state: &'a str,
}

/// A sender has a receipt.
pub(super) fn receipt(country: &str, receipt: &Receipt, verified: bool) {
    let recipient = receipt.recipient.as_ref().map_or("?", |authority| authority.as_str());
    let fact = match receipt.outcome {
        Outcome::Accepted => "accepted: the hub holds it".to_owned(),
        Outcome::Delivered => format!("delivered: it lies in the mailbox of {recipient}"),
        Outcome::Retrieved => format!("retrieved: {recipient} has stored it"),
        Outcome::Expired => format!("expired before {recipient} could get it"),
        Outcome::Failed => format!("failed, {recipient} cannot be reached: {}", reason(receipt)),
        Outcome::Rejected => {
            format!("REJECTED with {}: {}", receipt.code.map_or("no code", |code| code.as_str()), reason(receipt))
        }
    };
    let doubt = if verified { "" } else { " (its signature could NOT be verified)" };
    event(country, &format!("receipt   {fact}{doubt}"));
    for violation in receipt.violations.iter().take(VIOLATIONS_SHOWN) {
        for line in lines(&violation_text(violation), WIDTH - 33) {
            say(&format!("{:33}{line}", ""));
        }
    }
    if let Some(more @ 1..) = receipt.violations.len().checked_sub(VIOLATIONS_SHOWN) {
        say(&format!("{:33}and {more} more", ""));
    }
}

fn reason(receipt: &Receipt) -> &str {
    receipt.reason.as_deref().unwrap_or("no reason given")
}

fn violation_text(violation: &Violation) -> String {
    let place = match (violation.line, violation.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}"),
        (Some(line), None) => format!("line {line}"),
        (None, _) => "no line".to_owned(),
    };
    let path = violation.xpath.as_deref().map(|path| format!(", {path}")).unwrap_or_default();
    format!("- {place}{path}: {}", violation.message)
}

/// How a step ended.
pub(super) fn verdict(result: &Result<String, String>) {
    match result {
        Ok(found) => say(&format!("     ✓ {found}")),
        Err(reason) => say(&format!("     ✗ not as told: {reason}")),
    }
}

fn event(country: &str, text: &str) {
    say(&format!("     {}  {country}  {text}", clock(Timestamp::now())));
}

/// The time of day, UTC, to the millisecond.
fn clock(now: Timestamp) -> String {
    now.strftime("%H:%M:%S%.3f").to_string()
}

/// Breaks a text at white space; a word that is longer than a line has a line of its own.
fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_white_space() {
        assert_eq!(lines("is it  still\nvalid or not", 9), ["is it", "still", "valid or", "not"]);
        assert_eq!(lines("", 9), Vec::<String>::new());
    }

    #[test]
    fn the_clock_shows_milliseconds() {
        let moment: Timestamp = "2011-02-21T09:05:07.1239Z".parse().expect("a moment");
        assert_eq!(clock(moment), "09:05:07.123");
    }

    #[test]
    fn a_violation_says_where_it_is() {
        let violation = Violation {
            rule: "cvc-datatype-valid.1".to_owned(),
            message: "'soon' is not a date".to_owned(),
            xpath: Some("/InformationRequest/DueDate".to_owned()),
            pointer: None,
            line: Some(12),
            column: Some(3),
        };
        assert_eq!(
            violation_text(&violation),
            "- line 12, column 3, /InformationRequest/DueDate: 'soon' is not a date"
        );
    }
}
