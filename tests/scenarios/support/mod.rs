//! What scenarios share: networks, waiting for conditions, samples, and a participant with no manners.

mod clock;
mod cluster;
mod function;
mod https;
mod raw;
mod states;
mod traffic;

pub(crate) use clock::Clock;
pub(crate) use cluster::Cluster;
pub(crate) use function::{Function, GOOD_REPUTE, ISSUED_CARDS};
pub(crate) use https::Https;
pub(crate) use raw::{RawParticipant, Submission, publish, publish_all, text as raw_text};
pub(crate) use states::{JSON_STATE, STATES, State, contact, header, inhabit};
pub(crate) use traffic::Traffic;

use libtest_mimic::{Failed, Trial};
use simulators::network::{Former, Network, NetworkOptions};
use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};
use tokio::{runtime::Runtime, sync::Mutex as AsyncMutex};

/// Longest wait for anything in a scenario.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));
static SHARED: AsyncMutex<Option<Arc<Network>>> = AsyncMutex::const_new(None);
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A scenario as a test.
pub(crate) fn trial<F>(name: &str, scenario: fn() -> F) -> Trial
where
    F: Future<Output = ()> + Send + 'static,
{
    Trial::test(name, move || {
        // A panic inside the task is the scenario's failure, with its message.
        RUNTIME.block_on(async { tokio::spawn(scenario()).await }).map_err(|error| match error.try_into_panic() {
            Ok(panic) => Failed::from(text_of(panic.as_ref())),
            Err(error) => Failed::from(error.to_string()),
        })
    })
}

/// A check that needs no network.
pub(crate) fn check(name: &str, check: fn()) -> Trial {
    Trial::test(name, move || std::panic::catch_unwind(check).map_err(|panic| Failed::from(text_of(panic.as_ref()))))
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_else(|| "a panic".into())
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the project").to_owned()
}

/// The folder of the binaries that belong to this test binary.
pub(crate) fn binaries() -> PathBuf {
    let own = std::env::current_exe().expect("the test binary has a path");
    own.ancestors().nth(2).expect("target/<profile>/deps/<test>").to_owned()
}

/// A folder of a scenario's own, removed at the end.
pub(crate) fn folder(name: &str) -> PathBuf {
    let dir = root().join(format!(".run/tests/{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder under .run");
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).push(dir.clone());
    dir
}

/// Options of a network of one scenario's own, on free ports.
pub(crate) fn options(name: &str) -> NetworkOptions {
    let options = NetworkOptions::new(root(), folder(name)).on_free_ports().expect("free ports");
    NetworkOptions { binaries: binaries(), former: Former::Removed, ..options }
}

/// A network of one scenario's own.
pub(crate) async fn network(name: &str) -> Network {
    Network::start(options(name)).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error)))
}

/// The network of the scenarios that leave it as they found it.
pub(crate) async fn shared() -> Arc<Network> {
    let mut shared = SHARED.lock().await;
    match &*shared {
        Some(network) => Arc::clone(network),
        None => Arc::clone(shared.insert(Arc::new(network("shared").await))),
    }
}

/// Ends the shared network, and removes the folders of all.
pub(crate) fn stop_shared() {
    // The last owner's `Drop` ends what the network started.
    drop(RUNTIME.block_on(SHARED.lock()).take());
    for dir in FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        let _already_gone = std::fs::remove_dir_all(dir);
    }
}

/// Asks again until there is an answer; fails when patience ends.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    let asking = async {
        loop {
            pace.tick().await;
            if let Some(answer) = ask().await {
                return answer;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// A sample document of an area.
pub(crate) fn sample(area: &str, name: &str) -> Vec<u8> {
    let path = root().join(format!("schemas/areas/{area}/1/samples/good/{name}.xml"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the operators' port says of a message.
pub(crate) async fn track(network: &Network, message_id: &str) -> Option<serde_json::Value> {
    let (status, body) = network.operators_get(&format!("/v1/messages/{message_id}")).await.ok()?;
    (status == 200).then(|| serde_json::from_str(&body).expect("JSON"))
}
