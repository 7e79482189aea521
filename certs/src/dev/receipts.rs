//! The hub's receipt key: Ed25519, PKCS#8 version 1 in PEM (the spelling that every tool reads), and its public half.

use super::{Action, Existing, PkiError, Step, read, read_key, write_private, write_public};
use aws_lc_rs::signature::Ed25519KeyPair;
use rcgen::{KeyPair, PKCS_ED25519};
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::path::Path;

/// Makes `receipts.key` and `receipts.pub.pem`, or keeps them.
pub(super) fn make(dir: &Path, existing: Existing) -> Result<Step, PkiError> {
    let (public, private) = (dir.join("receipts.pub.pem"), dir.join("receipts.key"));
    let step = |action| Step { public: public.clone(), private: private.clone(), action };
    if existing == Existing::Keep && private.exists() {
        let key = read_key(&private)?;
        return match public.exists() {
            true if read(&public)? == key.public_key_pem().as_bytes() => Ok(step(Action::Kept)),
            true => Err(PkiError::Mismatch { certificate: public, key: private }),
            false => write_public(&public, &key.public_key_pem()).map(|()| step(Action::Made)),
        };
    }
    if existing == Existing::Keep && public.exists() {
        return Err(PkiError::Half { present: public, missing: private });
    }
    let key = generate()?;
    write_private(&private, &key.serialize_pem())?;
    write_public(&public, &key.public_key_pem())?;
    Ok(step(Action::Made))
}

fn generate() -> Result<KeyPair, PkiError> {
    let key = Ed25519KeyPair::generate().map_err(PkiError::cryptography)?;
    let document = key.to_pkcs8v1().map_err(PkiError::cryptography)?;
    let der = PrivatePkcs8KeyDer::from(document.as_ref());
    KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_ED25519).map_err(PkiError::cryptography)
}
