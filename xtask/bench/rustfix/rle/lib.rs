//! Run-length coding of text and bytes, and simple deltas.

/// Why a text cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    DanglingCount,
    ZeroCount,
    CountTooLarge,
    Truncated,
}

/// Writes each run as its length and its character; runs of one have no length.
/// A digit or a backslash in the text is escaped by a backslash.
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut run = 1;
        while chars.peek() == Some(&c) {
            chars.next();
            run += 1;
        }
        if run > 1 {
            out.push_str(&run.to_string());
        }
        if c.is_ascii_digit() || c == '\\' {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Reads what `encode` wrote.
pub fn decode(text: &str) -> Result<String, DecodeError> {
    let mut out = String::new();
    let mut count: Option<usize> = None;
    let mut escaped = false;
    for c in text.chars() {
        if !escaped {
            if let Some(digit) = c.to_digit(10) {
                let value = count.unwrap_or(0) * 10 + digit as usize;
                if value > 10_000 {
                    return Err(DecodeError::CountTooLarge);
                }
                count = Some(value);
                continue;
            }
            if c == '\\' {
                escaped = true;
                continue;
            }
        }
        let times = count.take().unwrap_or(1);
        if times == 0 {
            return Err(DecodeError::ZeroCount);
        }
        for _ in 0..times {
            out.push(c);
        }
        escaped = false;
    }
    if count.is_some() || escaped {
        return Err(DecodeError::DanglingCount);
    }
    Ok(out)
}

/// Byte coding: a header below 128 announces `header + 1` literal bytes, one from 128
/// on announces `header - 125` repetitions of the next byte.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut literal_start = 0;
    let mut index = 0;
    while index < bytes.len() {
        let run = run_length(bytes, index);
        if run >= 3 {
            flush(&bytes[literal_start..index], &mut out);
            out.push((run + 125) as u8);
            out.push(bytes[index]);
            index += run;
            literal_start = index;
        } else {
            index += run;
        }
    }
    flush(&bytes[literal_start..], &mut out);
    out
}

fn run_length(bytes: &[u8], start: usize) -> usize {
    let mut end = start + 1;
    while end < bytes.len() && bytes[end] == bytes[start] && end - start < 130 {
        end += 1;
    }
    end - start
}

fn flush(literal: &[u8], out: &mut Vec<u8>) {
    for chunk in literal.chunks(128) {
        out.push((chunk.len() - 1) as u8);
        out.extend_from_slice(chunk);
    }
}

/// Reads what `pack` wrote.
pub fn unpack(packed: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    let mut index = 0;
    while index < packed.len() {
        let header = packed[index] as usize;
        index += 1;
        if header < 128 {
            let end = index + header + 1;
            let literal = packed.get(index..end).ok_or(DecodeError::Truncated)?;
            out.extend_from_slice(literal);
            index = end;
        } else {
            let byte = *packed.get(index).ok_or(DecodeError::Truncated)?;
            out.resize(out.len() + header - 125, byte);
            index += 1;
        }
    }
    Ok(out)
}

/// Differences between neighbours; the first value is kept.
pub fn delta(values: &[i64]) -> Vec<i64> {
    let mut out = Vec::with_capacity(values.len());
    let mut previous = 0;
    for &value in values {
        out.push(value - previous);
        previous = value;
    }
    out
}

/// Undoes `delta`.
pub fn undelta(deltas: &[i64]) -> Vec<i64> {
    deltas
        .iter()
        .scan(0, |sum, &step| {
            *sum += step;
            Some(*sum)
        })
        .collect()
}

/// The longest run: where it starts and how long it is; the first of equals.
pub fn longest_run(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize)> = None;
    let mut index = 0;
    while index < bytes.len() {
        let start = index;
        while index < bytes.len() && bytes[index] == bytes[start] {
            index += 1;
        }
        let length = index - start;
        if best.map_or(true, |(_, longest)| length > longest) {
            best = Some((start, length));
        }
    }
    best
}
