//! Checking the credentials of a file, ours or anybody's.

use std::io::{Read, Seek};

use super::certificate::{COMMON_NAME, ORGANISATION, Trust};
use super::content::content;
use super::cose::Signature;
use super::digest::{Sums, hexadecimal, sum};
use super::error::{Checked, Error, Fault, Result, invalid};
use super::format::Format;
use super::input::Input;
use super::report::{Report, SignedBy, Standing, Status};
use super::store::Store;
use super::{binding, chain};

/// Checks the credentials of a file, which is read from its beginning to its end.
///
/// # Errors
/// [`Error::File`], and [`Error::Format`] for files of other kinds. Credentials that do not hold are no error.
pub fn verify<R: Read + Seek>(reader: &mut R, trust: &Trust) -> Result<Report> {
    let mut input = Input::new(reader)?;
    let format = match Format::of(&mut input) {
        Ok(format) => format.ok_or(Error::Format)?,
        Err(Fault::File(error)) => return Err(error.into()),
        Err(_) => return Err(Error::Format),
    };
    let mut report = Report {
        format,
        status: Status::Missing,
        signer: None,
        content: None,
    };
    report.status = match check(&mut input, trust, &mut report) {
        Ok(status) => status,
        Err(Fault::Invalid(reason)) => Status::Invalid { reason },
        Err(Fault::Unread(reason)) => Status::Unread { reason },
        Err(Fault::File(error)) => return Err(error.into()),
    };
    Ok(report)
}

fn check<R: Read + Seek>(
    input: &mut Input<'_, R>,
    trust: &Trust,
    report: &mut Report,
) -> Checked<Status> {
    let Some(place) = report.format.find(input)? else {
        return Ok(Status::Missing);
    };
    let store = Store::read(&place.store)?;
    let active = store.active();
    let signature = active.signed()?;
    let signer = signed_by(&signature, trust)?;
    report.signer = Some(signer.clone());
    let mut sums = Sums::default();
    chain::check(&store, &mut sums)?;
    report.content = Some(content(&store, &mut sums));
    let uncovered = binding::check(input, report.format, &place, active)?;
    if let Some(content) = &mut report.content {
        content.uncovered_bytes = uncovered;
    }
    match signer.standing {
        Standing::Expired if !signature.has_time => {
            invalid("the certificate is not good now, and nobody says when it was signed with")
        }
        _ => Ok(Status::Valid),
    }
}

fn signed_by(signature: &Signature, trust: &Trust) -> Checked<SignedBy> {
    let certificate = signature.certificate()?;
    if certificate.is_authority {
        return invalid("the certificate is one that vouches for others");
    }
    let is_good = (certificate.not_before..=certificate.not_after).contains(&trust.now());
    Ok(SignedBy {
        name: certificate.name(COMMON_NAME),
        organisation: certificate.name(ORGANISATION),
        fingerprint: hexadecimal(&sum(&signature.chain[0])),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        standing: match is_good {
            false => Standing::Expired,
            true if trust.reaches(&signature.chain) => Standing::Trusted,
            true => Standing::Unknown,
        },
    })
}
