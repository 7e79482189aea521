//! The Union in a box: thirty-one states, each with a participant and an authority of its own that answers for it.

use super::{RawParticipant, eventually};
use lapin::{message::BasicGetMessage, options::BasicGetOptions, types::AMQPValue};
use simulators::network::{Network, NetworkOptions};
use std::fmt::Write as _;
use tokio::task::JoinSet;

/// The member states, and those of the European Economic Area and the United Kingdom, as the Union spells them.
pub(crate) const STATES: [&str; 31] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "UK",
];
/// The state whose participant prefers JSON.
pub(crate) const JSON_STATE: &str = "FR";

/// The participant of a state.
pub(crate) fn participant(country: &str) -> String {
    format!("{country}-BACKOFFICE")
}

/// The authority that answers for a state.
pub(crate) fn contact(country: &str) -> String {
    format!("{country}-CONTACT")
}

/// Has a network consist of the thirty-one states, each acting in these areas with these roles (`area:role,role`).
pub(crate) fn inhabit(options: &mut NetworkOptions, areas: &[&str]) {
    let access = |area: &&str| {
        let (area, roles) = area.split_once(':').expect("area:role,role");
        format!("{{ area = {area:?}, roles = {:?} }}", roles.split(',').collect::<Vec<_>>())
    };
    let areas = areas.iter().map(access).collect::<Vec<_>>().join(", ");
    let mut directory = String::new();
    for country in STATES {
        let (participant, authority) = (participant(country), contact(country));
        let format = if country == JSON_STATE { "format = \"json\"\n" } else { "" };
        write!(
            directory,
            "[[participant]]\nid = {participant:?}\ncountry = {country:?}\nname = {country:?}\n{format}\
             certificates = [\"{participant}.pem\"]\n[[authority]]\nid = {authority:?}\n\
             name = {{ en = {authority:?} }}\ncountry = {country:?}\nparticipant = {participant:?}\nareas = [{areas}]\n"
        )
        .expect("a string takes everything");
    }
    let file = options.dir.join("states.toml");
    std::fs::write(&file, directory).expect("written");
    options.directory = vec![file];
}

/// A state that is connected and reads its mailbox.
pub(crate) struct State {
    pub(crate) country: &'static str,
    pub(crate) office: RawParticipant,
}

impl State {
    /// Connects all of them, in the order of [`STATES`].
    pub(crate) async fn all(network: &Network) -> Vec<Self> {
        let mut connecting = JoinSet::new();
        for country in STATES {
            let stem = network.pki().join("participants").join(participant(country));
            let (port, ca) = (network.ports().amqps, network.pki().join("ca.pem"));
            connecting.spawn(async move {
                let office = RawParticipant::connect_to(port, &ca, &participant(country), &stem).await;
                Self { country, office: office.expect("all of them connect") }
            });
        }
        let mut states = connecting.join_all().await;
        states.sort_by_key(|state| state.country);
        states
    }

    /// The next message of its mailbox.
    pub(crate) async fn next(&self) -> BasicGetMessage {
        eventually(&format!("a message for {}", self.country), async || self.left().await).await
    }

    /// What lies in its mailbox already.
    pub(crate) async fn left(&self) -> Option<BasicGetMessage> {
        let queue = format!("mailbox.{}", contact(self.country));
        let options = BasicGetOptions { no_ack: true };
        self.office.channel.basic_get(queue.as_str().into(), options).await.expect("its own mailbox")
    }
}

/// A header of a message that the hub delivered; nothing where it has none of that name.
pub(crate) fn header(message: &BasicGetMessage, name: &str) -> Option<String> {
    match message.properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        other => panic!("{name}: {other:?}"),
    }
}
