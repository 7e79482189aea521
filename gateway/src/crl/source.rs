//! Where revocation lists come from, and where the last good one is kept. Bytes only: whether they are good is judged
//! elsewhere.

use crate::config::ConfigError;
use certs::crl::LARGEST_CRL_BYTES;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Uri;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use schemas::wire::content_sha256;
use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

/// Longest time for a whole answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A file, or an address.
#[derive(Debug, Clone)]
pub(super) enum Source {
    File(PathBuf),
    Http(Uri),
}

impl Source {
    pub(super) fn new(text: &str) -> Result<Self, ConfigError> {
        let wrong = |problem: String| {
            let place = format!("directory.crl: source = {text:?}");
            ConfigError::new(place, problem, "give the path of a file, or http://HOST/PATH: lists are signed")
        };
        if !text.contains("://") {
            let empty = text.trim().is_empty();
            return if empty { Err(wrong("it is empty".into())) } else { Ok(Self::File(text.into())) };
        }
        let address: Uri = text.parse().map_err(|error: hyper::http::uri::InvalidUri| wrong(error.to_string()))?;
        let is_usable = address.scheme_str() == Some("http") && address.host().is_some_and(|host| !host.is_empty());
        if is_usable { Ok(Self::Http(address)) } else { Err(wrong("only http: and files are read".into())) }
    }

    /// All of it; what is too large is not read to its end.
    pub(super) async fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => {
                let path = path.clone();
                let read = move || read_bounded(&path).map_err(|error| format!("{}: {error}", path.display()));
                tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?
            }
            Self::Http(address) => {
                let answer = tokio::time::timeout(ANSWER_TIMEOUT, fetch(address.clone())).await;
                answer.map_err(|_| format!("it was not answered within {} s", ANSWER_TIMEOUT.as_secs()))?
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Http(address) => address.fmt(formatter),
        }
    }
}

/// Redirections are not followed: whoever configures a source says where it is.
async fn fetch(address: Uri) -> Result<Vec<u8>, String> {
    let client: Client<_, Empty<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.get(address).await.map_err(|error| chain(&error))?;
    let status = response.status();
    if status != hyper::StatusCode::OK {
        return Err(format!("it was answered with {status}"));
    }
    let body = Limited::new(response.into_body(), LARGEST_CRL_BYTES).collect().await;
    Ok(body.map_err(|error| chain(error.as_ref()))?.to_bytes().to_vec())
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// One byte more than may be, so that what is too large is seen to be.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(LARGEST_CRL_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file that keeps the last good list of one source. Several hubs may share the folder: files are replaced whole.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    file: PathBuf,
}

impl Cache {
    pub(super) fn new(folder: &Path, issuer_sha256: &str, source: &Source) -> Self {
        let name = content_sha256(format!("{issuer_sha256}\n{source}").as_bytes());
        Self { file: folder.join(format!("{name}.crl")) }
    }

    /// What was kept, if anything.
    pub(super) async fn read(&self) -> Result<Option<Vec<u8>>, String> {
        let cache = self.clone();
        let read = move || match read_bounded(&cache.file) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cache.problem(&error)),
        };
        tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?
    }

    /// Keeps these bytes, unless they are there already.
    pub(super) async fn write(&self, bytes: Vec<u8>) -> Result<(), String> {
        let cache = self.clone();
        let write = move || cache.replace(&bytes).map_err(|error| cache.problem(&error));
        tokio::task::spawn_blocking(write).await.map_err(|error| error.to_string())?
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        if read_bounded(&self.file).is_ok_and(|kept| kept == bytes) {
            return Ok(());
        }
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        let part = self.file.with_extension(format!("{}.part", std::process::id()));
        fs::write(&part, bytes)?;
        fs::rename(&part, &self.file)
    }

    fn problem(&self, error: &io::Error) -> String {
        format!("the copy on disk cannot be used: {}: {error}", self.file.display())
    }
}
