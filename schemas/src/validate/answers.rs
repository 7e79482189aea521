//! Answers and the question set of their area: does each have the form that its question asks for?
//!
//! Owns one pass over a document that is valid already. A document in which the word `Answer` does not occur is not
//! read again.

use super::engine::{At, Infringement};
use crate::area::{AnswerForm, COMMON_NAMESPACE, Question, QuestionSet};
use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use std::collections::BTreeSet;

/// The rule that an answer breaks which does not fit its question.
pub(super) const RULE: &str = "question-set";
/// Local name of the element that answers, in the common namespace.
const ANSWER: &str = "Answer";
/// Values that say that there is no answer, and fit every question.
const NO_ANSWER: [&str; 2] = ["not-known", "not-applicable"];
/// The value that says that the text is the answer.
const SEE_TEXT: &str = "see-text";

/// An answer as the document has it.
#[derive(Debug, Default)]
struct Answer {
    offset: usize,
    code: String,
    value: String,
    choice: String,
    /// Local names of its children.
    children: BTreeSet<String>,
}

/// The answers that do not fit, at most `most` of them, in document order.
pub(super) fn misfits(questions: &QuestionSet, document: &[u8], most: usize) -> Vec<Infringement> {
    if questions.is_empty() || !document.windows(ANSWER.len()).any(|window| window == ANSWER.as_bytes()) {
        return Vec::new();
    }
    let misfits = answers(document).into_iter().filter_map(|answer| {
        let message = misfit(questions.get(&answer.code), &answer)?;
        Some(Infringement { rule: RULE.to_owned(), message, at: At::Offset(answer.offset) })
    });
    misfits.take(most).collect()
}

/// What is wrong with an answer, in a sentence.
fn misfit(question: Option<&Question>, answer: &Answer) -> Option<String> {
    let Some(question) = question else {
        return Some(format!("The code '{}' is none of the area's question set.", answer.code));
    };
    let has = |name: &str| answer.children.contains(name);
    if answer.value == SEE_TEXT {
        return (!has("FreeText"))
            .then(|| format!("The answer to '{}' refers to a text, but there is no FreeText.", answer.code));
    }
    if NO_ANSWER.contains(&answer.value.as_str()) {
        return None;
    }
    let fits = match question.answer {
        AnswerForm::YesNo => ["yes", "no"].contains(&answer.value.as_str()),
        AnswerForm::YesNoPartly => ["yes", "no", "partly"].contains(&answer.value.as_str()),
        AnswerForm::Date => has("Since") && !has("Until"),
        AnswerForm::Period => has("Since"),
        AnswerForm::Text => has("FreeText"),
        AnswerForm::Choice => question.choices.contains(&answer.choice),
        AnswerForm::Number => has("Number"),
        AnswerForm::Amount => has("Amount"),
        AnswerForm::Country => has("Country"),
    };
    (!fits).then(|| {
        let code = &answer.code;
        format!(
            "The answer to '{code}' has to be {}, or the value 'not-known' or 'not-applicable'.",
            expected(question)
        )
    })
}

fn expected(question: &Question) -> String {
    match question.answer {
        AnswerForm::YesNo => "the value 'yes' or 'no'".to_owned(),
        AnswerForm::YesNoPartly => "the value 'yes', 'no' or 'partly'".to_owned(),
        AnswerForm::Date => "a date (Since without Until)".to_owned(),
        AnswerForm::Period => "a period (Since, and Until where it has ended)".to_owned(),
        AnswerForm::Text => "a text (FreeText)".to_owned(),
        AnswerForm::Choice => format!("a choice (Choice: {})", question.choices.join(", ")),
        AnswerForm::Number => "a number (Number)".to_owned(),
        AnswerForm::Amount => "an amount of money (Amount)".to_owned(),
        AnswerForm::Country => "a country (Country)".to_owned(),
    }
}

