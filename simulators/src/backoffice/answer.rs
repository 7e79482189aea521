//! The documents that an automatic back office answers with: an acceptance, and a reply that says `not-known` to every
//! question, in a sentence that leaves no doubt about who speaks. Pure.

use std::fmt::Write;

/// What every answer says.
const SENTENCE: &str = "This is an automatic reply of a simulated back office; no register was consulted.";

/// Accepts a request and agrees to the date (ISO 8601).
pub(super) fn acceptance(area: &str, version: u16, date: &str) -> String {
    let body = format!("  <c:AgreedDate>{date}</c:AgreedDate>\n");
    document("InformationRequestAccept", area, version, &body)
}

/// Replies to the questions with these ids; where there are none, to the whole request.
pub(super) fn reply(area: &str, version: u16, questions: &[String]) -> String {
    let whole = ["request".to_owned()];
    let mut body = String::from("  <c:Answers>\n");
    for question in if questions.is_empty() { &whole } else { questions } {
        let _infallible = writeln!(
            body,
            "    <c:Answer question=\"{}\">\n      <c:Value>not-known</c:Value>\n      \
             <c:FreeText language=\"en\">{SENTENCE}</c:FreeText>\n    </c:Answer>",
            escaped(question)
        );
    }
    body.push_str("  </c:Answers>\n");
    document("InformationRequestReply", area, version, &body)
}

fn document(root: &str, area: &str, version: u16, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <{root} xmlns=\"urn:imi:area:{area}:{version}\" xmlns:c=\"urn:imi:common:1\">\n{body}</{root}>\n"
    )
}

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backoffice::request;

    #[test]
    fn an_acceptance_agrees_to_the_date() {
        let document = acceptance("imi-pq", 1, "2011-03-18");
        assert!(document.contains("xmlns=\"urn:imi:area:imi-pq:1\""));
        assert!(document.contains("<c:AgreedDate>2011-03-18</c:AgreedDate>"));
    }

    #[test]
    fn a_reply_answers_each_question_once() {
        let document = reply("imi-pq", 1, &["q1".to_owned(), "a&b".to_owned()]);
        assert_eq!(document.matches("<c:Answer ").count(), 2);
        assert!(document.contains("question=\"a&amp;b\""));
        assert!(request::read(document.as_bytes()).is_ok());
        assert_eq!(reply("imi-pq", 1, &[]).matches("<c:Answer ").count(), 1);
    }
}
