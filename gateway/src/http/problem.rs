//! Problem details (RFC 9457), with the codes of the wire contract where they fit.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// An answer that says what is wrong.
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    pub(super) fn unavailable(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the hub cannot answer this now; try again later")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let body = serde_json::json!({
            "type": format!("urn:imi:problem:{}", self.code),
            "title": title,
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        (self.status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}
