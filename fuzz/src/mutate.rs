//! Inputs made out of others by small wrongs.

/// Numbers at which parsers go wrong.
const EDGES: [u64; 16] = [
    0,
    1,
    2,
    31,
    32,
    255,
    256,
    65_535,
    1 << 31,
    (1 << 31) - 1,
    1 << 32,
    (1 << 62) - 1,
    1 << 63,
    (1 << 63) - 1,
    u64::MAX,
    u64::MAX - 31,
];

/// A source of wrongs: xorshift64*.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        }
    }

    /// One of `corpus` with up to eight wrongs.
    pub fn input(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut input = corpus[self.below(corpus.len())].clone();
        for _ in 0..1 + self.below(8) {
            self.wrong(&mut input, corpus);
        }
        input
    }

    fn wrong(&mut self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let length = input.len();
        if length < 16 {
            input.extend((0..16).map(|at: u8| at.wrapping_mul(37)));
            return;
        }
        // Headers come first, and most of what can go wrong is in them.
        let within = if self.below(4) > 0 {
            length.min(512)
        } else {
            length
        };
        let at = self.below(within);
        match self.below(10) {
            0 | 1 => input[at] ^= 1 << self.below(8),
            2 => input[at] = self.next() as u8,
            3 => self.put_number(input, at),
            4 => {
                let end = (at + 1 + self.below(16)).min(length);
                input.drain(at..end);
            }
            5 => {
                let piece: Vec<u8> = (0..1 + self.below(16)).map(|_| self.next() as u8).collect();
                input.splice(at..at, piece);
            }
            6 => {
                let end = (at + 1 + self.below(64)).min(length);
                let piece = input[at..end].to_vec();
                for _ in 0..1 + self.below(4) {
                    input.splice(at..at, piece.iter().copied());
                }
            }
            7 => input.truncate(at),
            8 => {
                let other = &corpus[self.below(corpus.len())];
                let start = self.below(other.len().max(1)).min(other.len());
                let end = (start + self.below(256)).min(other.len());
                input.splice(at..at, other[start..end].iter().copied());
            }
            _ => self.put_digits(input, at),
        }
    }

    /// A number at an edge over the bytes from `at` on, in one of four widths.
    fn put_number(&mut self, input: &mut [u8], at: usize) {
        let width = 1 << self.below(4);
        let number = EDGES[self.below(EDGES.len())].to_le_bytes();
        for (byte, own) in input[at..].iter_mut().zip(&number[..width]) {
            *byte = *own;
        }
    }

    /// A number at an edge in place of the digits that come after `at`.
    fn put_digits(&mut self, input: &mut Vec<u8>, at: usize) {
        let Some(start) = input[at..].iter().position(u8::is_ascii_digit) else {
            return;
        };
        let start = at + start;
        let digits = input[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let end = start + digits.count();
        let number = EDGES[self.below(EDGES.len())].to_string();
        input.splice(start..end, number.bytes());
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}
