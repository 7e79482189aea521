//! Certificates in files: a PEM text, the name of a file, or a table of both with a revocation.
//!
//! Kept is the leaf certificate alone, in one spelling, so that the same certificate is always the same text.

use super::{
    entries::Said,
    node::{Node, Value},
};
use crate::directory::{HeldCertificate, Revocation};
use base64::Engine;
use certs::inspect::inspect_pem;
use serde::Deserialize;
use std::{
    fs::File,
    io::Read,
    path::{Component, Path, PathBuf},
};

/// Largest file that is read as a certificate, bytes.
const LARGEST_FILE: u64 = 64 * 1024;
/// Characters of a line of PEM (RFC 7468, section 2).
const PEM_LINE: usize = 64;

/// The folder that names of certificate files are relative to.
#[derive(Debug, Clone)]
pub(super) struct Folder(pub(super) PathBuf);

/// The certificates of a participant, or every fault of them.
pub(super) fn read(node: &Node, folder: &Folder) -> Result<Vec<HeldCertificate>, Vec<Said>> {
    let Value::List(items) = &node.value else {
        let remedy = "list PEM texts, names of files, or tables { pem, revoked }";
        return Err(vec![Said::new(node.at, "certificates", "is no list", remedy)]);
    };
    let (mut certificates, mut said) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        match held(item, folder) {
            Ok(certificate) => certificates.push(certificate),
            Err((reason, remedy)) => said.push(Said::new(item.at, format!("certificates[{index}]"), reason, remedy)),
        }
    }
    if said.is_empty() { Ok(certificates) } else { Err(said) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    pem: String,
    #[serde(default)]
    revoked: Option<Revocation>,
}

fn held(item: &Node, folder: &Folder) -> Result<HeldCertificate, (String, &'static str)> {
    let (text, revoked) = match &item.value {
        Value::Text(text) => (text.clone(), None),
        Value::Table(_) => match Table::deserialize(item) {
            Ok(Table { pem, revoked }) => (pem, revoked),
            Err(misfit) => {
                let place = misfit.place();
                let separator = if place.is_empty() { "" } else { ": " };
                return Err((
                    format!("{place}{separator}{}", misfit.what),
                    "a table has pem, and revoked = { at, reason }",
                ));
            }
        },
        _ => return Err(("is neither text nor table".into(), "give a PEM text or the name of a file")),
    };
    let pem = if text.contains("-----BEGIN") { text } else { file(&text, folder)? };
    leaf(&pem)
        .map(|pem| HeldCertificate { pem, revoked })
        .map_err(|reason| (reason, "give the participant's certificate in PEM"))
}

fn file(name: &str, folder: &Folder) -> Result<String, (String, &'static str)> {
    let is_plain = Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !is_plain {
        return Err((format!("{name:?} leads out of the folder of certificates"), "name a file within it"));
    }
    read_pem(&folder.0.join(name)).map_err(|reason| {
        (reason, "put the certificate there (certs issue makes one), or name the folder of certificates")
    })
}

/// The text of a certificate's file.
///
/// # Errors
/// It cannot be read, is no text, or has more than 64 KiB.
pub fn read_pem(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let opened = File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_string(&mut text));
    match opened {
        Ok(size) if size as u64 > LARGEST_FILE => Err(format!("{} has more than {LARGEST_FILE} bytes", path.display())),
        Ok(_) => Ok(text),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// The first certificate of a PEM text, spelled anew.
///
/// # Errors
/// There is none, it cannot be read, or a private key lies beside it.
pub fn leaf(pem: &str) -> Result<String, String> {
    if pem.contains("PRIVATE KEY-----") {
        return Err("a private key lies beside the certificate: it must never leave its owner".into());
    }
    let chain = inspect_pem(pem.as_bytes()).map_err(|error| error.to_string())?;
    let der = chain.into_iter().next().map(|certificate| certificate.der).unwrap_or_default();
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in base64.as_bytes().chunks(PEM_LINE) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    Ok(text + "-----END CERTIFICATE-----\n")
}
