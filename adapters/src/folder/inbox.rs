//! From a delivery to files in `inbox/AUTHORITY/`, once, whatever happens and whenever.
//!
//! ```text
//! stage (work/arriving, on the disk) ──> remember its id ──> reveal (rename into inbox/) ──> acknowledged
//! ```
//! What was staged when a crash came is remembered and revealed at the next start; what was not comes again.

use super::{disk::Disk, place::Place, sidecar::Spelling};
use crate::incoming::{Fault, Incoming};
use jiff::Timestamp;
use schemas::wire::{AuthorityId, ExchangeId, MessageId, MessageType, content_sha256};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The envelope beside a document that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrival {
    pub(super) message_id: MessageId,
    pub(super) correlation_id: ExchangeId,
    #[serde(rename = "type")]
    pub(super) message_type: MessageType,
    pub(super) content_type: String,
    pub(super) from: AuthorityId,
    pub(super) to: AuthorityId,
    pub(super) sequence: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deadline: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) traceparent: Option<String>,
    pub(super) content_sha256: String,
    /// When this adapter received it.
    pub(super) received: String,
}

impl Arrival {
    /// What an incoming message says about itself.
    pub(super) fn of(incoming: &Incoming, now: Timestamp) -> Self {
        Self {
            message_id: incoming.message_id,
            correlation_id: incoming.correlation_id,
            message_type: incoming.message_type.clone(),
            content_type: incoming.content_type.clone(),
            from: incoming.from.clone(),
            to: incoming.to.clone(),
            sequence: incoming.sequence,
            deadline: incoming.deadline.clone(),
            language: incoming.language.clone(),
            traceparent: incoming.traceparent.clone(),
            content_sha256: incoming.content_sha256.clone(),
            received: now.to_string(),
        }
    }

    /// Its name without ending. Two senders may mint the same id, so it names the sender too.
    fn name(&self) -> String {
        format!("{}.{}", self.message_id, self.from)
    }

    /// Document and envelope in a folder.
    fn files(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let file = |ending| folder.join(self.to.as_str()).join(format!("{}.{ending}", self.name()));
        (file(Spelling::ending_for(&self.content_type)), file("toml"))
    }
}

/// Puts a message onto the disk where nobody looks yet.
pub(super) fn stage(disk: &Disk, place: &Place, arrival: &Arrival, body: &[u8]) -> io::Result<()> {
    let (document, envelope) = arrival.files(&place.arriving);
    disk.create_folder(&place.arriving.join(arrival.to.as_str()))?;
    disk.write(&document, body)?;
    // Written last: with it the message is complete.
    disk.write(&envelope, toml::to_string(arrival).expect("plain data always has a TOML form").as_bytes())
}

/// Shows a staged message in the inbox: the document first, so that whoever sees the envelope finds both.
pub(super) fn reveal(disk: &Disk, place: &Place, arrival: &Arrival) -> io::Result<()> {
    disk.create_folder(&place.inbox.join(arrival.to.as_str()))?;
    let ((staged_document, staged_envelope), (document, envelope)) =
        (arrival.files(&place.arriving), arrival.files(&place.inbox));
    disk.rename(&staged_document, &document)?;
    disk.rename(&staged_envelope, &envelope)?;
    Ok(())
}

/// What was staged when a crash came. Incomplete ones are removed: they come again.
pub(super) fn staged(disk: &Disk, place: &Place) -> io::Result<Vec<Arrival>> {
    let mut arrivals = Vec::new();
    for folder in fs::read_dir(&place.arriving)? {
        for file in fs::read_dir(folder?.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|ending| ending == "toml") && !is_hidden(&path) {
                let text = fs::read_to_string(&path)?;
                let damaged =
                    |error| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {error}", path.display()));
                arrivals.push(toml::from_str::<Arrival>(&text).map_err(damaged)?);
            } else if !path.with_extension("toml").exists() {
                disk.remove(&path)?;
            }
        }
    }
    Ok(arrivals)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Keeps something that should have been a message or a receipt in `error/`, with the reason beside it.
