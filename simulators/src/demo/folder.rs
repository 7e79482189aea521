//! A back office that knows nothing but files: the real program `adapter` stands between its folders and the network.
//! Drops documents with their envelopes into `outbox/`, looks what appears in `inbox/` and `receipts/`.

use super::{
    DemoError,
    eyes::{Eyes, Sighting},
    ledger::Arrival,
};
use crate::network::{
    Former, Network,
    process::{self, Process},
};
use adapters::Outgoing;
use schemas::wire::{AuthorityId, ContentType, MessageId, MessageType, ParticipantId, Receipt, content_sha256};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tokio::task::JoinSet;

/// How often the folders are looked at, by the adapter and by us.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Longest wait for the adapter to end by itself.
const ENDED_WITHIN: Duration = Duration::from_secs(15);
/// Beginning of a message id that tells two files of one kind apart.
const ID_SHOWN: usize = 13;

/// The back office.
pub(super) struct FolderOffice {
    root: PathBuf,
    log: PathBuf,
    adapter: Process,
    _watcher: JoinSet<()>,
}

/// The envelope that lies beside a document in the outbox.
#[derive(Serialize)]
struct Envelope<'a> {
    message_id: MessageId,
    correlation_id: String,
    #[serde(rename = "type")]
    message_type: &'a MessageType,
    from: &'a AuthorityId,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    to: &'a [AuthorityId],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
}

/// The envelope that lies beside a document in the inbox, as far as it is looked at.
#[derive(Deserialize)]
struct Received {
    message_id: MessageId,
    #[serde(rename = "type")]
    message_type: MessageType,
    content_type: String,
    from: AuthorityId,
    to: AuthorityId,
    sequence: u32,
    deadline: Option<String>,
}

/// A receipt's file, as far as it is looked at.
#[derive(Deserialize)]
struct Kept {
    #[serde(flatten)]
    receipt: Receipt,
    verified: bool,
}

impl FolderOffice {
    /// Writes the adapter's configuration, starts it, and begins to watch its folders.
    pub(super) async fn open(network: &Network, participant: &ParticipantId, eyes: Eyes) -> Result<Self, DemoError> {
        let root = network.dir().join(participant.as_str().to_lowercase());
        let (config, log, pid_file) = (root.join("adapter.toml"), root.join("adapter.log"), root.join("adapter.pid"));
        process::end_leftover(&pid_file, &config);
        if network.former() == Former::Removed && config.exists() {
            fs::remove_dir_all(&root).map_err(DemoError::file(&root))?;
        }
        // The adapter makes its folders too, but a first message may be faster.
        fs::create_dir_all(root.join("outbox")).map_err(DemoError::file(&root))?;
        fs::write(&config, configuration(network, participant, &root)?).map_err(DemoError::file(&config))?;
        let seen = appeared(&root).into_iter().collect();
        let mut command = Command::new(network.binaries().join("adapter"));
        command.args(["run", "--config"]).arg(&config).current_dir(&root);
        let adapter = Process::start(command, &log)?;
        fs::write(&pid_file, adapter.id().to_string()).map_err(DemoError::file(&pid_file))?;
        let mut watcher = JoinSet::new();
        watcher.spawn(watch(root.clone(), seen, eyes));
        Ok(Self { root, log, adapter, _watcher: watcher })
    }

    /// Drops a document and its envelope into the outbox, the envelope first.
    pub(super) async fn submit(&self, message: &Outgoing) -> Result<(), DemoError> {
        if let Some(status) = self.adapter.ended() {
            return Err(DemoError::Adapter(format!("it ended ({status})\n{}", process::last_lines(&self.log))));
        }
        let id = message.message_id.to_string();
        let name = format!("{}-{}", message.message_type.message, id.get(..ID_SHOWN).unwrap_or(&id));
        let envelope = toml::to_string(&Envelope {
            message_id: message.message_id,
            correlation_id: message.correlation_id.to_string(),
            message_type: &message.message_type,
            from: &message.from,
            to: &message.to,
            language: message.language.as_deref(),
        })
        .map_err(|error| DemoError::Adapter(error.to_string()))?;
        self.drop_file(&format!("{name}.toml"), envelope.as_bytes())?;
        self.drop_file(&format!("{name}.{}", ending(&message.content_type)), &message.body)
    }

    /// Under another name first, so that nobody takes half a file.
    fn drop_file(&self, name: &str, content: &[u8]) -> Result<(), DemoError> {
        let path = self.root.join("outbox").join(name);
        let part = path.with_file_name(format!("{name}.part"));
        fs::write(&part, content).and_then(|()| fs::rename(&part, &path)).map_err(DemoError::file(path))
    }

    /// Ends the adapter.
    pub(super) async fn close(self) {
        self.adapter.terminate(ENDED_WITHIN).await;
    }

