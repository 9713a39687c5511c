//! Certificates: what they say of their owner, and whether somebody who is trusted says the same.

use std::time::Duration;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::der::{BITS, BOOLEAN, BYTES, IDENTIFIER, INTEGER, SEQUENCE, SET, Values, field};
use super::error::{Error, Result};

/// Name of a person or machine. Source: X.520.
pub(super) const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

/// Name of an organisation.
pub(super) const ORGANISATION: [u8; 3] = [0x55, 0x04, 0x0a];

/// What a certificate may be used for, and whether it may sign others. Source: RFC 5280 4.2.1.
pub(super) const BASIC_CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 0x13];

/// 1.3.6.1.4.1.62558.2.1: signing claims of C2PA.
pub(super) const CLAIM_SIGNING: &[u8] =
    &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xe8, 0x5e, 0x02, 0x01];

/// 1.3.6.1.5.5.7.3.4: mail, which claims were signed with before there was a purpose of their own.
pub(super) const MAIL: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04];

/// 1.3.6.1.5.5.7.3.36: signing documents.
const DOCUMENTS: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x24];

/// Characters of a name that are shown.
const NAME_MAX: usize = 200;

/// Who is trusted to say whose certificate it is, and what time it is.
#[derive(Clone, Debug)]
pub struct Trust {
    roots: Vec<CertificateDer<'static>>,
    now: i64,
}

impl Trust {
    /// Nobody is trusted: credentials tell of damage, and not of who signed. `now` is in seconds since 1970.
    pub fn nobody(now: i64) -> Self {
        Self {
            roots: Vec::new(),
            now,
        }
    }

    /// Those of whom `roots` holds certificates, in PEM.
    ///
    /// # Errors
    /// [`Error::Key`] when there is none, or one is damaged.
    pub fn of_pem(roots: &str, now: i64) -> Result<Self> {
        let flawed = |reason: &str| Error::Key {
            what: "certificates of whom to trust",
            reason: reason.to_owned(),
            hint: "they are in PEM, and may sign other certificates",
        };
        let found: std::result::Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(roots.as_bytes()).collect();
        let roots = found.map_err(|_| flawed("they are no PEM"))?;
        if roots.is_empty() {
            return Err(flawed("there is none"));
        }
        if anchors(&roots).len() < roots.len() {
            return Err(flawed("one is damaged"));
        }
        Ok(Self { roots, now })
    }

    /// What time it is.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// Whether somebody who is trusted signed the first certificate, or signed who did.
    pub(super) fn reaches(&self, chain: &[Vec<u8>]) -> bool {
        let chain: Vec<CertificateDer<'_>> = chain.iter().map(|der| der[..].into()).collect();
        let Some((leaf, others)) = chain.split_first() else {
            return false;
        };
        let (Ok(leaf), Ok(now)) = (EndEntityCert::try_from(leaf), u64::try_from(self.now)) else {
            return false;
        };
        let anchors = anchors(&self.roots);
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        [CLAIM_SIGNING, MAIL, DOCUMENTS].into_iter().any(|purpose| {
            let verified = leaf.verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &anchors,
                others,
                now,
                KeyUsage::required(purpose),
                None,
                None,
            );
            verified.is_ok()
        })
    }
}

fn anchors<'a>(roots: &'a [CertificateDer<'static>]) -> Vec<TrustAnchor<'a>> {
    let roots = roots.iter();
    roots
        .filter_map(|root| webpki::anchor_from_trusted_cert(root).ok())
        .collect()
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate<'a> {
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    /// In seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    /// The public key, as its algorithm writes it.
    pub key: &'a [u8],
    /// Whether it may sign other certificates.
    pub is_authority: bool,
}

impl<'a> Certificate<'a> {
    /// Reads a certificate; nothing when it is damaged. Its signature is not looked at.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Values(Values(der).expect(SEQUENCE)?);
        let mut body = Values(outer.expect(SEQUENCE)?);
        body.maybe(field(0));
        body.expect(INTEGER)?;
        body.expect(SEQUENCE)?;
        let issuer = body.expect(SEQUENCE)?;
        let mut validity = Values(body.expect(SEQUENCE)?);
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        let subject = body.expect(SEQUENCE)?;
        let mut key = Values(body.expect(SEQUENCE)?);
        key.expect(SEQUENCE)?;
        let (unused, key) = key.expect(BITS)?.split_first()?;
        let mut is_authority = false;
        if let Some(extensions) = body.maybe(field(3)) {
            let mut extensions = Values(Values(extensions).expect(SEQUENCE)?);
            while !extensions.0.is_empty() {
                let mut extension = Values(extensions.expect(SEQUENCE)?);
                let kind = extension.expect(IDENTIFIER)?;
                extension.maybe(BOOLEAN);
                let content = extension.expect(BYTES)?;
                if kind == BASIC_CONSTRAINTS {
                    let mut content = Values(Values(content).expect(SEQUENCE)?);
                    is_authority = content.maybe(BOOLEAN).is_some_and(|value| value != [0]);
                }
            }
        }
        (*unused == 0).then_some(Self {
            issuer,
            subject,
            not_before,
            not_after,
            key,
            is_authority,
        })
    }

    /// A name of whom it is for: [`COMMON_NAME`] or [`ORGANISATION`].
    pub(super) fn name(&self, kind: [u8; 3]) -> Option<String> {
        let mut parts = Values(self.subject);
        while let Some(set) = parts.expect(SET) {
            let mut part = Values(Values(set).expect(SEQUENCE)?);
            if part.expect(IDENTIFIER)? == kind {
                let (_, text, _) = part.take()?;
                let text = String::from_utf8_lossy(text);
                let shown = text.chars().filter(|c| !c.is_control());
                return Some(shown.take(NAME_MAX).collect());
            }
        }
        None
    }
}
