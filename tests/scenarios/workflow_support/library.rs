//! Documents: the good samples of the packs, with dates and exchanges that are real here and now.

use crate::support::root;
use jiff::{Span, Timestamp, civil::Date};
use schemas::{
    area::{Area, Areas, MessageDefinition},
    validate::{Checked, Limits, Validator},
    wire::{ExchangeId, MessageType},
};
use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, LazyLock, Mutex},
};

/// The packs, read once for all trials.
static AREAS: LazyLock<Arc<Areas>> =
    LazyLock::new(|| Arc::new(Areas::load(&root().join("schemas")).unwrap_or_else(|error| panic!("{error}"))));

/// Most days by which a date is off the one wished for: where a rule counts in months, not every shift keeps it.
const MOST_DAYS_OFF: i64 = 40;

/// What a document has to be like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Wish {
    /// The element of this path is there, and the earliest of its dates is this day, or soon after.
    pub(crate) date: Option<(String, Date)>,
    /// The element of this path has this text.
    pub(crate) text: Option<(String, String)>,
    /// The exchange that stands for those which the samples name.
    pub(crate) relative: Option<ExchangeId>,
}

/// A document, or why there is none.
type Made = Result<Vec<u8>, String>;

/// Good samples, and the hub's own verdict on what is made of them.
pub(crate) struct Library {
    validator: Mutex<Validator>,
    made: Mutex<HashMap<(MessageType, Wish), Made>>,
}

impl Library {
    pub(crate) fn open() -> Self {
        let validator = Validator::new(Arc::clone(&AREAS), Limits::default()).expect("a thread");
        Self { validator: Mutex::new(validator), made: Mutex::default() }
    }

    /// The packs.
    pub(crate) fn areas() -> &'static Areas {
        &AREAS
    }

    /// A document of this message.
    ///
    /// # Errors
    /// No good sample can be made what is wished for.
    pub(crate) fn document(&self, definition: &MessageDefinition, wish: &Wish) -> Result<Vec<u8>, String> {
        let mut made = self.made.lock().expect("nobody panicked");
        let key = (definition.message_type.clone(), wish.clone());
        made.entry(key).or_insert_with(|| self.make(definition, wish)).clone()
    }

    fn make(&self, definition: &MessageDefinition, wish: &Wish) -> Result<Vec<u8>, String> {
        let name = &definition.message_type;
        let samples = samples(definition);
        let mut reasons = Vec::new();
        for sample in &samples {
            match self.made(definition, sample, wish) {
                Ok(document) => return Ok(document),
                Err(reason) => reasons.push(reason),
            }
        }
        reasons.dedup();
        Err(format!("{name}: none of {} good samples: {}", samples.len(), reasons.join("; ")))
    }

    fn made(&self, definition: &MessageDefinition, sample: &str, wish: &Wish) -> Result<Vec<u8>, String> {
        let checked = self.check(definition, sample)?;
        if let Some((path, text)) = &wish.text
            && !checked.texts.get(path).is_some_and(|texts| texts.contains(text))
        {
            return Err(format!("no {path} is {text}"));
        }
        let sample = related(definition, &checked, sample, wish.relative)?;
        let Some((path, wanted)) = &wish.date else { return Ok(sample.into_bytes()) };
        let dates = checked.texts.get(path).ok_or_else(|| format!("no {path}"))?;
        let earliest = dates.iter().filter_map(|text| text.get(..10)?.parse::<Date>().ok()).min();
        let earliest = earliest.ok_or_else(|| format!("no date in {path}"))?;
        let days = i64::from(earliest.until(*wanted).expect("both are dates").get_days());
        let years = i64::from(wanted.year() - earliest.year());
        // Where a date is the end of a half-year, only whole years keep it.
        let shifts = (days..=days + MOST_DAYS_OFF).map(|days| Span::new().days(days));
        let shifts = shifts.chain((years..=years + 1).map(|years| Span::new().years(years)));
        let mut reason = String::new();
        for shift in shifts {
            let shifted = shifted(&sample, shift);
            match self.check(definition, &shifted) {
                Ok(_) => return Ok(shifted.into_bytes()),
                Err(broken) => reason = broken,
            }
        }
        Err(format!("no shift of its dates is valid: {reason}"))
    }

    fn check(&self, definition: &MessageDefinition, document: &str) -> Result<Checked, String> {
        let validator = self.validator.lock().expect("nobody panicked");
        validator.validate(&definition.message_type, document.as_bytes().to_vec()).map_err(|error| error.to_string())
    }
}

/// The sample with another exchange in the place of those that it names.
fn related(
    definition: &MessageDefinition,
    checked: &Checked,
    sample: &str,
    relative: Option<ExchangeId>,
) -> Result<String, String> {
    let reads = &definition.reads;
    let named = reads.parent.iter().chain(&reads.links).filter_map(|path| checked.texts.get(path)).flatten();
    let mut sample = sample.to_owned();
    for id in named {
        let relative = relative.ok_or("it names other exchanges")?;
        sample = sample.replace(id.as_str(), &relative.to_string());
    }
    Ok(sample)
}

/// The good samples of a message, the shortest first.
fn samples(definition: &MessageDefinition) -> Vec<String> {
    let kind = &definition.message_type;
    let folder = root().join(format!("schemas/areas/{}/{}/samples/good", kind.area, kind.version));
    let read = |path: &Path| fs::read_to_string(path).ok().filter(|text| root_of(text) == Some(&definition.root));
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut found: Vec<String> = files.iter().filter_map(|file| read(file)).collect();
    found.sort_by_key(String::len);
    found
}

/// The local name of the root element.
fn root_of(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = &rest[rest.find('<')? + 1..];
        let skipped = match rest.get(..1)? {
            "?" => rest.find("?>")?,
            "!" => rest.find("-->")?,
            _ => break,
        };
        rest = &rest[skipped..];
    }
    let name = rest.split(|end: char| end.is_whitespace() || end == '>' || end == '/').next()?;
    Some(name.rsplit(':').next().unwrap_or(name))
}

/// The text with every date in it moved.
fn shifted(text: &str, shift: Span) -> String {
    const DATE: usize = 10;
    let bytes = text.as_bytes();
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
    let (mut moved, mut copied, mut at) = (String::with_capacity(text.len()), 0, 0);
    while at + DATE <= bytes.len() {
        let here = text.get(at..at + DATE).filter(|_| bytes[at].is_ascii_digit());
        let alone = !is_part(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && !bytes.get(at + DATE).is_some_and(u8::is_ascii_digit);
        let date = here.filter(|_| alone).and_then(|text| text.parse::<Date>().ok());
        match date.and_then(|date| date.checked_add(shift).ok()) {
            Some(date) => {
                moved += &text[copied..at];
                moved += &date.strftime("%Y-%m-%d").to_string();
                at += DATE;
                copied = at;
            }
            None => at += 1,
        }
    }
    moved + &text[copied..]
}

/// The deadlines of its area that a message starts from a date in its document.
pub(crate) fn dated<'a>(area: &'a Area, definition: &MessageDefinition) -> impl Iterator<Item = &'a str> {
    let name = definition.message_type.message.clone();
    let of_message = area.deadlines.iter().filter(move |deadline| deadline.after == name && !deadline.on_arrival);
    of_message.filter_map(|deadline| deadline.from_field.as_deref())
}

/// The day of a moment in UTC.
pub(crate) fn day(moment: Timestamp) -> Date {
    moment.to_zoned(jiff::tz::TimeZone::UTC).date()
}