    /// The folder.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

fn configuration(network: &Network, participant: &ParticipantId, root: &Path) -> Result<String, DemoError> {
    let (pki, participants) = (network.pki(), network.pki().join("participants"));
    let config = json!({
        "kind": "folder",
        "participant": {
            "id": participant,
            "certificate": participants.join(format!("{participant}.pem")),
            "key": participants.join(format!("{participant}.key")),
            "mailboxes": network.directory().served_by(participant),
        },
        "broker": { "port": network.ports().amqps, "ca": pki.join("ca.pem") },
        "hub": { "key": pki.join("receipts.pub.pem") },
        "folder": { "root": root, "poll_ms": LOOK_EVERY.as_millis() as u64, "sidecar": "required" },
    });
    toml::to_string(&config).map_err(|error| DemoError::Adapter(error.to_string()))
}

/// Looks for new files and tells what they say, for as long as it is left running.
async fn watch(root: PathBuf, mut seen: HashSet<PathBuf>, eyes: Eyes) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        for path in appeared(&root) {
            // A file that cannot be read yet is looked at again.
            if !seen.contains(&path) && tell(&path, &eyes).is_ok() {
                seen.insert(path);
            }
        }
    }
}

/// The envelopes in the inbox and the receipts, in the order of their names (which begin with the message's id).
fn appeared(root: &Path) -> Vec<PathBuf> {
    let inbox = files(&root.join("inbox"));
    let mut found: Vec<PathBuf> =
        inbox.iter().flat_map(|authority| files(authority)).chain(files(&root.join("receipts"))).collect();
    found
        .retain(|path| path.extension().is_some_and(|ending| ending == "toml" || ending == "json") && !is_hidden(path));
    found.sort();
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

fn tell(path: &Path, eyes: &Eyes) -> io::Result<()> {
    if path.extension().is_some_and(|ending| ending == "toml") {
        let received: Received = read(path, |text| toml::from_str(text).map_err(io::Error::other))?;
        // Not `with_extension`: the name itself holds dots.
        let document = fs::read(path.with_file_name(format!("{}.{}", stem(path), ending(&received.content_type))))?;
        eyes.message(sighting(received, &document));
    } else {
        let kept: Kept = read(path, |text| serde_json::from_str(text).map_err(io::Error::other))?;
        eyes.receipt(kept.receipt, kept.verified);
    }
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path, parse: impl FnOnce(&str) -> io::Result<T>) -> io::Result<T> {
    parse(&fs::read_to_string(path)?)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What the name of a document of this media type ends in.
fn ending(content_type: &str) -> &'static str {
    if content_type == ContentType::Json.as_str() { "json" } else { "xml" }
}

fn sighting(received: Received, document: &[u8]) -> Sighting {
    Sighting {
        message_id: received.message_id,
        name: received.message_type.message.to_string(),
        from: received.from.to_string(),
        deadline: received.deadline,
        content_type: received.content_type,
        arrival: Arrival { to: received.to, sha256: content_sha256(document), sequence: received.sequence },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{
        eyes::{ReceiptsTold, Scene},
        ledger::Ledger,
    };
    use std::sync::{Arc, Mutex};

    const ID: &str = "0195b7f0-0000-7000-8000-000000000001";

    #[test]
    fn what_the_adapter_writes_is_seen_once_it_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let (inbox, receipts) = (folder.path().join("inbox/AT-AEK-WIEN"), folder.path().join("receipts"));
        fs::create_dir_all(&inbox).and_then(|()| fs::create_dir_all(&receipts)).expect("made");
        let envelope = format!(
            "message_id = '{ID}'\ncorrelation_id = '{ID}'\ntype = 'imi-pq/information-request-reply@1'\n\
             content_type = 'application/xml'\nfrom = 'RO-CMR'\nto = 'AT-AEK-WIEN'\nsequence = 4\n"
        );
        let file = inbox.join(format!("{ID}.RO-CMR.toml"));
        fs::write(&file, envelope).expect("written");
        fs::write(inbox.join(".hidden.toml"), "half").expect("written");
        let receipt = format!(
            "{{\"hub\":\"IMI-GATEWAY\",\"message_id\":\"{ID}\",\"outcome\":\"accepted\",\"time\":\"-\",\
             \"content_sha256\":\"ab\",\"jws\":\"a.b.c\",\"verified\":true}}"
        );
        fs::write(receipts.join(format!("{ID}.accepted.json")), receipt).expect("written");
        let appeared = appeared(folder.path());
        assert_eq!(appeared.len(), 2);

        let ledger = Arc::new(Ledger::default());
        let scene = Arc::new(Mutex::new(Scene { state: "", receipts: ReceiptsTold::Each }));
        let eyes = Eyes { country: "AT".to_owned(), ledger: Arc::clone(&ledger), scene };
        assert!(tell(&file, &eyes).is_err(), "its document is not there yet");
        fs::write(inbox.join(format!("{ID}.RO-CMR.xml")), "<a/>").expect("written");
        appeared.iter().for_each(|path| tell(path, &eyes).expect("whole"));
        let record = ledger.record(ID.parse().expect("an id"));
        assert_eq!(record.arrivals[0].sha256, content_sha256(b"<a/>"));
        assert_eq!((record.receipts.len(), record.unverified), (1, 0));
    }
}