/// The answers that name a question by its code.
fn answers(document: &[u8]) -> Vec<Answer> {
    let mut reader = NsReader::from_reader(document);
    reader.config_mut().expand_empty_elements = true;
    let mut scan = Scan::default();
    loop {
        let offset = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match reader.read_resolved_event() {
            Ok((namespace, Event::Start(tag))) => {
                let common = namespace == ResolveResult::Bound(Namespace(COMMON_NAMESPACE));
                scan.enter(offset, common, &tag);
            }
            Ok((_, Event::End(_))) => scan.leave(),
            Ok((_, Event::Text(text))) => scan.text(&text.xml10_content()),
            Ok((_, Event::CData(text))) => scan.text(&text.xml10_content()),
            Ok((_, Event::GeneralRef(reference))) => {
                let character = reference.resolve_char_ref().ok().flatten();
                scan.text(character.unwrap_or('&').encode_utf8(&mut [0; 4]));
            }
            Ok((_, Event::Eof)) | Err(_) => return scan.done,
            Ok(_) => {}
        }
    }
}

/// Where the pass is: within an answer, and within which of its children.
#[derive(Default)]
struct Scan {
    depth: usize,
    /// The open answer, and its depth.
    open: Option<(usize, Answer)>,
    /// The answer's child that is open.
    child: String,
    done: Vec<Answer>,
}

impl Scan {
    fn enter(&mut self, offset: usize, common: bool, tag: &BytesStart<'_>) {
        self.depth += 1;
        let name = tag.local_name();
        match &mut self.open {
            Some((depth, answer)) if common && *depth + 1 == self.depth => {
                self.child = name.as_ref().to_owned();
                answer.children.insert(self.child.clone());
            }
            None if common && name.as_ref() == ANSWER => {
                if let Some(code) = code(tag) {
                    self.open = Some((self.depth, Answer { offset, code, ..Answer::default() }));
                }
            }
            Some(_) | None => {}
        }
    }

    fn text(&mut self, text: &str) {
        let Some((_, answer)) = &mut self.open else { return };
        match self.child.as_str() {
            "Value" => answer.value.push_str(text),
            "Choice" => answer.choice.push_str(text),
            _ => {}
        }
    }

    fn leave(&mut self) {
        if let Some((depth, _)) = &self.open {
            if *depth + 1 == self.depth {
                self.child.clear();
            }
            if *depth == self.depth
                && let Some((_, mut answer)) = self.open.take()
            {
                answer.value = answer.value.trim().to_owned();
                answer.choice = answer.choice.trim().to_owned();
                self.done.push(answer);
            }
        }
        self.depth -= 1;
    }
}

