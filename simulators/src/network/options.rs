//! What a network is to be like: its folder, ports, store and directory.

use super::{NetworkError, Ports};
use std::path::{Path, PathBuf};

/// Where the gateway of a network keeps its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChoice {
    /// An SQLite file in the network's folder.
    Sqlite,
    /// The PostgreSQL database of this URL.
    Postgres(String),
}

/// What becomes of what an earlier run left in the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Former {
    /// It is used again: certificates, records, queues.
    Kept,
    /// It is removed first.
    Removed,
}

/// How to build a network.
#[derive(Debug, Clone)]
pub struct NetworkOptions {
    /// Folder of everything that the network writes; made where it is missing.
    pub dir: PathBuf,
    /// The project's folder: holds `config/` and `schemas/`.
    pub root: PathBuf,
    /// Folder of the program `gateway`.
    pub binaries: PathBuf,
    /// The ports.
    pub ports: Ports,
    /// The gateway's store.
    pub store: StoreChoice,
    /// What becomes of an earlier run's state.
    pub former: Former,
    /// The directory's files. Default: the demo world.
    pub directory: Vec<PathBuf>,
    /// TOML tables that are laid upon the gateway's configuration.
    pub extra_config: String,
    /// Environment of the gateway's process, beside ours.
    pub environment: Vec<(String, String)>,
}

impl NetworkOptions {
    /// The demo world on the contract's ports, with SQLite and the programs of `root/target/release`.
    pub fn new(root: PathBuf, dir: PathBuf) -> Self {
        Self {
            dir,
            binaries: root.join("target/release"),
            ports: Ports::contract(),
            store: StoreChoice::Sqlite,
            former: Former::Kept,
            directory: vec![root.join("config/directory/demo.toml")],
            extra_config: String::new(),
            environment: Vec::new(),
            root,
        }
    }

    /// The same on free ports, so that many networks can stand beside each other.
    ///
    /// # Errors
    /// When there are no free ports.
    pub fn on_free_ports(self) -> Result<Self, NetworkError> {
        Ok(Self { ports: Ports::free().map_err(NetworkError::NoPort)?, ..self })
    }

    /// The file of one of the project's programs.
    ///
    /// # Errors
    /// When it is not there.
    pub fn program(&self, name: &str) -> Result<PathBuf, NetworkError> {
        let path = self.binaries.join(name);
        present(&path, "build it with `cargo build --release`, or name the folder that holds it")?;
        Ok(path)
    }

    /// With every path made absolute (the folder is made for that), and what the network is made of checked to be there.
    pub(super) fn checked(self) -> Result<Self, NetworkError> {
        std::fs::create_dir_all(&self.dir).map_err(NetworkError::file("cannot make", &self.dir))?;
        self.program("gateway")?;
        present(&self.root.join("config/broker/node.sh"), "name the project's folder, or run this in it")?;
        let absolute = |path: &Path| path.canonicalize().map_err(NetworkError::file("cannot find", path));
        Ok(Self {
            dir: absolute(&self.dir)?,
            root: absolute(&self.root)?,
            binaries: absolute(&self.binaries)?,
            directory: self.directory.iter().map(|file| absolute(file)).collect::<Result<_, _>>()?,
            ..self
        })
    }
}

fn present(path: &Path, remedy: &'static str) -> Result<(), NetworkError> {
    if path.exists() { Ok(()) } else { Err(NetworkError::Missing { path: path.to_owned(), remedy }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_gateway_is_told_with_its_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = NetworkOptions::new(folder.path().join("project"), folder.path().join("run"));
        let error = options.checked().expect_err("nothing is there");
        assert!(error.to_string().contains("cargo build --release"), "{error}");
    }
}
