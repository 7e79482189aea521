//! The configuration of one network's gateway, as TOML. Writes what the network decides (places and ports) and leaves
//! every other key to the gateway's defaults.

use super::{NetworkError, NetworkOptions, StoreChoice};
use serde_json::json;
use std::path::Path;
use toml::{Table, Value};

/// The configuration for a gateway of these options whose files lie in `dir`.
///
/// # Errors
/// When `extra_config` is not TOML.
pub(super) fn gateway_toml(options: &NetworkOptions, dir: &Path) -> Result<String, NetworkError> {
    let mut table: Table = generated(options, dir).unwrap_or_default();
    let extra: Table =
        options.extra_config.parse().map_err(|error: toml::de::Error| NetworkError::Config(error.to_string()))?;
    merge(&mut table, extra);
    toml::to_string(&table).map_err(|error| NetworkError::Config(error.to_string()))
}

fn generated(options: &NetworkOptions, dir: &Path) -> Option<Table> {
    let (pki, ports) = (dir.join("pki"), options.ports);
    let (ca, certificate, key) = (pki.join("ca.pem"), pki.join("gateway.pem"), pki.join("gateway.key"));
    let store = match &options.store {
        StoreChoice::Sqlite => format!("sqlite:{}", dir.join("gateway.db").display()),
        StoreChoice::Postgres(url) => url.clone(),
    };
    let config = json!({
        "gateway": { "id": super::HUB_ID },
        "store": { "url": store },
        "broker": {
            "host": "localhost", "port": ports.amqps, "ca": ca, "certificate": certificate, "key": key,
            "management_url": format!("http://127.0.0.1:{}", ports.management),
            // The broker is on this machine and comes up while the gateway waits for it.
            "reconnect_most_ms": 500,
        },
        "areas": { "path": options.root.join("schemas") },
        "directory": { "files": options.directory, "certificates": pki.join("participants") },
        "receipts": { "key": pki.join("receipts.key") },
        "http": {
            "participants": format!("127.0.0.1:{}", ports.participants),
            "operators": format!("127.0.0.1:{}", ports.operators),
            "broker_callbacks": format!("127.0.0.1:{}", ports.broker_callbacks),
            "ca": ca, "certificate": certificate, "key": key,
        },
        "log": { "format": "text" },
    });
    Table::try_from(config).ok()
}

/// Lays `over` upon `base`: tables are joined key by key, everything else is replaced.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Ports;
    use std::path::PathBuf;

    fn options(extra: &str) -> NetworkOptions {
        NetworkOptions {
            ports: Ports::contract(),
            extra_config: extra.to_owned(),
            ..NetworkOptions::new(PathBuf::from("project"), PathBuf::from("run"))
        }
    }

    #[test]
    fn the_network_decides_places_and_ports() {
        let text = gateway_toml(&options(""), Path::new("/r")).expect("TOML");
        let table: Table = text.parse().expect("TOML");
        assert_eq!(table["store"]["url"].as_str(), Some("sqlite:/r/gateway.db"));
        assert_eq!(table["broker"]["port"].as_integer(), Some(7671));
        assert_eq!(table["http"]["operators"].as_str(), Some("127.0.0.1:7444"));
        assert_eq!(table["directory"]["certificates"].as_str(), Some("/r/pki/participants"));
    }

    #[test]
    fn extra_tables_are_laid_upon_it() {
        let text =
            gateway_toml(&options("[limits]\ndepth = 9\n[broker]\nhost = \"broker.example\"\n"), Path::new("/r"));
        let table: Table = text.expect("TOML").parse().expect("TOML");
        assert_eq!(table["limits"]["depth"].as_integer(), Some(9));
        assert_eq!(table["broker"]["host"].as_str(), Some("broker.example"));
        assert_eq!(table["broker"]["port"].as_integer(), Some(7671));
    }

    #[test]
    fn extra_text_that_is_not_toml_is_refused() {
        assert!(matches!(gateway_toml(&options("[limits"), Path::new("/r")), Err(NetworkError::Config(_))));
    }
}
