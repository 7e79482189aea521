//! What the hub says about messages that were sent: a file per receipt, a readable state per message, and rejected
//! documents in `error/` with every violation.
//!
//! Owns the texts; a receipt that comes twice changes nothing the second time.

use super::{
    outbox::{Outbox, ReceiptPolicy},
    sidecar::Envelope,
};
use crate::incoming::IncomingReceipt;
use jiff::Timestamp;
use schemas::wire::{MessageId, Outcome, Receipt, SignedReceipt, content_sha256};
use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

/// Keeps a receipt and acts on it.
pub(super) fn keep(outbox: &mut Outbox, incoming: &IncomingReceipt, now: Timestamp) -> io::Result<()> {
    let path = outbox.place.receipts.join(file_name(&incoming.receipt));
    outbox.disk.write(&path, json(incoming).as_bytes())?;
    // With a key that says otherwise, it is not the hub's word: kept, but not acted upon.
    if !incoming.verified && outbox.rules.receipts == ReceiptPolicy::Verified {
        let doubt = incoming.doubt.as_deref().unwrap_or("the signature is not good");
        tracing::error!(doubt, "a receipt is not believed; see the folder receipts");
        return Ok(());
    }
    let id = incoming.receipt.message_id.as_deref().and_then(|text| text.parse::<MessageId>().ok());
    id.map_or(Ok(()), |message| act(outbox, message, &incoming.receipt, now))
}

fn act(outbox: &mut Outbox, message: MessageId, receipt: &Receipt, now: Timestamp) -> io::Result<()> {
    // The hub speaks of it, so it has it, whether or not the broker's confirm has come.
    outbox.confirmed(message, now)?;
    let Some(name) = outbox.sent_name(message).map(str::to_owned) else { return Ok(()) };
    match receipt.outcome {
        Outcome::Rejected => reject(outbox, message, &name, receipt),
        Outcome::Accepted | Outcome::Delivered | Outcome::Retrieved | Outcome::Expired | Outcome::Failed => {
            let path = outbox.place.sent.join(format!("{name}.state.txt"));
            let former = read_if_there(&path)?;
            outbox.disk.write(&path, state_text(message, &former, receipt).as_bytes())
        }
    }
}

/// Moves a rejected document from `sent/` to `error/`. The reason comes first and the envelope last: as long as the
/// envelope is in `sent/`, a repeated receipt finds its way.
fn reject(outbox: &mut Outbox, message: MessageId, name: &str, receipt: &Receipt) -> io::Result<()> {
    let file = |folder: &Path, ending: &str| -> PathBuf { folder.join(format!("{name}.{ending}")) };
    let (disk, sent, error) = (&outbox.disk, outbox.place.sent.clone(), outbox.place.error.clone());
    disk.write(&file(&error, "reason.txt"), reason_text(receipt).as_bytes())?;
    for ending in ["xml", "json"] {
        disk.rename(&file(&sent, ending), &file(&error, ending))?;
    }
    let envelope = fs::read_to_string(file(&sent, "toml"));
    if let Some(envelope) = envelope.ok().and_then(|text| toml::from_str::<Envelope>(&text).ok()) {
        disk.write(&file(&error, "toml"), envelope.text_for_another_try().as_bytes())?;
    }
    disk.remove(&file(&sent, "state.txt"))?;
    disk.remove(&file(&sent, "toml"))?;
    outbox.forget(message);
    Ok(())
}

fn read_if_there(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

/// `MESSAGE_ID.OUTCOME[.RECIPIENT].json`: the same receipt always has the same name.
fn file_name(receipt: &Receipt) -> String {
    let given = receipt.message_id.as_deref().unwrap_or_default();
    let message = match given.parse::<MessageId>() {
        Ok(id) => id.to_string(),
        // What a sender wrote there may be anything; the time keeps two receipts without an id apart.
        Err(_) => {
            let digest = content_sha256(format!("{given} {} {}", receipt.time, receipt.content_sha256).as_bytes());
            format!("unidentified-{}", &digest[..16])
        }
    };
    let recipient = receipt.recipient.as_ref().map(|recipient| format!(".{recipient}")).unwrap_or_default();
    format!("{message}.{}{recipient}.json", receipt.outcome.as_str())
}

fn json(incoming: &IncomingReceipt) -> String {
    #[derive(serde::Serialize)]
    struct Kept<'a> {
        #[serde(flatten)]
        signed: SignedReceipt,
        verified: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        doubt: Option<&'a str>,
    }
    let signed = SignedReceipt { receipt: incoming.receipt.clone(), jws: incoming.jws.clone() };
    let kept = Kept { signed, verified: incoming.verified, doubt: incoming.doubt.as_deref() };
    serde_json::to_string_pretty(&kept).expect("plain data always has a JSON form") + "\n"
}

/// One line, whatever the hub wrote.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn event(receipt: &Receipt) -> String {
    let recipient = receipt.recipient.as_ref().map(|to| format!(" {to}")).unwrap_or_default();
    let reason = receipt.reason.as_deref().map(|reason| format!(": {}", line(reason))).unwrap_or_default();
    format!("{}  {}{recipient}{reason}", line(&receipt.time), receipt.outcome.as_str())
}

/// The state of a message in readable form: the latest first as a summary, then everything in the order of time.
fn state_text(message: MessageId, former: &str, receipt: &Receipt) -> String {
    let mut events: Vec<String> =
        former.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).map(str::to_owned).collect();
    let event = event(receipt);
    if !events.contains(&event) {
        events.push(event);
    }
    events.sort();
    let latest = events.last().and_then(|event| event.split_once("  ")).map_or("", |(_, what)| what);
    let mut text = format!("state    {latest}\nmessage  {message}\n");
    if let Some(exchange) = &receipt.correlation_id {
        let _infallible = writeln!(text, "exchange {}", line(exchange));
    }
    format!("{text}\n{}\n", events.join("\n"))
}

/// Why a message was rejected, with every violation.
fn reason_text(receipt: &Receipt) -> String {
    let (code, meaning) = receipt.code.map_or(("", ""), |code| (code.as_str(), code.meaning()));
    let mut text = format!(
        "The hub rejected this message. Correct the document or its envelope and put both back into outbox/.\n\n\
         code     {code}: {meaning}\nreason   {}\nmessage  {}\ntime     {}\n",
        line(receipt.reason.as_deref().unwrap_or("none given")),
        line(receipt.message_id.as_deref().unwrap_or("none")),
        line(&receipt.time),
    );
    if !receipt.violations.is_empty() {
        text.push_str("\nviolations\n");
    }
    for (position, violation) in receipt.violations.iter().enumerate() {
        let place = violation.line.map(|line| match violation.column {
            Some(column) => format!("line {line}, column {column}"),
            None => format!("line {line}"),
        });
        let path = violation.xpath.as_deref().or(violation.pointer.as_deref()).map(line);
        let place = [place, path].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let (message, rule) = (line(&violation.message), line(&violation.rule));
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        let _infallible = writeln!(text, "{:>3}. {place}{message} [{rule}]", position + 1);
    }
    text
}

#[cfg(test)]
mod tests;
