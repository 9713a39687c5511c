use rational::*;

fn r(text: &str) -> Ratio {
    text.parse().unwrap()
}

#[test]
fn reduces() {
    assert_eq!(r("6/8").to_string(), "3/4");
    assert_eq!(r("3/-6").to_string(), "-1/2");
    assert_eq!(r("-4/-2").to_string(), "2");
    assert_eq!(r("0/-7"), Ratio::ZERO);
    assert!(r("8/4").is_integer());
    assert_eq!((r("10/4").num(), r("10/4").den()), (5, 2));
}

#[test]
fn reads() {
    assert_eq!(r(" 7 "), Ratio::from_int(7));
    assert_eq!("1/0".parse::<Ratio>(), Err(RatioError::ZeroDenominator));
    assert_eq!("a/2".parse::<Ratio>(), Err(RatioError::Syntax("a/2".to_string())));
    assert_eq!(Ratio::new(1, 0), Err(RatioError::ZeroDenominator));
}

#[test]
fn calculates() {
    assert_eq!(r("1/2") + r("1/3"), r("5/6"));
    assert_eq!(r("1/2") - r("3/4"), r("-1/4"));
    assert_eq!(r("2/3") * r("9/4"), r("3/2"));
    assert_eq!(r("2/3") / r("4/3"), Some(r("1/2")));
    assert_eq!(r("2/3") / Ratio::ZERO, None);
    assert_eq!(r("-2/3").recip(), Some(r("-3/2")));
    assert_eq!(r("-2/3").abs(), r("2/3"));
    assert_eq!(r("2/3").pow(3), r("8/27"));
    assert_eq!(r("2/3").pow(0), Ratio::ONE);
}

#[test]
fn compares() {
    assert!(r("1/3") < r("1/2"));
    assert!(r("-1/3") > r("-1/2"));
    let mut all = [r("3/4"), r("-1"), r("2/3"), r("0")];
    all.sort();
    assert_eq!(all, [r("-1"), r("0"), r("2/3"), r("3/4")]);
}

#[test]
fn rounds() {
    assert_eq!((r("7/2").floor(), r("-7/2").floor()), (3, -4));
    assert_eq!((r("7/2").ceil(), r("-7/2").ceil(), r("4").ceil()), (4, -3, 4));
    assert_eq!((r("7/2").round(), r("-7/2").round(), r("10/3").round()), (4, -4, 3));
}

#[test]
fn expands_continued_fractions() {
    assert_eq!(r("415/93").continued(), vec![4, 2, 6, 7]);
    assert_eq!(r("-1/2").continued(), vec![-1, 2]);
    assert_eq!(r("5").continued(), vec![5]);
}

#[test]
fn averages() {
    assert_eq!(mean(&[r("1/2"), r("1/3"), r("1/6")]), Some(r("1/3")));
    assert_eq!(mean(&[]), None);
    assert_eq!(r("1/3").mediant(&r("1/2")), r("2/5"));
}
