//! A participant does its own business and nobody else's: the broker refuses everything else.

use crate::support::{RawParticipant, Submission, network, publish, shared, trial};
use certs::inspect::inspect_pem;
use lapin::{
    Channel, ExchangeKind,
    options::{
        BasicConsumeOptions, BasicGetOptions, ConfirmSelectOptions, ExchangeDeclareOptions, ExchangeDeleteOptions,
        QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
    },
    types::FieldTable,
};
use libtest_mimic::Trial;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("isolation::a_participant_reads_no_mailbox_and_no_receipts_but_its_own", reading),
        trial("isolation::a_participant_publishes_to_nothing_but_imi_submit", publishing),
        trial("isolation::a_participant_declares_binds_purges_and_deletes_nothing", changing),
        trial("isolation::a_certificate_that_the_directory_does_not_hold_cannot_connect", strangers),
        trial("isolation::a_forged_certificate_with_the_number_of_a_listed_one_cannot_connect", forged),
        trial("isolation::nobody_enters_without_a_certificate_or_with_a_password", no_certificate),
    ]
}

fn assert_refused<T: std::fmt::Debug>(what: &str, result: Result<T, lapin::Error>) {
    let error = result.expect_err(what).to_string();
    assert!(error.contains("ACCESS_REFUSED") || error.contains("ACCESS-REFUSED"), "{what}: {error}");
}

async fn get(channel: &Channel, queue: &str) -> Result<(), lapin::Error> {
    channel.basic_get(queue.into(), BasicGetOptions::default()).await.map(drop)
}

async fn consume(channel: &Channel, queue: &str) -> Result<(), lapin::Error> {
    channel
        .basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), FieldTable::default())
        .await
        .map(drop)
}

async fn reading() {
    let se = RawParticipant::connect(&*shared().await, "SE-BACKOFFICE").await.expect("connected");
    for queue in
        ["mailbox.SK-MDV", "receipts.SK-BACKOFFICE", "ingress.0", "ingress.unknown", "hub.parked", "hub.refused"]
    {
        assert_refused(queue, get(&se.spare_channel().await, queue).await);
        assert_refused(queue, consume(&se.spare_channel().await, queue).await);
    }
    get(&se.spare_channel().await, "mailbox.SE-KONSUMENTVERKET").await.expect("its own mailbox");
    get(&se.spare_channel().await, "receipts.SE-BACKOFFICE").await.expect("its own receipts");
}

async fn publishing() {
    let se = RawParticipant::connect(&*shared().await, "SE-BACKOFFICE").await.expect("connected");
    let attempt = async |exchange: &str, key: &str| {
        let channel = se.spare_channel().await;
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        let mut submission = Submission::new(
            "SE-BACKOFFICE",
            "imi-services/information-request@1",
            "SE-KONSUMENTVERKET",
            "SK-MDV",
            b"<x/>".to_vec(),
        );
        submission.routing_key = key.into();
        publish(&channel, exchange, &submission).await
    };
    for (exchange, key) in [
        ("", "mailbox.SK-MDV"),
        ("", "receipts.SK-BACKOFFICE"),
        ("", "ingress.0"),
        ("imi.ingress", "imi-services.information-request"),
        ("imi.unroutable", "x"),
        ("imi.expired", "x"),
        ("imi.refused", "x"),
        ("amq.direct", "x"),
        ("amq.topic", "x"),
        ("imi.submit", "hub.receipts"),
    ] {
        assert_refused(&format!("{exchange:?} {key}"), attempt(exchange, key).await);
    }
    attempt("imi.submit", "imi-services.information-request").await.expect("its own area");
}

async fn changing() {
    let se = RawParticipant::connect(&*shared().await, "SE-BACKOFFICE").await.expect("connected");
    let declare = async |queue: &str| {
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        se.spare_channel().await.queue_declare(queue.into(), options, FieldTable::default()).await.map(drop)
    };
    for queue in ["mine", "mailbox.SE-NEW", "mailbox.SE-KONSUMENTVERKET"] {
        assert_refused(queue, declare(queue).await);
    }
    let exchange = se.spare_channel().await;
    assert_refused(
        "declare an exchange",
        exchange
            .exchange_declare(
                "mine".into(),
                ExchangeKind::Fanout,
                ExchangeDeclareOptions::default(),
                FieldTable::default(),
            )
            .await,
    );
    let exchange = se.spare_channel().await;
    assert_refused(
        "delete an exchange",
        exchange.exchange_delete("imi.submit".into(), ExchangeDeleteOptions::default()).await,
    );
    for (queue, source) in [
        ("mailbox.SE-KONSUMENTVERKET", "imi.submit"),
        ("mailbox.SK-MDV", "imi.submit"),
        ("receipts.SE-BACKOFFICE", "imi.expired"),
    ] {
        let bound = se
            .spare_channel()
            .await
            .queue_bind(queue.into(), source.into(), "#".into(), QueueBindOptions::default(), FieldTable::default())
            .await;
        assert_refused(&format!("bind {queue} to {source}"), bound);
    }
    for queue in ["mailbox.SK-MDV", "receipts.SK-BACKOFFICE", "ingress.0"] {
        assert_refused(
            &format!("purge {queue}"),
            se.spare_channel().await.queue_purge(queue.into(), QueuePurgeOptions::default()).await,
        );
    }
    for queue in ["mailbox.SK-MDV", "mailbox.SE-KONSUMENTVERKET", "receipts.SE-BACKOFFICE", "ingress.0"] {
        assert_refused(
            &format!("delete {queue}"),
            se.spare_channel().await.queue_delete(queue.into(), QueueDeleteOptions::default()).await,
        );
    }
}

