use rational::*;

#[test]
fn agrees_with_cross_multiplication() {
    let all: Vec<(i64, i64)> = (-7..8).flat_map(|n| (-6..7).filter(|d| *d != 0).map(move |d| (n, d))).collect();
    for &(a, b) in &all {
        let x = Ratio::new(a, b).unwrap();
        assert!(x.den() > 0);
        assert_eq!(x.num() * b, a * x.den());
        assert!((2..8).all(|k| x.num() % k != 0 || x.den() % k != 0));
        let value = a as f64 / b as f64;
        assert_eq!((x.floor(), x.ceil(), x.round()), (value.floor() as i64, value.ceil() as i64, value.round() as i64));
        assert_eq!(x.to_string().parse(), Ok(x));
        assert_eq!(x.pow(2), x * x);
        assert_eq!(x.abs(), if a * b < 0 { -x } else { x });
        let mut back = None::<Ratio>;
        for &term in x.continued().iter().rev() {
            back = Some(match back { None => Ratio::from_int(term), Some(r) => Ratio::from_int(term) + r.recip().unwrap() });
        }
        assert_eq!(back, Some(x));
        for &(c, d) in all.iter().step_by(5) {
            let y = Ratio::new(c, d).unwrap();
            assert_eq!(x + y, Ratio::new(a * d + c * b, b * d).unwrap());
            assert_eq!(x - y, Ratio::new(a * d - c * b, b * d).unwrap());
            assert_eq!(x * y, Ratio::new(a * c, b * d).unwrap());
            assert_eq!(x / y, Ratio::new(a * d, b * c).ok());
            assert_eq!(x < y, (a as f64 / b as f64) + 1e-9 < (c as f64 / d as f64));
            let m = x.mediant(&y);
            assert_eq!(m, Ratio::new(x.num() + y.num(), x.den() + y.den()).unwrap());
            assert_eq!(mean(&[x, y]), Some(Ratio::new(a * d + c * b, 2 * b * d).unwrap()));
        }
    }
}