pub(super) fn keep_fault(disk: &Disk, place: &Place, fault: &Fault) -> io::Result<()> {
    let says = |text: &Option<String>| text.as_deref().unwrap_or("none").chars().take(200).collect::<String>();
    let (message_id, message_type) = (says(&fault.message_id), says(&fault.message_type));
    // The same fault delivered twice is one file.
    let digest = content_sha256(&[message_id.as_bytes(), &fault.body].concat());
    let name = format!("delivery-{}", &digest[..16]);
    let reason = format!(
        "Something was delivered that is neither a good message nor a good receipt. Tell the hub's operators.\n\
         reason      {}\nqueue       {}\nmessage_id  {message_id}\ntype        {message_type}\n",
        fault.reason, fault.queue
    );
    disk.write(&place.error.join(format!("{name}.body")), &fault.body)?;
    disk.write(&place.error.join(format!("{name}.reason.txt")), reason.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn arrival() -> Arrival {
        let id = "0195b7f0-0000-7000-8000-000000000001";
        Arrival {
            message_id: id.parse().expect("an id"),
            correlation_id: id.parse().expect("an id"),
            message_type: "imi-pq/information-request@1".parse().expect("a type"),
            content_type: "application/xml".into(),
            from: "PL-NIA-PHARM".parse().expect("an authority"),
            to: "UK-GPHC".parse().expect("an authority"),
            sequence: 1,
            deadline: Some("2026-03-01".into()),
            language: None,
            traceparent: None,
            content_sha256: content_sha256(b"<a/>"),
            received: "2026-01-01T00:00:00Z".into(),
        }
    }

    /// One life of an adapter: recovery, then the delivery if the broker still has it.
    fn live(root: &Path, allowance: Option<u32>, seen: &mut HashSet<MessageId>, revealed: &mut u32) -> io::Result<()> {
        let (disk, place) = (Disk::default(), Place::below(root));
        disk.allowance.set(allowance);
        place.create(&disk)?;
        for arrival in staged(&disk, &place)? {
            seen.insert(arrival.message_id);
            reveal(&disk, &place, &arrival)?;
            *revealed += 1;
        }
        let arrival = arrival();
        if seen.contains(&arrival.message_id) {
            return Ok(());
        }
        stage(&disk, &place, &arrival, b"<a/>")?;
        disk.operation()?;
        seen.insert(arrival.message_id);
        reveal(&disk, &place, &arrival)?;
        *revealed += 1;
        disk.operation()
    }

    #[test]
    fn a_message_appears_once_whenever_the_crash_comes() {
        for allowance in 0.. {
            let root = tempfile::tempdir().expect("a folder");
            let (mut seen, mut revealed) = (HashSet::new(), 0);
            let crashed = live(root.path(), Some(allowance), &mut seen, &mut revealed).is_err();
            let inbox = root.path().join("inbox/UK-GPHC");
            // The integrator takes what is complete at once.
            let envelope = inbox.join(format!("{}.toml", arrival().name()));
            let mut taken = u32::from(fs::remove_file(&envelope).is_ok());
            live(root.path(), None, &mut seen, &mut revealed).expect("no crash");
            taken += u32::from(fs::remove_file(&envelope).is_ok());
            assert_eq!(taken, 1, "after {allowance} operations");
            let document = inbox.join(format!("{}.xml", arrival().name()));
            assert_eq!(fs::read(document).expect("read"), b"<a/>");
            assert!(staged(&Disk::default(), &Place::below(root.path())).expect("listed").is_empty());
            if !crashed {
                assert!(allowance > 5, "the crash was tried at no point at all");
                break;
            }
        }
    }

    #[test]
    fn an_envelope_says_what_the_delivery_said() {
        let text = toml::to_string(&arrival()).expect("TOML");
        assert!(text.contains("type = \"imi-pq/information-request@1\"") && text.contains("deadline"), "{text}");
        assert_eq!(toml::from_str::<Arrival>(&text).expect("read"), arrival());
    }
}
