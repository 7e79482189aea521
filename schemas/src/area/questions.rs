//! `questions.toml`: the question set of an area, and the form that each answer has.
//!
//! Owns what a question says. Checking answers against it is the work of [`crate::validate`].

use super::AreaError;
use super::files::{text, toml};
use super::rules::{is_kebab, line_at};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};
use toml::Spanned;

/// What answers a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerForm {
    /// Yes or no.
    YesNo,
    /// Yes, no or partly.
    YesNoPartly,
    /// A date.
    Date,
    /// A period, perhaps without end.
    Period,
    /// A text.
    Text,
    /// One of the question's choices.
    Choice,
    /// A number.
    Number,
    /// An amount of money.
    Amount,
    /// A country, or several.
    Country,
}

/// A question of an area's set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// What it asks, in English.
    pub text: String,
    /// What answers it.
    pub answer: AnswerForm,
    /// The codes that may be chosen, where the answer is a choice.
    pub choices: Vec<String>,
    /// Whether every request of the area asks it.
    pub mandatory: bool,
    /// The provision that it comes from, or "design".
    pub reference: String,
    /// Line of its code in `questions.toml`.
    #[serde(skip)]
    pub line: u32,
}

/// Questions by their code.
pub type QuestionSet = BTreeMap<String, Question>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    question: Vec<WrittenQuestion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQuestion {
    code: Spanned<String>,
    text: String,
    answer: AnswerForm,
    #[serde(default)]
    choices: Vec<String>,
    #[serde(default)]
    mandatory: bool,
    reference: String,
}

/// The question set of a version; empty where it has no file of it.
pub(super) fn questions(file: &Path) -> Result<QuestionSet, AreaError> {
    if !file.exists() {
        return Ok(QuestionSet::new());
    }
    let written: Written = toml(file)?;
    let source = text(file)?;
    let mut set = QuestionSet::new();
    for question in written.question {
        let line = line_at(&source, question.code.span().start);
        let wrong = |reason: String, remedy: &str| Err(AreaError::new(file, reason, remedy).at_line(Some(line)));
        let WrittenQuestion { code, text, answer, choices, mandatory, reference } = question;
        let code = code.into_inner();
        if !is_kebab(&code) {
            return wrong(format!("the question's code {code:?} is not in kebab case"), "write it like-this");
        }
        if (answer == AnswerForm::Choice) == choices.is_empty() {
            let reason = format!("question {code} has choices without being one, or is a choice without any");
            return wrong(reason, "list the codes under `choices` where the answer is \"choice\", and only there");
        }
        if text.trim().is_empty() || reference.trim().is_empty() {
            return wrong(format!("question {code} has no text or no reference"), "say what it asks and rests on");
        }
        if set.contains_key(&code) {
            return wrong(format!("question {code} stands twice"), "remove one of the two");
        }
        set.insert(code, Question { text, answer, choices, mandatory, reference, line });
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(source: &str) -> Result<QuestionSet, AreaError> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("questions.toml");
        fs::write(&file, source).expect("written");
        questions(&file)
    }

    fn question(code: &str, answer: &str, extra: &str) -> String {
        format!("[[question]]\ncode = \"{code}\"\ntext = \"?\"\nanswer = \"{answer}\"\nreference = \"r\"\n{extra}")
    }

    #[test]
    fn a_question_set_is_read() {
        let source = question("since-when", "date", &question("which", "choice", "choices = [\"a\"]\n"));
        let set = read(&source).expect("good");
        assert_eq!((set["since-when"].answer, set["since-when"].line), (AnswerForm::Date, 2));
        assert_eq!((set["which"].choices.as_slice(), set["which"].line), (&["a".to_owned()][..], 7));
    }

    #[test]
    fn a_question_that_lies_is_refused_with_its_line() {
        for (source, line, says) in [
            (question("Since When", "date", ""), 2, "kebab"),
            (question("a", "opinion", ""), 4, "unknown variant"),
            (question("a", "choice", ""), 2, "choice without any"),
            (question("a", "date", "choices = [\"a\"]\n"), 2, "without being one"),
            (question("a", "date", &question("a", "date", "")), 7, "stands twice"),
        ] {
            let error = read(&source).expect_err("refused");
            assert_eq!((error.line, error.reason.contains(says)), (Some(line), true), "{error}");
        }
    }
}
