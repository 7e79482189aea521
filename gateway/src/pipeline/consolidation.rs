//! Consolidation: the answers of many as one, with an entry for every state that was asked (Implementing Regulations (EU)
//! 2016/480 and 2016/68, Annexes I).
//!
//! Pure. Which elements go where is the pack's ([`Consolidation`]); texts and numbers are copied as they stand.

use crate::{
    directory::{Directory, iso_code},
    exchange::Exchange,
    store::{Collected, Collection},
};
use schemas::{
    area::{Area, AreaVersion, Areas, Consolidation, CountryConvention},
    validate::Limits,
    wire::{AuthorityId, ContentType, MessageName, MessageType},
};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// What it is made by.
pub(super) struct Surroundings<'a> {
    pub areas: &'a Areas,
    pub directory: &'a Directory,
    pub limits: Limits,
}

/// The consolidated answer.
pub(super) struct Made {
    pub message_type: MessageType,
    pub content_type: ContentType,
    pub body: Vec<u8>,
    pub to: AuthorityId,
}

/// The members of an object, each as it was written.
type Members = BTreeMap<String, Box<RawValue>>;

/// What one authority answered.
enum Reply<'a> {
    Answered(Members),
    Failed,
    Invalid,
    Silent(&'a str),
}

/// Puts the answers of an exchange into one.
///
/// # Errors
/// The request was not kept, or a pack says what cannot be done: ours to mend.
pub(super) fn answer(
    area: &Area,
    exchange: &Exchange,
    collection: Option<&Collection>,
    around: &Surroundings<'_>,
) -> Result<Made, String> {
    let collection = collection.ok_or("nothing was collected")?;
    let find = |rule: &&Consolidation| collection.documents.iter().any(|document| document.message == rule.request);
    let rule = area.consolidations.iter().find(find).ok_or("the request was not kept")?;
    let request = collection.documents.iter().find(|document| document.message == rule.request);
    let request = request.ok_or("the request was not kept")?;
    let job = Job { area, rule, exchange, collection, around };
    let members = job.whole(request)?;
    let message_type = job.message_type(&rule.result)?;
    let root = &around.areas.definition(&message_type).ok_or("no pack declares the answer")?.root;
    let json = serde_json::to_vec(&BTreeMap::from([(root, members)])).map_err(|error| error.to_string())?;
    let content_type = around.directory.format(&request.authority).unwrap_or(request.content_type);
    let body = match content_type {
        ContentType::Json => json,
        ContentType::Xml => job.mapping()?.to_xml(&json, &around.limits).map_err(|error| error.to_string())?,
    };
    Ok(Made { message_type, content_type, body, to: request.authority.clone() })
}

struct Job<'a> {
    area: &'a Area,
    rule: &'a Consolidation,
    exchange: &'a Exchange,
    collection: &'a Collection,
    around: &'a Surroundings<'a>,
}

impl<'a> Job<'a> {
    fn whole(&self, request: &Collected) -> Result<Members, String> {
        let rule = self.rule;
        let asked = self.members(request)?;
        let mut whole: Members = copied(&asked, &rule.from_request);
        let mut entries: BTreeMap<String, (usize, Members)> = BTreeMap::new();
        for authority in self.asked() {
            let entry = self.entry(authority)?;
            let rank = self.rank(&entry);
            let country = text(&entry, &rule.country).unwrap_or_default();
            // One entry per state: of several authorities the one that says most.
            match entries.get(&country) {
                Some((best, _)) if *best <= rank => {}
                Some(_) | None => {
                    entries.insert(country, (rank, entry));
                }
            }
        }
        let best = entries.values().map(|(rank, _)| *rank).min().unwrap_or(0);
        let status = rule.precedence.get(best).or(rule.precedence.last()).ok_or("the pack names no status")?;
        whole.insert(rule.status.clone(), raw(status)?);
        let entries: Vec<Members> = entries.into_values().map(|(_, entry)| entry).collect();
        whole.insert(rule.entry.clone(), to_raw_value(&entries).map_err(|error| error.to_string())?);
        Ok(whole)
    }

