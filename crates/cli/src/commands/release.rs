//! `freehold release`: a trained model with all that belongs to it, signed.

use std::path::Path;
use std::sync::Arc;

use jiff::{Timestamp, Unit};
use library::quantity;
use serde_json::json;
use tensor::Pool;
use training::{PrivateKey, PublicKey, ReleaseOptions, SIGNATURE};

use super::stop_on_signals;
use crate::args::release::{Release, ReleaseCommand, ReleaseKey, ReleaseSign, ReleaseVerify};
use crate::console::{Console, paint};
use crate::failure::Exit;

/// Does what was asked for.
pub fn run(args: &Release, console: &mut Console) -> anyhow::Result<Exit> {
    match (&args.command, &args.from) {
        (Some(ReleaseCommand::Verify(args)), _) => verify(args, console),
        (Some(ReleaseCommand::Sign(args)), _) => sign(args, console),
        (Some(ReleaseCommand::Key(args)), _) => key(args, console),
        (None, Some(from)) => release(args, from, console),
        (None, None) => unreachable!("a recipe is asked for where there is no command"),
    }
}

fn release(args: &Release, from: &Path, console: &mut Console) -> anyhow::Result<Exit> {
    let options = ReleaseOptions {
        pool: Arc::new(Pool::of_all_cores()),
        out: args.out.clone(),
        dtype: args.dtype.dtype(),
        gguf: args.gguf.0.clone(),
        has_checkpoints: args.checkpoints,
        results: args.results.clone(),
        key: args.key.clone(),
        now: Timestamp::now().round(Unit::Second)?.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        stop: stop_on_signals()?,
    };
    let released = training::release(from, &options, &mut |what| {
        console.talk(format_args!("writing {what}"));
    })?;
    if console.is_json() {
        console.print_json(&json!({
            "path": released.path,
            "files": released.files,
            "bytes": released.bytes,
            "key": released.key,
            "notes": released.notes,
        }))?;
        return Ok(Exit::Done);
    }
    let note = paint::styled(paint::WARN, "note:");
    for missed in &released.notes {
        console.talk(format_args!("{note} {missed}"));
    }
    console.print(&format!("{}\n", released.path.display()))?;
    let signed = match &released.key {
        Some(key) => format!("signed with the key {}", short(key)),
        None => "not signed: `--key` names the key that signs".to_owned(),
    };
    console.talk(format_args!(
        "{} files, {}, {signed}",
        released.files,
        quantity::bytes(released.bytes)
    ));
    Ok(Exit::Done)
}

fn verify(args: &ReleaseVerify, console: &mut Console) -> anyhow::Result<Exit> {
    let key = args.key.as_deref().map(PublicKey::read).transpose()?;
    let verified = training::verify(&args.dir, key.as_ref())?;
    if console.is_json() {
        console.print_json(&json!({
            "files": verified.files,
            "key": verified.fingerprint,
            "key_of_the_release": verified.is_own_key,
            "not_signed": verified.ignored,
        }))?;
        return Ok(Exit::Done);
    }
    let good = paint::styled(paint::GOOD, "verified");
    console.print(&format!(
        "{good} {} files are what was signed with the key {}\n",
        verified.files,
        short(&verified.fingerprint)
    ))?;
    let note = paint::styled(paint::WARN, "note:");
    if verified.is_own_key {
        console.talk(format_args!(
            "{note} the key lies in the release itself: nothing was damaged, and who signed is not known; `--key` \
             takes the key that you got from its owner"
        ));
    }
    if !verified.ignored.is_empty() {
        console.talk(format_args!(
            "{note} the signature says nothing of {}",
            verified.ignored.join(", ")
        ));
    }
    Ok(Exit::Done)
}

fn sign(args: &ReleaseSign, console: &mut Console) -> anyhow::Result<Exit> {
    let key = PrivateKey::read(&args.key)?;
    let manifest = training::sign(&args.dir, &key)?;
    let path = args.dir.join(SIGNATURE);
    let fingerprint = key.public().fingerprint();
    if console.is_json() {
        console.print_json(&json!({
            "signature": path,
            "files": manifest.len(),
            "key": fingerprint,
        }))?;
        return Ok(Exit::Done);
    }
    console.print(&format!("{}\n", path.display()))?;
    console.talk(format_args!(
        "signed {} files with the key {}",
        manifest.len(),
        short(&fingerprint)
    ));
    Ok(Exit::Done)
}

fn key(args: &ReleaseKey, console: &mut Console) -> anyhow::Result<Exit> {
    let (public, key) = training::make_key(&args.file)?;
    if console.is_json() {
        console.print_json(&json!({
            "private": args.file,
            "public": public,
            "key": key.fingerprint(),
        }))?;
        return Ok(Exit::Done);
    }
    console.print(&format!("{}\n", public.display()))?;
    console.talk(format_args!(
        "{} signs: keep it to yourself. {} is passed on. The key is {}",
        args.file.display(),
        public.display(),
        short(&key.fingerprint())
    ));
    Ok(Exit::Done)
}

/// As much of a sum as people compare.
fn short(fingerprint: &str) -> &str {
    fingerprint.get(..16).unwrap_or(fingerprint)
}
