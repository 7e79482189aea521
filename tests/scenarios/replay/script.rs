//! The play of the replay scenario: which kinds of exchanges there are, who says what in which scene, and to whom.

use crate::support::{Submission, sample};
use std::{collections::HashMap, fmt::Write as _};
use uuid::Uuid;

/// The countries; each has a participant, two authorities (A, B), and a coordinator (C).
pub(super) const COUNTRIES: [&str; 6] = ["AT", "DE", "EL", "PL", "PT", "RO"];
/// Scenes, one after the other.
pub(super) const SCENES: usize = 9;
/// Kinds of exchanges, in turn.
const KINDS: usize = 20;
/// The kind of the alerts that their authority closes.
const CLOSED_ALERT: usize = 13;
/// An exchange is linked to the one so many before it, which is of the same kind and has the same requester.
const LINKED: usize = 3 * KINDS;

/// The participant of a country.
pub(super) fn participant(country: &str) -> String {
    format!("{country}-BACKOFFICE")
}

/// Who acts in an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Authority A of the country that opens it.
    Asks,
    /// Authority A of the other country.
    Answers,
    /// Authority B of the other country.
    Neighbour,
    /// The coordinator of the other country.
    Coordinator,
    /// Whoever the workflow or the law names.
    Named,
}

/// One message: in which scene, what, which sample, by whom, to whom.
type Line = (usize, &'static str, &'static str, Who, Who);

use Who::{Answers, Asks, Coordinator, Named, Neighbour};

const OPEN: Line = (0, "information-request", "information-request-2kb", Asks, Answers);
const ACCEPT: Line = (1, "information-request-accept", "information-request-accept-other-reason", Answers, Named);
const REPLY: Line = (2, "information-request-reply", "information-request-reply-a202", Answers, Named);
const CLOSE: &str = "information-request-close";
const CLOSED: &str = "information-request-close-a203";
const ALERT: Line = (0, "alert-56a", "alert-56a-suspension", Asks, Named);
const LICENCE: Line =
    (7, "check-community-licence-request", "check-community-licence-request-licence-number", Asks, Answers);
const UNFIT: Line = (7, "notification-of-unfitness", "notification-of-unfitness-without-end", Asks, Answers);
const SEARCH: Line = (7, "check-good-repute-request", "check-good-repute-request-certificate", Asks, Named);

/// The lines of one kind of exchange.
fn lines(kind: usize) -> Vec<Line> {
    match kind {
        // Left alone.
        0 | 1 => vec![OPEN],
        2..=4 => vec![OPEN, ACCEPT, REPLY, (3, CLOSE, CLOSED, Asks, Named)],
        // Handed on within the country.
        5 | 6 => vec![
            OPEN,
            (1, "information-request-forward", "information-request-forward-a201", Answers, Neighbour),
            (2, "information-request-accept", "information-request-accept-other-reason", Neighbour, Named),
            (3, "information-request-reply", "information-request-reply-a202", Neighbour, Named),
            (4, CLOSE, CLOSED, Asks, Named),
        ],
        7 | 8 => vec![
            OPEN,
            ACCEPT,
            (2, "information-request-partial-reply", "information-request-partial-reply-first", Answers, Named),
            (3, "information-request-reply", "information-request-reply-a202", Answers, Named),
            (4, "information-request-more", "information-request-more-explanation", Asks, Named),
            (5, "information-request-reply", "information-request-reply-a202", Answers, Named),
            (6, CLOSE, CLOSED, Asks, Named),
        ],
        9 => vec![OPEN, (1, "information-request-withdraw", "information-request-withdraw-other", Asks, Named)],
        10 => vec![OPEN, (1, "information-request-link", "information-request-link-same-subject", Asks, Named)],
        // A whole, answered once its part is; and its part, which the next exchange is.
        11 => vec![OPEN, ACCEPT, (5, "information-request-reply", "information-request-reply-a202", Answers, Named)],
        12 => vec![
            (2, "information-request-part", "information-request-part-question", Answers, Neighbour),
            (3, "information-request-accept", "information-request-accept-other-reason", Neighbour, Named),
            (4, "information-request-reply", "information-request-reply-a202", Neighbour, Named),
        ],
        CLOSED_ALERT => vec![
            ALERT,
            (1, "alert-acknowledge", "alert-acknowledge-received", Coordinator, Named),
            (2, "alert-close", "alert-close-period-ended", Asks, Named),
        ],
        // Its period is over: the hub closes it.
        14 => vec![ALERT],
        15 => vec![
            LICENCE,
            (8, "check-community-licence-response", "check-community-licence-response-not-found", Answers, Named),
        ],
        // Time runs out.
        16 => vec![LICENCE],
        17 => vec![
            UNFIT,
            (
                8,
                "notification-of-unfitness-acknowledgement",
                "notification-of-unfitness-acknowledgement-britain",
                Answers,
                Named,
            ),
        ],
        18 => vec![UNFIT],
        _ => vec![SEARCH, (8, "check-good-repute-response", "check-good-repute-response-not-found", Answers, Named)],
    }
}

