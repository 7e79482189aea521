//! Whatever is wrong with a message is answered with its code, and the hub goes on untouched.

use crate::support::{RawParticipant, Submission, check, eventually, sample, shared, trial};
use lapin::types::{AMQPValue, FieldArray, FieldTable};
use libtest_mimic::Trial;
use schemas::wire::{RejectionCode, SignedReceipt};
use simulators::network::Network;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("refusals::metadata_that_is_missing_or_garbage_names_its_field", metadata),
        trial("refusals::identity_that_is_wrong_is_refused", identity),
        trial("refusals::what_does_not_exist_is_named", unknown),
        trial("refusals::a_hostile_document_is_refused_and_the_hub_goes_on", hostile),
        trial("refusals::every_schema_violation_is_listed_with_its_place", violations),
        trial("refusals::the_same_id_again_repeats_the_answer_or_is_refused", repetition),
        trial("refusals::an_exchange_takes_only_what_its_state_allows", exchange),
        trial("refusals::a_suspended_area_takes_nothing", suspended),
        check("refusals::every_code_is_exercised_or_accounted_for", every_code),
    ]
}

/// Codes that scenarios see on the wire; those of this file where nothing else is said.
const EXERCISED: [RejectionCode; 18] = [
    RejectionCode::UnidentifiedSender,
    RejectionCode::NotYourAuthority,
    RejectionCode::UnknownArea,
    RejectionCode::UnknownType,
    RejectionCode::MalformedMetadata,
    RejectionCode::MalformedDocument,
    RejectionCode::DocumentTooLarge,
    RejectionCode::ForbiddenConstruct,
    RejectionCode::SchemaViolation,
    RejectionCode::RuleViolation,
    RejectionCode::UnknownRecipient,
    RejectionCode::RecipientNotInArea,
    RejectionCode::NotPermitted,
    RejectionCode::UnknownExchange,
    RejectionCode::WrongState,
    RejectionCode::MessageIdReused,
    RejectionCode::AreaSuspended,
    // In `broadcast_search` and `transitions`.
    RejectionCode::DeadlinePassed,
];

/// Codes of the closed list that no part of the hub can give yet: there are no legal deadlines or rate limits so far.
const NOT_YET_POSSIBLE: [RejectionCode; 1] = [RejectionCode::RateLimited];

fn every_code() {
    for code in RejectionCode::ALL {
        assert!(EXERCISED.contains(code) != NOT_YET_POSSIBLE.contains(code), "{code}");
    }
}

const TYPE: &str = "imi-pq/information-request@1";

fn good(participant: &str, from: &str) -> Submission {
    Submission::new(participant, TYPE, from, "RO-CMR", sample("imi-pq", "information-request-2kb"))
}

fn assert_code(receipt: &SignedReceipt, code: RejectionCode, words: &str) {
    let reason = receipt.receipt.reason.as_deref().unwrap_or_default();
    assert_eq!(receipt.receipt.code, Some(code), "{receipt:?}");
    assert!(reason.contains(words), "{reason:?} does not say {words:?}");
}

type Spoil = fn(&mut Submission);

async fn metadata() {
    let mut de = RawParticipant::connect(&*shared().await, "DE-BACKOFFICE").await.expect("connected");
    let spoil: [(Spoil, &str); 15] = [
        (|s| s.message_id = None, "message_id is missing"),
        (|s| s.message_id = Some("4711".into()), "message_id"),
        (|s| s.message_id = Some("a\0b".into()), "property message_id:"),
        (|s| s.correlation_id = None, "correlation_id is missing"),
        (|s| s.correlation_id = Some("é\u{202e}".into()), "correlation_id"),
        (|s| s.message_type = None, "type is missing"),
        (|s| s.message_type = Some("a".repeat(255)), "property type"),
        (|s| s.content_type = Some("text/plain".into()), "content_type"),
        (|s| s.content_type = None, "content_type is missing"),
        (|s| s.timestamp = None, "timestamp is missing"),
        (|s| s.header("imi-from", AMQPValue::LongInt(7)), "imi-from is a number"),
        (|s| s.header("imi-to", AMQPValue::FieldTable(FieldTable::default())), "imi-to is a table"),
        (|s| s.header("imi-to", AMQPValue::FieldArray(FieldArray::default())), "empty array"),
        (|s| s.header("imi-test", AMQPValue::LongString("perhaps".into())), "imi-test"),
        (|s| s.headers = FieldTable::default(), "imi-from is missing"),
    ];
    for (change, words) in spoil {
        let mut submission = good("DE-BACKOFFICE", "DE-RP-DARMSTADT");
        // A body of its own tells this answer from the others.
        submission.body.extend(format!("<!-- {words} -->").bytes());
        change(&mut submission);
        assert_code(&de.refused(&submission).await, RejectionCode::MalformedMetadata, words);
    }
    let mut submission = good("DE-BACKOFFICE", "DE-RP-DARMSTADT");
    submission.routing_key = "imi-pq.information-request-reply".into();
    assert_code(&de.refused(&submission).await, RejectionCode::MalformedMetadata, "routing key");
}

