//! OASIS XML Catalogs 1.1, as far as schemas need them: which file of a pack a location or a namespace means.
//!
//! Owns what the entries of a catalogue say. An entry that leads out of the pack, or to a file that the pack does not
//! hold, is an error with its line, whether or not a schema ever asks for it.

use super::CompileError;
use crate::area::{SchemaFiles, home};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use std::collections::{BTreeMap, BTreeSet};

const NAMESPACE: &str = "urn:oasis:names:tc:entity:xmlns:xml:catalog";

/// The entries of a catalogue and of those that it continues with. Where two speak of one name, the first counts.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    exact: BTreeMap<String, String>,
    /// Beginnings of locations, and what stands in their place.
    prefixes: Vec<(String, String)>,
    /// Ends of locations, and the file that they mean.
    suffixes: Vec<(String, String)>,
}

impl Catalog {
    /// Reads a catalogue among the files of a pack.
    pub(super) fn read(files: &SchemaFiles, path: &str) -> Result<Self, CompileError> {
        let mut catalog = Self::default();
        let mut waiting = vec![path.to_owned()];
        let mut seen = BTreeSet::new();
        while let Some(path) = waiting.pop() {
            let Some(file) = files.get(&path).filter(|_| seen.insert(path.clone())) else { continue };
            let mut reading = Reading { catalog: &mut catalog, files, path: &path, text: &file.text, next: Vec::new() };
            reading.run()?;
            waiting.extend(reading.next.into_iter().rev());
        }
        Ok(catalog)
    }

    /// The file that a location means, by its path from the root of the packs.
    pub(super) fn file(&self, location: &str) -> Option<String> {
        if let Some(file) = self.exact.get(location) {
            return Some(file.clone());
        }
        let prefixed = self.prefixes.iter().filter(|(start, _)| location.starts_with(start.as_str()));
        if let Some((start, instead)) = prefixed.max_by_key(|(start, _)| start.len()) {
            return Some(format!("{instead}{}", &location[start.len()..]));
        }
        let suffixed = self.suffixes.iter().filter(|(end, _)| location.ends_with(end.as_str()));
        suffixed.max_by_key(|(end, _)| end.len()).map(|(_, file)| file.clone())
    }

    /// Names with the file that each means.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.exact.iter().map(|(name, file)| (name.as_str(), file.as_str()))
    }
}

/// One catalogue being read.
struct Reading<'a> {
    catalog: &'a mut Catalog,
    files: &'a SchemaFiles,
    path: &'a str,
    text: &'a str,
    next: Vec<String>,
}

