//! `gateway directory search`: authorities and registers from the store of a hub that may or may not be running.

use super::{Failure, Outcome, json, runtime};
use crate::cli::Cli;
use crate::{
    config::{self, Config},
    directory::search::{
        AuthorityCriteria, BadParameter, FoundAuthority, FoundRegister, Index, Page, Professions, RegisterCriteria,
        search_authorities, search_registers,
    },
    store,
};
use clap::{CommandFactory, error::ErrorKind};
use schemas::area::Areas;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["database", "config"]))]
pub(in crate::cli) struct Options {
    /// Words, each the beginning of one in a name, title, keyword, id, region or profession; in any alphabet
    words: Vec<String>,
    /// Looks for national registers instead of authorities
    #[arg(long)]
    registers: bool,
    /// Country, e.g. PL; repeat it for any of several
    #[arg(long, value_name = "CODE")]
    country: Vec<String>,
    /// Territory (NUTS), e.g. DE21: whoever acts there, in a larger one that holds it, or in a part of it
    #[arg(long, value_name = "NUTS")]
    region: Option<String>,
    /// national, regional or local
    #[arg(long, conflicts_with = "registers")]
    level: Vec<String>,
    /// Area, e.g. imi-pq; repeat it for any of several
    #[arg(long, conflicts_with = "registers")]
    area: Vec<String>,
    /// requester, responder or coordinator
    #[arg(long, conflicts_with = "registers")]
    role: Option<String>,
    /// Profession: a code of imi-pq, e.g. pharmacist
    #[arg(long, value_name = "CODE")]
    profession: Vec<String>,
    /// Economic activity (NACE Rev. 2), e.g. 86.2
    #[arg(long, value_name = "CODE")]
    nace: Vec<String>,
    /// Language that is understood there, or that the register is kept in
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// invited, pending, active, suspended or withdrawn; active ones where it is not given
    #[arg(long, conflicts_with = "registers")]
    status: Vec<String>,
    /// Kind of register: professional, business, licence, supervisory, insolvency or other-register
    #[arg(long = "type", value_name = "KIND", requires = "registers")]
    kind: Vec<String>,
    /// Who may consult the register: public-free, public-fee, restricted or on-request
    #[arg(long, requires = "registers")]
    access: Vec<String>,
    /// Whether the register is kept electronically: true or false
    #[arg(long, value_name = "BOOL", requires = "registers")]
    electronic: Option<String>,
    /// Language that names are to be in; else that of their authority
    #[arg(long, value_name = "TAG")]
    lang: Option<String>,
    /// Results to pass over
    #[arg(long, value_name = "N")]
    offset: Option<String>,
    /// Most results, up to 200
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// The hub's store: sqlite:PATH or postgres://…
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// The hub's configuration, which names its store and its area packs
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the area packs, which know what professions are called; that of the configuration where there is one
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,
}

pub(super) fn search(options: &Options) -> Outcome {
    let (store, packs) = options.places()?;
    let professions = professions(&packs)?;
    let text = options.words.join(" ");
    let parameters = options.parameters(&text);
    if options.registers {
        let criteria = RegisterCriteria::from_parameters(parameters, &professions).unwrap_or_else(wrong_use);
        let page = search_registers(&index(&store)?, &professions, &criteria);
        return print(options, &page, register_line);
    }
    let criteria = AuthorityCriteria::from_parameters(parameters, &professions).unwrap_or_else(wrong_use);
    let page = search_authorities(&index(&store)?, &professions, &criteria);
    print(options, &page, authority_line)
}

impl Options {
    /// The store, and the folder of the area packs.
    fn places(&self) -> Result<(config::Store, PathBuf), Failure> {
        let config = self.config.as_deref().map_or_else(|| Ok(Config::default()), Config::load)?;
        let mut store = config.store;
        if let Some(url) = &self.database {
            store.url.clone_from(url);
        }
        Ok((store, self.path.clone().unwrap_or(config.areas.path)))
    }

    /// What was given, by the names of the HTTP interface: one list of names and one set of rules for both.
    fn parameters<'a>(&'a self, text: &'a str) -> Vec<(&'static str, &'a str)> {
        let text = (!self.words.is_empty()).then_some(text);
        let once = [
            ("q", text),
            ("region", self.region.as_deref()),
            ("role", self.role.as_deref()),
            ("language", self.language.as_deref()),
            ("electronic", self.electronic.as_deref()),
            ("lang", self.lang.as_deref()),
            ("offset", self.offset.as_deref()),
            ("limit", self.limit.as_deref()),
        ];
        let often = [
            ("country", &self.country),
            ("level", &self.level),
            ("area", &self.area),
            ("profession", &self.profession),
            ("nace", &self.nace),
            ("status", &self.status),
            ("type", &self.kind),
            ("access", &self.access),
        ];
        let once = once.into_iter().filter_map(|(name, value)| Some((name, value?)));
        once.chain(often.into_iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value.as_str()))))
            .collect()
    }
}

/// Ends the process with exit code 2, as every wrong use does.
fn wrong_use<T>(bad: BadParameter) -> T {
    Cli::command().error(ErrorKind::ValueValidation, bad).exit()
}

/// What professions are called; without packs, authorities are still found by everything else.
fn professions(packs: &Path) -> Result<Professions, Failure> {
    if !packs.join("areas").is_dir() {
        eprintln!("gateway: there are no area packs in {}: names of professions are not looked at", packs.display());
        return Ok(Professions::default());
    }
    let only = Professions::area().into_iter().collect::<Vec<_>>();
    let (areas, broken) = Areas::load_each(packs, &only).map_err(|error| Failure::Other(error.to_string()))?;
    for error in broken {
        eprintln!("gateway: {error}");
    }
    Ok(Professions::new(&areas))
}

fn index(settings: &config::Store) -> Result<Index, Failure> {
    let snapshot = runtime()?.block_on(async {
        let store = store::open(settings).await?;
        let snapshot = store.directory().await;
        store.close().await;
        snapshot
    });
    let snapshot = snapshot.map_err(|error| Failure::Other(error.to_string()))?;
    Ok(Index::new(&snapshot.directory))
}

fn print<T: Serialize>(options: &Options, page: &Page<T>, line: impl Fn(&T) -> String) -> Outcome {
    if options.json {
        println!("{}", json(page)?);
    } else {
        page.results.iter().for_each(|found| println!("{}", line(found)));
        let shown = page.results.len();
        match page.offset + shown {
            _ if page.total == 0 => eprintln!("gateway: nothing was found"),
            next if shown > 0 && next < page.total => {
                eprintln!("gateway: {shown} of {} from {}; --offset {next} shows more", page.total, page.offset + 1);
            }
            _ => eprintln!("gateway: {} found", page.total),
        }
    }
    Ok(page.total > 0)
}

fn authority_line(found: &FoundAuthority) -> String {
    let authority = &found.authority;
    let why = found.matched_by.map(|reason| format!("\t{}", reason.as_str())).unwrap_or_default();
    let title = found.title.as_ref().map(|title| format!(" ({})", title.text)).unwrap_or_default();
    let (level, status) = (authority.level.as_str(), authority.status.as_str());
    format!("{}\t{}{title} [{}]\t{level}\t{status}{why}", authority.id, found.name.text, found.name.language)
}

fn register_line(found: &FoundRegister) -> String {
    let register = &found.register;
    let link = register.link.as_ref().map(|link| format!("\t{link}")).unwrap_or_default();
    let (kind, access) = (&register.kind, &register.access);
    format!("{}\t{} [{}]\t{kind}\t{access}{link}", register.id, found.name.text, found.name.language)
}