async fn identity() {
    let network = &*shared().await;
    let mut at = RawParticipant::connect(network, "AT-BACKOFFICE").await.expect("connected");
    let receipt = at.refused(&good("AT-BACKOFFICE", "PL-NIA-PHARM")).await;
    assert_code(&receipt, RejectionCode::NotYourAuthority, "does not serve");
    let receipt = at.refused(&good("AT-BACKOFFICE", "AT-NOBODY")).await;
    assert_code(&receipt, RejectionCode::NotYourAuthority, "does not serve");

    // The broker itself refuses a forged user_id: it closes the channel.
    let forger = RawParticipant::connect(network, "AT-BACKOFFICE").await.expect("connected");
    let forged = forger.publish(&good("PL-BACKOFFICE", "PL-NIA-PHARM")).await.expect_err("the channel is closed");
    assert!(forged.to_string().contains("user_id") || forged.to_string().contains("406"), "{forged}");

    // Without a user_id nobody is proved, so nobody can be answered; the message's story says what happened.
    let mut anonymous = good("AT-BACKOFFICE", "AT-AEK-WIEN");
    anonymous.user_id = None;
    at.publish(&anonymous).await.expect("the broker takes it");
    let id = anonymous.message_id.expect("set");
    let track = eventually("the anonymous message is tracked", || crate::support::track(network, &id)).await;
    assert_eq!(track["rejection"]["code"], "unidentified-sender");
    assert_eq!(track["state"], "rejected");
}

async fn unknown() {
    let mut es = RawParticipant::connect(&*shared().await, "ES-BACKOFFICE").await.expect("connected");
    let document = || sample("imi-pq", "information-request-2kb");
    let mut case = async |message_type: &str, to: &str, code, words: &str| {
        let mut body = document();
        body.extend(format!("<!-- {message_type} {to} -->").bytes());
        let submission = Submission::new("ES-BACKOFFICE", message_type, "ES-MIVAU", to, body);
        assert_code(&es.refused(&submission).await, code, words);
    };
    case("no-such-area/information-request@1", "RO-CMR", RejectionCode::UnknownArea, "no-such-area").await;
    case("imi-pq/no-such-message@1", "RO-CMR", RejectionCode::UnknownType, "no-such-message").await;
    case("imi-pq/information-request@9", "RO-CMR", RejectionCode::UnknownType, "@9").await;
    case(TYPE, "RO-NOBODY", RejectionCode::UnknownRecipient, "RO-NOBODY").await;
    case(TYPE, "HU-MKEH", RejectionCode::RecipientNotInArea, "imi-pq").await;
    case(TYPE, "ES-MIVAU", RejectionCode::NotPermitted, "own country").await;
}

