//! The hub's signature on a receipt: JWS in compact form (RFC 7515) with `EdDSA` over Ed25519 (RFC 8037).
//!
//! Owns verification with one key that the operator gave; follows no key that a message names.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use schemas::wire::{Receipt, SignedReceipt};
use serde::Deserialize;
use thiserror::Error;

/// What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410, 4).
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Longest JWS that is looked at, in bytes: a receipt with thousands of violations stays far below.
const LONGEST: usize = 8 << 20;

/// Why a text is not the hub's public key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HubKeyError {
    /// No PEM of the right kind.
    #[error("there is no public key in PEM form (\"BEGIN PUBLIC KEY\")")]
    NotPem,
    /// Another kind of key.
    #[error("it is not an Ed25519 key")]
    NotEd25519,
}

/// Why a signature is not good.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// It is no JWS in compact form.
    #[error("the signature is not a compact JWS ({0})")]
    Malformed(&'static str),
    /// It uses something else than EdDSA.
    #[error("the signature uses {0:?}, not EdDSA")]
    OtherAlgorithm(String),
    /// It demands what is not understood here (RFC 7515, 4.1.11).
    #[error("the signature has critical extensions")]
    Critical,
    /// It was not made with the hub's key over this text.
    #[error("the signature was not made with the configured hub key")]
    Wrong,
    /// What is signed is not what is shown.
    #[error("the signed receipt differs from the one shown beside it")]
    OtherReceipt,
}

/// The hub's public key.
#[derive(Debug, Clone)]
pub struct HubKey(UnparsedPublicKey<[u8; 32]>);

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

impl HubKey {
    /// Reads a SubjectPublicKeyInfo in PEM form, as `certs init` writes it.
    pub fn from_pem(pem: &[u8]) -> Result<Self, HubKeyError> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| HubKeyError::NotPem)?;
        let key = info.strip_prefix(&ED25519_PREFIX).ok_or(HubKeyError::NotEd25519)?;
        let key: [u8; 32] = key.try_into().map_err(|_| HubKeyError::NotEd25519)?;
        Ok(Self(UnparsedPublicKey::new(&ED25519, key)))
    }

    /// Checks that the hub has signed exactly the receipt that is shown.
    pub fn verify(&self, signed: &SignedReceipt) -> Result<(), SignatureError> {
        let payload = self.payload(&signed.jws)?;
        let receipt: Receipt =
            serde_json::from_slice(&payload).map_err(|_| SignatureError::Malformed("the payload is no receipt"))?;
        if receipt == signed.receipt { Ok(()) } else { Err(SignatureError::OtherReceipt) }
    }

    /// What a JWS says, once its signature is found good.
    fn payload(&self, jws: &str) -> Result<Vec<u8>, SignatureError> {
        if jws.len() > LONGEST {
            return Err(SignatureError::Malformed("it is too long"));
        }
        let (signing_input, signature) = jws.rsplit_once('.').ok_or(SignatureError::Malformed("no dots"))?;
        let (header, payload) = signing_input.split_once('.').ok_or(SignatureError::Malformed("one dot"))?;
        let decode = |part, name| URL_SAFE_NO_PAD.decode(part).map_err(|_| SignatureError::Malformed(name));
        let header: Header = serde_json::from_slice(&decode(header, "its header is not base64url")?)
            .map_err(|_| SignatureError::Malformed("its header is not JSON"))?;
        if header.alg != "EdDSA" {
            return Err(SignatureError::OtherAlgorithm(header.alg.chars().take(40).collect()));
        }
        if header.crit.is_some() {
            return Err(SignatureError::Critical);
        }
        let signature = decode(signature, "its signature is not base64url")?;
        self.0.verify(signing_input.as_bytes(), &signature).map_err(|_| SignatureError::Wrong)?;
        decode(payload, "its payload is not base64url")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::engine::general_purpose::STANDARD;
    use schemas::wire::Outcome;

    fn pair() -> (Ed25519KeyPair, HubKey) {
        let pair = Ed25519KeyPair::generate().expect("a key");
        let der = [&ED25519_PREFIX[..], pair.public_key().as_ref()].concat();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
        (pair, HubKey::from_pem(pem.as_bytes()).expect("its public half"))
    }

    fn receipt() -> Receipt {
        Receipt {
            hub: "IMI-GATEWAY".into(),
            message_id: Some("0195b7f0-0000-7000-8000-000000000001".into()),
            correlation_id: None,
            message_type: None,
            outcome: Outcome::Accepted,
            time: "2026-01-01T00:00:00.000Z".into(),
            content_sha256: "00".repeat(32),
            from: None,
            recipient: None,
            code: None,
            reason: None,
            explanation: None,
            violations: vec![],
        }
    }

    fn sign(pair: &Ed25519KeyPair, header: &str, payload: &[u8]) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    fn signed(pair: &Ed25519KeyPair, header: &str) -> SignedReceipt {
        let payload = serde_json::to_vec(&receipt()).expect("JSON");
        SignedReceipt { receipt: receipt(), jws: sign(pair, header, &payload) }
    }

    #[test]
    fn a_receipt_signed_by_the_hub_is_verified() {
        let (pair, key) = pair();
        assert_eq!(key.verify(&signed(&pair, r#"{"alg":"EdDSA","kid":"any"}"#)), Ok(()));
    }

    #[test]
    fn a_receipt_changed_in_plain_sight_is_not() {
        let (pair, key) = pair();
        let mut changed = signed(&pair, r#"{"alg":"EdDSA"}"#);
        changed.receipt.outcome = Outcome::Rejected;
        assert_eq!(key.verify(&changed), Err(SignatureError::OtherReceipt));
    }

    #[test]
    fn another_key_another_algorithm_and_a_critical_header_are_refused() {
        let ((pair, key), (other, _)) = (pair(), pair());
        assert_eq!(key.verify(&signed(&other, r#"{"alg":"EdDSA"}"#)), Err(SignatureError::Wrong));
        let none = signed(&pair, r#"{"alg":"none"}"#);
        assert_eq!(key.verify(&none), Err(SignatureError::OtherAlgorithm("none".into())));
        assert_eq!(key.verify(&signed(&pair, r#"{"alg":"EdDSA","crit":["b64"]}"#)), Err(SignatureError::Critical));
    }

    #[test]
    fn garbage_is_an_error_and_never_a_panic() {
        let (_, key) = pair();
        for jws in ["", ".", "..", "a.b", "a.b.c", "e30.e30.e30", "\u{e9}.\u{e9}.\u{e9}"] {
            assert!(key.verify(&SignedReceipt { receipt: receipt(), jws: jws.into() }).is_err(), "{jws:?}");
        }
        assert_eq!(HubKey::from_pem(b"").err(), Some(HubKeyError::NotPem));
        let short = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
        assert_eq!(HubKey::from_pem(short.as_bytes()).err(), Some(HubKeyError::NotEd25519));
    }
}
