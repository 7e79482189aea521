//! A private PostgreSQL cluster for one scenario, ended when dropped.

use std::{net::TcpListener, path::PathBuf, process::Command};

pub(crate) struct Cluster {
    dir: PathBuf,
    port: u16,
}

impl Cluster {
    /// Starts a cluster in a folder of its own.
    pub(crate) fn start(name: &str) -> Self {
        let dir = super::folder(&format!("{name}-postgres"));
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let cluster = Self { dir, port };
        cluster.script("start");
        cluster
    }

    /// Address of the cluster's database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://imi@127.0.0.1:{}/postgres", self.port)
    }

    fn script(&self, action: &str) {
        let status = Command::new(super::root().join("config/postgres/cluster.sh"))
            .arg(action)
            .arg(&self.dir)
            .env("PORT", self.port.to_string())
            .status()
            .expect("the script runs");
        assert!(status.success(), "cluster.sh {action}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.script("stop");
    }
}