async fn hostile() {
    let network = &*shared().await;
    let mut ro = RawParticipant::connect(network, "RO-BACKOFFICE").await.expect("connected");
    let good = sample("imi-pq", "information-request-2kb");
    let text = String::from_utf8(good.clone()).expect("UTF-8");
    let declared = |doctype: &str| match text.split_once("?>") {
        Some((declaration, rest)) => format!("{declaration}?>{doctype}{rest}").into_bytes(),
        None => format!("{doctype}{text}").into_bytes(),
    };
    let bomb = "<!DOCTYPE b [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>";
    let external = "<!DOCTYPE x [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let middle = good.len() / 2;
    let not_utf8 = [&good[..middle], b"\xFF", &good[middle..]].concat();
    let deep = [b"<a>".repeat(100_000), b"</a>".repeat(100_000)].concat();
    let cases: Vec<(Vec<u8>, RejectionCode)> = vec![
        (b"<InformationRequest>".to_vec(), RejectionCode::MalformedDocument),
        (b"".to_vec(), RejectionCode::MalformedDocument),
        (b"\x00\x01\x02".to_vec(), RejectionCode::MalformedDocument),
        ([&good[..], b"<again/>"].concat(), RejectionCode::MalformedDocument),
        (not_utf8, RejectionCode::MalformedDocument),
        (declared(bomb), RejectionCode::ForbiddenConstruct),
        (declared(external), RejectionCode::ForbiddenConstruct),
        (declared("<!DOCTYPE InformationRequest>"), RejectionCode::ForbiddenConstruct),
        (deep, RejectionCode::DocumentTooLarge),
        (vec![b' '; 20 * 1024 * 1024], RejectionCode::DocumentTooLarge),
        (b"<a/>".to_vec(), RejectionCode::SchemaViolation),
    ];
    for (body, code) in cases {
        let start = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let submission = Submission::new("RO-BACKOFFICE", TYPE, "RO-CMR", "ES-MIVAU", body);
        let receipt = ro.refused(&submission).await;
        assert_eq!(receipt.receipt.code, Some(code), "{start:?}: {receipt:?}");
    }
    // Valid, but no answer to that question; and told in the sender's language.
    let reply = String::from_utf8(sample("imi-pq", "information-request-reply-a202")).expect("UTF-8");
    let misfit = reply.replacen(
        "<c:Answer question=\"q2\">\n      <c:Value>yes",
        "<c:Answer question=\"q2\" code=\"diploma-authentic\">\n      <c:Value>partly",
        1,
    );
    assert_ne!(misfit, reply);
    let kind = "imi-pq/information-request-reply@1";
    let receipt = ro.refused(&Submission::new("RO-BACKOFFICE", kind, "RO-CMR", "ES-MIVAU", misfit.into_bytes())).await;
    assert_eq!(receipt.receipt.code, Some(RejectionCode::RuleViolation), "{receipt:?}");
    assert_eq!(receipt.receipt.violations[0].rule, "question-set", "{receipt:?}");
    assert_eq!(receipt.receipt.explanation.map(|explanation| explanation.language).as_deref(), Some("ro"));
    // And a good one passes after all that.
    let submission = Submission::new("RO-BACKOFFICE", TYPE, "RO-CMR", "ES-MIVAU", good);
    let receipt = ro.refused(&submission).await;
    assert_eq!(receipt.receipt.outcome.as_str(), "accepted", "{receipt:?}");
}

async fn violations() {
    let mut pt = RawParticipant::connect(&*shared().await, "PT-BACKOFFICE").await.expect("connected");
    let text = String::from_utf8(sample("imi-pq", "information-request-2kb")).expect("UTF-8");
    // Two faults in two places: a due date that is no date, and a root attribute that nobody declared.
    let due = text.find("<DueDate>").expect("the sample has a due date") + "<DueDate>".len();
    let end = text[due..].find('<').expect("closed") + due;
    let broken = format!("{}soon{}", &text[..due], &text[end..]).replacen(
        "<InformationRequest ",
        "<InformationRequest colour=\"blue\" ",
        1,
    );
    let submission = Submission::new("PT-BACKOFFICE", TYPE, "PT-DGES", "RO-CMR", broken.clone().into_bytes());
    let receipt = pt.refused(&submission).await.receipt;
    assert_eq!(receipt.code, Some(RejectionCode::SchemaViolation), "{receipt:?}");
    assert!(receipt.violations.len() >= 2, "{receipt:?}");
    let line_of = |words: &str| broken[..broken.find(words).expect("there")].lines().count().max(1);
    let date = receipt
        .violations
        .iter()
        .find(|violation| violation.xpath.as_deref().is_some_and(|path| path.contains("DueDate")));
    let date = date.unwrap_or_else(|| panic!("no violation at DueDate: {receipt:?}"));
    assert_eq!(date.line.map(|line| line as usize), Some(line_of("<DueDate>")), "{date:?}");
    assert!(date.column.is_some() && !date.message.is_empty(), "{date:?}");
    assert!(receipt.violations.iter().any(|violation| violation.message.contains("colour")), "{receipt:?}");
}