    /// Everybody who was asked, in the order of asking.
    fn asked(&self) -> Vec<&'a AuthorityId> {
        let initiator = self.exchange.initiator();
        self.exchange.everybody().into_iter().filter(|authority| Some(*authority) != initiator).collect()
    }

    fn entry(&self, authority: &AuthorityId) -> Result<Members, String> {
        let rule = self.rule;
        let (mut entry, status, remark) = match self.reply(authority)? {
            Reply::Answered(answer) => (copied(&answer, &rule.from_answer), None, None),
            Reply::Failed => (Members::new(), Some(&rule.failed), Some("It reported that it cannot answer")),
            Reply::Invalid => {
                (Members::new(), Some(&rule.invalid), Some("What it answered breaks the rules and was refused"))
            }
            Reply::Silent(remark) => (Members::new(), Some(&rule.silent), Some(remark)),
        };
        if let Some(status) = status {
            entry.insert(rule.status.clone(), raw(status)?);
        }
        if let Some(remark) = remark {
            entry.insert(rule.remark.clone(), raw(remark)?);
        }
        let country = self.around.directory.authority(authority).map_or("", |authority| authority.country.as_str());
        entry.insert(rule.country.clone(), raw(&self.spelled(country))?);
        Ok(entry)
    }

    fn reply(&self, authority: &AuthorityId) -> Result<Reply<'a>, String> {
        let of = |name: &MessageName| {
            self.collection
                .documents
                .iter()
                .find(|document| document.authority == *authority && document.message == *name)
        };
        if let Some(answer) = of(&self.rule.answer) {
            return self.members(answer).map(Reply::Answered);
        }
        Ok(match () {
            () if of(&self.rule.error).is_some() => Reply::Failed,
            () if self.collection.refused.contains(authority) => Reply::Invalid,
            () => Reply::Silent("No answer within the time limit"),
        })
    }

    /// Where an entry stands in the order of precedence.
    fn rank(&self, entry: &Members) -> usize {
        let status = text(entry, &self.rule.status);
        let place = status.and_then(|status| self.rule.precedence.iter().position(|one| *one == status));
        place.unwrap_or(self.rule.precedence.len())
    }

    /// A country as the area's documents spell it; the directory spells it as the Union does.
    fn spelled(&self, union: &str) -> String {
        let iso = iso_code(union);
        match &self.area.countries {
            None => iso.to_owned(),
            Some(countries) => match countries.convention {
                CountryConvention::Iso => iso.to_owned(),
                CountryConvention::Union => union.to_owned(),
                CountryConvention::Own => {
                    let own = countries.codes.iter().find(|(_, code)| code.as_str() == iso);
                    own.map_or(iso, |(own, _)| own.as_str()).to_owned()
                }
            },
        }
    }

    /// What stands in the root element of a document.
    fn members(&self, document: &Collected) -> Result<Members, String> {
        let json = match document.content_type {
            ContentType::Json => document.body.clone(),
            ContentType::Xml => {
                // What was accepted kept the limits; a conversion counts otherwise than the validation.
                let limits = Limits { nodes: usize::MAX, ..self.around.limits.clone() };
                self.mapping()?.to_json(&document.body, &limits).map_err(|error| error.to_string())?
            }
        };
        let root: BTreeMap<String, Members> = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
        root.into_values().next().ok_or_else(|| "a document without a root".to_owned())
    }

    fn version(&self) -> Result<&'a AreaVersion, String> {
        self.area.versions.last().ok_or_else(|| "the area has no version".to_owned())
    }

    fn mapping(&self) -> Result<&'a schemas::json::Mapping, String> {
        self.version()?.mapping().ok_or_else(|| "no pack converts the documents".to_owned())
    }

    fn message_type(&self, name: &MessageName) -> Result<MessageType, String> {
        Ok(MessageType { area: self.area.id.clone(), message: name.clone(), version: self.version()?.number })
    }
}

fn copied(from: &Members, names: &[String]) -> Members {
    names.iter().filter_map(|name| Some((name.clone(), from.get(name)?.clone()))).collect()
}

fn raw(text: &str) -> Result<Box<RawValue>, String> {
    to_raw_value(text).map_err(|error| error.to_string())
}

fn text(members: &Members, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}