/// The directory of the six countries, as TOML.
pub(super) fn directory() -> String {
    let mut text = String::new();
    for country in COUNTRIES {
        write!(
            text,
            "[[participant]]\nid = \"{country}-BACKOFFICE\"\ncountry = {country:?}\nname = {country:?}\n\
             certificates = [\"{country}-BACKOFFICE.pem\"]\n"
        )
        .expect("a string takes everything");
        let both = "{ area = \"imi-pq\", roles = [\"requester\", \"responder\"] }";
        let register = "{ area = \"erru\", roles = [\"responder\"] }";
        let coordinates = "{ area = \"imi-pq\", roles = [\"coordinator\"] }";
        for (letter, areas) in [("A", format!("{both}, {register}")), ("B", both.into()), ("C", coordinates.into())] {
            write!(
                text,
                "[[authority]]\nid = \"{country}-{letter}\"\nname = {{ en = \"{country}-{letter}\" }}\n\
                 country = {country:?}\nparticipant = \"{country}-BACKOFFICE\"\nareas = [{areas}]\n"
            )
            .expect("a string takes everything");
        }
    }
    text
}

/// All exchanges.
pub(super) struct Play {
    exchanges: Vec<Uuid>,
    samples: HashMap<&'static str, String>,
}

impl Play {
    /// So many exchanges, of all kinds in turn.
    pub(super) fn new(exchanges: usize) -> Self {
        let exchanges = (0..exchanges).map(|_| Uuid::now_v7()).collect();
        let mut samples = HashMap::new();
        for (_, message, name, ..) in (0..KINDS).flat_map(lines) {
            samples.entry(name).or_insert_with(|| String::from_utf8(sample(area(message), name)).expect("UTF-8"));
        }
        Self { exchanges, samples }
    }

    /// The exchange at a place.
    pub(super) fn exchange(&self, place: usize) -> Uuid {
        self.exchanges[place]
    }

    /// What is said in a scene: the participants with what they publish.
    pub(super) fn scene(&self, scene: usize) -> impl Iterator<Item = (String, Submission)> {
        (0..self.exchanges.len()).flat_map(move |place| {
            let lines = lines(place % KINDS).into_iter().filter(move |line| line.0 == scene);
            // The first ones have nothing to be linked to.
            let lines = lines.filter(move |(_, message, ..)| *message != "information-request-link" || place >= LINKED);
            lines.map(move |line| self.submission(place, line))
        })
    }

    fn submission(&self, place: usize, (_, message, name, by, to): Line) -> (String, Submission) {
        // A part belongs to the exchange before it, and is the business of the same authorities.
        let of = if place % KINDS == 12 { place - 1 } else { place };
        let asks = of % COUNTRIES.len();
        let answers = COUNTRIES[(asks + 1 + of / KINDS % 4) % COUNTRIES.len()];
        let asks = COUNTRIES[asks];
        let authority = |who: Who| match who {
            Asks => Some(format!("{asks}-A")),
            Answers => Some(format!("{answers}-A")),
            Neighbour => Some(format!("{answers}-B")),
            Coordinator => Some(format!("{answers}-C")),
            Named => None,
        };
        let from = authority(by).expect("nobody else speaks");
        let office = participant(&from[..2]);
        let body = self.document(place, message, name).into_bytes();
        let mut submission = Submission::new(&office, &format!("{}/{message}@1", area(message)), &from, "", body);
        submission.to(&authority(to).iter().map(String::as_str).collect::<Vec<_>>());
        submission.correlation_id = Some(self.exchanges[place].to_string());
        (office, submission)
    }

    fn document(&self, place: usize, message: &str, name: &str) -> String {
        let sample = &self.samples[name];
        match message {
            "information-request-link" => {
                sample.replace("0145f0c2-7a10-7c3e-9d52-1f6b0c4de9a1", &self.exchanges[place - LINKED].to_string())
            }
            "information-request-part" => {
                let (begin, rest) = sample.split_once("    <Link>").expect("the sample has a link");
                let (_, end) = rest.split_once("</Link>\n").expect("the sample has a link");
                let whole = self.exchanges[place - 1].to_string();
                format!("{begin}{end}")
                    .replace("0145f0c2-1d00-7b11-8a5e-0a1b2c3d4e5f", &whole)
                    .replace("id=\"standing\"", "id=\"q2\"")
            }
            // The sample's restriction ended long ago, and an alert ends with it: this one is to be closed by who raised it.
            "alert-56a" if place % KINDS == CLOSED_ALERT => sample.replace("2018-03-09", "2098-03-09"),
            _ => sample.clone(),
        }
    }
}

fn area(message: &str) -> &'static str {
    if ["information-request", "alert"].iter().any(|of| message.starts_with(of)) { "imi-pq" } else { "erru" }
}