fn code(tag: &BytesStart<'_>) -> Option<String> {
    let attribute = tag.try_get_attribute("code").ok().flatten()?;
    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
    Some(value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set() -> QuestionSet {
        let question = |answer, choices: &[&str]| Question {
            text: "?".to_owned(),
            answer,
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            mandatory: false,
            reference: "design".to_owned(),
            line: 1,
        };
        QuestionSet::from([
            ("plain".to_owned(), question(AnswerForm::YesNo, &[])),
            ("partial".to_owned(), question(AnswerForm::YesNoPartly, &[])),
            ("day".to_owned(), question(AnswerForm::Date, &[])),
            ("span".to_owned(), question(AnswerForm::Period, &[])),
            ("words".to_owned(), question(AnswerForm::Text, &[])),
            ("pick".to_owned(), question(AnswerForm::Choice, &["red", "blue"])),
            ("count".to_owned(), question(AnswerForm::Number, &[])),
            ("sum".to_owned(), question(AnswerForm::Amount, &[])),
            ("where".to_owned(), question(AnswerForm::Country, &[])),
        ])
    }

    fn document(code: &str, content: &str) -> String {
        format!(
            "<Reply xmlns='urn:x' xmlns:k='urn:imi:common:1'>\n  <k:Answers><k:Answer question='q1' code='{code}'>{content}</k:Answer></k:Answers></Reply>"
        )
    }

    fn found(document: &str) -> Vec<(usize, String)> {
        let misfits = misfits(&set(), document.as_bytes(), 200).into_iter();
        misfits
            .map(|misfit| match misfit.at {
                At::Offset(offset) => (offset, misfit.message),
                At::Path(path) => panic!("{path:?}"),
            })
            .collect()
    }

    #[test]
    fn an_answer_that_fits_is_no_news() {
        for (code, content) in [
            ("plain", "<k:Value>yes</k:Value>"),
            ("plain", "<k:Value> no </k:Value>"),
            ("plain", "<k:Value>&#121;es</k:Value>"),
            ("plain", "<k:Value><![CDATA[yes]]></k:Value>"),
            ("plain", "<k:Value>see-text</k:Value><k:FreeText>t</k:FreeText>"),
            ("partial", "<k:Value>partly</k:Value>"),
            ("day", "<k:Value>yes</k:Value><k:Since>2014-00-00</k:Since>"),
            ("day", "<k:Value>not-known</k:Value>"),
            ("span", "<k:Value>yes</k:Value><k:Since>2014-05-01</k:Since><k:Until>2015-00-00</k:Until>"),
            ("words", "<k:Value>yes</k:Value><k:FreeText>t</k:FreeText>"),
            ("pick", "<k:Value>yes</k:Value><k:Choice>blue</k:Choice>"),
            ("count", "<k:Value>yes</k:Value><k:Number>3</k:Number>"),
            ("sum", "<k:Value>yes</k:Value><k:Amount currency='EUR'>3</k:Amount>"),
            ("where", "<k:Value>not-applicable</k:Value>"),
            ("where", "<k:Value>yes</k:Value><k:Country>PL</k:Country>"),
        ] {
            assert_eq!(found(&document(code, content)), [], "{code}: {content}");
        }
    }

    #[test]
    fn an_answer_that_does_not_fit_is_told_what_would() {
        for (code, content, says) in [
            ("other", "<k:Value>yes</k:Value>", "none of the area's question set"),
            ("plain", "<k:Value>partly</k:Value>", "'yes' or 'no'"),
            ("plain", "<k:Value>see-text</k:Value>", "no FreeText"),
            ("partial", "<k:Value>see-text</k:Value>", "no FreeText"),
            ("day", "<k:Value>yes</k:Value>", "Since without Until"),
            ("day", "<k:Value>yes</k:Value><k:Since>2014-00-00</k:Since><k:Until/>", "Since without Until"),
            ("span", "<k:Value>yes</k:Value><k:Until/>", "a period"),
            ("words", "<k:Value>yes</k:Value>", "FreeText"),
            ("pick", "<k:Value>yes</k:Value><k:Choice>green</k:Choice>", "red, blue"),
            ("pick", "<k:Value>yes</k:Value>", "red, blue"),
            ("count", "<k:Value>yes</k:Value>", "a number"),
            ("sum", "<k:Value>yes</k:Value><k:Number>3</k:Number>", "an amount"),
            ("where", "<k:Value>yes</k:Value><Country>PL</Country>", "a country"),
        ] {
            let document = document(code, content);
            let found = found(&document);
            assert_eq!(found.len(), 1, "{code}: {content}");
            assert!(found[0].1.contains(says), "{}", found[0].1);
            assert!(document[found[0].0..].starts_with("<k:Answer "));
        }
    }

    #[test]
    fn an_answer_in_free_words_or_of_another_namespace_is_not_checked() {
        let free = document("other", "<k:Value>yes</k:Value>").replace(" code='other'", "");
        let foreign = document("other", "<k:Value>yes</k:Value>").replace("k:Answer ", "Answer ");
        assert_eq!((found(&free), found(&foreign.replace("</k:Answer>", "</Answer>"))), (vec![], vec![]));
        let two = "<k:Answers xmlns:k='urn:imi:common:1'><k:Answer code='x'/>é<k:Answer code='y'/></k:Answers>";
        let offsets: Vec<&str> = found(two).iter().map(|(offset, _)| &two[*offset..*offset + 18]).collect();
        assert_eq!(offsets, ["<k:Answer code='x'", "<k:Answer code='y'"]);
    }
}