async fn repetition() {
    let network = &*shared().await;
    let mut uk = RawParticipant::connect(network, "UK-BACKOFFICE").await.expect("connected");
    let first =
        Submission::new("UK-BACKOFFICE", TYPE, "UK-GPHC", "AT-AEK-WIEN", sample("imi-pq", "information-request-2kb"));
    let accepted = uk.refused(&first).await;
    assert_eq!(accepted.receipt.outcome.as_str(), "accepted");
    let id = first.message_id.clone().expect("set");
    eventually("it is delivered", async || {
        crate::support::track(network, &id).await.filter(|track| track["state"] == "delivered")
    })
    .await;
    // The same again: the same answer, to the letter.
    uk.publish(&first).await.expect("published");
    let again = loop {
        let receipts = uk.next_receipts().await;
        // The first delivery's own receipt may still be under way.
        if let Some(again) = receipts.into_iter().find(|receipt| receipt.receipt.outcome.as_str() == "accepted") {
            break again;
        }
    };
    assert_eq!(again.jws, accepted.jws);
    // The same id for something else: refused, and the first stands.
    let mut other = first.clone();
    other.body = sample("imi-pq", "information-request-a202");
    assert_code(&uk.refused(&other).await, RejectionCode::MessageIdReused, &id);
    let mut elsewhere = first.clone();
    elsewhere.header("imi-to", AMQPValue::LongString("RO-CMR".into()));
    uk.publish(&elsewhere).await.expect("published");
    let refused = loop {
        let receipts = uk.next_receipts().await;
        if let Some(refused) = receipts.into_iter().find(|receipt| receipt.receipt.code.is_some()) {
            break refused;
        }
    };
    assert_code(&refused, RejectionCode::MessageIdReused, &id);
    let track = crate::support::track(network, &id).await.expect("tracked");
    assert_eq!(track["state"], "delivered", "{track}");
    assert_eq!(track["recipients"].as_array().map(Vec::len), Some(1), "delivered once: {track}");
}

async fn exchange() {
    let mut sk = RawParticipant::connect(&*shared().await, "SK-BACKOFFICE").await.expect("connected");
    let reply = |from: &str| {
        Submission::new(
            "SK-BACKOFFICE",
            "imi-services/information-request-reply@1",
            from,
            "HU-MKEH",
            any_sample("imi-services", "information-request-reply"),
        )
    };
    assert_code(&sk.refused(&reply("SK-MDV")).await, RejectionCode::UnknownExchange, "was ever opened");
    let request = Submission::new(
        "SK-BACKOFFICE",
        "imi-services/information-request@1",
        "SK-MDV",
        "HU-MKEH",
        any_sample("imi-services", "information-request"),
    );
    assert_eq!(sk.refused(&request).await.receipt.outcome.as_str(), "accepted");
    let mut own_reply = reply("SK-MDV");
    own_reply.correlation_id.clone_from(&request.correlation_id);
    own_reply.body.extend(b"<!-- own -->");
    assert_code(&sk.refused(&own_reply).await, RejectionCode::WrongState, "awaits the responder");
    let mut stranger = reply("SK-OU-BRATISLAVA");
    stranger.correlation_id.clone_from(&request.correlation_id);
    stranger.body.extend(b"<!-- stranger -->");
    assert_code(&sk.refused(&stranger).await, RejectionCode::NotPermitted, "not a party");
    let mut again = request.clone();
    again.message_id = Some(uuid::Uuid::new_v4().to_string());
    again.body.extend(b"<!-- again -->");
    assert_code(&sk.refused(&again).await, RejectionCode::WrongState, "open already");
}

/// The first good sample of a message family.
fn any_sample(area: &str, message: &str) -> Vec<u8> {
    let folder = crate::support::root().join(format!("schemas/areas/{area}/1/samples/good"));
    let root: String = message.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("samples").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let is_it = |file: &std::path::PathBuf| {
        std::fs::read_to_string(file)
            .is_ok_and(|text| text.contains(&format!("<{root} ")) && text.trim_end().ends_with(&format!("</{root}>")))
    };
    let file = files.into_iter().find(is_it).unwrap_or_else(|| panic!("no sample of <{root}>"));
    std::fs::read(file).expect("readable")
}

async fn suspended() {
    let mut options = crate::support::options("suspended");
    let packs = options.dir.join("schemas");
    let from = crate::support::root().join("schemas");
    std::fs::create_dir_all(&packs).expect("a folder");
    let mut copy = std::process::Command::new("cp");
    copy.arg("-r").args(["areas", "common", "workflows"].map(|part| from.join(part))).arg(&packs);
    assert!(copy.status().expect("cp runs").success());
    let file = packs.join("areas/imi-pq/area.toml");
    let pack = std::fs::read_to_string(&file).expect("a pack");
    std::fs::write(&file, pack.replacen("status = \"active\"", "status = \"suspended\"", 1)).expect("written");
    options.extra_config = format!("[areas]\npath = {:?}\n", packs.display().to_string());
    let network = Network::start(options).await.expect("a network");
    let mut pl = RawParticipant::connect(&network, "PL-BACKOFFICE").await.expect("connected");
    let submission =
        Submission::new("PL-BACKOFFICE", TYPE, "PL-NIA-PHARM", "UK-GPHC", sample("imi-pq", "information-request-2kb"));
    assert_code(&pl.refused(&submission).await, RejectionCode::AreaSuspended, "imi-pq");
    network.stop().await;
}
