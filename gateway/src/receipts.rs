//! Receipts: the hub's word about a message, derived from what is recorded, and signed.
//!
//! A receipt is a function of the record: the same fact gives the same bytes and, Ed25519 being deterministic, the same
//! signature. So a crash that makes the hub answer twice makes it say the same twice.

use crate::{
    config::ConfigError,
    store::{DispatchRecord, MessageRecord, StoredMessage},
};
use aws_lc_rs::{
    digest,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL};
use jiff::Timestamp;
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use schemas::wire::{Outcome, Receipt, Rejection, SignedReceipt};
use std::path::Path;

/// Signs what the hub says.
pub struct Notary {
    hub: String,
    key: Ed25519KeyPair,
    /// Protected header, the same for every receipt, base64url.
    header: String,
    thumbprint: String,
}

impl Notary {
    /// Reads the hub's signing key (Ed25519, PKCS#8 PEM).
    ///
    /// # Errors
    /// The file cannot be read or holds another kind of key.
    pub fn load(hub: &str, path: &Path) -> Result<Self, ConfigError> {
        let wrong = |problem: String| {
            ConfigError::file(path, problem, "certs init makes receipts.key, an Ed25519 key in PKCS#8 PEM")
        };
        let der = PrivatePkcs8KeyDer::from_pem_file(path).map_err(|error| wrong(error.to_string()))?;
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self::new(hub, key))
    }

    fn new(hub: &str, key: Ed25519KeyPair) -> Self {
        // RFC 7638: the thumbprint is over the required members in lexical order; RFC 8037 names them for Ed25519.
        let x = BASE64URL.encode(key.public_key().as_ref());
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let thumbprint = BASE64URL.encode(digest::digest(&digest::SHA256, canonical.as_bytes()));
        let header = BASE64URL.encode(format!(r#"{{"alg":"EdDSA","kid":"{thumbprint}","typ":"imi-receipt+jws"}}"#));
        Self { hub: hub.to_owned(), key, header, thumbprint }
    }

    /// The public key as a JWK (RFC 7517, RFC 8037).
    pub fn jwk(&self) -> serde_json::Value {
        let x = BASE64URL.encode(self.key.public_key().as_ref());
        serde_json::json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.thumbprint, "x": x })
    }

    /// Signs one receipt: JWS in compact form (RFC 7515).
    pub fn sign(&self, receipt: Receipt) -> SignedReceipt {
        let payload = serde_json::to_vec(&receipt).expect("a receipt is plain data, which JSON can always spell");
        let mut jws = format!("{}.{}", self.header, BASE64URL.encode(payload));
        let signature = self.key.sign(jws.as_bytes());
        jws.push('.');
        BASE64URL.encode_string(signature.as_ref(), &mut jws);
        SignedReceipt { receipt, jws }
    }

    /// The hub's first answer: accepted, rejected, or failed where it could not judge.
    pub fn decision(&self, record: &MessageRecord) -> Receipt {
        match (&record.rejection, &record.failure) {
            (Some(rejection), _) => self.rejection(record, rejection),
            (None, Some(_)) => Receipt {
                reason: Some(
                    "the hub could not judge the document; its operators have it, and the fault is not yours".into(),
                ),
                ..self.receipt(record, Outcome::Failed, record.received_at)
            },
            (None, None) => self.receipt(record, Outcome::Accepted, record.received_at),
        }
    }

    /// A refusal of a message whose id already stands for another.
    pub fn rejection(&self, record: &MessageRecord, rejection: &Rejection) -> Receipt {
        Receipt {
            code: Some(rejection.code),
            reason: Some(rejection.reason.clone()),
            violations: rejection.violations.clone(),
            ..self.receipt(record, Outcome::Rejected, record.received_at)
        }
    }

    /// What became of one dispatch so far: delivered and then retrieved, or failed.
    pub fn dispatch(&self, record: &MessageRecord, dispatch: &DispatchRecord) -> Vec<Receipt> {
        let about =
            |outcome, at| Receipt { recipient: Some(dispatch.recipient.clone()), ..self.receipt(record, outcome, at) };
        let delivered = dispatch.delivered_at.map(|at| about(Outcome::Delivered, at));
        let retrieved = dispatch.retrieved_at.map(|at| about(Outcome::Retrieved, at));
        let failed = dispatch
            .failed
            .as_ref()
            .map(|(at, why)| Receipt { reason: Some(why.clone()), ..about(Outcome::Failed, *at) });
        delivered.into_iter().chain(retrieved).chain(failed).collect()
    }

    /// All that is to be said of a message so far.
    pub fn everything(&self, message: &StoredMessage) -> Vec<Receipt> {
        let dispatches = message.dispatches.iter().flat_map(|dispatch| self.dispatch(&message.record, dispatch));
        std::iter::once(self.decision(&message.record)).chain(dispatches).collect()
    }

    fn receipt(&self, record: &MessageRecord, outcome: Outcome, at: Timestamp) -> Receipt {
        Receipt {
            hub: self.hub.clone(),
            message_id: Some(record.claimed_message_id.clone().unwrap_or_else(|| record.key.message_id.to_string())),
            correlation_id: record.claimed_correlation_id.clone(),
            message_type: record.message_type.clone(),
            outcome,
            time: at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            content_sha256: record.content_sha256.clone(),
            from: record.sender.clone(),
            recipient: None,
            code: None,
            reason: None,
            explanation: None,
            violations: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    fn notary() -> Notary {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("32 bytes are a seed");
        Notary::new("IMI-GATEWAY", key)
    }

    #[test]
    fn a_receipt_verifies_with_the_public_key_alone_and_says_what_the_fields_say() {
        let notary = notary();
        let signed = notary.sign(notary.decision(&MessageRecord::example()));
        let (signed_part, signature) = signed.jws.rsplit_once('.').expect("three parts");
        let public = UnparsedPublicKey::new(&ED25519, notary.key.public_key().as_ref());
        public
            .verify(signed_part.as_bytes(), &BASE64URL.decode(signature).expect("base64url"))
            .expect("a valid signature");
        let (_, payload) = signed_part.split_once('.').expect("two parts");
        let payload: Receipt =
            serde_json::from_slice(&BASE64URL.decode(payload).expect("base64url")).expect("a receipt");
        assert_eq!(payload, signed.receipt);
        assert_eq!(payload.time, "2023-11-14T22:13:20.123Z");
        public.verify(b"something else", &BASE64URL.decode(signature).expect("base64url")).expect_err("a forgery");
    }

    #[test]
    fn the_same_fact_gives_the_same_bytes() {
        let notary = notary();
        assert_eq!(
            notary.sign(notary.decision(&MessageRecord::example())).jws,
            notary.sign(notary.decision(&MessageRecord::example())).jws
        );
    }
}
