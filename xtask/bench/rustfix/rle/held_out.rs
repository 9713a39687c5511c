use rle::*;

#[test]
fn round_trips() {
    let mut state = 41u32;
    let mut next = |n: u32| { state = state.wrapping_mul(1664525).wrapping_add(1013904223); (state >> 11) % n };
    for _ in 0..300 {
        let mut text = String::new();
        let mut bytes = Vec::new();
        for _ in 0..next(8) {
            let run = if next(6) == 0 { next(400) } else { next(5) } as usize;
            let c = ['a', 'b', '1', '0', '\\', 'é'][next(6) as usize];
            for _ in 0..run { text.push(c); bytes.push(c as u8); }
            bytes.extend((0..next(200)).map(|i| (i * 37) as u8));
        }
        let coded = encode(&text);
        assert_eq!(decode(&coded).as_ref(), Ok(&text));
        assert!(coded.len() <= 2 * text.len());
        let packed = pack(&bytes);
        assert_eq!(unpack(&packed).as_ref(), Ok(&bytes));
        assert!(packed.len() <= bytes.len() + bytes.len() / 2 + 1);
        let values: Vec<i64> = bytes.iter().map(|&b| i64::from(b) * 3).collect();
        assert_eq!(undelta(&delta(&values)), values);
        if let Some((start, length)) = longest_run(&bytes) {
            let naive = (0..bytes.len())
                .map(|i| bytes[i..].iter().take_while(|b| **b == bytes[i]).count())
                .max()
                .unwrap();
            assert_eq!(length, naive);
            assert!(bytes[start..start + length].iter().all(|b| *b == bytes[start]));
            assert!(start == 0 || bytes[start - 1] != bytes[start]);
        }
    }
    assert_eq!(pack(&[4; 131]), vec![255, 4, 0, 4]);
    assert_eq!(decode("10000a").map(|t| t.len()), Ok(10_000));
    assert_eq!(decode("10001a"), Err(DecodeError::CountTooLarge));
    assert_eq!(delta(&[]), Vec::<i64>::new());
    assert_eq!(longest_run(&[1, 1, 2, 2]), Some((0, 2)));
}
