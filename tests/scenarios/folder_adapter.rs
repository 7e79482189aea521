//! The folder adapter: files go in and come out, and a crash neither loses nor doubles any.

use crate::support::{RawParticipant, Submission, binaries, eventually, network, sample, trial};
use libtest_mimic::Trial;
use simulators::network::Network;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use tokio::process::{Child, Command};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("folder_adapter::documents_are_sent_and_answers_and_receipts_appear_as_files", round_trip),
        trial("folder_adapter::a_rejected_document_lies_in_error_with_the_reason_beside_it", rejected),
        trial("folder_adapter::kills_neither_lose_nor_double_a_document", kills),
    ]
}

const PARTICIPANT: &str = "AT-BACKOFFICE";
const AUTHORITY: &str = "AT-AEK-WIEN";

struct Folders {
    root: PathBuf,
    config: PathBuf,
}

impl Folders {
    fn new(network: &Network) -> Self {
        let root = network.dir().join("adapter");
        fs::create_dir_all(root.join("outbox")).expect("a folder");
        let config = network.dir().join("adapter.toml");
        let pki = network.pki().display().to_string();
        let text = format!(
            "kind = \"folder\"\n\
             [participant]\nid = \"{PARTICIPANT}\"\ncertificate = \"{pki}/participants/{PARTICIPANT}.pem\"\n\
             key = \"{pki}/participants/{PARTICIPANT}.key\"\nmailboxes = [\"{AUTHORITY}\"]\n\
             [broker]\nport = {}\nca = \"{pki}/ca.pem\"\n\
             [hub]\nkey = \"{pki}/receipts.pub.pem\"\n\
             [folder]\nroot = \"{}\"\npoll_ms = 100\n\
             [defaults]\ntype = \"imi-pq/information-request@1\"\nfrom = \"{AUTHORITY}\"\nto = \"RO-CMR\"\n",
            network.ports().amqps,
            root.display()
        );
        fs::write(&config, text).expect("written");
        Self { root, config }
    }

    fn start(&self) -> Child {
        Command::new(binaries().join("adapter"))
            .args(["run", "--config"])
            .arg(&self.config)
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the adapter starts")
    }

    fn drop_in(&self, name: &str, content: &[u8]) {
        let hidden = self.root.join(format!("outbox/.{name}"));
        fs::write(&hidden, content).expect("written");
        fs::rename(hidden, self.root.join("outbox").join(name)).expect("renamed");
    }

    /// Files of a folder whose names end so.
    fn files(&self, folder: &str, ending: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().filter_map(Result::ok);
        entries
            .map(|entry| entry.path())
            .filter(|path| named(path).ends_with(ending) && !named(path).starts_with('.'))
            .collect()
    }

    async fn wait_for(&self, folder: &str, ending: &str, count: usize) -> Vec<PathBuf> {
        eventually(&format!("{count} files *{ending} in {folder}"), async || {
            let files = self.files(folder, ending);
            (files.len() >= count).then_some(files)
        })
        .await
    }
}

