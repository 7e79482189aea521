//! Documents made up from a grammar: many of them good or nearly so, all of them well-formed. The same seed gives the
//! same document.

use crate::json::grammar::{
    Attribute, COMMON, Child, Children, Content, Grammar, Lexis, Names, SimpleId, Type, TypeId, XML, XS, XSI,
};
use std::fmt::Write;

/// Deepest element; required children beneath are still made.
const DEPTH: usize = 12;

/// Numbers that look random (xorshift64*).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).expect("31 bits") % sides.max(1)
    }

    fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        if things.is_empty() { None } else { things.get(self.roll(things.len())) }
    }

    /// Once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }
}

pub(super) struct Generator<'a> {
    pub grammar: &'a Grammar,
    pub dice: Dice,
    /// How often something is out of order: once in so many times; 0 for never.
    pub mischief: usize,
    pub out: String,
}

impl Generator<'_> {
    pub(super) fn document(mut self, root: &str) -> String {
        let namespace = self.grammar.namespace.clone();
        let kind = *self.grammar.roots.get(&namespace, root).expect("a root");
        let names = format!(" xmlns:a=\"{namespace}\" xmlns:c=\"{COMMON}\" xmlns:i=\"{XSI}\" xmlns:x=\"{XS}\"");
        self.element(&namespace, root, kind, 0, &names);
        self.out
    }

    fn mischief(&mut self) -> bool {
        self.mischief > 0 && self.dice.once_in(self.mischief)
    }

    fn element(&mut self, namespace: &str, local: &str, kind: TypeId, depth: usize, names: &str) {
        let grammar = self.grammar;
        let Some(definition) = grammar.kind(kind) else { return };
        let prefix = match namespace {
            _ if namespace == grammar.namespace => "a:",
            COMMON => "c:",
            _ => "",
        };
        let default = if prefix.is_empty() { format!(" xmlns=\"{namespace}\"") } else { String::new() };
        let _ = write!(self.out, "<{prefix}{local}{names}{default}");
        self.attributes(&definition.attributes);
        let is_nil = self.mischief();
        if is_nil {
            self.out.push_str(" i:nil='true'");
        }
        if self.mischief() {
            let type_name =
                definition.name.as_ref().map_or("x:token".to_owned(), |(namespace, local)| match namespace {
                    _ if *namespace == grammar.namespace => format!("a:{local}"),
                    _ if namespace == COMMON => format!(" c:{local} "),
                    _ => format!("x:{local}"),
                });
            let _ = write!(self.out, " i:type=\"{type_name}\"");
        }
        if self.mischief() {
            let _ = write!(self.out, " unknown='&lt;&#10;' xml:lang=\"en\" n:other='1' xmlns:n=\"urn:n\"");
        }
        self.out.push('>');
        if !is_nil || self.dice.once_in(2) {
            self.content(definition, depth);
        }
        let _ = write!(self.out, "</{prefix}{local}>");
    }

    fn attributes(&mut self, attributes: &Names<Attribute>) {
        for (namespace, local, attribute) in attributes.iter() {
            if attribute.required && !self.mischief() || self.dice.once_in(2) {
                let value = self.value(attribute.simple);
                let name = match namespace {
                    "" => local.to_owned(),
                    XML => format!("xml:{local}"),
                    _ => continue,
                };
                let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
                let _ = write!(self.out, " {name}=\"{value}\"");
            }
        }
    }

    fn content(&mut self, kind: &Type, depth: usize) {
        match &kind.content {
            Content::Simple(simple) => {
                let value = self.value(*simple);
                self.text(&value);
                if self.mischief() {
                    self.out.push_str("<a:Inside>1</a:Inside>");
                }
            }
            Content::Elements(children) => self.children(children, depth, "\n "),
            Content::Mixed(children) => self.children(children, depth, " text "),
            Content::Anything => self.text("anything <at> all"),
        }
    }

    fn children(&mut self, children: &Children, depth: usize, between: &str) {
        let before = self.out.len();
        let mut chosen: Vec<(&str, &str, &Child)> = children.declared.iter().collect();
        chosen.sort_by_key(|(.., child)| child.rank);
        if self.mischief() && chosen.len() > 1 {
            let (one, other) = (self.dice.roll(chosen.len()), self.dice.roll(chosen.len()));
            chosen.swap(one, other);
        }
        for (namespace, local, child) in chosen {
            let is_wanted = if child.required { !self.mischief() } else { depth < DEPTH && self.dice.once_in(2) };
            let most = if child.repeats || self.mischief() { 3 } else { 1 };
            for _ in 0..if is_wanted && depth < DEPTH * 3 { 1 + self.dice.roll(most) } else { 0 } {
                self.out.push_str(between);
                self.element(namespace, local, child.kind, depth + 1, "");
            }
        }
        if self.mischief() {
            let odd = [
                " stray text ",
                "<!-- a comment -->",
                "<?an instruction?>",
                "<a:Unknown/>",
                "<Unknown2 b=''>x<y> </y></Unknown2>",
                "<c:Comment>?</c:Comment>",
                "&#160;",
                "<z:z xmlns:z='urn:z'><z:z/></z:z>",
                "<![CDATA[ ]]>",
            ];
            if let Some(odd) = self.dice.pick(&odd) {
                self.out.push_str(odd);
            }
        }
        if self.out.len() > before {
            self.out.push('\n');
        }
    }

    /// The same text in one of several spellings.
    fn text(&mut self, text: &str) {
        match self.dice.roll(6) {
            0 if !text.contains("]]>") => {
                let _ = write!(self.out, "<![CDATA[{text}]]>");
            }
            1 => text.chars().for_each(|character| {
                let _ = write!(self.out, "&#{};", u32::from(character));
            }),
            2 => {
                let _ = write!(self.out, "<!-- - -->{}<?p?>", quick_xml::escape::escape(text));
            }
            _ => self.out.push_str(&quick_xml::escape::escape(text)),
        }
    }

    fn value(&mut self, simple: SimpleId) -> String {
        let Some(simple) = self.grammar.simple(simple) else { return String::new() };
        let facets = &simple.facets;
        if self.mischief() {
            let odd = [
                "",
                " ",
                "\t x\r\n",
                "000",
                "1e3",
                "+1",
                "-0",
                " 5 ",
                "NaN",
                "1",
                "true",
                "\"\\/",
                "é😀\u{2028}",
                "]]>",
                "a:b",
            ];
            return self.dice.pick(&odd).map_or_else(String::new, |odd| (*odd).to_owned());
        }
        if let Some(value) = self.dice.pick(&facets.values) {
            return value.clone();
        }
        let number = facets.minimum.as_deref().or(facets.maximum.as_deref()).unwrap_or("12");
        let of =
            |values: &[&str], dice: &mut Dice| dice.pick(values).map_or_else(String::new, |value| (*value).to_owned());
        match simple.lexis {
            Lexis::Boolean => of(&["true", "false", "1", "0"], &mut self.dice),
            Lexis::Integer => number.to_owned(),
            Lexis::Decimal => of(&[number, "1.50", "12", "0.10", "99999999999999999999.000000000001"], &mut self.dice),
            Lexis::Float => of(&["1.5", "1e3", "INF", "-0"], &mut self.dice),
            Lexis::Date => of(&["2024-02-29", "2024-02-29Z", "2011-04-29+01:00"], &mut self.dice),
            Lexis::DateTime => of(&["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.5+01:00"], &mut self.dice),
            Lexis::Time => of(&["12:00:00", "23:59:59.999Z"], &mut self.dice),
            Lexis::QName => of(&["a:name", "x:date", "c:Person"], &mut self.dice),
            Lexis::Text | Lexis::Other => {
                let least = usize::try_from(facets.min_length.unwrap_or(0)).expect("small");
                let most = usize::try_from(facets.max_length.unwrap_or(40)).expect("small");
                let words = of(
                    &["Łódź", "q1", "en", "A", "PL-NIA-PHARM", "a & b < c > d \"e\" 'f'", "2011-00-00"],
                    &mut self.dice,
                );
                words.chars().cycle().take(words.chars().count().clamp(least, most.max(least))).collect()
            }
        }
    }
}
