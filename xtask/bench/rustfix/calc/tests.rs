use calc::*;

fn eval(text: &str) -> Result<i64, Error> {
    Scope::new().eval(text)
}

#[test]
fn respects_precedence() {
    assert_eq!(eval("2 + 3 * 4"), Ok(14));
    assert_eq!(eval("(2 + 3) * 4"), Ok(20));
    assert_eq!(eval("20 - 5 - 3"), Ok(12));
    assert_eq!(eval("100 / 5 / 2"), Ok(10));
    assert_eq!(eval("17 % 5 * 2"), Ok(4));
}

#[test]
fn negates() {
    assert_eq!(eval("-3 + 5"), Ok(2));
    assert_eq!(eval("2 * -3"), Ok(-6));
    assert_eq!(eval("--4"), Ok(4));
    assert_eq!(eval("-2 ^ 2"), Ok(-4));
}

#[test]
fn raises() {
    assert_eq!(eval("2 ^ 10"), Ok(1024));
    assert_eq!(eval("2 ^ 3 ^ 2"), Ok(512));
    assert_eq!(eval("7 ^ 0"), Ok(1));
    assert_eq!(eval("2 ^ -1"), Ok(0));
    assert_eq!(power(-1, -3), -1);
    assert_eq!(power(-1, -2), 1);
}

#[test]
fn reports_errors() {
    assert_eq!(eval("1 +"), Err(Error::UnexpectedEnd));
    assert_eq!(eval("(1"), Err(Error::UnexpectedEnd));
    assert_eq!(eval("(1]"), Err(Error::Unexpected(']')));
    assert_eq!(eval("1 2 )"), Err(Error::Trailing(2)));
    assert_eq!(eval("5 / 0"), Err(Error::DivisionByZero));
    assert_eq!(eval("5 % 0"), Err(Error::DivisionByZero));
    assert_eq!(eval("x"), Err(Error::UnknownName("x".into())));
}

#[test]
fn calls_functions() {
    assert_eq!(eval("abs(-7) + 1"), Ok(8));
    assert_eq!(eval("clamp(15, 0, 10)"), Ok(10));
    assert_eq!(eval("clamp(-15, 0, 10)"), Ok(0));
    assert_eq!(eval("sum()"), Ok(0));
    assert_eq!(eval("sum(1, 2, 3 * 4)"), Ok(15));
    assert_eq!(eval("max(3, 9, 4)"), Ok(9));
    assert_eq!(eval("gcd(12, 18)"), Ok(6));
    let wrong = Error::WrongArguments { name: "abs".into(), expected: 1, found: 2 };
    assert_eq!(eval("abs(1, 2)"), Err(wrong));
}

#[test]
fn runs_programs() {
    let mut scope = Scope::new();
    let last = scope.run("a = 4 # four\n\n b2 = a * 10\n a + b2 % 7");
    assert_eq!(last, Ok(Some(9)));
    assert_eq!(scope.get("b2"), Some(40));
    assert_eq!(scope.run("# nothing"), Ok(None));
    assert_eq!(scope.run("c = 1 +"), Err(Error::UnexpectedEnd));
    assert_eq!(scope.get("c"), None);
}
