//! What a back office must know of a request in order to answer it: the questions' ids, and who asked. Pure; reads
//! documents that the hub has validated already, and of them only these two things.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

/// Most questions that are answered; the schema allows no more.
const MOST_QUESTIONS: usize = 100;

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The ids of the questions.
    pub questions: Vec<String>,
    /// Who asked, where the document says so (a forwarded request does).
    pub requested_by: Option<String>,
}

/// Reads a request, a forwarded request or a request for more.
///
/// # Errors
/// When the document is not XML, in a sentence.
pub(super) fn read(document: &[u8]) -> Result<Asked, String> {
    let mut reader = Reader::from_reader(document);
    let (mut asked, mut inside) = (Asked::default(), Vec::new());
    loop {
        match reader.read_event_into(&mut Vec::new()).map_err(|error| error.to_string())? {
            Event::Start(element) => {
                asked.questions.extend(question(&element).filter(|_| asked.questions.len() < MOST_QUESTIONS));
                inside.push(element.local_name().as_ref().to_owned());
            }
            Event::End(_) => {
                inside.pop();
            }
            Event::Text(text) if inside.last().is_some_and(|name| name == "RequestedBy") => {
                asked.requested_by = Some(text.trim().to_owned());
            }
            Event::Eof => return Ok(asked),
            _ => {}
        }
    }
}

fn question(element: &BytesStart<'_>) -> Option<String> {
    let id = element.try_get_attribute("id").ok().flatten().filter(|_| element.local_name().as_ref() == "Question")?;
    id.normalized_value(XmlVersion::Implicit1_0).ok().map(|id| id.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_questions_of_a_request_are_found() {
        let request = include_bytes!("../../stories/a202-request.xml");
        let asked = read(request).expect("XML");
        assert_eq!(asked, Asked { questions: vec!["genuine".to_owned(), "copy".to_owned()], requested_by: None });
    }

    #[test]
    fn a_forwarded_request_says_who_asked() {
        let asked = read(include_bytes!("../../stories/a201-forward.xml")).expect("XML");
        assert_eq!(asked.requested_by.as_deref(), Some("AT-AEK-WIEN"));
        assert_eq!(asked.questions, ["good-repute", "sanctions"]);
    }

    #[test]
    fn what_is_not_xml_is_told() {
        assert!(read(b"<a><b></a>").is_err());
    }
}