impl Reading<'_> {
    fn run(&mut self) -> Result<(), CompileError> {
        let mut reader = NsReader::from_reader(self.text.as_bytes());
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut bases = vec![format!("{folder}/")];
        loop {
            let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let read = reader.read_resolved_event();
            let (namespace, event) = read.map_err(|error| self.wrong(offset, format!("it is no XML ({error})")))?;
            let is_own = matches!(namespace, ResolveResult::Bound(name) if name.as_ref() == NAMESPACE);
            let base = bases.last().cloned().unwrap_or_default();
            match event {
                Event::Start(tag) => bases.push(self.enter(&tag, is_own, &base, (offset, bases.len() == 1))?),
                Event::Empty(tag) => {
                    self.enter(&tag, is_own, &base, (offset, bases.len() == 1))?;
                }
                Event::End(_) => {
                    bases.pop();
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn wrong(&self, offset: usize, reason: impl Into<String>) -> CompileError {
        let before = self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count();
        CompileError { file: Some(self.path.to_owned()), line: u32::try_from(before + 1).ok(), reason: reason.into() }
    }

    /// Takes in an element; the answer is what the elements in it are relative to. The last argument says where its tag
    /// begins, and whether it is the root.
    fn enter(
        &mut self,
        tag: &BytesStart<'_>,
        is_own: bool,
        base: &str,
        (offset, is_root): (usize, bool),
    ) -> Result<String, CompileError> {
        let name = tag.local_name();
        let name = name.as_ref();
        if is_root && !(is_own && name == "catalog") {
            return Err(self.wrong(offset, format!("it is no catalogue of the namespace {NAMESPACE}")));
        }
        let value = |key: &str| {
            let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == key)?;
            quick_xml::escape::unescape(&found.value).ok().map(|text| text.trim().to_owned())
        };
        let base = match value("xml:base") {
            Some(inner) => self.resolve(base, &inner, offset)?,
            None => base.to_owned(),
        };
        let (key, target) = match name {
            _ if !is_own => return Ok(base),
            "uri" => ("name", "uri"),
            "system" => ("systemId", "uri"),
            "public" => ("publicId", "uri"),
            "uriSuffix" => ("uriSuffix", "uri"),
            "systemSuffix" => ("systemIdSuffix", "uri"),
            "rewriteURI" => ("uriStartString", "rewritePrefix"),
            "rewriteSystem" => ("systemIdStartString", "rewritePrefix"),
            "nextCatalog" => {
                let target = value("catalog").ok_or_else(|| self.wrong(offset, "<nextCatalog> has no catalog"))?;
                self.next.push(self.existing(&base, &target, offset)?);
                return Ok(base);
            }
            "delegateURI" | "delegateSystem" | "delegatePublic" => {
                return Err(self.wrong(offset, format!("<{name}> is not followed: write a <nextCatalog> instead")));
            }
            _ => return Ok(base),
        };
        let (Some(key), Some(target)) = (value(key), value(target)) else {
            return Err(self.wrong(offset, format!("<{name}> lacks {key} or {target}")));
        };
        match name {
            "rewriteURI" | "rewriteSystem" => {
                let instead = self.resolve(&base, &target, offset)?;
                self.catalog.prefixes.push((key, instead));
            }
            "uriSuffix" | "systemSuffix" => {
                let file = self.existing(&base, &target, offset)?;
                self.catalog.suffixes.push((key, file));
            }
            _ => {
                let file = self.existing(&base, &target, offset)?;
                self.catalog.exact.entry(key).or_insert(file);
            }
        }
        Ok(base)
    }

    fn existing(&self, base: &str, target: &str, offset: usize) -> Result<String, CompileError> {
        let path = self.resolve(base, target, offset)?;
        if self.files.contains_key(&path) {
            return Ok(path);
        }
        Err(self.wrong(offset, format!("it names {target:?}, which is no schema or catalogue of the pack")))
    }

    /// A path from the root of the packs, within the pack.
    fn resolve(&self, base: &str, target: &str, offset: usize) -> Result<String, CompileError> {
        let outside = || self.wrong(offset, format!("{target:?} leads out of the pack's folder"));
        if target.starts_with('/') || target.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err(outside());
        }
        let mut parts: Vec<&str> = base.split('/').collect();
        parts.pop();
        for part in target.split('/') {
            match part {
                "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        if path.starts_with(home(self.path)) { Ok(path) } else { Err(outside()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::SchemaFile;
    use std::sync::Arc;

    fn read(entries: &str) -> Result<Catalog, CompileError> {
        let own = format!("<!DOCTYPE catalog SYSTEM \"x\">\n<catalog xmlns=\"{NAMESPACE}\">\n{entries}\n</catalog>");
        let next = format!(
            "<catalog xmlns=\"{NAMESPACE}\"><uri name=\"urn:a\" uri=\"x/b.xsd\"/><uri name=\"urn:n\" uri=\"x/b.xsd\"/><nextCatalog catalog=\"catalog.xml\"/></catalog>"
        );
        let files = [("1/catalog.xml", own.as_str()), ("1/next.xml", &next), ("1/x/a.xsd", ""), ("1/x/b.xsd", "")];
        let file = |(path, text): (&str, &str)| {
            (format!("areas/probe/{path}"), Arc::new(SchemaFile { text: text.to_owned(), sha256: String::new() }))
        };
        Catalog::read(&files.into_iter().map(file).collect(), "areas/probe/1/catalog.xml")
    }

    #[test]
    fn every_kind_of_entry_finds_its_file() {
        let catalog = read(
            "<uri name=\"urn:a\" uri=\"x/a.xsd\"/><group xml:base=\"x/\"><system systemId=\"http://h/a?b&amp;c\" uri=\"a.xsd\"/>\
             <rewriteURI uriStartString=\"http://h/\" rewritePrefix=\"./\"/></group><o:uri xmlns:o=\"urn:o\"/>\
             <rewriteSystem systemIdStartString=\"http://h/old/\" rewritePrefix=\"x/../x/\"/>\
             <systemSuffix systemIdSuffix=\"/b.xsd\" uri=\"x/b.xsd\"/><nextCatalog catalog=\"next.xml\"/>",
        )
        .unwrap_or_else(|error| panic!("{error:?}"));
        for (location, file) in [
            ("urn:a", Some("a.xsd")),
            ("urn:n", Some("b.xsd")),
            ("http://h/a?b&c", Some("a.xsd")),
            ("http://h/b.xsd", Some("b.xsd")),
            ("http://h/old/a.xsd", Some("a.xsd")),
            ("ftp://else/b.xsd", Some("b.xsd")),
            ("b.xsd", None),
        ] {
            assert_eq!(catalog.file(location), file.map(|file| format!("areas/probe/1/x/{file}")), "{location}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_used_is_refused_with_its_line() {
        for (entry, says) in [
            ("<uri name=\"u\" uri=\"../../other/1/a.xsd\"/>", "leads out"),
            ("<uri name=\"u\" uri=\"../../../../secret.xsd\"/>", "leads out"),
            ("<uri name=\"u\" uri=\"/etc/passwd\"/>", "leads out"),
            ("<uri name=\"u\" uri=\"http://192.0.2.1/a.xsd\"/>", "leads out"),
            ("<group xml:base=\"file:///etc/\"><uri name=\"u\" uri=\"passwd\"/></group>", "leads out"),
            ("<rewriteURI uriStartString=\"u\" rewritePrefix=\"../../..\"/>", "leads out"),
            ("<uri name=\"u\" uri=\"x/c.xsd\"/>", "is no schema or catalogue of the pack"),
            ("<nextCatalog catalog=\"other.xml\"/>", "is no schema or catalogue of the pack"),
            ("<uri name=\"u\"/>", "lacks name or uri"),
            ("<delegateURI uriStartString=\"u\" catalog=\"next.xml\"/>", "nextCatalog"),
            ("<uri name=\"u\" uri=\"x/a.xsd\"></group>", "no XML"),
        ] {
            let error = read(entry).err().unwrap_or_else(|| panic!("{entry} was taken"));
            assert!(error.reason.contains(says), "{entry}: {}", error.reason);
            assert!(error.line == Some(3) || says == "no XML", "{entry}: {:?}", error.line);
        }
    }
}
