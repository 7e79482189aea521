//! Judge: the documents of a batch to the validating threads, their verdicts back in order.

use super::{
    Pipeline, Unavailable,
    inspect::{Cleared, Inspected, Refusal},
};
use schemas::validate::{Checked, Job, ValidateError, ValidatorPool};
use tokio::sync::oneshot;

/// The document of a message that has passed so far, with its place in the batch.
pub(super) fn document((place, inspected): (usize, &Inspected)) -> Option<(usize, Job<bytes::Bytes>)> {
    match &inspected.verdict {
        Ok(Cleared::Business { envelope, .. }) => {
            let (message_type, content_type) = (envelope.message_type.clone(), envelope.content_type);
            Some((place, Job { message_type, content_type, body: inspected.received.body.clone() }))
        }
        Ok(Cleared::Report(_)) | Err(_) => None,
    }
}

impl Pipeline {
    /// Shares the documents out to the threads.
    pub(super) async fn validate(
        &self,
        validators: &ValidatorPool,
        jobs: Vec<Job<bytes::Bytes>>,
    ) -> Result<Vec<Result<Checked, Refusal>>, Unavailable> {
        let share = jobs.len().div_ceil(self.validator_threads).max(1);
        let mut answers = Vec::new();
        let mut jobs = jobs.into_iter().peekable();
        while jobs.peek().is_some() {
            let (tell, told) = oneshot::channel();
            let unit = jobs.by_ref().take(share).collect();
            let done = move |verdicts| {
                let _nobody_waits_any_more = tell.send(verdicts);
            };
            validators.validate(unit, done).map_err(|error| Unavailable::Validation(error.to_string()))?;
            answers.push(told);
        }
        let mut verdicts = Vec::new();
        for answer in answers {
            for verdict in answer.await.map_err(|_| Unavailable::Validation("a validating thread ended".into()))? {
                verdicts.push(match verdict {
                    Ok(checked) => Ok(checked),
                    Err(ValidateError::Rejected(rejection)) => Err(Refusal::Rejected(rejection)),
                    Err(ValidateError::Failed(problem)) => Err(Refusal::Failed(problem)),
                });
            }
        }
        Ok(verdicts)
    }
}
