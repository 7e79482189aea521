//! A small HTTP client for the operators' port: one GET, one answer, everything bounded. Plain HTTP only.

use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longest time for one question and its whole answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes.
const LARGEST_ANSWER_BYTES: u64 = 8 * 1024 * 1024;

/// Asks `http://127.0.0.1:<port><path>` and returns the status and the body.
///
/// # Errors
/// When nobody listens, the answer takes longer than 10 s, is larger than 8 MiB or is not HTTP.
pub(super) async fn fetch(port: u16, path: &str) -> io::Result<(u16, String)> {
    let answer = timeout(ANSWER_WITHIN, exchange(port, path))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer to GET {path} within 10 s")))??;
    parse(&answer)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("GET {path} was not answered in HTTP")))
}

async fn exchange(port: u16, path: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    // HTTP/1.0 keeps the answer in one piece: no chunks, and the end of the stream is the end of the body.
    let question = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(question.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LARGEST_ANSWER_BYTES).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn parse(answer: &[u8]) -> Option<(u16, String)> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn answering(bytes: &'static [u8]) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("one caller");
            let mut question = [0; 512];
            let _length = stream.read(&mut question).await.expect("a question");
            stream.write_all(bytes).await.expect("an answer");
        });
        port
    }

    #[tokio::test]
    async fn status_and_body_are_told_apart() {
        let port = answering(b"HTTP/1.0 503 Service Unavailable\r\nX: y\r\n\r\nbroker: down").await;
        assert_eq!(fetch(port, "/health/ready").await.expect("HTTP"), (503, "broker: down".to_owned()));
    }

    #[tokio::test]
    async fn what_is_not_http_is_an_error() {
        let port = answering(b"220 mail.example ESMTP\r\n").await;
        assert_eq!(fetch(port, "/").await.expect_err("not HTTP").kind(), io::ErrorKind::InvalidData);
    }
}
