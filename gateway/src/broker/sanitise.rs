//! Takes out of incoming content headers what the AMQP parser cannot bear.
//!
//! The parser beneath lapin ends the whole connection at a short string that is not UTF-8, and descends into nested
//! tables without limit (amq-protocol-types 10.6, `parsing.rs`). RabbitMQ passes both on as they are, so one hostile
//! message at the head of a queue would stop the hub for ever. This filter stands between TLS and the parser and
//! changes such bytes in place: every length stays, and the message arrives with visibly wrong metadata.

/// Tables and arrays nested deeper than this become opaque bytes.
const DEEPEST: usize = 16;
/// Frame type of a content header.
const CONTENT_HEADER: u8 = 2;
/// Type, channel and size stand before a frame's payload; one end byte stands behind it.
const FRAME_HEAD: usize = 7;
/// A content header larger than any negotiated frame is passed on as it is; the parser refuses it by size.
const LARGEST_HEADER: usize = 1 << 20;

/// Follows the frames of one connection.
#[derive(Debug, Default)]
pub(super) struct Sanitiser {
    head: Vec<u8>,
    header: Vec<u8>,
    /// Bytes of the current frame still to come, its end byte included.
    remaining: usize,
    in_content_header: bool,
    /// The peer does not speak in frames (it names its protocol version and closes): nothing to follow.
    raw: bool,
}

impl Sanitiser {
    /// Takes in bytes from the peer and appends to `out` what the parser may see. Holds back unfinished headers.
    pub(super) fn push(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            if self.raw {
                out.extend_from_slice(input);
                return;
            }
            if self.remaining == 0 {
                let take = (FRAME_HEAD - self.head.len()).min(input.len());
                self.head.extend_from_slice(&input[..take]);
                input = &input[take..];
                if self.head.len() == FRAME_HEAD {
                    self.begin_frame(out);
                } else if self.head[0] == b'A' {
                    self.raw = true;
                    out.append(&mut self.head);
                }
                continue;
            }
            let take = self.remaining.min(input.len());
            let target: &mut Vec<u8> = if self.in_content_header { &mut self.header } else { out };
            target.extend_from_slice(&input[..take]);
            input = &input[take..];
            self.remaining -= take;
            if self.remaining == 0 && self.in_content_header {
                sanitise_content_header(&mut self.header);
                out.append(&mut self.header);
            }
        }
    }

    fn begin_frame(&mut self, out: &mut Vec<u8>) {
        let size = u32::from_be_bytes([self.head[3], self.head[4], self.head[5], self.head[6]]) as usize;
        self.raw = self.head[0] == b'A';
        self.in_content_header = self.head[0] == CONTENT_HEADER && size <= LARGEST_HEADER;
        self.remaining = size + 1;
        out.append(&mut self.head);
    }
}

/// A walk over the payload; `None` means that it is malformed, which is for the parser to say.
struct Walk<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

fn sanitise_content_header(payload: &mut [u8]) {
    let _malformed_is_for_the_parser = Walk { bytes: payload, at: 12 }.properties();
}

