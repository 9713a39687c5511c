use matrix::*;

fn random(state: &mut u32, rows: usize, cols: usize) -> Matrix {
    let rows: Vec<Vec<i64>> = (0..rows)
        .map(|_| {
            (0..cols)
                .map(|_| {
                    *state = state.wrapping_mul(1664525).wrapping_add(1013904223);
                    i64::from((*state >> 16) % 9) - 4
                })
                .collect()
        })
        .collect();
    Matrix::from_rows(&rows).unwrap()
}

#[test]
fn laws_hold() {
    let mut state = 5;
    for size in 1..5 {
        for _ in 0..10 {
            let a = random(&mut state, size, size);
            let b = random(&mut state, size, size);
            let ab = a.checked_mul(&b).unwrap();
            assert_eq!(ab.determinant().unwrap(), a.determinant().unwrap() * b.determinant().unwrap());
            assert_eq!(ab.transpose(), b.transpose().checked_mul(&a.transpose()).unwrap());
            assert_eq!(a.transpose().determinant(), a.determinant());
            assert_eq!(ab.trace(), b.checked_mul(&a).unwrap().trace());
            assert_eq!(a.pow(3).unwrap(), a.checked_mul(&a).unwrap().checked_mul(&a).unwrap());
            assert_eq!(a.pow(1).unwrap(), a);
            assert_eq!(&a + &b, &b + &a);
            assert!((&a + &b).norm() <= a.norm() + b.norm());
            assert_eq!((&a * -2).norm(), 2 * a.norm());
        }
    }
    let wide = random(&mut state, 2, 5);
    assert_eq!(wide.transpose().shape(), (5, 2));
    assert_eq!(wide.transpose().transpose(), wide);
    assert_eq!(wide.checked_mul(&wide.transpose()).unwrap().shape(), (2, 2));
    assert_eq!(wide.minor(1, 2).shape(), (1, 4));
    assert_eq!(wide.determinant(), Err(ShapeError::NotSquare));
    assert_eq!(Matrix::zero(3, 4).norm(), 0);
}
