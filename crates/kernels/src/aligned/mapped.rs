//! Memory from the system itself.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};

/// A large page.
const HUGE: usize = 2 << 20;

/// What is mapped at a time for pieces in large pages: matrices are often a little smaller than one.
const CHUNK: usize = 16 * HUGE;

/// Bytes of a mapping that nobody else has.
pub(super) struct Mapped {
    mapping: Arc<Mapping>,
    start: NonNull<u8>,
    bytes: usize,
    is_huge: bool,
}

// SAFETY: it owns its bytes as a vector does.
unsafe impl Send for Mapped {}
// SAFETY: shared references only read.
unsafe impl Sync for Mapped {}

/// Where the next piece in large pages begins.
static NEXT: Mutex<Option<(Arc<Mapping>, usize)>> = Mutex::new(None);

impl Mapped {
    /// `bytes` bytes of zeros, a multiple of 64; none when the system has none.
    pub fn new(bytes: usize, is_huge: bool) -> Option<Self> {
        if !is_huge || bytes > CHUNK / 2 {
            let mapping = Arc::new(Mapping::new(bytes, is_huge)?);
            return Some(Self::piece(mapping, 0, bytes, is_huge));
        }
        let mut next = NEXT.lock().unwrap_or_else(PoisonError::into_inner);
        let (mapping, used) = match next.take() {
            Some((mapping, used)) if used + bytes <= CHUNK => (mapping, used),
            _ => (Arc::new(Mapping::new(CHUNK, true)?), 0),
        };
        *next = Some((Arc::clone(&mapping), used + bytes));
        Some(Self::piece(mapping, used, bytes, true))
    }

    fn piece(mapping: Arc<Mapping>, from: usize, bytes: usize, is_huge: bool) -> Self {
        assert!(from + bytes <= mapping.bytes);
        // SAFETY: the piece is inside the mapping.
        let start = unsafe { mapping.start.add(from) };
        Self {
            mapping,
            start,
            bytes,
            is_huge,
        }
    }

    pub fn bytes(&self) -> &[u8] {
        debug_assert!(self.mapping.bytes >= self.bytes);
        // SAFETY: the bytes are ours, readable, and mapped as long as we are.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the bytes are ours alone, writable, and mapped as long as we are.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.bytes) }
    }
}

impl Clone for Mapped {
    fn clone(&self) -> Self {
        let mut copy = Self::new(self.bytes, self.is_huge).expect("memory for a copy");
        copy.bytes_mut().copy_from_slice(self.bytes());
        copy
    }
}

/// A private mapping, given back when dropped.
struct Mapping {
    whole: NonNull<c_void>,
    whole_bytes: usize,
    /// The part that starts on a large page.
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: it is an address range; who may touch what is for the pieces to say.
unsafe impl Send for Mapping {}
// SAFETY: the same.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(bytes: usize, is_huge: bool) -> Option<Self> {
        let whole_bytes = bytes.checked_add(HUGE)?;
        // SAFETY: a new private mapping touches nothing that exists.
        let whole = unsafe {
            mmap_anonymous(
                std::ptr::null_mut(),
                whole_bytes,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        };
        let whole = NonNull::new(whole.ok()?)?;
        let address = whole.as_ptr().addr();
        let skipped = address.next_multiple_of(HUGE) - address;
        // SAFETY: the mapping is a large page longer than what is wanted.
        let start = unsafe { whole.cast::<u8>().add(skipped) };
        if is_huge {
            // SAFETY: the range is inside the mapping; advice changes no contents.
            let advised = unsafe { madvise(start.as_ptr().cast(), bytes, Advice::LinuxHugepage) };
            // Where there are no large pages, small ones serve as well.
            let _ = advised;
        }
        Some(Self {
            whole,
            whole_bytes,
            start,
            bytes,
        })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: every piece holds the mapping, so nobody borrows it any more.
        let unmapped = unsafe { munmap(self.whole.as_ptr(), self.whole_bytes) };
        debug_assert!(unmapped.is_ok(), "a mapping that exists is given back");
    }
}