async fn strangers() {
    let network = network("strangers").await;
    let name = "PL-BACKOFFICE".parse().expect("a name");
    // Signed by the same authority and bearing a known name, but not the certificate that the directory holds.
    let options = certs::dev::IssueOptions {
        name: Some("second".parse().expect("a file stem")),
        ..certs::dev::IssueOptions::default()
    };
    certs::dev::issue(&network.pki(), &name, &options).expect("issued");
    let refused =
        RawParticipant::connect_with(&network, "PL-BACKOFFICE", &network.pki().join("participants/second")).await;
    assert!(refused.is_err(), "a certificate that is not in the directory was let in");
    // Signed by somebody else altogether.
    let elsewhere = network.dir().join("elsewhere");
    certs::dev::init(&elsewhere, &[]).expect("another authority");
    certs::dev::issue(&elsewhere, &name, &certs::dev::IssueOptions::default()).expect("issued");
    let refused =
        RawParticipant::connect_with(&network, "PL-BACKOFFICE", &elsewhere.join("participants/PL-BACKOFFICE")).await;
    assert!(refused.is_err(), "a certificate of another authority was let in");
    // The broker's own certificate is nobody's.
    let refused = RawParticipant::connect_with(&network, "localhost", &network.pki().join("broker")).await;
    assert!(refused.is_err(), "the broker's certificate was let in");
    RawParticipant::connect(&network, "PL-BACKOFFICE").await.expect("the certificate of the directory");
    network.stop().await;
}

/// A certificate with the issuer's name and the serial number of a listed one, which is all that RabbitMQ's trust store
/// looks at, but with another's name and a key of one's own; alone, and with the forged authority that signed it.
async fn forged() {
    let network = network("forged").await;
    let read =
        |path: &str| inspect_pem(&std::fs::read(network.pki().join(path)).expect("read")).expect("PEM").remove(0);
    let (listed, authority) = (read("participants/PL-BACKOFFICE.pem"), read("ca.pem"));
    let name = |common_name: &str| {
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, "IMI Gateway development");
        name.push(DnType::CommonName, common_name);
        name
    };
    let mut above = CertificateParams::default();
    above.distinguished_name = name(authority.common_name.as_deref().expect("a name"));
    above.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let above_key = KeyPair::generate().expect("a key");
    let above_pem = above.self_signed(&above_key).expect("signed").pem();
    let mut params = CertificateParams::default();
    params.distinguished_name = name("UK-BACKOFFICE");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.serial_number = Some(hexadecimal(&listed.serial).into());
    let key = KeyPair::generate().expect("a key");
    let pem = params.signed_by(&key, &Issuer::new(above, above_key)).expect("signed").pem();
    let same = inspect_pem(pem.as_bytes()).expect("PEM").remove(0);
    assert_eq!((&same.issuer, &same.serial), (&listed.issuer, &listed.serial), "the forger knows his trade");
    assert_eq!(same.common_name.as_deref(), Some("UK-BACKOFFICE"));
    for (stem, text) in [("alone", pem.clone()), ("chain", format!("{pem}{above_pem}"))] {
        let stem = network.dir().join(stem);
        std::fs::write(stem.with_extension("pem"), text).expect("written");
        std::fs::write(stem.with_extension("key"), key.serialize_pem()).expect("written");
        let refused = RawParticipant::connect_with(&network, "UK-BACKOFFICE", &stem).await;
        assert!(refused.is_err(), "a forged certificate was let in: {}", stem.display());
    }
    RawParticipant::connect(&network, "UK-BACKOFFICE").await.expect("the certificate of the directory");
    RawParticipant::connect(&network, "PL-BACKOFFICE").await.expect("the certificate of the directory");
    network.stop().await;
}

fn hexadecimal(text: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    text.as_bytes().chunks(2).map(byte).collect()
}

async fn no_certificate() {
    use lapin::tcp::OwnedTLSConfig;
    let network = shared().await;
    let ca = std::fs::read_to_string(network.pki().join("ca.pem")).expect("the CA");
    let connect = async |uri: String| {
        let tls = OwnedTLSConfig { identity: None, cert_chain: Some(ca.clone()) };
        let builder = lapin::ConnectionBuilder::new_with_runtime(lapin::runtime::default_runtime().expect("tokio"))
            .with_uri_str(uri)
            .with_tls_config(tls);
        tokio::time::timeout(crate::support::PATIENCE, builder.connect()).await.expect("an answer in time").map(drop)
    };
    let port = network.ports().amqps;
    connect(format!("amqps://localhost:{port}/imi?auth_mechanism=external")).await.expect_err("no certificate");
    connect(format!("amqps://guest:guest@localhost:{port}/imi")).await.expect_err("a password");
}