impl Walk<'_> {
    fn properties(&mut self) -> Option<()> {
        let flags = self.number(2)?;
        // Properties in the order of their flags, from bit 15: S short string, T table, digits a number's size.
        for (position, kind) in b"SST11SSSS8SSSS".iter().enumerate() {
            if flags & (1 << (15 - position)) == 0 {
                continue;
            }
            match kind {
                b'S' => self.short_string()?,
                b'T' => self.table(0)?,
                digit => self.skip(usize::from(digit - b'0'))?,
            }
        }
        Some(())
    }

    fn number(&mut self, size: usize) -> Option<usize> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(size)?)?;
        self.at += size;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn skip(&mut self, size: usize) -> Option<()> {
        self.at = self.at.checked_add(size).filter(|at| *at <= self.bytes.len())?;
        Some(())
    }

    /// Every byte beyond ASCII becomes `?` where the text as a whole is not UTF-8.
    fn short_string(&mut self) -> Option<()> {
        let size = self.number(1)?;
        let text = self.bytes.get_mut(self.at..self.at.checked_add(size)?)?;
        if std::str::from_utf8(text).is_err() {
            text.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
        }
        self.skip(size)
    }

    fn table(&mut self, depth: usize) -> Option<()> {
        let end = self.end_of_block()?;
        while self.at < end {
            self.short_string()?;
            self.value(depth)?;
        }
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let end = self.end_of_block()?;
        while self.at < end {
            self.value(depth)?;
        }
        Some(())
    }

    fn end_of_block(&mut self) -> Option<usize> {
        let size = self.number(4)?;
        self.at.checked_add(size).filter(|end| *end <= self.bytes.len())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let kind = self.bytes.get_mut(self.at)?;
        if depth >= DEEPEST && matches!(*kind, b'F' | b'A') {
            *kind = b'x'; // a byte array has the same layout: four bytes of length, then content
        }
        let kind = *kind;
        self.at += 1;
        match kind {
            b't' | b'b' | b'B' => self.skip(1),
            b's' | b'U' | b'u' => self.skip(2),
            b'I' | b'i' | b'f' => self.skip(4),
            b'D' => self.skip(5),
            b'L' | b'l' | b'd' | b'T' => self.skip(8),
            b'V' => Some(()),
            b'S' | b'x' => {
                let size = self.number(4)?;
                self.skip(size)
            }
            b'F' => self.table(depth + 1),
            b'A' => self.array(depth + 1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len()).expect("small");
        [&[kind, 0, 1], &size.to_be_bytes()[..], payload, &[0xCE]].concat()
    }

    /// A content header with `content_type` and headers.
    fn header(content_type: &[u8], table: &[u8]) -> Vec<u8> {
        let flags: u16 = 1 << 15 | 1 << 13;
        let table_size = u32::try_from(table.len()).expect("small");
        let short = u8::try_from(content_type.len()).expect("short");
        [&[0, 60, 0, 0][..], &[0; 8], &flags.to_be_bytes(), &[short], content_type, &table_size.to_be_bytes(), table]
            .concat()
    }

    fn pass(input: &[u8], chunk: usize) -> Vec<u8> {
        let (mut sanitiser, mut out) = (Sanitiser::default(), Vec::new());
        input.chunks(chunk).for_each(|bytes| sanitiser.push(bytes, &mut out));
        out
    }

    #[test]
    fn honest_frames_pass_unchanged_however_they_are_cut() {
        let table = [&[3][..], b"key", b"S", &[0, 0, 0, 2], "é".as_bytes()].concat();
        let input =
            [frame(1, b"method"), frame(2, &header("é/xml".as_bytes(), &table)), frame(3, &[0xFF; 300]), frame(8, b"")]
                .concat();
        for chunk in [1, 2, 7, 100, 10_000] {
            assert_eq!(pass(&input, chunk), input, "cut every {chunk}");
        }
    }

    #[test]
    fn short_strings_that_are_not_utf8_become_question_marks() {
        let table = [&[2][..], &[0xC3, 0x28], b"V"].concat();
        let out = pass(&frame(2, &header(&[b'a', 0xFF, b'b'], &table)), 5);
        assert_eq!(out, frame(2, &header(b"a?b", &[&[2][..], b"?(", b"V"].concat())));
        assert!(pass(&frame(3, &[0xC3, 0x28]), 5).contains(&0xC3), "bodies are never touched");
    }

    #[test]
    fn bottomless_nesting_becomes_opaque() {
        let mut value = b"V".to_vec();
        for _ in 0..20_000 {
            let size = u32::try_from(value.len()).expect("small");
            value = [b"A", &size.to_be_bytes()[..], &value].concat();
        }
        let table = [&[1][..], b"k", &value].concat();
        let out = pass(&frame(2, &header(b"a", &table)), 4_096);
        let nested = out.windows(1).filter(|byte| byte[0] == b'A').count();
        assert_eq!(out.len(), frame(2, &header(b"a", &table)).len());
        assert!(out.contains(&b'x') && nested > DEEPEST, "the rest stays as opaque bytes");
        let first_opaque = out.iter().position(|byte| *byte == b'x').expect("found");
        assert_eq!(out[..first_opaque].iter().filter(|byte| **byte == b'A').count(), DEEPEST);
    }

    #[test]
    fn a_malformed_header_is_left_to_the_parser() {
        let broken = header(b"a", &[200, b'x']);
        assert_eq!(pass(&frame(2, &broken), 3), frame(2, &broken));
        assert_eq!(pass(b"AMQP\x00\x00\x09\x01", 3), b"AMQP\x00\x00\x09\x01");
    }
}
