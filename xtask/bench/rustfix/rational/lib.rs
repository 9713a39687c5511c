//! Exact fractions with a positive denominator in lowest terms.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i64,
    den: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RatioError {
    ZeroDenominator,
    Syntax(String),
}

fn gcd(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        let rest = a % b;
        a = b;
        b = rest;
    }
    a
}

impl Ratio {
    pub const ZERO: Ratio = Ratio { num: 0, den: 1 };
    pub const ONE: Ratio = Ratio { num: 1, den: 1 };

    pub fn new(num: i64, den: i64) -> Result<Self, RatioError> {
        if den == 0 {
            return Err(RatioError::ZeroDenominator);
        }
        Ok(Ratio::reduced(num, den))
    }

    fn reduced(num: i64, den: i64) -> Self {
        let divisor = gcd(num, den);
        let sign = if den < 0 { -1 } else { 1 };
        Ratio {
            num: sign * num / divisor,
            den: sign * den / divisor,
        }
    }

    pub fn from_int(value: i64) -> Self {
        Ratio { num: value, den: 1 }
    }

    pub fn num(&self) -> i64 {
        self.num
    }

    pub fn den(&self) -> i64 {
        self.den
    }

    pub fn is_integer(&self) -> bool {
        self.den == 1
    }

    pub fn recip(&self) -> Option<Ratio> {
        if self.num == 0 {
            return None;
        }
        Some(Ratio::reduced(self.den, self.num))
    }

    pub fn abs(&self) -> Ratio {
        Ratio { num: self.num.abs(), den: self.den }
    }

    /// The largest integer that is not above this number.
    pub fn floor(&self) -> i64 {
        self.num.div_euclid(self.den)
    }

    /// The smallest integer that is not below this number.
    pub fn ceil(&self) -> i64 {
        -(-*self).floor()
    }

    /// The nearest integer; halves go away from zero.
    pub fn round(&self) -> i64 {
        let doubled = 2 * self.num.abs() + self.den;
        let magnitude = doubled / (2 * self.den);
        if self.num < 0 { -magnitude } else { magnitude }
    }

    pub fn pow(&self, exponent: u32) -> Ratio {
        let mut out = Ratio::ONE;
        for _ in 0..exponent {
            out = out * *self;
        }
        out
    }

    /// The terms of the continued fraction.
    pub fn continued(&self) -> Vec<i64> {
        let mut terms = Vec::new();
        let mut rest = *self;
        loop {
            let whole = rest.floor();
            terms.push(whole);
            match (rest - Ratio::from_int(whole)).recip() {
                Some(next) => rest = next,
                None => return terms,
            }
        }
    }

    /// The fraction between two neighbours whose parts are the sums of theirs.
    pub fn mediant(&self, other: &Ratio) -> Ratio {
        Ratio::reduced(self.num + other.num, self.den + other.den)
    }
}

impl Add for Ratio {
    type Output = Ratio;
    fn add(self, other: Ratio) -> Ratio {
        Ratio::reduced(self.num * other.den + other.num * self.den, self.den * other.den)
    }
}

impl Sub for Ratio {
    type Output = Ratio;
    fn sub(self, other: Ratio) -> Ratio {
        self + -other
    }
}

impl Mul for Ratio {
    type Output = Ratio;
    fn mul(self, other: Ratio) -> Ratio {
        Ratio::reduced(self.num * other.num, self.den * other.den)
    }
}

impl Div for Ratio {
    type Output = Option<Ratio>;
    fn div(self, other: Ratio) -> Option<Ratio> {
        Some(self * other.recip()?)
    }
}

impl Neg for Ratio {
    type Output = Ratio;
    fn neg(self) -> Ratio {
        Ratio { num: -self.num, den: self.den }
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Ratio) -> Ordering {
        (self.num * other.den).cmp(&(other.num * self.den))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Ratio) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_integer() {
            write!(f, "{}", self.num)
        } else {
            write!(f, "{}/{}", self.num, self.den)
        }
    }
}

impl FromStr for Ratio {
    type Err = RatioError;

    fn from_str(text: &str) -> Result<Self, RatioError> {
        let syntax = || RatioError::Syntax(text.to_string());
        match text.split_once('/') {
            Some((num, den)) => {
                let num = num.trim().parse().map_err(|_| syntax())?;
                let den = den.trim().parse().map_err(|_| syntax())?;
                Ratio::new(num, den)
            }
            None => Ok(Ratio::from_int(text.trim().parse().map_err(|_| syntax())?)),
        }
    }
}

/// The mean, or `None` of nothing.
pub fn mean(values: &[Ratio]) -> Option<Ratio> {
    let mut sum = Ratio::ZERO;
    for &value in values {
        sum = sum + value;
    }
    sum / Ratio::from_int(values.len() as i64)
}
