use calc::*;

/// Builds a random expression with its value and how tightly it binds.
fn build(state: &mut u32, depth: u32) -> (String, i64, u8) {
    *state = state.wrapping_mul(1664525).wrapping_add(1013904223);
    let pick = (*state >> 16) % 8;
    if depth == 0 {
        let n = i64::from((*state >> 20) % 30);
        return (n.to_string(), n, 3);
    }
    let (a, x, p) = build(state, depth - 1);
    let (b, y, q) = build(state, depth - 1);
    let wrap = |text: &str, has: u8, needs: u8| if has < needs { format!("({text})") } else { text.to_string() };
    match pick {
        0 => (format!("{}+{}", a, wrap(&b, q, 1)), x + y, 0),
        1 => (format!("{} - {}", a, wrap(&b, q, 1)), x - y, 0),
        2 => (format!("{}*{}", wrap(&a, p, 1), wrap(&b, q, 2)), x * y, 1),
        3 if y != 0 => (format!("{}/ {}", wrap(&a, p, 1), wrap(&b, q, 2)), x / y, 1),
        4 if y != 0 => (format!("{}%{}", wrap(&a, p, 1), wrap(&b, q, 2)), x % y, 1),
        5 => (format!("-{}", wrap(&a, p, 2)), -x, 2),
        6 => (format!("max({a}, {b})"), x.max(y), 3),
        _ => (format!("({}+ abs({}))", a, b), x + y.abs(), 3),
    }
}

#[test]
fn agrees_with_direct_evaluation() {
    let mut state = 2;
    for round in 0..600 {
        let (text, value, _) = build(&mut state, round % 4);
        assert_eq!(Scope::new().eval(&text), Ok(value), "{text}");
    }
}

#[test]
fn details() {
    let mut scope = Scope::new();
    scope.set("n1", 3);
    assert_eq!(scope.eval("n1^2^0*10"), Ok(30));
    assert_eq!(scope.eval("2^n1-1"), Ok(7));
    assert_eq!(scope.eval("clamp(5,n1,4)+clamp(3,1,9)"), Ok(7));
    assert_eq!(scope.eval("gcd(-8,12)"), Ok(4));
    assert_eq!(scope.eval("max()"), Err(Error::UnexpectedEnd));
    assert_eq!(scope.eval("nope(1)"), Err(Error::UnknownName("nope".into())));
    assert_eq!(scope.eval("sum(1,2"), Err(Error::UnexpectedEnd));
    assert_eq!(scope.eval(""), Err(Error::UnexpectedEnd));
    assert_eq!(scope.eval("3*(2+1))"), Err(Error::Trailing(7)));
    assert_eq!(scope.eval("$"), Err(Error::Unexpected('$')));
    assert_eq!((power(1, -5), power(-1, -4), power(3, -2), power(-2, 3)), (1, 1, 0, -8));
    assert_eq!(scope.run("x=2\nx=x*x # sq\nx=x*x"), Ok(Some(16)));
}
