//! Properties that hold for every well-formed document.

use super::generate::{Dice, Generator};
use super::{areas, round_trip, same_verdict};
use crate::validate::{Limits, Validator};
use std::sync::Arc;

/// Documents per message.
const DOCUMENTS: u64 = 12;

#[test]
fn documents_made_up_from_the_schemas_keep_infoset_value_and_verdict() {
    let areas = areas();
    let validator = Validator::new(Arc::clone(&areas), Limits::default()).expect("a thread");
    let (mut good, mut bad) = (0, 0);
    for definition in areas.iter().flat_map(|area| &area.messages) {
        let mapping = areas.version(&definition.message_type).expect("a version").mapping().expect("two spellings");
        for seed in 0..DOCUMENTS {
            let mischief = [0, 60, 12, 300][usize::try_from(seed % 4).expect("small")];
            let dice = Dice::new(seed + 1);
            let generator = Generator { grammar: &mapping.grammar, dice, mischief, out: String::new() };
            let xml = generator.document(&definition.root);
            let what = format!("{} from seed {seed}:\n{xml}", definition.message_type);
            let json = round_trip(mapping, xml.as_bytes(), &what);
            match same_verdict(&validator, &definition.message_type, xml.as_bytes(), &json, &what) {
                None => good += 1,
                Some(_) => bad += 1,
            }
        }
    }
    assert!(good > 0 && bad > 0, "{good} good and {bad} bad documents");
}

#[test]
fn bytes_that_are_no_document_never_do_harm() {
    let areas = areas();
    let sample = include_bytes!("../../../areas/imi-pq/1/samples/good/information-request-2kb.xml");
    let kind = "imi-pq/information-request@1".parse().expect("a type");
    let mapping = areas.version(&kind).expect("a version").mapping().expect("two spellings");
    let limits = Limits::default();
    let json = mapping.to_json(sample, &limits).expect("converted");
    for (document, seed) in [(&sample[..], 1), (&json[..], 2)] {
        let mut dice = Dice::new(seed);
        for _ in 0..2_000 {
            let mut broken = document.to_vec();
            for _ in 0..=dice.roll(3) {
                let (at, byte) = (dice.roll(broken.len()), u8::try_from(dice.roll(256)).expect("a byte"));
                match dice.roll(4) {
                    0 => broken.truncate(at),
                    1 => broken.insert(at, byte),
                    2 => broken.extend_from_within(at..),
                    _ if !broken.is_empty() => broken[at] = b"\"{}[]<>&/@$:,"[dice.roll(13)],
                    _ => {}
                }
            }
            let _refused_or_not = (mapping.to_json(&broken, &limits), mapping.to_xml(&broken, &limits));
        }
    }
}