fn named(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

async fn finish(mut adapter: Child) {
    let pid = adapter.id().expect("it runs").to_string();
    let asked = Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill runs");
    assert!(asked.success());
    let status =
        tokio::time::timeout(crate::support::PATIENCE, adapter.wait()).await.expect("it ends").expect("its status");
    assert!(status.success(), "{status}");
}

async fn round_trip() {
    let network = network("adapter").await;
    let folders = Folders::new(&network);
    let adapter = folders.start();
    let document = sample("imi-pq", "information-request-2kb");
    folders.drop_in("anfrage.xml", &document);
    let sent = folders.wait_for("sent", ".xml", 1).await;
    assert_eq!(fs::read(&sent[0]).expect("readable"), document);
    folders.wait_for("receipts", ".json", 2).await;

    // The other side accepts, and the acceptance appears as a file, untouched.
    let sidecar = folders.files("sent", ".toml");
    let envelope: toml::Table = fs::read_to_string(&sidecar[0]).expect("readable").parse().expect("TOML");
    let acceptance = sample("imi-pq", "information-request-accept-a201");
    let mut answer = Submission::new(
        "RO-BACKOFFICE",
        "imi-pq/information-request-accept@1",
        "RO-CMR",
        AUTHORITY,
        acceptance.clone(),
    );
    answer.correlation_id = Some(envelope["correlation_id"].as_str().expect("the exchange").to_owned());
    let mut ro = RawParticipant::connect(&network, "RO-BACKOFFICE").await.expect("connected");
    assert_eq!(ro.refused(&answer).await.receipt.outcome.as_str(), "accepted");
    let received = folders.wait_for(&format!("inbox/{AUTHORITY}"), ".xml", 1).await;
    assert_eq!(fs::read(&received[0]).expect("readable"), acceptance);
    let id = answer.message_id.expect("set");
    eventually("its retrieval is reported", async || {
        crate::support::track(&network, &id).await.filter(|track| track["state"] == "retrieved")
    })
    .await;
    finish(adapter).await;
    network.stop().await;
}

async fn rejected() {
    let network = network("adapter-rejected").await;
    let folders = Folders::new(&network);
    let adapter = folders.start();
    let good = String::from_utf8(sample("imi-pq", "information-request-2kb")).expect("UTF-8");
    let due = good.find("<DueDate>").expect("a due date") + "<DueDate>".len();
    let bad = format!("{}soon{}", &good[..due], &good[due + 10..]);
    folders.drop_in("falsch.xml", bad.as_bytes());
    folders.drop_in("leer.toml", b"colour = \"blue\"");
    folders.drop_in("leer.xml", b"<x/>");
    let reasons = folders.wait_for("error", ".reason.txt", 2).await;
    let text = |start: &str| {
        let file = reasons
            .iter()
            .find(|path| named(path).starts_with(start))
            .unwrap_or_else(|| panic!("{start}: {reasons:?}"));
        fs::read_to_string(file).expect("readable")
    };
    assert!(text("falsch").contains("schema-violation") && text("falsch").contains("DueDate"), "{}", text("falsch"));
    assert!(text("leer").contains("colour"), "{}", text("leer"));
    assert!(folders.files("error", ".xml").len() == 2, "the documents lie beside their reasons");
    finish(adapter).await;
    network.stop().await;
}

async fn kills() {
    const DOCUMENTS: usize = 60;
    let network = network("adapter-kills").await;
    let folders = Folders::new(&network);
    let text = String::from_utf8(sample("imi-pq", "information-request-2kb")).expect("UTF-8");
    let document = |number: usize| format!("{}<!-- {number} -->\n", text.trim_end());
    for number in 0..DOCUMENTS {
        folders.drop_in(&format!("{number:03}.xml"), document(number).as_bytes());
    }
    // Killed again and again while it sends.
    for wanted in [5, 15, 25, 40] {
        let mut adapter = folders.start();
        folders.wait_for("sent", ".xml", wanted).await;
        adapter.kill().await.expect("killed");
    }
    let adapter = folders.start();
    folders.wait_for("sent", ".xml", DOCUMENTS).await;
    folders.wait_for("receipts", ".json", 2 * DOCUMENTS).await;
    let status = eventually("every document is delivered", async || {
        let (_, body) = network.operators_get("/status").await.ok()?;
        let status: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        (status["messages"]["delivered"] == DOCUMENTS).then_some(status)
    })
    .await;
    assert_eq!(status["messages"]["accepted"], DOCUMENTS, "each was sent as one message: {}", status["messages"]);
    let sent: BTreeSet<String> =
        folders.files("sent", ".xml").iter().map(|path| fs::read_to_string(path).expect("readable")).collect();
    assert_eq!(sent, (0..DOCUMENTS).map(document).collect(), "every document is there once, untouched");
    assert!(folders.files("outbox", "").is_empty(), "nothing waits any more");
    finish(adapter).await;
    network.stop().await;
}
