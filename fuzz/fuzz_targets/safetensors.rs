//! `.safetensors`: refused, or tensors that are what the header says.

#![cfg_attr(feature = "libfuzzer", no_main)]

use fuzz::{Target, outcome_of};
use tensor::files::Safetensors;

const TARGET: Target = Target {
    name: "safetensors",
    parse,
    seeds,
    bytes_max: |length| 64 * length + (64 << 10),
};

fn parse(bytes: &[u8]) -> String {
    match Safetensors::of_bytes(bytes.to_vec()) {
        Ok(file) => outcome_of(
            bytes.len(),
            file.names()
                .map(|name| file.view(name).expect("a name of the file")),
        ),
        Err(error) => error.to_string(),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let headers = [
        r#"{}"#,
        r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}}"#,
        r#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"b":{"dtype":"F64","shape":[0,4],"data_offsets":[1,1]},"c":{"dtype":"F8_E4M3","shape":[2,3,4],"data_offsets":[1,25]}}"#,
    ];
    let file = |header: &str| {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.bytes());
        file.extend([3; 25]);
        file
    };
    let mut seeds: Vec<Vec<u8>> = headers.map(file).to_vec();
    seeds.push(include_bytes!("../../fixtures/files/singles.safetensors").to_vec());
    seeds
}

#[cfg(feature = "libfuzzer")]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.parse)(bytes);
});

#[cfg(not(feature = "libfuzzer"))]
fn main() -> std::process::ExitCode {
    fuzz::run(&TARGET)
}
